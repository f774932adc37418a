"""A local Slack, a clock the test owns, and a small Bolt app as the other side."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import human
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from tests.clocks import SteppingClock


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is not on their screen here."""
    monkeypatch.setattr(human, "LOOKS_FOR", 0.0)


MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Helper"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/ask", "description": "Asks", "usage_hint": "[what]"},
            {"command": "/escaped", "description": "Mentions arrive as ids", "should_escape": True},
        ],
        "shortcuts": [
            {"name": "Ask", "type": "global", "callback_id": "ask", "description": "Asks"},
            {"name": "Ask about it", "type": "message", "callback_id": "ask_about", "description": "Asks"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "commands",
                "chat:write",
                "users:read",
                "channels:read",
                "groups:read",
                "im:read",
                "usergroups:read",
            ]
        }
    },
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened", "message.im"]},
        "socket_mode_enabled": True,
    },
}


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock(float(int(time.time())))  # near the real time, which Bolt's signature check reads


@pytest.fixture
async def slack(clock: SteppingClock) -> AsyncIterator[LocalSlack]:
    local = LocalSlack(manifest=Manifest.parse(MANIFEST), clock=clock, ack_seconds=1.0)
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def client(slack: LocalSlack, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The official client, as the bot has it."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)


@pytest.fixture
def app(slack: LocalSlack, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app without listeners; the test adds its own."""
    return AsyncApp(client=client, signing_secret=slack.signing_secret)


Connect = Callable[[], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
async def connect(slack: LocalSlack, app: AsyncApp) -> AsyncIterator[Connect]:
    """Connects the app over Socket Mode; once more for one more connection."""
    handlers: list[AsyncSocketModeHandler] = []

    async def connect_once() -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, slack.app_token)
        handlers.append(handler)
        await handler.connect_async()
        await slack.until(lambda: slack.connections >= len(handlers))
        return handler

    yield connect_once
    for handler in handlers:
        await handler.close_async()


Serve = Callable[[], Awaitable[None]]


@pytest.fixture
async def serve(slack: LocalSlack, app: AsyncApp) -> AsyncIterator[Serve]:
    """Serves the app's request URL, where Slack then posts signed requests."""
    runner = web.AppRunner(app.server(port=0, path="/slack/events", host="127.0.0.1").web_app, access_log=None)

    async def serve_once() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"

    yield serve_once
    await runner.cleanup()


@pytest.fixture(params=["Socket Mode", "signed HTTP"])
async def run_app(request: pytest.FixtureRequest, connect: Connect, serve: Serve) -> Callable[[], Awaitable[object]]:
    """Lets the app listen, by each way in turn."""
    return connect if request.param == "Socket Mode" else serve


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


@pytest.fixture
def button() -> Callable[..., dict[str, Any]]:
    """A button with defaults; what a test states replaces them."""

    def build(text: str = "Press", **changes: Any) -> dict[str, Any]:
        return {"type": "button", "text": plain(text), "action_id": "press", **changes}

    return build


@pytest.fixture
def field() -> Callable[..., dict[str, Any]]:
    """An input block with a text field; ``element`` replaces parts of the field, the rest parts of the block."""

    def build(block_id: str = "what", *, element: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        text_input = {"type": "plain_text_input", "action_id": "entry", **(element or {})}
        return {"type": "input", "block_id": block_id, "label": plain("What"), "element": text_input, **changes}

    return build


@pytest.fixture
def modal() -> Callable[..., dict[str, Any]]:
    """A modal of these blocks; what a test states replaces the rest."""

    def build(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {
            "type": "modal",
            "callback_id": "form",
            "title": plain("Form"),
            "submit": plain("Send"),
            "blocks": list(blocks),
            **changes,
        }

    return build

"""Connecting to Slack: tokens checked before anything starts, then Socket Mode or signed HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.slack.gate import gate, log_malformed, note_malformed
from bot.slack.refusals import is_passing, reason_of
from bot.texts import terminal

log = logging.getLogger(__name__)

CLOSING = 5.0
"""Seconds the Socket Mode client may take to close; it has been seen to wait for a peer that is gone."""

ANSWERING = 30.0
"""Seconds in which Slack's Web API answers."""

PATH = "/slack/events"
"""Where signed requests come in; the manifest names it."""

IsReady = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def web_client(*, token: str, base_url: str, seconds: float = ANSWERING) -> AsyncIterator[AsyncWebClient]:
    """One Web API client over one shared HTTP session; the SDK would open a new connection for every call.

    ``seconds`` is how long an answer is waited for.
    """
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield AsyncWebClient(
            token=token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            session=session,
            retry_handlers=[AsyncConnectionErrorRetryHandler(), AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is to Slack, and in which workspace."""

    team_id: str
    bot_user_id: str
    bot_id: str


async def check_bot_token(client: AsyncWebClient) -> Identity:
    """Whom the bot token is for. Raises ``SettingsError``."""
    with _failures_as_settings_errors(client, terminal.bot_token_refused):
        answer = await client.auth_test()
        # A page can pass for an answer as long as nobody looks into it.
        team_id, bot_user_id, bot_id = _text(answer["team_id"]), _text(answer["user_id"]), _text(answer["bot_id"])
        is_in_enterprise = bool(answer.get("enterprise_id") or answer.get("is_enterprise_install"))
    if is_in_enterprise:
        raise SettingsError(terminal.ENTERPRISE_GRID)
    return Identity(team_id=team_id, bot_user_id=bot_user_id, bot_id=bot_id)


async def check_app_token(client: AsyncWebClient, app_token: str) -> None:
    """Raise ``SettingsError`` unless Socket Mode can be opened: with a bad token the client would retry for ever."""
    with _failures_as_settings_errors(client, terminal.app_token_refused):
        await client.apps_connections_open(app_token=app_token)


@contextmanager
def _failures_as_settings_errors(client: AsyncWebClient, refused: Callable[[str], str]) -> Iterator[None]:
    """Tells a token Slack does not take from a Slack that is not there, in words."""
    try:
        yield
    except SlackApiError as error:
        reason = reason_of(error)
        if reason and not is_passing(reason):
            raise SettingsError(refused(reason)) from error
        raise SettingsError(_no_answer(client, reason)) from error
    # The last two are the SDK's: reading an answer that is no JSON object, it trips over itself.
    except (aiohttp.ClientError, TimeoutError, AttributeError, ValueError) as error:
        raise SettingsError(terminal.slack_unreachable(client.base_url)) from error


def _no_answer(client: AsyncWebClient, reason: str | None) -> str:
    return terminal.slack_not_now(reason) if reason else terminal.slack_unreachable(client.base_url)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Slack's answer lacks what it always holds")
    return value


async def check_approval_channel(client: AsyncWebClient, channel_id: str) -> None:
    """Raise ``SettingsError`` unless cards can be posted there, for eyes of this workspace only."""
    try:
        channel = (await client.conversations_info(channel=channel_id))["channel"]
    except SlackApiError as error:
        reason = reason_of(error)
        if reason is None or is_passing(reason):
            raise SettingsError(_no_answer(client, reason)) from error
        raise SettingsError(terminal.approval_channel_unusable(channel_id, terminal.CHANNEL_UNKNOWN)) from None
    except (aiohttp.ClientError, TimeoutError, AttributeError, ValueError) as error:
        raise SettingsError(terminal.slack_unreachable(client.base_url)) from error
    for is_wrong, why in (
        (channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"), terminal.CHANNEL_SHARED),
        (channel.get("is_archived"), terminal.CHANNEL_ARCHIVED),
        (not channel.get("is_member"), terminal.CHANNEL_NOT_JOINED),
    ):
        if is_wrong:
            raise SettingsError(terminal.approval_channel_unusable(channel_id, why))


class Receiver(AsyncSocketModeHandler):
    """Bolt's, but for payloads that Bolt trips over: its client would log a traceback, and what the error quotes."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override] # as Bolt
        try:
            await super().handle(client, req)
        except Exception as error:  # noqa: BLE001 - a boundary, as the gate is one in HTTP mode
            log_malformed(error)


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str) -> AsyncIterator[None]:
    """Receive payloads over Socket Mode while inside."""
    handler: AsyncSocketModeHandler = Receiver(app, app_token)
    await handler.connect_async()
    log.info("connected", extra={"facts": {"mode": "socket"}})
    try:
        yield
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(handler.close_async(), CLOSING)


@asynccontextmanager
async def signed_http(
    app: AsyncApp, *, signing_secret: str, host: str, port: int, is_ready: IsReady
) -> AsyncIterator[int]:
    """Receive signed requests at ``/slack/events`` while inside; gives the port. Raises ``SettingsError``."""
    web_app = app.server(port=port, path=PATH, host=host).web_app
    web_app.middlewares.append(gate(path=PATH, signing_secret=signing_secret))
    web_app.add_routes([web.get("/healthz", _alive), web.get("/readyz", _ready(is_ready))])
    logging.getLogger("aiohttp.server").addFilter(note_malformed)
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            raise SettingsError(terminal.port_taken(host, port)) from None
        actual_port = int(runner.addresses[0][1])
        log.info("connected", extra={"facts": {"mode": "http", "host": host, "port": actual_port}})
        yield actual_port
    finally:
        await runner.cleanup()


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="alive\n")


def _ready(is_ready: IsReady) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ready\n") if await is_ready() else web.Response(status=503, text="not ready\n")

    return answer

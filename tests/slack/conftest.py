"""A clock that steps, and a server that answers in Slack's place."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.connection import Identity, web_client
from tests.clocks import SteppingClock

TEAM_ID = "T0SANDBOX"
IDENTITY = Identity(team_id=TEAM_ID, bot_user_id="U0BOT", bot_id="B0BOT")


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@dataclass
class Answers:
    """What the server answers to every request, and which methods were called."""

    status: int = 200
    content_type: str = "application/json"
    body: str = '{"ok": true}'
    called: list[str] = field(default_factory=list)

    def become(self, status: int, content_type: str, body: str) -> None:
        self.status, self.content_type, self.body = status, content_type, body

    async def give(self, request: web.Request) -> web.Response:
        self.called.append(request.match_info["method"])
        return web.Response(status=self.status, content_type=self.content_type, text=self.body)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def client(answers: Answers) -> AsyncIterator[AsyncWebClient]:
    """The bot's own client, whose every call gets what ``answers`` says."""
    web_app = web.Application()
    web_app.router.add_route("*", "/api/{method}", answers.give)
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    async with web_client(token="xoxb-invented", base_url=base_url) as opened:
        yield opened
    await runner.cleanup()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


NOT_SLACK = [
    pytest.param(502, "text/html", "<html>Bad Gateway</html>", id="a proxy's page"),
    pytest.param(503, "text/plain", "no healthy upstream", id="a proxy's line of text"),
    pytest.param(200, "text/plain", "welcome", id="a line of text that claims success"),
    pytest.param(200, "application/json", "{", id="broken JSON"),
    pytest.param(503, "application/json", "<html>", id="a page that claims to be JSON"),
    pytest.param(200, "application/json", "[]", id="an empty list"),
    pytest.param(200, "application/json", '["ok"]', id="a list"),
    pytest.param(200, "application/json", '"ok"', id="a word"),
    pytest.param(200, "application/json", "null", id="nothing"),
    pytest.param(500, "application/json", '{"error": {"code": 7}}', id="an error that is no word"),
]
"""Answers that are not Slack's: status, content type, body."""

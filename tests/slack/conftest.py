"""A clock that steps, and a server that answers in Slack's place."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web as http

from bot import logs
from bot.slack.connection import Identity, open_web
from bot.slack.web import Web
from tests.canaries import found_in
from tests.clocks import SteppingClock
from tests.slack.failures import SECRETS, TOKEN

TEAM_ID = "T0SANDBOX"
IDENTITY = Identity(team_id=TEAM_ID, bot_user_id="U0BOT", bot_id="B0BOT")
INSTALLED = IDENTITY.installed


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def no_secret_logged(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever happens is logged at DEBUG, as the bot logs, and must hold no secret."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(level="DEBUG", log_format="text")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    written = capsys.readouterr()
    assert found_in((written.err + written.out).encode(), SECRETS) == []


@dataclass
class Answers:
    """What the server answers to every request, and which methods were called."""

    status: int = 200
    content_type: str = "application/json"
    body: str | bytes = '{"ok": true}'
    headers: dict[str, str] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)

    def become(
        self, status: int, content_type: str, body: str | bytes, *, headers: dict[str, str] | None = None
    ) -> None:
        self.status, self.content_type, self.body, self.headers = status, content_type, body, headers or {}

    async def give(self, request: http.Request) -> http.Response:
        self.called.append(request.match_info["method"])
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {**self.headers, "Content-Type": self.content_type}
        return http.Response(status=self.status, headers=headers, body=body)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def base_url(answers: Answers) -> AsyncIterator[str]:
    """Where ``answers`` are given."""
    web_app = http.Application()
    web_app.router.add_route("*", "/api/{method}", answers.give)
    runner = http.AppRunner(web_app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    await runner.cleanup()


@pytest.fixture
async def web(base_url: str, clock: SteppingClock) -> AsyncIterator[Web]:
    """The bot's own client, whose every call gets what ``answers`` says."""
    async with open_web(token=TOKEN, base_url=base_url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


NOT_SLACK = [
    pytest.param(502, "text/html", "<html>Bad Gateway</html>", id="a proxy's page"),
    pytest.param(200, "text/html", "<html>Please sign in</html>", id="a proxy's page that claims success"),
    pytest.param(503, "text/plain", "no healthy upstream", id="a proxy's line of text"),
    pytest.param(200, "text/plain", "welcome", id="a line of text that claims success"),
    pytest.param(200, "text/plain; charset=utf-8", b"\xff\xfe\xff", id="a line of text that is none"),
    pytest.param(200, "application/json", "{", id="broken JSON"),
    pytest.param(200, "application/json; charset=utf-8", b'{"ok": "\xff"}', id="JSON that is no text"),
    pytest.param(200, "application/json", "[" * 100_000, id="JSON deeper than anybody reads"),
    pytest.param(503, "application/json", "<html>", id="a page that claims to be JSON"),
    pytest.param(200, "application/json", "", id="an empty body"),
    pytest.param(200, "application/json", "[]", id="an empty list"),
    pytest.param(200, "application/json", '["ok"]', id="a list"),
    pytest.param(200, "application/json", '"ok"', id="a word"),
    pytest.param(200, "application/json", "7", id="a number"),
    pytest.param(200, "application/json", "true", id="a yes"),
    pytest.param(200, "application/json", "null", id="nothing"),
    pytest.param(200, "application/json", "{}", id="an empty object"),
    pytest.param(200, "application/gzip", b"\x1f\x8b", id="an archive"),
    pytest.param(500, "application/json", '{"error": {"code": 7}}', id="an error that is no word"),
    pytest.param(500, "application/json", '{"error": "Sorry! It broke."}', id="an error that is a sentence"),
]
"""Answers that are not Slack's: status, content type, body."""

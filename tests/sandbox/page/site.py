"""The page's routes on a real server, over small fakes of what stands behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp
from aiohttp import web

from bot.sandbox.inspector import Inspector
from bot.sandbox.page.world import Switch, World
from bot.sandbox.page_api import PageApi


class FakeTrouble(StrEnum):
    NONE = "none"
    SLOW = "slow"

    @property
    def label(self) -> str:
        return f"It is {self.value}"


@dataclass
class FakeApi:
    trouble: FakeTrouble = FakeTrouble.NONE


@dataclass
class FakeSlack:
    humans: dict[str, str] = field(default_factory=lambda: {"U0ANA": "Ana", "U0LEE": "Lee"})
    trouble: FakeTrouble = FakeTrouble.NONE
    acts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=lambda: {"ok": True})
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def state_for(self, user_id: str) -> dict[str, Any]:
        return {"me": {"id": user_id}}

    async def act(self, user_id: str, action: dict[str, Any]) -> dict[str, Any]:
        self.acts.append((user_id, action))
        return self.answer

    def on_change(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def change(self) -> None:
        for listener in self.listeners:
            listener()


@dataclass
class FakeBot:
    running: bool = True
    pid: int | None = 4711
    restarts: int = 0

    async def kill(self) -> None:
        self.running, self.pid = False, None

    async def start(self) -> None:
        self.running, self.pid = True, 4712
        self.restarts += 1

    async def restart(self) -> None:
        await self.kill()
        await self.start()


@dataclass(frozen=True)
class FakeNumber:
    phone: str = "+1 202-555-0101"
    code: str = "004217"
    outcome: str = "The ID"
    explanation: str = "All is well."


class HandClock:
    """Sleeps end when the test says so."""

    def __init__(self) -> None:
        self._alarm = asyncio.Event()

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, _seconds: float) -> None:
        await self._alarm.wait()
        self._alarm.clear()

    def ring(self) -> None:
        self._alarm.set()


@dataclass
class Site:
    """A running server with the page on it, and everything behind it."""

    slack: FakeSlack
    inspector: Inspector
    bot: FakeBot | None
    clock: HandClock
    page_api: PageApi
    runner: web.AppRunner
    http: aiohttp.ClientSession

    @property
    def port(self) -> int:
        port: int = self.runner.addresses[0][1]
        return port

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def post(self, path: str, body: Any) -> aiohttp.ClientResponse:
        """As the page itself does."""
        return await self.http.post(f"{self.origin}{path}", json=body, headers={"Origin": self.origin})

    async def get(self, path: str) -> aiohttp.ClientResponse:
        return await self.http.get(f"{self.origin}{path}")


def make_world(slack: FakeSlack, bot: FakeBot | None) -> World:
    switches: dict[str, Switch[Any]] = {"api": Switch(FakeApi(), FakeTrouble), "slack": Switch(slack, FakeTrouble)}
    return World(book=[FakeNumber()], switches=switches, bot=bot)


@asynccontextmanager
async def serve(slack: FakeSlack, bot: FakeBot | None) -> AsyncIterator[Site]:
    """A site for the block's time."""
    inspector, clock = Inspector(), HandClock()
    page_api = PageApi(slack, inspector=inspector, world=make_world(slack, bot), clock=clock)
    app = web.Application()
    page_api.add_to(app)
    app.router.add_post("/api/auth.test", _answer_the_bot)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        yield Site(slack, inspector, bot, clock, page_api, runner, http)
    await runner.cleanup()


async def _answer_the_bot(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True})

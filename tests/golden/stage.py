"""The sandbox with the bot in it, and people who do things there, step by step, each step recorded.

This is the one file of the golden copies that knows how the bot is started and when it is done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from bot.app import Waits
from bot.running import Bot, running_bot
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.inspector import Inspector
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Message
from bot.settings import BotSettings, read
from tests.clocks import START, LoopClock
from tests.golden import record

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds: a wait ends as soon as what it waits for is there, so this is only how long a failure takes."""

WAITS = Waits(finishing=5.0, api_reading=5.0, settling=(0.05,), sweeping=3600.0, latest_arrival=0.3)
"""The bot as it is, but less patient; and it does nothing by itself but at its start."""

SWEEPING = replace(WAITS, sweeping=0.05)
"""For what comes of time alone."""


class StageClock(LoopClock):
    """The bot's and the API's clock: what time it is stands still but for a second a step; the loop's goes on."""

    def __init__(self) -> None:
        self.time = START
        self.passed = 0.0
        """Seconds that went by at once, for whatever counts them."""
        super().__init__()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return super().monotonic() + self.passed


class Gate(StageClock):
    """The API's clock where requests are held on their way until somebody opens it."""

    def __init__(self, clock: StageClock) -> None:
        super().__init__()
        self._clock = clock
        self.held = asyncio.Event()
        self.opened = asyncio.Event()
        self.opened.set()

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        self.held.set()
        await self.opened.wait()


@dataclass(kw_only=True)
class Stage:
    """Everything a scenario plays with. ``steps`` is what was seen so far."""

    slack: LocalSlack
    cams: LocalCams
    inspector: Inspector
    environment: dict[str, str]
    clock: StageClock
    gate: Gate
    is_held: bool
    bot: Bot | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    _said: record.SaidToSlack = field(default_factory=record.SaidToSlack)
    _seen: int = 0
    _delivered: int = 0

    # --- what people see ---

    def human(self, name: str) -> Human:
        return self.slack.human(name)

    def modal(self, name: str) -> View:
        """The window that somebody has open."""
        modal = self.human(name).modal
        assert modal, f"{name} has no window open"
        return modal

    async def sees(self, name: str, words: str, *, channel: str = "") -> Message:
        """The newest message with these words that somebody sees, in their direct messages; as soon as it is there."""
        human = self.human(name)

        def find() -> Message | None:
            seen = reversed(human.sees(channel or human.dm))
            return next((each for each in seen if words in each.text or words in each.words), None)

        return await human.until(find, timeout=PATIENCE)

    # --- what people do ---

    async def runs(self, name: str, line: str, **how: Any) -> None:
        await self.step(f"{name} runs {line}", self.human(name).runs("support", line), **how)

    async def clicks(self, name: str, button: str, *, message: Message | None = None, **how: Any) -> None:
        await self.step(f"{name} clicks {button}", self.human(name).clicks(button, message=message), **how)

    async def clicks_stale(self, name: str, button: str, message: Message, **how: Any) -> None:
        """Click a button that a message had, whatever it has now."""
        await self.step(f"{name} clicks {button}, too late", self.human(name).clicks_stale(message, button), **how)

    async def submits(self, name: str, **fields: str) -> None:
        """Fill in the window that is open and submit it."""
        await self.step(self._fill(name, fields), self.human(name).submits())

    async def begins(self, name: str, until: Callable[[], object], **fields: str) -> None:
        """Submit the window; the step ends with ``until``, though the bot may still be at it."""
        await self.step(self._fill(name, fields), self.human(name).submits(), until=until, is_over=False)

    def _fill(self, name: str, fields: Mapping[str, str]) -> str:
        for block_id, text in fields.items():
            self.human(name).fills(block_id=block_id, text=text)
        filled = "; ".join(f"{block_id}: {' / '.join(text.splitlines())}" for block_id, text in fields.items())
        return f"{name} submits {self.modal(name).title!r} with {filled or 'nothing changed'}"

    async def closes(self, name: str) -> None:
        """Close the window. Nobody hears of it, so it is no step."""
        await self.human(name).closes()

    async def passes(self, what: str, seconds: float, until: Callable[[], object]) -> None:
        """Time passes, until something is there."""

        async def pass_time() -> None:
            self.clock.time += seconds
            self.clock.passed += seconds

        await self.step(what, pass_time(), until=until)

    # --- a step ---

    async def step(
        self, what: str, act: Awaitable[object], *, until: Callable[[], object] | None = None, is_over: bool = True
    ) -> None:
        """Do something, wait for the bot to be done with it, and record what was seen. Each step takes a second."""
        self.clock.time += 1.0
        await act
        if until:
            await self.slack.until(until, timeout=PATIENCE)
        if is_over:
            await self._finish()
        exchanges = self.inspector.entries(after=self._seen)
        self._seen = exchanges[-1].number if exchanges else self._seen
        deliveries, self._delivered = self.slack.deliveries[self._delivered :], len(self.slack.deliveries)
        self.steps.append(
            {
                "step": what,
                "acknowledged": record.acknowledgements(deliveries),
                "to Slack": self._said.of_step(exchanges),
                "to the API": record.sent_to_api(exchanges),
            }
        )

    async def _finish(self) -> None:
        """Wait until the bot has done everything it was asked for."""
        assert self.bot
        assert await self.bot.jobs.drain(PATIENCE), self.slack.describe()


@asynccontextmanager
async def open_stage(
    folder: Path, *, settings: Mapping[str, str] | None = None, is_held: bool = False
) -> AsyncIterator[Stage]:
    """The sandbox with no bot in it yet. ``is_held``: requests to the API wait until ``gate`` is opened."""
    inspector, clock = Inspector(), StageClock()
    gate = Gate(clock)
    slack = LocalSlack(inspector=inspector)
    slack.tells_time = clock.now  # else the bot would not believe its own
    cams = LocalCams(
        inspector=inspector,
        qps=1000,
        clock=gate if is_held else clock,
        latency_there=(lambda: 0.0) if is_held else None,
    )
    inspector.listen(slack.workspace.change)  # whoever waits for something to happen looks again after each request
    await slack.start()
    await cams.start()
    environment = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
        "DATABASE_URL": f"sqlite:///{folder / 'phoneid.db'}",
        **(settings or {}),
    }
    try:
        yield Stage(
            slack=slack,
            cams=cams,
            inspector=inspector,
            environment=environment,
            clock=clock,
            gate=gate,
            is_held=is_held,
        )
    finally:
        gate.opened.set()
        await slack.stop()
        await cams.stop()


@asynccontextmanager
async def with_bot(stage: Stage, *, waits: Waits = WAITS) -> AsyncIterator[Stage]:
    """The bot, running on it. At the end Slack must have nothing to complain about."""
    async with running_bot(read(BotSettings, stage.environment), clock=stage.clock, waits=waits) as bot:
        await stage.slack.until(lambda: stage.slack.is_connected)
        if stage.is_held:  # from now on: a start calls, too
            stage.gate.opened.clear()
            stage.gate.held.clear()
        stage.bot = bot
        stage._seen = max((each.number for each in stage.inspector.entries()), default=0)
        yield stage
        assert list(stage.slack.complaints) == []

"""Real processes that share one account, killed in mid-call over and over."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bot.clock import SystemClock
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.latency import PROFILES
from bot.sandbox.cams.server import LocalCams, SeenCall
from bot.store.urls import record_at
from tests.amounts import IS_NIGHT, each_day, some_each_day

PROCESSES = 4
KILLS = each_day(1, at_night=4)
FULL_AGAIN = 7.0
"""Seconds after a kill in which the dead process's slots are back."""

WATCHED = 3.0
"""Seconds after the last kill in which slots that came back too early would break the limit."""

ALL_SLOTS = 73
"""Calls within eight seconds that show that all slots are back: nine make 72 at the most, ten 80."""

NUMBERS = [f"1202555010{number}" for number in range(1, 1 + PROCESSES)]

ROOT = Path(__file__).parent.parent.parent


class Watched(LocalCams):
    """Says when it has seen so many calls more, for a number or for any."""

    def __init__(self) -> None:
        rng, path = Random(1), PROFILES["wide-area"]
        super().__init__(
            book=[replace(BOOK[1], phone=f"+{number}") for number in NUMBERS],
            latency_there=lambda: path.there(rng),
            latency_back=self._back(lambda: path.back(rng)),
        )
        self._news = asyncio.Event()

    def _back(self, latency: Callable[[], float]) -> Callable[[], float]:
        def seen() -> float:
            self._news.set()
            return latency()

        return seen

    async def until(self, is_so: Callable[[list[SeenCall]], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so(self.calls):
                self._news.clear()
                await self._news.wait()

    async def until_more_of(self, number: str, calls: int = 1) -> None:
        """The last of them is just being answered."""
        wanted = self.count(number) + calls
        await self.until(lambda _: self.count(number) >= wanted)

    def count(self, number: str) -> int:
        return sum(call.phone == number for call in self.calls)


@asynccontextmanager
async def caller(database_url: str, url: str, number: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.quota.caller", database_url, url, number, cwd=ROOT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.more_at_night
@pytest.mark.parametrize("engine", some_each_day(["sqlite", "postgres"], 1, what="engine of the quota"))
async def test_processes_killed_in_mid_call_break_no_limit_and_leave_no_slot_behind(
    request: pytest.FixtureRequest, engine: str
) -> None:
    database_url: str = request.getfixturevalue(f"{engine}_url")
    record = record_at(database_url, process="p1", clock_now=SystemClock().now)
    await record.open()
    await record.aclose()
    cams = Watched()
    await cams.start()
    try:
        async with asyncio.TaskGroup() as living:
            stays = [living.create_task(_stay(database_url, cams, number)) for number in NUMBERS[1:]]
            for _ in range(KILLS):
                async with caller(database_url, cams.url, NUMBERS[0]) as victim:
                    await cams.until_more_of(NUMBERS[0], calls=8)
                    victim.kill()
            killed_at = cams.calls[-1].arrived_at
            await cams.until(lambda calls: calls[-1].arrived_at >= killed_at + WATCHED)
            if IS_NIGHT:  # a busy machine makes fewer calls at first; if a slot were gone, there would never be so many
                await cams.until(lambda calls: _are_all_back(calls, since=killed_at + FULL_AGAIN))
            for stay in stays:
                stay.cancel()
    finally:
        await cams.stop()
    throttled = [call for call in cams.calls if call.api_code not in ("OK", None)]
    assert not throttled, f"{len(throttled)} of {len(cams.calls)} calls were over the limit"


def _are_all_back(calls: list[SeenCall], *, since: float) -> bool:
    newest = calls[-ALL_SLOTS:]
    return newest[0].arrived_at >= since and newest[-1].arrived_at - newest[0].arrived_at < 8


async def _stay(database_url: str, cams: Watched, number: str) -> None:
    async with caller(database_url, cams.url, number) as process:
        await process.wait()

"""Something done now and every so often."""

import asyncio

import pytest

from bot.repeating import Repeating
from tests.clocks import SteppingClock


async def test_it_is_done_at_once_and_again_and_ends_with_the_block() -> None:
    times = []
    enough = asyncio.Event()

    async def do() -> None:
        times.append(clock.time - 1_800_000_000.0)
        if len(times) == 3:
            enough.set()

    clock = SteppingClock()
    async with Repeating(do, every=10.0, clock=clock):
        await enough.wait()
    count = len(times)
    await asyncio.sleep(0)
    assert times[:3] == [0.0, 10.0, 20.0]
    assert len(times) == count


async def test_a_failure_is_logged_and_the_next_time_is_another_chance(caplog: pytest.LogCaptureFixture) -> None:
    attempts = []
    enough = asyncio.Event()

    async def do() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError
        enough.set()

    async with Repeating(do, every=10.0, clock=SteppingClock()):
        await enough.wait()
    assert "periodic work failed" in caplog.text

"""Something done now and every so often."""

import asyncio

import pytest

from bot.errors import StoreUnavailable
from bot.repeating import AT_ONCE, few_at_once, repeating
from tests.clocks import SteppingClock


async def test_it_is_done_at_once_and_again_and_ends_with_the_block() -> None:
    times = []
    enough = asyncio.Event()

    async def do() -> None:
        times.append(clock.time - 1_800_000_000.0)
        if len(times) == 3:
            enough.set()

    clock = SteppingClock()
    async with repeating(do, every=10.0, clock=clock):
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

    async with repeating(do, every=10.0, clock=SteppingClock()):
        await enough.wait()
    assert "periodic task failed" in caplog.text


# --- few of many at once ---


async def test_of_many_a_few_are_done_at_once() -> None:
    at_once = most = 0

    async def do(number: int) -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return number

    assert sorted(await few_at_once(do, range(100))) == list(range(100))
    assert most == AT_ONCE
    assert len(await few_at_once(do, range(100), goes_on=lambda: False)) == AT_ONCE
    assert await few_at_once(do, []) == []


async def test_when_one_breaks_the_others_end_with_it() -> None:
    before = asyncio.all_tasks()

    async def do(number: int) -> None:
        if number == 7:
            raise StoreUnavailable
        await asyncio.Event().wait()

    with pytest.raises(StoreUnavailable):
        await few_at_once(do, range(100))
    assert asyncio.all_tasks() == before

"""The text that processes share, in a database."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.interfaces import Reading
from bot.store.state import SharedState
from bot.store.urls import SQLITE, state_at
from tests.clocks import SteppingClock
from tests.store.engines import ClockedEngine, OpenRecord

ROOT = Path(__file__).parent.parent.parent

ADDERS = 3
TIMES = 100

ADD = f"""
import asyncio, sys
from bot.clock import SystemClock
from bot.store.urls import state_at

async def main():
    state = state_at(sys.argv[1], "sum", process="adder", clock=SystemClock())
    await state.open()
    for _ in range({TIMES}):
        await state.change(lambda text, _: (str(int(text or 0) + 1), None))
    await state.aclose()

asyncio.run(main())
"""

OpenState = Callable[[str], Awaitable[SharedState]]


@pytest.fixture
async def open_state(
    database_url: str, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenState]:
    monkeypatch.setattr("bot.store.postgres.PostgresEngine", ClockedEngine)
    opened: list[SharedState] = []

    async def open_one(name: str) -> SharedState:
        state = state_at(database_url, name, process="p1", clock=clock)
        opened.append(state)
        await state.open()
        return state

    yield open_one
    for state in opened:
        await state.aclose()


@pytest.fixture
async def state(open_state: OpenState) -> SharedState:
    return await open_state("test")


def same(text: str, _: Reading) -> tuple[str, str]:
    return text, text


async def test_it_is_empty_at_first_and_then_what_was_thought(state: SharedState) -> None:
    assert await state.change(lambda text, _: (f"{text}one", text)) == ""
    assert await state.change(lambda text, _: (f"{text} two", text)) == "one"
    assert await state.change(same) == "one two"


async def test_what_thinking_raises_comes_out_and_changes_nothing(state: SharedState) -> None:
    def fail(text: str, _: Reading) -> tuple[str, None]:
        raise KeyError(text)

    await state.change(lambda *_: ("kept", None))
    with pytest.raises(KeyError, match="kept"):
        await state.change(fail)
    assert await state.change(same) == "kept"


async def test_states_of_one_database_are_told_apart_by_name(open_state: OpenState) -> None:
    one, other = await open_state("one"), await open_state("other")
    await one.change(lambda *_: ("1", None))
    assert await other.change(same) == ""


async def test_processes_that_change_it_at_once_lose_nothing(open_state: OpenState, database_url: str) -> None:
    state = await open_state("sum")
    adders = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", ADD, database_url, cwd=ROOT) for _ in range(ADDERS)
    ]
    assert await asyncio.gather(*(adder.wait() for adder in adders)) == [0] * ADDERS
    assert await state.change(lambda text, _: (text, int(text))) == ADDERS * TIMES


async def test_the_time_that_is_told_lies_between_asking_and_hearing(
    state: SharedState, clock: SteppingClock, database_url: str
) -> None:
    clock.time += 7.0
    told = await state.change(lambda text, reading: (f"{text}more", reading))
    assert (told.at, told.asked, told.told) == (clock.time,) * 3  # the database's clock and ours are the test's
    assert (told.drift == 0.0) is database_url.startswith(SQLITE)


async def test_looking_waits_for_no_change_of_the_record(state: SharedState, open_record: OpenRecord) -> None:
    record = await open_record()
    await state.change(lambda *_: ("kept", None))
    loop = asyncio.get_running_loop()
    looked = await record.change(lambda _: asyncio.run_coroutine_threadsafe(state.change(same), loop).result(30.0))
    assert looked == "kept"


async def test_a_closed_one_says_so(state: SharedState) -> None:
    await state.aclose()
    with pytest.raises(StoreUnavailable):
        await state.change(same)

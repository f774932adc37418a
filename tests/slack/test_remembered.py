"""Answers remembered: each asked for once at a time, none for too long, and no failure at all."""

import asyncio
import gc
import logging

import pytest

from bot.errors import SlackUnreachable
from bot.slack.remembered import Remembered
from tests.clocks import SteppingClock

SECONDS = 60.0


class Oracle:
    """Answers when it is let, counts, and fails when told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: str | frozenset[str] = "first"
        self.error: Exception | None = None
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def ask(self, key: str) -> str | frozenset[str]:
        self.asked.append(key)
        await self.is_open.wait()
        if self.error:
            raise self.error
        return self.answer


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
def remembered(oracle: Oracle, clock: SteppingClock) -> Remembered[str | frozenset[str]]:
    return Remembered("users.info", oracle.ask, seconds=SECONDS, clock=clock)


Memory = Remembered[str | frozenset[str]]
Waiting = asyncio.Task[str | frozenset[str]]


async def test_an_answer_is_good_for_a_while_and_then_asked_for_anew(
    remembered: Memory, oracle: Oracle, clock: SteppingClock
) -> None:
    assert await remembered.get("a") == "first"
    oracle.answer = "second"
    clock.time += SECONDS - 1
    assert await remembered.get("a") == "first"
    clock.time += 1
    assert await remembered.get("a") == "second"
    assert oracle.asked == ["a", "a"]


async def test_each_key_has_its_own_answer(remembered: Memory, oracle: Oracle) -> None:
    assert await remembered.get("a") == "first"
    oracle.answer = "second"
    assert await remembered.get("b") == "second"
    assert await remembered.get("a") == "first"


async def test_an_empty_answer_is_an_answer(remembered: Memory, oracle: Oracle) -> None:
    oracle.answer = frozenset()
    assert [await remembered.get("a") for _ in range(3)] == [frozenset()] * 3
    assert oracle.asked == ["a"]


async def test_a_failure_reaches_everybody_who_waits_and_is_not_remembered(remembered: Memory, oracle: Oracle) -> None:
    oracle.is_open.clear()
    oracle.error = OSError("away")
    waiting = [asyncio.create_task(remembered.get("a")) for _ in range(3)]
    await asyncio.sleep(0)
    oracle.is_open.set()
    assert [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [OSError] * 3
    oracle.error = None
    assert await remembered.get("a") == "first"
    assert oracle.asked == ["a", "a"]


async def test_a_failure_does_not_bring_an_old_answer_back(
    remembered: Memory, oracle: Oracle, clock: SteppingClock
) -> None:
    await remembered.get("a")
    clock.time += SECONDS
    oracle.error = OSError("away")
    with pytest.raises(OSError, match="away"):
        await remembered.get("a")


async def test_many_at_once_are_one_question(remembered: Memory, oracle: Oracle) -> None:
    oracle.is_open.clear()
    waiting = [asyncio.create_task(remembered.get(key)) for key in "aabaab"]
    await asyncio.sleep(0)
    oracle.is_open.set()
    assert await asyncio.gather(*waiting) == ["first"] * 6
    assert sorted(oracle.asked) == ["a", "b"]


async def test_whoever_gives_up_does_not_take_the_answer_from_the_others(remembered: Memory, oracle: Oracle) -> None:
    oracle.is_open.clear()
    impatient, patient = (asyncio.create_task(remembered.get("a")) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    oracle.is_open.set()
    assert await patient == "first"
    assert oracle.asked == ["a"]


async def test_a_failure_that_nobody_waits_for_any_more_makes_no_noise(
    remembered: Memory, oracle: Oracle, caplog: pytest.LogCaptureFixture
) -> None:
    oracle.is_open.clear()
    oracle.error = OSError("away")
    with pytest.raises(SlackUnreachable):
        await remembered.get("a", until=asyncio.get_running_loop().time())
    oracle.is_open.set()
    while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - nobody is told when it ends
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()  # a task whose error nobody looked at complains when it goes
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def ask_twice(remembered: Memory, oracle: Oracle, clock: SteppingClock) -> tuple[Waiting, Waiting, asyncio.Event]:
    """Two who wait, each for a question of their own, and what lets the first one be answered."""
    oracle.is_open.clear()
    first_may = oracle.is_open
    early = asyncio.create_task(remembered.get("a"))
    while not oracle.asked:  # noqa: ASYNC110 - an oracle tells nobody
        await asyncio.sleep(0)
    clock.time += 10
    oracle.is_open = asyncio.Event()
    late = asyncio.create_task(remembered.get("a", within=10))
    for _ in range(3):
        await asyncio.sleep(0)
    assert oracle.asked == ["a", "a"]
    return early, late, first_may


async def test_a_question_that_is_too_old_is_not_joined(
    remembered: Memory, oracle: Oracle, clock: SteppingClock
) -> None:
    early, late, first_may = await ask_twice(remembered, oracle, clock)
    clock.time += 9
    joining = asyncio.create_task(remembered.get("a", within=10))
    await asyncio.sleep(0)
    oracle.answer = "second"
    oracle.is_open.set()
    assert [await late, await joining] == ["second"] * 2
    oracle.answer = "what was true before"
    first_may.set()
    assert await early == "what was true before"
    assert await remembered.get("a", within=10) == "second"
    assert oracle.asked == ["a", "a"]


async def test_the_end_of_an_old_question_leaves_the_new_one_to_be_joined(
    remembered: Memory, oracle: Oracle, clock: SteppingClock
) -> None:
    early, late, first_may = await ask_twice(remembered, oracle, clock)
    oracle.error = OSError("away")
    first_may.set()
    await asyncio.gather(early, return_exceptions=True)
    oracle.error = None
    joining = asyncio.create_task(remembered.get("a", within=10))
    await asyncio.sleep(0)
    oracle.is_open.set()
    assert [await late, await joining] == ["first"] * 2
    assert oracle.asked == ["a", "a"]


async def test_closing_ends_both_questions(remembered: Memory, oracle: Oracle, clock: SteppingClock) -> None:
    early, late, _ = await ask_twice(remembered, oracle, clock)
    await remembered.aclose()
    ended = await asyncio.gather(early, late, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError] * 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_ends__what_is_still_being_asked(remembered: Memory, oracle: Oracle) -> None:
    oracle.is_open.clear()
    waiting = asyncio.create_task(remembered.get("a"))
    await asyncio.sleep(0)
    await remembered.aclose()
    (ended,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
    assert asyncio.all_tasks() == {asyncio.current_task()}

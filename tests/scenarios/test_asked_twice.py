"""One agent asks for one number while it is under way for them: there is one call, and both get its answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Actor, PhoneNumber, Problem, State, Through
from bot.sandbox.cams.answers import Slow, Success
from bot.sandbox.cams.book import Entry
from bot.sandbox.cams.trouble import ApiTrouble
from bot.store import guesses, processes
from tests import factories
from tests.english import PROBLEMS, asking
from tests.scenarios.asking import finish, record_of
from tests.scenarios.scene import PATIENCE, QUICK, Scene, open_scene, with_bot

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
THE_ID = "920155500019900"
SLOW = Entry(
    phone="+1 202-555-0199",
    code="310417",
    outcome="The ID, after a while",
    explanation="Long enough to ask for it again.",
    replies=(Slow(seconds=1.5, then=Success(phone_number_id=THE_ID)),),
)
PHONE = PhoneNumber(SLOW.digits)
OTHER_CODE = asking.already_looked_up(PHONE, is_same_code=False)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, book=[SLOW]) as opened, with_bot(opened) as running:
        yield running
        assert list(running.slack.complaints) == []


def count(scene: Scene, words: str) -> int:
    """How many messages with these words Ana got, wherever."""
    places = {"support", scene.ana.dm}
    return sum(words in message.text for place in places for message in scene.ana.sees(place))


async def check_one_call_and_two_answers(scene: Scene) -> None:
    assert [call.phone for call in scene.cams.lookups] == [SLOW.digits]
    newest, oldest = await scene.lookups()
    assert newest.follows == oldest.id
    for each in (newest, oldest):
        assert (each.state, each.result.phone_number_id) == (State.ANSWERED, THE_ID)
    assert count(scene, f"is {THE_ID}") == 2


async def test_asked_twice_at_once_there_is_one_call_and_there_are_two_answers(scene: Scene) -> None:
    await asyncio.gather(scene.ask(SLOW), scene.ask(SLOW))
    # Which of the two sentences it is depends on whether the first has begun to try its code by then.
    await scene.answer(scene.ana, "Already looking up")
    await scene.slack.until(lambda: count(scene, THE_ID) == 2, timeout=PATIENCE)
    await finish(scene)
    await check_one_call_and_two_answers(scene)
    assert count(scene, "Already looking up") == 1


async def test_with_another_code_they_read_that_the_earlier_one_is_tried(scene: Scene) -> None:
    await scene.ask(SLOW)  # is acknowledged once it is recorded
    await scene.ask(SLOW, code="000000")
    await scene.answer(scene.ana, OTHER_CODE)
    await scene.slack.until(lambda: count(scene, THE_ID) == 2, timeout=PATIENCE)
    await finish(scene)
    await check_one_call_and_two_answers(scene)


async def test_through_another_bot_there_is_one_call_too(tmp_path: Path) -> None:
    # Over HTTP, where the newest bot gets every payload.
    async with open_scene(tmp_path, book=[SLOW], is_http=True) as opened, with_bot(opened) as first:
        await first.ask(SLOW)
        async with with_bot(opened) as second:
            await second.ask(SLOW)
            # The code that the other process tries is in that process's memory alone.
            await second.answer(second.ana, OTHER_CODE)
            await second.slack.until(lambda: count(second, THE_ID) == 2, timeout=PATIENCE)
            await finish(second)
            await finish(first)
            await check_one_call_and_two_answers(second)


async def test_a_code_that_is_refused_is_refused_for_both_and_counted_once(scene: Scene) -> None:
    scene.cams.trouble = ApiTrouble.SLOW
    await scene.ask(SLOW, code="000000")
    await scene.ask(SLOW, code="000000")
    said = PROBLEMS[Problem.UNKNOWN_CODE].what
    await scene.slack.until(lambda: count(scene, said) == 2, timeout=PATIENCE)
    await finish(scene)
    assert len(scene.cams.lookups) == 1
    assert {each.state for each in await scene.lookups()} == {State.REFUSED}
    async with record_of(scene) as record:
        counted = await record.read(guesses.counts, ANA, [PHONE])
    assert [each.refused for each in (counted.by_agent, counted.for_number[PHONE])] == [1, 1]


async def test_when_the_process_that_calls_dies_both_are_told(tmp_path: Path) -> None:
    waits = replace(QUICK, sweeping=0.1)
    async with open_scene(tmp_path, book=[SLOW]) as opened, record_of(opened) as other:
        await other.change(processes.beat)
        await other.change(factories.asked, [PHONE], agent=ANA)
        async with with_bot(opened, waits=waits) as scene:
            await scene.ask(SLOW)
            await scene.answer(scene.ana, OTHER_CODE)
            await other.change(processes.leave)
            said = PROBLEMS[Problem.PROCESS_ENDED].what
            await scene.slack.until(lambda: count(scene, said) == 2, timeout=PATIENCE)
            await finish(scene)
            assert [count(scene, each.id) for each in await scene.lookups()] == [1, 1]
            assert scene.cams.lookups == []

"""Trouble: the API hangs, Slack throttles, the process stops or is killed. Nobody is left without words."""

import asyncio
from pathlib import Path

import pytest

from bot.app import Waits
from bot.models import Problem, State
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from bot.states import is_final
from bot.store import processes
from tests.amounts import each_day
from tests.english import PROBLEMS, usage
from tests.scenarios.asking import record_of
from tests.scenarios.listing import died_running, message_with
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry, open_scene, with_bot

HASTY = Waits(finishing=0.2, api_reading=0.2, latest_arrival=0.1)


MANY = each_day(20, at_night=50)


@pytest.mark.more_at_night
async def test_with_the_api_hanging_many_commands_are_acknowledged_and_each_gets_its_words(tmp_path: Path) -> None:
    book = numbers(MANY + 1)
    # The limit has its own tests; here it would only make the slots of hanging calls rest.
    unlimited = {"PHONEID_QPS": "1000"}
    async with open_scene(tmp_path, book=book, settings=unlimited) as quiet, with_bot(quiet, waits=HASTY) as scene:
        scene.cams.trouble = ApiTrouble.HANG
        await asyncio.gather(*(scene.ask(each) for each in book[:MANY]))
        commands = [each for each in scene.slack.deliveries if each.is_acknowledged]
        assert len(commands) == MANY
        assert max(each.milliseconds for each in commands) < 3000
        # The bot stays usable meanwhile.
        await scene.ana.runs("support", "/phoneid help")
        await scene.answer(scene.ana, usage.GET_ID)
        assert scene.bot
        assert scene.bot.jobs.running > 0

        def told() -> bool:
            # Where Slack takes no more on one way, they come on the other.
            seen = [*scene.ana.sees("support"), *scene.ana.sees(scene.ana.dm)]
            return sum("did not respond" in each.text for each in seen) == MANY

        await scene.ana.until(told, timeout=60)
        lookups = await scene.lookups()
        assert len(lookups) == MANY
        assert {lookup.state for lookup in lookups} == {State.FAILED}
        scene.cams.trouble = ApiTrouble.NONE
        await scene.ask(book[MANY])
        await scene.answer(scene.ana, "The phone number ID")


async def test_a_burst_never_breaks_the_limit_and_all_are_answered(tmp_path: Path) -> None:
    book = numbers(30)
    async with open_scene(tmp_path, book=book) as quiet, with_bot(quiet) as scene:
        await asyncio.gather(*(scene.ask(each) for each in book))

        def told() -> bool:
            return sum("The phone number ID" in each.text for each in scene.ana.sees("support")) == 30

        await scene.ana.until(told, timeout=PATIENCE)
        assert [call.api_code for call in scene.cams.lookups] == ["OK"] * 30
        arrivals = sorted(call.arrived_at for call in scene.cams.lookups)
        assert all(later - earlier > 1.0 for earlier, later in zip(arrivals, arrivals[10:], strict=False))


async def test_a_number_that_is_asked_for_again_meanwhile_is_called_once_and_answered_each_time(scene: Scene) -> None:
    slow = entry("The ID, after 3 seconds")
    await scene.ask(slow)
    await scene.slack.until(lambda: bool(scene.cams.lookups), timeout=PATIENCE)
    await scene.ask(slow)
    await message_with(scene.ana, "The answer will appear here too.", channel="support")
    await scene.ask(slow, code="999999")
    await message_with(scene.ana, "with the code you entered before", channel="support")

    def answers() -> bool:
        return sum("phone number ID of +1 202-555-0108" in each.text for each in scene.ana.sees("support")) == 3

    await scene.ana.until(answers, timeout=PATIENCE)
    assert len(scene.cams.lookups) == 1
    first, *others = reversed(await scene.lookups())
    assert [each.follows for each in others] == [first.id] * 2
    assert {each.state for each in (first, *others)} == {State.ANSWERED}


async def test_slack_throttling_delays_the_answer_and_does_not_lose_it(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ask(entry("The ID, after 3 seconds"))
        scene.slack.trouble = SlackTrouble.RATE_LIMITED
        await scene.slack.until(lambda: _was_throttled(scene), timeout=PATIENCE)
        scene.slack.trouble = SlackTrouble.NONE
        await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")


def _was_throttled(scene: Scene) -> bool:
    return any(each.status == 429 for each in scene.slack.inspector.entries())


async def test_an_ordinary_stop_finishes_what_runs(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        bot = BotProcess(folder=tmp_path)
        await bot.start_with(scene.environment)
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await scene.ask(entry("The ID, after 3 seconds"))
        await bot.stop()
        assert await bot.wait() == 0
        await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")


async def test_a_stop_that_cannot_wait_interrupts_and_tells(scene_with: OpenScene) -> None:
    async with scene_with(waits=Waits(finishing=0.2, api_reading=10.0)) as scene:
        scene.cams.trouble = ApiTrouble.HANG
        await scene.ask(entry("The ID"))
        await scene.slack.until(lambda: bool(scene.cams.lookups), timeout=PATIENCE)
    await scene.answer(scene.ana, PROBLEMS[Problem.PROCESS_ENDED].what)
    (lookup,) = await scene.lookups()
    assert (lookup.state, lookup.result.problem) == (State.INTERRUPTED, Problem.PROCESS_ENDED)
    assert is_final(lookup.state)


async def test_what_a_dead_process_left_is_ended_and_its_agent_told_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        await died_running(scene)
        async with with_bot(scene):
            await scene.answer(scene.ana, PROBLEMS[Problem.PROCESS_ENDED].what, channel=scene.ana.dm)
        (lookup,) = await scene.lookups()
        assert lookup.state is State.INTERRUPTED


async def test_what_runs_is_known_to_be_alive_by_every_other_process(scene_with: OpenScene) -> None:
    async with scene_with(waits=Waits(lease=0.9, sweeping=60.0, api_reading=5.0)) as scene:
        await scene.ask(entry("The ID, after 3 seconds"))
        await scene.slack.until(lambda: bool(scene.cams.lookups), timeout=PATIENCE)
        await scene.answer(scene.ana, "Still looking up")  # two seconds, more than two times the silence of the dead
        dead = await died_running(scene)
        async with record_of(scene) as other:
            await other.change(processes.beat)
            assert await other.change(processes.interrupt_abandoned, frozenset(), silent_for=0.9) == 1
        ended = {each.request_id for each in await scene.lookups() if is_final(each.state)}
        assert ended == {dead.id}
        await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")

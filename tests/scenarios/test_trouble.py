"""Trouble: the API hangs, Slack throttles, the process stops or is killed. Nobody is left without words."""

import asyncio
from pathlib import Path

from bot.app import Waits
from bot.clock import SystemClock
from bot.models import Actor, NewLookup, PhoneNumber, Problem, State, Through
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from bot.store.sqlite import SqliteStore
from bot.texts import asking, problems
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry, open_scene, with_bot

HASTY = Waits(finishing=0.2, api_reading=0.2, latest_arrival=0.1)
FINAL = {State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED, State.REJECTED}


async def test_with_the_api_hanging_50_commands_are_acknowledged_and_each_gets_its_words(scene_with: OpenScene) -> None:
    # The limit has its own tests; here it would only make the slots of hanging calls rest.
    async with scene_with(waits=HASTY, PHONEID_QPS="1000") as scene:
        scene.cams.trouble = ApiTrouble.HANG
        await asyncio.gather(*(scene.ask(entry("The ID")) for _ in range(50)))
        commands = [each for each in scene.slack.deliveries if each.is_acknowledged]
        assert len(commands) == 50
        assert max(each.milliseconds for each in commands) < 3000
        # The bot stays usable meanwhile.
        await scene.ana.runs("support", "/phoneid help")
        await scene.answer(scene.ana, asking.USAGE_TITLE)
        assert scene.bot
        assert scene.bot.jobs.running > 0

        def told() -> bool:
            return sum("did not answer" in each.text for each in scene.ana.sees("support")) == 50

        await scene.ana.until(told, timeout=60)
        lookups = await scene.lookups()
        assert len(lookups) == 50
        assert {lookup.state for lookup in lookups} == {State.FAILED}
        scene.cams.trouble = ApiTrouble.NONE
        await scene.ask(entry("The ID"))
        await scene.answer(scene.ana, "The phone number ID")


async def test_a_burst_never_breaks_the_limit_and_all_are_answered(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await asyncio.gather(*(scene.ask(entry("The ID")) for _ in range(30)))

        def told() -> bool:
            return sum("The phone number ID" in each.text for each in scene.ana.sees("support")) == 30

        await scene.ana.until(told, timeout=PATIENCE)
        assert [call.api_code for call in scene.cams.calls] == ["OK"] * 30
        arrivals = sorted(call.arrived_at for call in scene.cams.calls)
        assert all(later - earlier > 1.0 for earlier, later in zip(arrivals, arrivals[10:], strict=False))


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
        await scene.slack.until(lambda: bool(scene.cams.calls), timeout=PATIENCE)
    await scene.answer(scene.ana, problems.PROBLEMS[Problem.PROCESS_ENDED].what)
    (lookup,) = await scene.lookups()
    assert (lookup.state, lookup.result.problem) == (State.INTERRUPTED, Problem.PROCESS_ENDED)
    assert lookup.state in FINAL


async def test_what_a_dead_process_left_is_ended_and_its_agent_told_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        died = SqliteStore(tmp_path / "phoneid.db", clock=SystemClock(), lease=-1.0)
        await died.open()
        agent = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
        asked = NewLookup(
            agent=agent, phone=PhoneNumber("8613800001234"), reason="", channel_id="C0SUPPORT", submission_key="k"
        )
        await died.accept(asked, state=State.QUEUED)
        await died.aclose()
        async with with_bot(scene):
            await scene.answer(scene.ana, problems.PROBLEMS[Problem.PROCESS_ENDED].what, channel=scene.ana.dm)
        (lookup,) = await scene.lookups()
        assert lookup.state is State.INTERRUPTED


async def test_what_runs_is_known_to_be_alive_by_every_other_process(scene_with: OpenScene, tmp_path: Path) -> None:
    async with scene_with(waits=Waits(lease=0.9, api_reading=5.0)) as scene:
        await scene.ask(entry("The ID, after 3 seconds"))
        await scene.slack.until(lambda: bool(scene.cams.calls), timeout=PATIENCE)
        await scene.answer(scene.ana, "Still asking")  # two seconds, more than two leases, have passed
        other = SqliteStore(tmp_path / "phoneid.db", clock=SystemClock())
        await other.open()
        assert await other.interrupt_abandoned([]) == 0
        await other.aclose()
        await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")

"""``kill -9`` in the middle of a list: it is told once, as a whole, and the rest can be asked again."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from bot.models import State
from bot.sandbox.bot_process import BotProcess
from tests.english import asking, requests
from tests.english import results as texts
from tests.scenarios.listing import lines, listed, message_with, silence, submit_list, window_with
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, QUICK, Scene, open_scene, with_bot


async def kill_in_the_middle(scene: Scene, tmp_path: Path) -> None:
    """A list of forty, of which some are done when the process dies."""
    bot = BotProcess(folder=tmp_path)
    try:
        await bot.start_with(scene.environment)
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await submit_list(scene, lines(numbers(40)), reason="ticket 7")
        await message_with(scene.ana, texts.STOP)
        await scene.slack.until(lambda: len(scene.cams.lookups) > 12, timeout=PATIENCE)
    finally:
        await bot.kill()
    await scene.slack.until(lambda: not scene.slack.is_connected, timeout=PATIENCE)


async def test_a_list_killed_in_the_middle_is_told_once_and_its_rest_asked_again(tmp_path: Path) -> None:
    async with open_scene(tmp_path, book=numbers(40)) as scene:
        await kill_in_the_middle(scene, tmp_path)
        before = {each.state for each in await listed(scene)}
        assert State.ANSWERED in before
        assert before & {State.QUEUED, State.CALLING}
        silence(scene)
        ana = scene.ana
        async with with_bot(scene, waits=QUICK) as running:
            told = await message_with(ana, "The bot stopped while it looked up your list")
            await ana.until(lambda: requests.SEE_BELOW in ana.sees(ana.dm)[0].words, timeout=PATIENCE)
            states = Counter(each.state for each in await listed(running))
            assert states.keys() == {State.ANSWERED, State.INTERRUPTED}
            assert f"{states[State.ANSWERED]} IDs found" in told.words
            assert len(ana.sees(ana.dm)) == 2  # what followed it, and how it ended
            assert ana.sees(ana.dm)[0].buttons == []
            assert Counter(each.phone for each in running.cams.lookups).most_common(1)[0][1] == 1
            if ana.modal:
                await ana.closes()
            await ana.clicks(texts.ASK_AGAIN)
            await window_with(ana, asking.FORM_INTRO.several)
            assert ana.modal
            assert str(ana.modal.values).count("+1 ") == states[State.INTERRUPTED]
            assert not any(each.code in str(ana.modal.values) for each in numbers(40))
        assert list(scene.slack.complaints) == []


async def test_an_ordinary_stop_in_the_middle_of_a_list_tells_before_it_leaves(tmp_path: Path) -> None:
    async with open_scene(tmp_path, book=numbers(60)) as scene:
        ana = scene.ana
        async with with_bot(scene, waits=replace(QUICK, finishing=0.5)) as running:
            await submit_list(running, lines(numbers(60)))
            await scene.slack.until(lambda: bool(running.cams.lookups), timeout=PATIENCE)
        told = await message_with(ana, "The bot stopped while it looked up your list")
        assert texts.SHOW_RESULTS in told.buttons
        assert len(ana.sees(ana.dm)) == 1
        assert {each.state for each in await listed(scene)} == {State.ANSWERED, State.INTERRUPTED}

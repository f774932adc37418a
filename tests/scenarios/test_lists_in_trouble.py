"""Whatever happens around a running list, every number is asked once and its agent hears of it once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import State
from bot.sandbox.slack.trouble import SlackTrouble
from tests.english import results as texts
from tests.scenarios.asking import finish
from tests.scenarios.databases import locked
from tests.scenarios.listing import lines, listed, message_with, submit_list, window_with
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, QUICK, Scene, open_scene, with_bot


def asked(scene: Scene) -> set[int]:
    """How often the numbers that were asked for were asked for."""
    return set(Counter(each.phone for each in scene.cams.calls).values())


@pytest.mark.parametrize("trouble", [SlackTrouble.UNREACHABLE, SlackTrouble.RATE_LIMITED, SlackTrouble.PAGE])
async def test_while_slack_is_away_the_list_goes_on_and_its_end_is_told_once(
    tmp_path: Path, trouble: SlackTrouble
) -> None:
    book = numbers(25)
    async with open_scene(tmp_path, book=book) as scene, with_bot(scene) as running:
        ana = await submit_list(running, lines(book))
        await message_with(ana, "of 25")
        scene.slack.trouble = trouble
        await scene.slack.until(lambda: len(running.cams.calls) == 25, timeout=PATIENCE)
        scene.slack.trouble = SlackTrouble.NONE
        await message_with(ana, "Your list of 25 numbers is done. 25 IDs found.")
        await finish(running)
        assert len(ana.sees(ana.dm)) == 1
        assert asked(running) == {1}
        assert {each.state for each in await listed(running)} == {State.ANSWERED}


async def test_slack_away_from_the_start_keeps_no_list_from_being_asked(tmp_path: Path) -> None:
    book = numbers(5)
    async with open_scene(tmp_path, book=book) as scene, with_bot(scene) as running:
        ana = running.ana
        await ana.runs("support", "/phoneid list")
        await ana.until(lambda: ana.modal, timeout=PATIENCE)
        ana.fills(block_id="numbers", text=lines(book))
        await ana.submits()
        scene.slack.trouble = SlackTrouble.UNREACHABLE
        await scene.slack.until(lambda: len(running.cams.calls) == 5, timeout=PATIENCE)
        scene.slack.trouble = SlackTrouble.NONE
        await message_with(ana, "5 IDs found.")
        await finish(running)
        assert len(ana.sees(ana.dm)) == 1


@pytest.mark.real_time
async def test_a_database_that_is_locked_for_a_moment_loses_nothing(tmp_path: Path) -> None:
    book = numbers(25)
    async with open_scene(tmp_path, book=book) as scene, with_bot(scene) as running:
        ana = await submit_list(running, lines(book))
        await scene.slack.until(lambda: bool(running.cams.calls), timeout=PATIENCE)
        with locked(scene.database_url):
            await scene.clock.sleep(1.5)
        await window_with(ana, "Your list of 25 numbers is done. 25 IDs found.")
        assert asked(running) == {1}


@pytest.mark.real_time  # who waits for the lock may keep no acknowledgement waiting
async def test_a_list_that_the_database_does_not_take_is_not_asked(tmp_path: Path) -> None:
    waits = replace(QUICK, database=0.3)
    async with open_scene(tmp_path, book=numbers(3)) as scene, with_bot(scene, waits=waits) as running:
        with locked(scene.database_url):
            ana = await submit_list(running, lines(numbers(3)))
            await window_with(ana, "cannot use its database right now")
        assert running.cams.calls == []
        assert await listed(running) == []


async def test_two_processes_run_stop_and_tell_lists_between_them(tmp_path: Path) -> None:
    book = numbers(60)
    async with (
        open_scene(tmp_path, book=book) as scene,
        with_bot(scene) as first,
        with_bot(scene) as second,
    ):
        ana = await submit_list(first, lines(book))
        message = await message_with(ana, texts.STOP)
        await scene.slack.until(lambda: bool(first.cams.calls), timeout=PATIENCE)
        await ana.closes()
        for _ in range(4):  # impatient; a payload goes to either of them
            await ana.clicks_stale(message, texts.STOP)
        await message_with(ana, "You stopped your list of 60 numbers.")
        for each in (first, second):
            await finish(each)
        followed = [each for each in ana.sees(ana.dm) if not each.is_ephemeral]
        assert len(followed) == 1
        states = Counter(each.state for each in await listed(first))
        assert states.keys() == {State.ANSWERED, State.DROPPED}
        assert asked(first) == {1}
        assert list(scene.slack.complaints) == []

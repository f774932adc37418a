"""A process is taken for dead while it calls, and its ID comes after all: whoever read that it stopped gets the ID."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import Event
from bot.models import Problem, State
from bot.sandbox.cams.answers import Slow, Success
from bot.sandbox.cams.book import Entry
from bot.store import processes
from bot.store.engine import Tx
from tests.english import PROBLEMS
from tests.scenarios.asking import (
    ANSWERED,
    TO_EACH,
    TOLD_ANSWERED,
    finish,
    journal,
    record_of,
    request,
    standing_of,
    told,
)
from tests.scenarios.listing import lines, message_with, submit_list, window_with
from tests.scenarios.scene import PATIENCE, QUICK, Scene, open_scene, with_bot

SWEEPING = replace(QUICK, sweeping=0.1)
STOPPED = PROBLEMS[Problem.PROCESS_ENDED].what
THE_ID = "920155500019800"
SLOW = Entry(
    phone="+1 202-555-0198",
    code="660912",
    outcome="The ID, after a while",
    explanation="Long enough to be taken for dead meanwhile.",
    replies=(Slow(seconds=2.0, then=Success(phone_number_id=THE_ID)),),
)
QUICK_ONE = Entry(
    phone="+1 202-555-0197",
    code="417730",
    outcome="The ID",
    explanation="Answered long before the other one.",
    replies=(Success(phone_number_id="920155500019700"),),
)


def take_for_dead(tx: Tx) -> int:
    """What another process does that has not heard of the others for long. How many lookups it ended."""
    processes.beat(tx)
    return processes.interrupt_abandoned(tx, frozenset(), silent_for=0.0)


async def interrupt(scene: Scene, *, lookups: int = 1) -> None:
    """Take the bot for dead while it calls; so many lookups have not ended by then."""
    async with asyncio.timeout(PATIENCE):
        while State.CALLING not in {each.state for each in await scene.lookups()}:
            await scene.clock.sleep(0.05)
    async with record_of(scene) as another:
        assert await another.change(take_for_dead) == lookups


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        open_scene(tmp_path, book=[SLOW, QUICK_ONE]) as opened,
        with_bot(opened, waits=SWEEPING) as running,
    ):
        yield running
        assert list(running.slack.complaints) == []


async def test_the_id_of_a_lookup_that_was_told_as_interrupted_is_told(scene: Scene) -> None:
    await scene.ask(SLOW)
    await interrupt(scene)
    await scene.answer(scene.ana, STOPPED)
    await scene.answer(scene.ana, f"is {THE_ID}", channel=scene.ana.dm)
    (lookup,) = await scene.lookups()
    assert (lookup.state, lookup.result.phone_number_id) == (State.ANSWERED, THE_ID)
    moves = [(each.event, each.to_state) for each in await journal(scene, lookup.request_id) if each.position]
    assert moves[-2:] == [(Event.ABANDONED, State.INTERRUPTED), (Event.MOVED, State.ANSWERED)]
    await finish(scene)
    assert len(scene.ana.sees(scene.ana.dm)) == 1
    assert len(scene.cams.calls) == 1


async def test_whoever_followed_it_gets_the_id_too(scene: Scene) -> None:
    await scene.ask(SLOW)
    await scene.ask(SLOW)
    await interrupt(scene, lookups=2)

    def is_told() -> bool:
        return sum(THE_ID in each.text for each in scene.ana.sees(scene.ana.dm)) == 2

    await scene.slack.until(is_told, timeout=PATIENCE)
    assert {each.state for each in await scene.lookups()} == {State.ANSWERED}
    assert len(scene.cams.calls) == 1


async def test_of_several_numbers_both_ends_are_told(scene: Scene) -> None:
    ana = await submit_list(scene, lines([SLOW, QUICK_ONE]))
    await ana.closes()
    await message_with(ana, "1 ID found.")
    await interrupt(scene)
    await message_with(ana, "1 ID found, 1 failed.")
    await message_with(ana, "2 IDs found.")
    await finish(scene)
    await ana.clicks("Show results")
    assert THE_ID in await window_with(ana, SLOW.digits)


async def test_one_that_was_approved_is_ready_after_all(tmp_path: Path) -> None:
    async with (
        open_scene(tmp_path, book=[SLOW], settings=TO_EACH) as opened,
        with_bot(opened, waits=SWEEPING) as scene,
    ):
        request_id = await request(scene, asked=SLOW, code=SLOW.code)
        await scene.human("Lee").clicks("Approve")
        await interrupt(scene)
        await told(scene, STOPPED)
        await told(scene, TOLD_ANSWERED)
        await message_with(scene.human("Kim"), "The agent has the ID.")
        await finish(scene)
        assert await standing_of(scene, request_id) == ANSWERED
        assert list(scene.slack.complaints) == []

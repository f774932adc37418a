"""While a request waits the world goes on: people become guests, channels get shared, processes die, Slack is busy."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from bot.clock import SystemClock
from bot.models import Actor, Event, NewLookup, PhoneNumber, State, Through
from bot.sandbox.slack.people import Kind
from bot.sandbox.slack.trouble import SlackTrouble
from bot.store.sqlite import SqliteStore
from bot.texts import approvals as texts
from tests.scenarios.asking import TO_CHANNEL, TO_EACH, buttons_left, find_card, journal, request, state_of
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, open_scene, with_bot

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)


def make_guest(scene: Scene, user_id: str) -> None:
    people = scene.slack.workspace.people
    people[user_id] = replace(people[user_id], kind=Kind.GUEST)


async def test_who_became_a_guest_meanwhile_gets_no_id(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with with_bot(scene) as running:
            lookup_id = await request(running)
        make_guest(scene, "U0ANA")
        async with with_bot(scene) as running:  # a restart forgets who was what
            lee = running.human("Lee")
            await lee.clicks(texts.APPROVE, message=find_card(lee, lookup_id))
            await running.answer(lee, texts.AGENT_MAY_NOT_ASK, channel=lee.dm)
            assert await state_of(running, lookup_id) is State.AWAITING
            assert running.cams.calls == []
            assert (await journal(running, lookup_id))[-1].event is Event.FORBIDDEN


async def test_a_channel_shared_after_the_start_gets_no_more_cards(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene, with_bot(scene) as running:
        conversations = running.slack.workspace.conversations
        conversations["C0APPROVALS"] = replace(conversations["C0APPROVALS"], is_ext_shared=True)
        lookup_id = await request(running)
        lee = running.human("Lee")
        assert not any(lookup_id in each.words for each in lee.sees("C0APPROVALS"))
        assert "Asked by" in find_card(lee, lookup_id, channel=lee.dm).words


async def test_a_request_whose_process_died_before_anybody_was_asked_is_asked_for_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        died = SqliteStore(tmp_path / "phoneid.db", clock=SystemClock())
        await died.open()
        asked = NewLookup(
            agent=ANA, phone=PhoneNumber("8613800001234"), reason="ticket 7", channel_id="C0SUPPORT", submission_key="k"
        )
        later = SystemClock().now() + 3600
        lookup, _ = await died.accept(asked, state=State.AWAITING, expires_at=later)
        await died.aclose()
        _overdue_to_tell(tmp_path)
        async with with_bot(scene) as running:
            lee = running.human("Lee")
            await lee.until(lambda: any(lookup.id in each.words for each in lee.sees(lee.dm)), timeout=PATIENCE)
            await running.answer(running.ana, "awaits approval", channel=running.ana.dm)
            assert buttons_left(running, lookup.id)


async def test_a_card_whose_process_died_before_it_was_redrawn_is_redrawn_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with with_bot(scene) as running:
            lookup_id = await request(running, code=None)
        store = SqliteStore(tmp_path / "phoneid.db", clock=SystemClock())
        await store.open()
        lee_acts = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
        await store.move(lookup_id, from_state=State.AWAITING, to_state=State.APPROVED, actor=lee_acts)
        await store.aclose()
        _overdue_to_tell(tmp_path)
        async with with_bot(scene) as running:
            await running.answer(running.ana, texts.TOLD_ENTER_CODE, channel=running.ana.dm)
            kim = running.human("Kim")
            await kim.until(lambda: not buttons_left(running, lookup_id), timeout=PATIENCE)


async def test_a_card_that_slack_is_too_busy_for_keeps_no_agent_waiting(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        lookup_id = await request(scene)
        lee = scene.human("Lee")
        card = find_card(lee, lookup_id)
        scene.slack.trouble = SlackTrouble.RATE_LIMITED
        await lee.clicks(texts.APPROVE, message=card)
        await scene.slack.until(lambda: bool(scene.cams.calls), timeout=PATIENCE)
        scene.slack.trouble = SlackTrouble.NONE
        await scene.answer(scene.ana, texts.TOLD_ANSWERED, channel=scene.ana.dm)
        await lee.until(lambda: not buttons_left(scene, lookup_id), timeout=PATIENCE)


def _overdue_to_tell(tmp_path: Path) -> None:
    """As if the lease had ended in which the dead process was to tell."""
    database = sqlite3.connect(tmp_path / "phoneid.db")
    with database:
        database.execute("UPDATE lookups SET tell_after = 1")
    database.close()

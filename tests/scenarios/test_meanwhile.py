"""While a request waits the world goes on: people become guests, channels get shared, processes die, Slack is busy."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import Event
from bot.models import ApprovalState, PhoneNumber, Problem
from bot.sandbox.slack.people import Kind
from bot.sandbox.slack.trouble import SlackTrouble
from bot.sandbox.slack.workspace import Conversation
from bot.store import decisions
from tests import factories
from tests.english import PROBLEMS
from tests.english import requests as texts
from tests.scenarios.asking import (
    AWAITING,
    GOOD,
    TO_CHANNEL,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_ENTER_CODE,
    buttons_left,
    find_card,
    journal,
    record_of,
    request,
    standing_of,
)
from tests.scenarios.listing import ANA, LEE, make_overdue
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, open_scene, with_bot


def make_guest(scene: Scene, user_id: str) -> None:
    people = scene.slack.workspace.people
    people[user_id] = replace(people[user_id], kind=Kind.GUEST)


async def test_who_became_a_guest_meanwhile_gets_no_id(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with with_bot(scene) as running:
            request_id = await request(running)
        make_guest(scene, "U0ANA")
        async with with_bot(scene) as running:  # a restart forgets who was what
            lee = running.human("Lee")
            await lee.clicks(texts.APPROVE, message=find_card(lee, request_id))
            await running.answer(lee, PROBLEMS[Problem.AGENT_MAY_NOT_ASK].what, channel=lee.dm)
            assert await standing_of(running, request_id) == AWAITING
            assert running.cams.calls == []
            assert (await journal(running, request_id))[-1].event is Event.FORBIDDEN


@pytest.mark.parametrize(
    "share",
    [lambda now: replace(now, is_ext_shared=True), lambda now: replace(now, is_pending_ext_shared=True)],
    ids=["shared", "a partner is invited"],
)
async def test_a_channel_shared_after_the_start_gets_no_more_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: Callable[[Conversation], Conversation]
) -> None:
    monkeypatch.setattr("bot.slack.channel.CHANNEL_REMEMBERED", 0.0)  # the start has just asked
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene, with_bot(scene) as running:
        conversations = running.slack.workspace.conversations
        conversations["C0APPROVALS"] = share(conversations["C0APPROVALS"])
        request_id = await request(running)
        lee = running.human("Lee")
        assert not any(request_id in each.words for each in lee.sees("C0APPROVALS"))
        assert "Requested by" in find_card(lee, request_id, channel=lee.dm).words


async def test_a_request_whose_process_died_before_anybody_was_asked_is_asked_for_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with record_of(scene) as died:
            phone, decision = PhoneNumber(GOOD.digits), factories.NEEDS_APPROVAL
            asked = await died.change(factories.asked, [phone], decision=decision, agent=ANA, reason="ticket 7")
        make_overdue(scene)
        async with with_bot(scene) as running:
            lee = running.human("Lee")
            await lee.until(lambda: any(asked.id in each.words for each in lee.sees(lee.dm)), timeout=PATIENCE)
            await running.answer(running.ana, "is waiting for approval", channel=running.ana.dm)
            assert buttons_left(running, asked.id)


async def test_a_card_whose_process_died_before_it_was_redrawn_is_redrawn_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with with_bot(scene) as running:
            request_id = await request(running, code=None)
        async with record_of(scene) as died:
            approved = ApprovalState.APPROVED
            await died.change(decisions.decide, request_id, approved, actor=LEE, good_for=factories.HOUR)
        make_overdue(scene)
        async with with_bot(scene) as running:
            await running.answer(running.ana, TOLD_ENTER_CODE, channel=running.ana.dm)
            kim = running.human("Kim")
            await kim.until(lambda: not buttons_left(running, request_id), timeout=PATIENCE)


async def test_a_card_that_slack_is_too_busy_for_keeps_no_agent_waiting(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        lee = scene.human("Lee")
        card = find_card(lee, request_id)
        scene.slack.trouble = SlackTrouble.RATE_LIMITED
        await lee.clicks(texts.APPROVE, message=card)
        await scene.slack.until(lambda: bool(scene.cams.calls), timeout=PATIENCE)
        scene.slack.trouble = SlackTrouble.NONE
        await scene.answer(scene.ana, TOLD_ANSWERED, channel=scene.ana.dm)
        await lee.until(lambda: not buttons_left(scene, request_id), timeout=PATIENCE)

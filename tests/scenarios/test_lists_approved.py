"""A list that needs approval is decided on as a whole, once, and everyone concerned knows."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.audit import Event
from bot.errors import EntryMistake
from bot.models import ApprovalState, State
from bot.sandbox.slack.blockkit import interactive_elements
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from tests.english import asking, cards, outcomes, results
from tests.english import requests as texts
from tests.scenarios.asking import TO_EACH, deny, finish, journal, open_modal
from tests.scenarios.listing import (
    GOOD,
    OPAQUE,
    REFUSED,
    THREE,
    decisions_on,
    entries_of,
    lines,
    listed,
    message_with,
    request_in,
    submit_list,
    window_with,
)
from tests.scenarios.scene import PATIENCE, QUICK, TRANSPORTS, OpenScene, Scene, open_scene, with_bot

HURRIED = replace(QUICK, approval=2.5, sweeping=0.1)
LEISURELY = replace(QUICK, approval=6.0, sweeping=0.1)


@pytest.fixture(params=TRANSPORTS)
async def scene(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    """Approvals are on; Lee and Kim decide."""
    async with scene_with(is_http=request.param == "signed http", **TO_EACH) as running:
        yield running
        assert list(running.slack.complaints) == []


async def request_list(scene: Scene, *, with_codes: bool = True) -> None:
    """Ask for approval of three numbers, until it is asked for."""
    ana = await submit_list(scene, lines(THREE, with_codes=with_codes), reason="ticket 7")
    await window_with(ana, "is waiting for approval")
    await ana.closes()


async def card_of(human: Human) -> Message:
    return await message_with(human, "Requested by")


async def states(scene: Scene) -> list[State]:
    return [each.state for each in await listed(scene)]


async def ended_as(scene: Scene) -> tuple[ApprovalState, list[State]]:
    """How the only request stands, and its numbers."""
    found = await listed(scene)
    (approval,) = {each.approval.state for each in found}
    return approval, [each.state for each in found]


def told_of(state: ApprovalState) -> str:
    """What the agent of several numbers is told of it."""
    return str(outcomes.OUTCOMES[state].told_of_several)


async def test_approvers_get_one_card_for_the_list_and_its_details_show_every_number(scene: Scene) -> None:
    await request_list(scene)
    kim = scene.human("Kim")
    card = await card_of(kim)
    assert "Approval needed: IDs of 3 numbers" in card.words
    assert len(kim.sees(kim.dm)) == 1
    assert not any(each.phone[-4:] in card.words for each in THREE)
    (request_id,) = {each.request_id for each in await listed(scene)}
    offered = {each.action_id: each.element["value"] for each in interactive_elements(card.blocks or [])}
    assert offered == dict.fromkeys((cards.APPROVE, cards.DENY, cards.DETAILS), request_id)  # as for one number
    words = await open_modal(kim, texts.DETAILS)
    assert all(each.phone in words for each in THREE)
    for lookup in await listed(scene):
        shown = [each.actor.user_id for each in await entries_of(scene, lookup) if each.event is Event.SHOWN]
        assert shown == ["U0KIM"]


async def test_approved_with_all_codes_the_list_is_asked_and_its_agent_told_once(scene: Scene) -> None:
    await request_list(scene)
    assert scene.cams.calls == []
    lee = scene.human("Lee")
    assert "<@U0ANA> can then get the IDs of 3 numbers." in lee.confirmation(texts.APPROVE).text
    await lee.clicks(texts.APPROVE)
    told = await message_with(scene.ana, "numbers is done")
    await finish(scene)
    assert "920155500012345" not in told.words + told.text
    assert "Approved by <@U0LEE>." in told.words
    assert len(scene.ana.sees(scene.ana.dm)) == 1
    assert await states(scene) == [State.ANSWERED, State.ANSWERED, State.REFUSED]
    assert len(scene.cams.calls) == 3
    card = await card_of(scene.human("Kim"))
    assert card.buttons == []
    assert "The agent has the results." in card.words
    assert "<@U0LEE>" in card.words
    await scene.ana.clicks(results.SHOW_RESULTS)
    assert "8613800001234\t920155500012345" in await window_with(scene.ana, "numbers is done")


async def test_a_double_click_and_two_approvers_decide_once(scene: Scene) -> None:
    await request_list(scene)
    lee, kim = scene.human("Lee"), scene.human("Kim")
    his, hers = await card_of(lee), await card_of(kim)
    await lee.clicks_stale(his, texts.APPROVE)
    await lee.clicks_stale(his, texts.APPROVE)
    await deny_stale(kim, hers)
    await message_with(scene.ana, "numbers is done")
    await finish(scene)
    assert len(scene.cams.calls) == 3
    (request_id,) = {each.request_id for each in await listed(scene)}
    assert await decisions_on(scene, request_id) == [ApprovalState.APPROVED]
    assert len(scene.ana.sees(scene.ana.dm)) == 1


async def deny_stale(human: Human, card: Message) -> None:
    await human.clicks_stale(card, texts.DENY)


async def test_denied_the_whole_list_is_denied_and_can_be_asked_again(scene: Scene) -> None:
    await request_list(scene)
    await deny(scene.human("Lee"), "Which ticket?")
    told = await message_with(scene.ana, told_of(ApprovalState.DENIED))
    assert "Your request for 3 numbers" in told.words
    assert "Which ticket?" in told.words
    await finish(scene)
    assert await ended_as(scene) == (ApprovalState.DENIED, [State.DROPPED] * 3)
    assert len(scene.ana.sees(scene.ana.dm)) == 1
    assert (await card_of(scene.human("Kim"))).buttons == []
    await scene.ana.clicks(texts.TRY_AGAIN.several)
    await window_with(scene.ana, "This needs approval by")
    assert scene.ana.modal
    assert all(each.phone in str(scene.ana.modal.values) for each in THREE)
    assert scene.cams.calls == []


async def test_withdrawn_the_whole_list_is_withdrawn(scene: Scene) -> None:
    await request_list(scene)
    await scene.ana.clicks(texts.WITHDRAW)
    await message_with(scene.ana, told_of(ApprovalState.WITHDRAWN))
    await finish(scene)
    assert await ended_as(scene) == (ApprovalState.WITHDRAWN, [State.DROPPED] * 3)
    assert (await card_of(scene.human("Kim"))).buttons == []


async def test_without_codes_the_agent_is_asked_for_them_in_a_form_of_the_approved_numbers(scene: Scene) -> None:
    await request_list(scene, with_codes=False)
    await scene.human("Kim").clicks(texts.APPROVE)
    ana = scene.ana
    await message_with(ana, told_of(ApprovalState.APPROVED))
    await ana.clicks(texts.ENTER_CODE.several)
    await window_with(ana, "Your request for 3 numbers is approved.")
    assert ana.modal
    assert all(each.phone in str(ana.modal.values) for each in THREE)
    mistakes = asking.ENTRY_MISTAKES
    for typed, said in (
        (lines([GOOD, OPAQUE]), mistakes[EntryMistake.NUMBERS_LEFT_OUT]),
        (
            lines(THREE) + "\n+1 202-555-0107 120956",
            f"Line 4: {mistakes[EntryMistake.NUMBER_NOT_APPROVED]}",
        ),
        (lines([GOOD, OPAQUE]) + f"\n{REFUSED.phone}", f"Line 3: {mistakes[EntryMistake.CODE_MISSING]}"),
    ):
        ana.fills(block_id="numbers", text=typed)
        await ana.submits()
        assert [*ana.modal.errors.values()] == [said]
    ana.fills(block_id="numbers", text=lines([REFUSED, OPAQUE, GOOD]))  # in any order
    await ana.submits()
    assert "8613800001234\t920155500012345" in await window_with(ana, "numbers is done")
    await scene.slack.redeliver(edit=lambda payload: None)
    await finish(scene)
    assert "8613800001234\t920155500012345" in await window_with(ana, "numbers is done")
    assert len(scene.cams.calls) == 3


async def test_codes_for_other_numbers_than_the_approved_ones_are_used_for_none(scene: Scene) -> None:
    await request_list(scene, with_codes=False)
    await scene.human("Kim").clicks(texts.APPROVE)
    ana = scene.ana
    await message_with(ana, told_of(ApprovalState.APPROVED))
    await open_modal(ana, texts.ENTER_CODE.several)
    ana.fills(block_id="numbers", text=lines([GOOD]))
    await ana.submits()

    def claim_that_one_was_approved(payload: dict[str, Any]) -> None:
        about = json.loads(payload["view"]["private_metadata"])
        payload["view"]["private_metadata"] = json.dumps({**about, "numbers": GOOD.digits})

    await scene.slack.redeliver(edit=claim_that_one_was_approved)
    await finish(scene)
    assert scene.cams.calls == []
    assert await ended_as(scene) == (ApprovalState.APPROVED, [State.HELD] * 3)
    assert ana.modal
    assert all(each.phone in str(ana.modal.values) for each in THREE)
    ana.fills(block_id="numbers", text=lines(THREE))
    await ana.submits()
    await window_with(ana, "numbers is done")


async def test_a_list_nobody_decides_on_expires_as_a_whole(scene_with: OpenScene) -> None:
    async with scene_with(waits=HURRIED, **TO_EACH) as scene:
        await request_list(scene)
        await message_with(scene.ana, told_of(ApprovalState.EXPIRED))
        await finish(scene)
        assert await ended_as(scene) == (ApprovalState.EXPIRED, [State.DROPPED] * 3)
        assert len(scene.ana.sees(scene.ana.dm)) == 1
        assert list(scene.slack.complaints) == []


async def test_an_approved_list_nobody_uses_lapses_as_a_whole(scene_with: OpenScene) -> None:
    async with scene_with(waits=LEISURELY, **TO_EACH) as scene:
        await request_list(scene, with_codes=False)
        await scene.human("Lee").clicks(texts.APPROVE)
        await message_with(scene.ana, told_of(ApprovalState.LAPSED))
        await finish(scene)
        assert await ended_as(scene) == (ApprovalState.LAPSED, [State.DROPPED] * 3)
        assert len(scene.ana.sees(scene.ana.dm)) == 2  # that it was approved, and that it lapsed


async def test_approvers_are_reminded_of_a_list_once(scene_with: OpenScene) -> None:
    async with scene_with(waits=LEISURELY, **TO_EACH) as scene:
        await request_list(scene)
        lee = scene.human("Lee")
        await message_with(lee, "Still waiting: IDs of 3 numbers")
        await finish(scene)
        assert len(lee.sees(lee.dm)) == 2
        (request_id,) = {each.request_id for each in await listed(scene)}
        reminded = [each.position for each in await journal(scene, request_id) if each.event is Event.REMINDED]
        assert reminded == [None]  # of the request as a whole


async def test_after_a_restart_the_codes_are_asked_for_again(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with with_bot(scene) as running:
            await request_list(running)
        async with with_bot(scene) as running:
            await running.human("Lee").clicks(texts.APPROVE)
            told = await message_with(running.ana, told_of(ApprovalState.APPROVED))
            assert {each.request_id for each in await listed(running)} == {request_in(told.words)}
            await running.ana.clicks(texts.ENTER_CODE.several)
            await running.ana.until(lambda: running.ana.modal, timeout=PATIENCE)
            running.ana.fills(block_id="numbers", text=lines(THREE))
            await running.ana.submits()
            await window_with(running.ana, "numbers is done")
            assert len(running.cams.calls) == 3
            assert list(scene.slack.complaints) == []

"""Ana asks, somebody decides, and everyone concerned knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.app import open_quota
from bot.audit import Event
from bot.errors import EntryMistake
from bot.models import LookupId, PhoneNumber, Problem
from bot.quota.turns import Turns
from bot.sandbox.slack.response_urls import MOST_USES
from bot.settings import LookupSettings, read
from bot.tickets import Ticket
from tests.english import PROBLEMS, asking
from tests.english import requests as texts
from tests.scenarios.asking import (
    ANSWERED,
    AWAITING,
    DENIED,
    GOOD,
    GOOD_ID,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_WITHDRAWN,
    WITHDRAWN,
    buttons_left,
    deny,
    fill_in,
    find,
    find_card,
    finish,
    forbidden,
    journal,
    open_modal,
    request,
    standing_of,
    told,
)
from tests.scenarios.listing import window_with
from tests.scenarios.scene import PATIENCE, TRANSPORTS, OpenScene, Scene, entry


@pytest.fixture(params=TRANSPORTS)
async def scene(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    """Approvals are on; Lee and Kim decide."""
    async with scene_with(is_http=request.param == "signed http", **TO_EACH) as running:
        yield running
        assert list(running.slack.complaints) == []


async def test_the_form_says_who_decides_and_asks_for_a_reason(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid")
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert "This needs approval by <@U0KIM>, <@U0LEE>." in modal.words
    assert modal.content["submit"]["text"] == asking.FORM_SUBMIT_FOR_APPROVAL
    scene.ana.fills(block_id="phone", text=GOOD.phone)
    await scene.ana.submits()  # Slack itself asks for what is required
    assert scene.ana.modal
    assert [block_id.split("-")[0] for block_id in scene.ana.modal.errors] == ["reason"]
    scene.ana.fills(block_id="reason", text=" \n ")
    await scene.ana.submits()
    assert list(scene.ana.modal.errors.values()) == [asking.ENTRY_MISTAKES[EntryMistake.REASON_MISSING]]
    assert await scene.lookups() == []


async def test_a_command_with_a_code_opens_the_form_and_the_code_is_typed_again(scene: Scene) -> None:
    await scene.ask(GOOD)
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert asking.CODE_NOT_YET.one in modal.words
    assert GOOD.code not in str(modal.content)
    assert scene.cams.calls == []


async def test_approved_with_the_code_the_call_is_made_once_and_the_agent_is_told_twice(scene: Scene) -> None:
    request_id = await request(scene)
    assert scene.cams.calls == []
    await scene.human("Lee").clicks("Approve")
    message = await told(scene, TOLD_ANSWERED)
    assert "Approved by <@U0LEE>." in message.words
    assert GOOD_ID not in message.words + message.text  # messages stay; the ID is behind a button
    assert message.buttons == [texts.SHOW_ID]
    assert (await scene.answer(scene.ana, GOOD_ID)).is_ephemeral
    assert [call.phone for call in scene.cams.calls] == ["8613800001234"]
    lookup = await find(scene, request_id)
    assert lookup.approval.decided_by
    assert lookup.approval.decided_by.user_id == "U0LEE"
    assert await standing_of(scene, request_id) == ANSWERED


async def test_only_the_agent_ever_sees_the_id_or_the_whole_number(scene: Scene) -> None:
    request_id = await request(scene)
    await scene.human("Lee").clicks("Approve")
    await told(scene, TOLD_ANSWERED)
    await finish(scene)
    for name in ("Lee", "Kim", "Gus", "Olu"):
        human = scene.human(name)
        for conversation in human.screen.conversations:
            for message in human.sees(conversation.id):
                assert GOOD_ID not in str(message), name
                assert "138 0000" not in str(message), name
    assert "+861•••••1234" in find_card(scene.human("Kim"), request_id).words


async def test_approving_is_asked_to_be_confirmed(scene: Scene) -> None:
    request_id = await request(scene)
    lee = scene.human("Lee")
    assert lee.confirmation("Approve").title == texts.APPROVE_CONFIRM_TITLE
    await lee.clicks("Approve", dismissing=True)
    assert await standing_of(scene, request_id) == AWAITING


async def test_the_id_is_shown_as_often_as_wanted_and_each_time_is_journalled(scene: Scene) -> None:
    request_id = await request(scene)
    await scene.human("Lee").clicks("Approve")
    await told(scene, TOLD_ANSWERED)
    for _ in range(3):
        assert GOOD_ID in await open_modal(scene.ana, texts.SHOW_ID)
        await scene.ana.closes()
    shown = [each.actor.user_id for each in await journal(scene, request_id) if each.event is Event.SHOWN]
    assert shown == ["U0ANA"] * 3
    assert len(scene.cams.calls) == 1


async def test_the_details_are_for_the_approvers_eyes_and_journalled(scene: Scene) -> None:
    request_id = await request(scene, reason="ticket <7>")
    kim = scene.human("Kim")
    words = await open_modal(kim, "Details")
    assert "+86 138 0000 1234" in words
    assert "ticket <7>" in words
    shown = [each.actor.user_id for each in await journal(scene, request_id) if each.event is Event.SHOWN]
    assert shown == ["U0KIM"]


async def test_approved_without_the_code_the_agent_is_asked_for_it(scene: Scene) -> None:
    request_id = await request(scene, code=None)
    await scene.human("Kim").clicks("Approve")
    message = await told(scene, TOLD_ENTER_CODE)
    assert message.buttons == [texts.ENTER_CODE.one]
    assert scene.cams.calls == []
    await open_modal(scene.ana, texts.ENTER_CODE.one)
    scene.ana.fills(block_id="code", text="no code!")
    await scene.ana.submits()
    assert scene.ana.modal
    assert len(scene.ana.modal.errors) == 1
    scene.ana.fills(block_id="code", text="208-312")
    await scene.ana.submits()
    assert texts.ASKING_NOW in scene.ana.modal.words
    await told(scene, TOLD_ANSWERED)
    assert GOOD_ID in await window_with(scene.ana, asking.answer_heading(PhoneNumber(GOOD.digits)))
    await scene.slack.redeliver(edit=lambda payload: None)
    await finish(scene)
    assert GOOD_ID in scene.ana.modal.words  # a copy that comes too late does not paint over it
    assert await standing_of(scene, request_id) == ANSWERED
    assert len(scene.cams.calls) == 1


async def test_whoever_entered_a_code_sees_how_long_it_takes_and_what_came_of_it(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH, PHONEID_QPS="1") as scene:
        await request(scene, code=None)
        await scene.human("Kim").clicks("Approve")
        await told(scene, TOLD_ENTER_CODE)
        await open_modal(scene.ana, texts.ENTER_CODE.one)
        scene.ana.fills(block_id="code", text=GOOD.code)
        async with busy(scene, turns=4):
            await scene.ana.submits()
            await window_with(scene.ana, " in about ")
        assert GOOD_ID in await window_with(scene.ana, asking.answer_heading(PhoneNumber(GOOD.digits)))


@asynccontextmanager
async def busy(scene: Scene, *, turns: int) -> AsyncIterator[None]:
    """Others, each with a lookup of their own, who came first."""
    has_begun = asyncio.Event()

    async def begin() -> None:
        has_begun.set()

    async def ask(quota: Turns, number: int) -> None:
        ticket = Ticket(lookup_id=LookupId(f"R-OTHER{number:03}"), agent=f"U0OTHER{number}")
        async with quota.turn(ticket, before=begin):
            pass

    async with open_quota(read(LookupSettings, scene.environment)) as quota:
        others = [asyncio.create_task(ask(quota, number)) for number in range(turns)]
        await has_begun.wait()
        try:
            yield
        finally:
            for other in others:
                other.cancel()
            await asyncio.wait(others)


async def test_the_code_form_of_a_used_approval_is_too_late(scene: Scene) -> None:
    await request(scene, code=None)
    await scene.human("Kim").clicks("Approve")
    message = await told(scene, TOLD_ENTER_CODE)
    await open_modal(scene.ana, texts.ENTER_CODE.one)
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    await told(scene, TOLD_ANSWERED)
    await scene.ana.closes()
    await scene.ana.clicks_stale(message, texts.ENTER_CODE.one)
    await told(scene, "The agent has the ID.")
    assert scene.ana.modal is None
    assert len(scene.cams.calls) == 1


async def test_a_no_of_the_api_reaches_the_agent_and_the_card(scene: Scene) -> None:
    refused = entry("InvalidParameter.PhoneNumberError")
    request_id = await request(scene, asked=refused, code=refused.code)
    await scene.human("Lee").clicks("Approve")
    await told(scene, PROBLEMS[Problem.BAD_NUMBER].what)
    await finish(scene)
    assert "Alibaba Cloud returned no ID." in find_card(scene.human("Kim"), request_id).words


async def test_denied_with_a_reason_the_agent_reads_it(scene: Scene) -> None:
    request_id = await request(scene)
    await deny(scene.human("Lee"), "not your shop's number & <b>")
    message = await told(scene, TOLD_DENIED)
    assert "Reason: not your shop's number & <b>" in message.words
    assert "Denied by <@U0LEE>." in message.words
    await finish(scene)
    assert "not your shop's number & <b>" in find_card(scene.human("Kim"), request_id).words
    assert buttons_left(scene, request_id) == []
    assert scene.cams.calls == []


async def test_a_denial_needs_a_reason(scene: Scene) -> None:
    request_id = await request(scene)
    lee = scene.human("Lee")
    await deny(lee, " \n ")
    assert lee.modal
    assert list(lee.modal.errors.values()) == [texts.DENY_REASON_MISSING]
    assert await standing_of(scene, request_id) == AWAITING


async def test_withdrawn_nobody_can_decide_any_more(scene: Scene) -> None:
    request_id = await request(scene)
    lee = scene.human("Lee")
    seen = find_card(lee, request_id)
    await scene.ana.clicks(texts.WITHDRAW)
    await told(scene, TOLD_WITHDRAWN)
    await finish(scene)
    assert buttons_left(scene, request_id) == []
    await lee.clicks_stale(seen, "Approve")
    await scene.answer(lee, "Withdrawn by <@U0ANA>.", channel=lee.dm)
    assert scene.cams.calls == []


async def test_a_request_can_be_withdrawn_in_the_window_it_was_made_in(scene: Scene) -> None:
    await fill_in(scene)
    await scene.ana.until(lambda: scene.ana.modal and "waiting for approval" in scene.ana.modal.words, timeout=PATIENCE)
    await scene.ana.clicks(texts.WITHDRAW)
    await told(scene, TOLD_WITHDRAWN)
    await scene.ana.clicks(texts.WITHDRAW)  # the window still shows it
    await scene.answer(scene.ana, "Withdrawn by <@U0ANA>.")
    (lookup,) = await scene.lookups()
    assert await standing_of(scene, lookup.request_id) == WITHDRAWN


async def test_a_double_click_approves_once(scene: Scene) -> None:
    request_id = await request(scene)
    lee = scene.human("Lee")
    seen = find_card(lee, request_id)
    await asyncio.gather(lee.clicks_stale(seen, "Approve"), lee.clicks_stale(seen, "Approve"))
    await told(scene, TOLD_ANSWERED)
    await scene.answer(lee, "Approved by <@U0", channel=lee.dm)
    await finish(scene)
    assert len(scene.cams.calls) == 1
    assert len(scene.ana.sees(scene.ana.dm)) == 1


async def test_whoever_is_second_is_told_by_name_who_was_first(scene: Scene) -> None:
    request_id = await request(scene)
    lee, kim = scene.human("Lee"), scene.human("Kim")
    seen = find_card(kim, request_id)
    await deny(lee, "no")
    await told(scene, TOLD_DENIED)
    await kim.clicks_stale(seen, "Approve")
    late = await scene.answer(kim, "Denied by <@U0LEE>.", channel=kim.dm)
    assert "<@U0LEE>" in late.words
    await finish(scene)
    assert [(each.user_id, each.why) for each in forbidden(scene)] == [("U0KIM", "too late")]
    assert await standing_of(scene, request_id) == DENIED


async def test_a_denial_that_was_typed_for_too_long_is_told_what_became_of_it(scene: Scene) -> None:
    await request(scene)
    lee, kim = scene.human("Lee"), scene.human("Kim")
    await open_modal(kim, "Deny")
    kim.fills(block_id="reason", text="not today")
    await lee.clicks("Approve")
    await told(scene, TOLD_ANSWERED)
    await kim.submits()
    late = await scene.answer(kim, "Approved by <@U0", channel=kim.dm)
    assert "<@U0LEE>" in late.words


async def test_when_the_place_it_was_asked_in_takes_no_answer_the_direct_message_does(scene: Scene) -> None:
    await request(scene)
    await scene.slack.until(lambda: len(scene.ana.sees("support")) == 1, timeout=PATIENCE)
    command = next(each for each in scene.slack.deliveries if each.title == "/phoneid")
    async with aiohttp.ClientSession() as session:
        for _ in range(MOST_USES - 1):  # the receipt was the first
            await session.post(command.payload["response_url"], json={"text": "…"})
    await scene.human("Lee").clicks("Approve")
    await told(scene, TOLD_ANSWERED)
    await finish(scene)
    assert not any(GOOD_ID in message.words for message in scene.ana.sees("support"))


async def test_a_request_delivered_twice_is_one_request(scene: Scene) -> None:
    await fill_in(scene)
    await scene.ana.until(lambda: scene.ana.modal and "waiting for approval" in scene.ana.modal.words, timeout=PATIENCE)
    await scene.slack.redeliver(edit=lambda payload: None)
    await finish(scene)
    assert len(await scene.lookups()) == 1
    assert len(scene.human("Lee").sees(scene.human("Lee").dm)) == 1

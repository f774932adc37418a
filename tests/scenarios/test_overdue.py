"""What nobody decides on in time expires, what nobody uses lapses, and approvers are reminded once."""

from dataclasses import replace

from bot.audit import Event
from bot.models import ApprovalState
from tests.english import OUTCOMES
from tests.english import requests as texts
from tests.scenarios.asking import (
    EXPIRED,
    GOOD,
    TO_CHANNEL,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_ENTER_CODE,
    TOLD_EXPIRED,
    TOLD_LAPSED,
    buttons_left,
    find_card,
    finish,
    forbidden,
    journal,
    open_modal,
    request,
    standing_of,
    told,
)
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene

HURRIED = replace(QUICK, approval=3.5, sweeping=0.1)
LEISURELY = replace(QUICK, approval=6.0, sweeping=0.1)
"""Half of it is over soon, all of it is not."""


async def test_what_nobody_decides_on_expires_and_everyone_knows(scene_with: OpenScene) -> None:
    async with scene_with(waits=HURRIED, **TO_EACH) as scene:
        request_id = await request(scene)
        kim = scene.human("Kim")
        seen = find_card(kim, request_id)
        message = await told(scene, TOLD_EXPIRED)
        assert "by <@" not in message.words
        await scene.slack.until(lambda: not buttons_left(scene, request_id), timeout=PATIENCE)
        assert await standing_of(scene, request_id) == EXPIRED
        await kim.clicks_stale(seen, "Approve")
        await scene.answer(kim, OUTCOMES[ApprovalState.EXPIRED].became.one, channel=kim.dm)
        await finish(scene)  # these words are on the card, too
        assert [each.why for each in forbidden(scene)] == ["too late"]
        assert scene.cams.calls == []
        assert list(scene.slack.complaints) == []


async def test_an_expired_request_can_be_asked_again_without_typing_it_again(scene_with: OpenScene) -> None:
    async with scene_with(waits=HURRIED, **TO_EACH) as scene:
        await request(scene, reason="ticket 9")
        await told(scene, TOLD_EXPIRED)
        words = await open_modal(scene.ana, "Try again")
        assert "This needs approval by" in words
        assert scene.ana.modal
        typed = str(scene.ana.modal.values)
        assert "ticket 9" in typed
        assert "138 0000 1234" in typed
        assert GOOD.code not in str(scene.ana.modal)


async def test_an_approval_that_nobody_uses_lapses_and_the_agent_knows(scene_with: OpenScene) -> None:
    async with scene_with(waits=LEISURELY, **TO_EACH) as scene:
        request_id = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve")
        asked = await told(scene, TOLD_ENTER_CODE)
        lapsed = await told(scene, TOLD_LAPSED)
        assert "Approved by <@U0LEE>." in lapsed.words
        await finish(scene)
        card = find_card(scene.human("Kim"), request_id)
        assert OUTCOMES[ApprovalState.LAPSED].became.one in card.words
        await scene.ana.clicks_stale(asked, texts.ENTER_CODE.one)
        await told(scene, f"Approved by <@U0LEE>. {OUTCOMES[ApprovalState.LAPSED].became.one}")
        assert scene.ana.modal is None


async def test_approvers_are_reminded_once_and_can_decide_on_either_card(scene_with: OpenScene) -> None:
    async with scene_with(waits=LEISURELY, **TO_CHANNEL) as scene:
        request_id = await request(scene)
        lee = scene.human("Lee")
        await scene.answer(lee, "Still waiting", channel="approvals")
        await finish(scene)
        assert len(buttons_left(scene, request_id)) == 2 * 2 * 3  # two people see two cards of three buttons
        await lee.clicks("Approve", message=find_card(lee, request_id, channel="approvals"))
        await told(scene, TOLD_ANSWERED)
        await finish(scene)
        assert buttons_left(scene, request_id) == []
        assert sum("Still waiting" in message.text for message in lee.sees("approvals")) == 0  # redrawn too
        assert [each.event for each in await journal(scene, request_id)].count(Event.REMINDED) == 1


async def test_of_what_is_decided_nobody_is_reminded(scene_with: OpenScene) -> None:
    async with scene_with(waits=HURRIED, **TO_EACH) as scene:
        request_id = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_LAPSED)
        events = [each.event for each in await journal(scene, request_id)]
        # On a busy machine half of the time may be over before the click.
        assert Event.REMINDED not in events[events.index(Event.MOVED) :]

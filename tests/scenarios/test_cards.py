"""The cards: where they go, that all copies say the same, and that nobody's words break or abuse them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.models import ApprovalState, MessageRef, RequestId
from bot.sandbox.inspector import Wire
from bot.sandbox.slack.trouble import Forced
from bot.sandbox.slack.workspace import Message
from bot.store import decisions, messages
from bot.texts.requests import ChannelTrouble
from tests import factories
from tests.english import requests as texts
from tests.scenarios.asking import (
    AWAITING,
    GOOD_ID,
    TO_CHANNEL,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_WITHDRAWN,
    buttons_left,
    deny,
    fill_in,
    find_card,
    finish,
    open_modal,
    record_of,
    request,
    standing_of,
    told,
)
from tests.scenarios.databases import hands_on
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene

PIECE = "&<>\n<!channel>\n<@U0LEE> <!subteam^S0LEADS> *b* `c` <https://example.com|x>\n"
LONGEST = (PIECE * 10)[:496].rstrip() + " end"
"""As long as a reason may be, and all the worse escaped."""


@pytest.fixture(params=[TO_EACH, TO_CHANNEL], ids=["to each", "to a channel"])
async def scene(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    async with scene_with(**request.param) as running:
        yield running
        assert list(running.slack.complaints) == []


def copies(scene: Scene, request_id: RequestId) -> list[Message]:
    """Every copy of a request's card there is, once each."""
    found = {
        (message.channel_id, message.ts): message
        for human in scene.slack.humans.values()
        for conversation in human.screen.conversations
        for message in human.sees(conversation.id)
        if request_id in message.words and "Requested by" in message.words
    }
    return list(found.values())


async def test_a_card_says_what_an_approver_needs_and_hides_the_middle_of_the_number(scene: Scene) -> None:
    await request(scene)
    (card, *_) = copies(scene, await request(scene, reason="ticket 8"))
    assert "<@U0ANA>" in card.words
    assert "+861•••••1234" in card.words
    assert "ticket 8" in card.words
    assert "2 lookups requested by this agent in the last 7 days. 2 lookups requested for this number" in card.words
    assert "This request expires if nobody decides by <!date^" in card.words
    assert card.buttons == ["Approve", "Deny", "Details"]
    assert "138 0000" not in str(card)
    assert "13800001234" not in str(card)


async def test_buttons_carry_an_opaque_id_and_nothing_else(scene: Scene) -> None:
    request_id = await request(scene)
    for card in copies(scene, request_id):
        (actions,) = [block for block in card.blocks or [] if block["type"] == "actions"]
        assert {element["value"] for element in actions["elements"]} == {request_id}


@pytest.mark.parametrize("ending", ["approved", "denied", "withdrawn"])
async def test_every_copy_is_redrawn_and_no_live_button_is_left(scene: Scene, ending: str) -> None:
    request_id = await request(scene)
    before = len(copies(scene, request_id))
    if ending == "approved":
        await scene.human("Kim").clicks("Approve")
        await told(scene, TOLD_ANSWERED)
    elif ending == "denied":
        await deny(scene.human("Kim"), "no")
        await told(scene, TOLD_DENIED)
    else:
        await scene.ana.clicks(texts.WITHDRAW)
        await told(scene, TOLD_WITHDRAWN)
    await finish(scene)
    after = copies(scene, request_id)
    assert len(after) == before
    assert all(f"{ending.capitalize()} by" in card.words and card.is_edited for card in after)
    assert buttons_left(scene, request_id) == []
    assert len({card.words for card in after}) == 1


async def test_an_approval_that_waits_for_its_code_leaves_no_live_button(scene: Scene) -> None:
    request_id = await request(scene, code=None)
    await scene.human("Lee").clicks("Approve")
    await told(scene, TOLD_ENTER_CODE)
    await finish(scene)
    assert all("Approved by <@U0" in card.words for card in copies(scene, request_id))
    assert buttons_left(scene, request_id) == []


async def test_in_a_channel_there_is_one_card_and_else_one_for_each_approver(scene_with: OpenScene) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        (card,) = copies(scene, await request(scene))
        assert card.channel_id == "C0APPROVALS"


async def test_each_approver_gets_a_card_whoever_is_named_twice_gets_one(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH | {"PHONEID_APPROVERS": "U0LEE,S0LEADS"}) as scene:
        request_id = await request(scene)
        lee, kim = scene.human("Lee"), scene.human("Kim")
        assert {card.channel_id for card in copies(scene, request_id)} == {lee.dm, kim.dm}
        assert len(copies(scene, request_id)) == 2


async def test_an_approver_who_left_does_not_break_the_request(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH | {"PHONEID_APPROVERS": "U0IDA,U0LEE,U0KIM,S0LEADS"}) as scene:
        scene.slack.deactivate("Kim")  # stays in the usergroup
        request_id = await request(scene)
        lee = scene.human("Lee")
        assert {card.channel_id for card in copies(scene, request_id)} == {lee.dm}
        await lee.clicks("Approve")
        await told(scene, TOLD_ANSWERED)


async def test_an_approver_who_leaves_while_it_waits_does_not_break_the_decision(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        scene.slack.deactivate("Kim")
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_ANSWERED)
        await finish(scene)
        assert buttons_left(scene, request_id) == []


async def test_when_nobody_can_be_reached_the_agent_is_told(scene_with: OpenScene) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        scene.slack.forced["chat.postMessage"] = Forced("messages_tab_disabled")
        request_id = await request(scene)
        await scene.answer(scene.ana, texts.NOBODY_REACHED)
        assert await standing_of(scene, request_id) == AWAITING


async def test_a_card_whose_token_was_refused_is_drawn_when_it_is_good_again(scene_with: OpenScene) -> None:
    async with scene_with(waits=replace(QUICK, sweeping=0.1), **TO_EACH) as scene:
        request_id = await request(scene)
        scene.slack.forced["chat.update"] = Forced("token_revoked")
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_ANSWERED)
        await finish(scene)
        assert buttons_left(scene, request_id)
        del scene.slack.forced["chat.update"]
        await scene.slack.until(lambda: not buttons_left(scene, request_id), timeout=PATIENCE)


async def test_a_channel_that_is_archived_after_the_start_costs_nobody_a_card(scene_with: OpenScene) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        await request(scene)  # so what Slack says of the channel is remembered
        channels = scene.slack.workspace.conversations
        channels["C0APPROVALS"] = replace(channels["C0APPROVALS"], is_archived=True)
        request_id = await request(scene)
        for name in ("Lee", "Kim"):
            card = find_card(scene.human(name), request_id)
            assert texts.sent_directly("<#C0APPROVALS>", ChannelTrouble.REFUSES) in card.words


async def test_who_takes_no_direct_messages_reads_the_outcome_where_they_asked(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        await request(scene)
        scene.slack.forced["chat.postMessage"] = Forced("messages_tab_disabled")
        await scene.human("Lee").clicks("Approve")
        await scene.answer(scene.ana, GOOD_ID)
        await finish(scene)
        with hands_on(scene.database_url) as database:
            assert database.execute("SELECT kind FROM outbox").fetchall() == []


@pytest.mark.parametrize(
    "reason", [LONGEST, "&" * 499 + "x", "<!channel> " + "\n>" * 244 + "x"], ids=["all of it", "amps", "lines"]
)
async def test_the_longest_reason_is_taken_everywhere_mentions_nobody_and_can_be_redrawn(
    scene: Scene, reason: str
) -> None:
    assert len(reason) == 500
    shown = " ".join(reason.split())  # on one line
    request_id = await request(scene, reason=reason)
    kim = scene.human("Kim")
    assert all(shown in card.words for card in copies(scene, request_id))
    assert shown in await open_modal(kim, "Details")
    await kim.closes()
    await deny(kim, reason)
    message = await told(scene, TOLD_DENIED)
    assert shown in message.words
    await finish(scene)
    decided = copies(scene, request_id)
    assert decided
    for card in decided:
        assert card.words.count(shown) == 2  # the agent's reason and the approver's
        assert card.is_edited
        assert card.buttons == []
    assert mentions(scene) == []


async def test_a_reason_that_is_longer_is_refused_where_it_is_typed(scene: Scene) -> None:
    await fill_in(scene, reason=f"{LONGEST}!")
    assert scene.ana.modal
    assert [block_id.split("-")[0] for block_id in scene.ana.modal.errors] == ["reason"]
    assert await scene.lookups() == []


def mentions(scene: Scene) -> list[str]:
    """Where Slack would read what somebody typed as a mention of everybody, of a group, or of Lee by Ana's words."""
    said = [
        text
        for exchange in scene.slack.inspector.entries()
        if exchange.wire is Wire.BOT_TO_SLACK
        for text in formatted_texts(exchange.request)
        if "This needs approval by" not in text  # there the bot itself names who decides
    ]
    assert said
    return [text for text in said if any(mark in text for mark in ("<!channel", "<!subteam", "<@U0LEE>", "<https:"))]


def formatted_texts(value: object) -> list[str]:
    """Every text in a request in which Slack reads formatting: mrkdwn objects, and a message's own."""
    if isinstance(value, list):
        return [text for each in value for text in formatted_texts(each)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "plain_text":
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for each in value.values() for text in formatted_texts(each)]


def test_mentions_would_be_found() -> None:
    assert formatted_texts({"text": "a", "blocks": [{"text": {"type": "mrkdwn", "text": "b"}}]}) == ["a", "b"]
    assert formatted_texts({"blocks": [{"text": {"type": "plain_text", "text": "c"}}]}) == []


async def test_a_decided_card_that_somebody_deleted_is_no_trouble(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        kim = scene.human("Kim")
        scene.slack.workspace.delete([find_card(kim, request_id)])
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_ANSWERED)
        await finish(scene)
        assert kim.sees(kim.dm) == []
        await scene.ana.until(lambda: len(scene.ana.sees(scene.ana.dm)) == 1, timeout=PATIENCE)


async def test_a_copy_that_is_posted_after_the_decision_is_redrawn_at_the_next_look(scene_with: OpenScene) -> None:
    async with scene_with(waits=replace(QUICK, sweeping=0.1), **TO_EACH) as scene:
        request_id = await request(scene)
        seen = find_card(scene.human("Kim"), request_id)
        with hands_on(scene.database_url) as database:
            assert database.execute("DELETE FROM messages WHERE ts = ?", [seen.ts]).rowcount == 1
        async with record_of(scene) as another:  # where Lee decides while Kim's card is on its way
            await another.change(decisions.decide, request_id, ApprovalState.DENIED, actor=factories.LEE)
            await another.change(messages.add, messages.Kind.CARD, request_id, MessageRef(seen.channel_id, seen.ts))
        await scene.slack.until(lambda: not buttons_left(scene, request_id), timeout=PATIENCE)
        assert list(scene.slack.complaints) == []

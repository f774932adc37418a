"""What of an approval nobody outside sees, and how much of it one agent can make others read."""

import asyncio
from dataclasses import replace

import pytest

from bot.models import ApprovalState, Problem, State
from bot.slack import buttons
from bot.texts.requests import ChannelTrouble
from tests.doubles import Doing
from tests.english import PROBLEMS, cards
from tests.english import requests as texts
from tests.factories import phones
from tests.slack.workplace import FakeChannel, Workplace, buttons_of, filled, text_of, workplace
from tests.world import ANA, BOB, KIM, LEE, MINUTE, WITH_APPROVALS

__all__ = ["workplace"]

pytestmark = pytest.mark.virtual_time


# --- a channel that was shared since ---


@pytest.mark.parametrize("is_slow", [False, True])
async def test_cards_that_wait_in_a_channel_that_became_shared_are_taken_away(
    workplace: Workplace, *, is_slow: bool
) -> None:
    workplace.channel = FakeChannel()
    bot = await workplace.open()
    waiting, decided = await bot.asks(), await bot.asks()
    await bot.presses(cards.APPROVE, decided.id, by=KIM)
    workplace.channel.now = ChannelTrouble.SHARED
    if is_slow:
        bot.messenger.fail(Doing.UPDATE, times=1)
    await bot.sweep_for(MINUTE)
    taken = [message for ref, message in bot.messenger.updated if ref.channel_id == workplace.channel.id]
    assert text_of(taken[-1]) == text_of(cards.taken_away())
    assert buttons_of(taken[-1]) == {}
    assert "ticket 7" not in text_of(taken[-1])
    for place in ("U0LEE", "U0KIM"):
        assert len(bot.messenger.said_to(place)) == 1
        assert texts.CHANNEL_TROUBLES[ChannelTrouble.SHARED] in bot.messenger.said_to(place)[0]
    changes = len(bot.messenger.updated)
    await bot.sweep_for(MINUTE)
    assert len(bot.messenger.updated) == changes
    await bot.presses(cards.APPROVE, waiting.id, by=LEE)
    assert (await bot.process.find(waiting.id)).approval.state is ApprovalState.APPROVED


async def test_what_was_decided_is_not_told_there_either(workplace: Workplace) -> None:
    workplace.channel = FakeChannel()
    bot = await workplace.open()
    request = await bot.asks()
    workplace.channel.now = ChannelTrouble.SHARED
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    (said,) = [text_of(message) for ref, message in bot.messenger.updated if ref.channel_id == workplace.channel.id]
    assert said == text_of(cards.taken_away())


@pytest.mark.parametrize("trouble", [None, ChannelTrouble.ARCHIVED, ChannelTrouble.NOT_TOLD])
async def test_for_no_other_trouble(workplace: Workplace, trouble: ChannelTrouble | None) -> None:
    workplace.channel = FakeChannel()
    bot = await workplace.open()
    await bot.asks()
    workplace.channel.now = trouble
    await bot.sweep_for(MINUTE)
    assert bot.messenger.updated == []
    assert len(bot.messenger.said_to(workplace.channel.id)) == 1


# --- how many ---


async def test_an_agent_has_so_many_requests_open_and_reads_so(workplace: Workplace) -> None:
    workplace.policy = replace(WITH_APPROVALS, open_requests=3)
    bot = await workplace.open()
    first, second, _ = [await bot.asks(code="") for _ in range(3)]
    await bot.presses(cards.APPROVE, second.id, by=LEE)  # waits for its code
    refused = await bot.asks(2)
    assert {each.result.problem for each in refused.lookups} == {Problem.TOO_MANY_OPEN}
    assert refused.is_all(State.REJECTED)
    assert len(bot.messenger.said_to("U0KIM")) == 3
    assert PROBLEMS[Problem.TOO_MANY_OPEN].what in text_of(bot.messenger.window("V1"))
    assert (await bot.asks(by=BOB)).approval.state is ApprovalState.AWAITING
    await bot.presses(buttons.WITHDRAW, first.id)
    assert (await bot.asks()).approval.state is ApprovalState.AWAITING
    assert (await bot.asks()).is_all(State.REJECTED)


async def test_of_many_at_once_no_more_are_taken(workplace: Workplace) -> None:
    workplace.policy = replace(WITH_APPROVALS, open_requests=3)
    bot, other = await workplace.open(), await workplace.open("p2")
    form = await bot.form()
    typed = filled(phones(1), "", reason="ticket 7")
    await asyncio.gather(
        *(each.submits(form, typed, by=ANA, hash=f"9.{n}") for n in range(10) for each in (bot, other))
    )
    found = [await bot.process.find(each) for each in await bot.requests()]
    assert sum(each.approval.state is ApprovalState.AWAITING for each in found) == 3

"""An approval lifts the guess guard's wait: so it counts only on a card that shows every refused code that matters."""

import pytest

from bot.audit import Event
from bot.guesses import FREE_FOR_AGENT, FREE_FOR_NUMBER
from bot.models import Actor, ApprovalState, MessageRef, Problem, Request
from tests import factories
from tests.doubles import Doing
from tests.english import PROBLEMS, cards
from tests.factories import phones
from tests.slack.test_deciding import read_where_clicked
from tests.slack.workplace import Bot, Workplace, text_of, workplace
from tests.world import ANA, KIM, LEE, MINUTE

__all__ = ["bot", "workplace"]

pytestmark = pytest.mark.virtual_time

PHONE, OTHER = phones(2)


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


def card_of(bot: Bot, request: Request, place: str = "U0LEE") -> MessageRef:
    """Where the newest copy of a request's card is that somebody has."""
    posted = [said for said in bot.messenger.said if said.doing is Doing.POST]
    at = [n for n, said in enumerate(posted, start=1) if said.place == place and request.id in text_of(said.message)]
    return MessageRef(place, str(at[-1]))


async def approve(bot: Bot, request: Request, by: Actor = LEE) -> Request:
    """Approve on the card as it is; the request as it is then."""
    await bot.presses(cards.APPROVE, request.id, by=by, message=card_of(bot, request, by.user_id))
    return await bot.process.find(request.id)


async def refuse(bot: Bot, count: int, *, agent: Actor = KIM, first: int = 0, spread: bool = False) -> None:
    """So many codes are refused to somebody, for the number or each for another one."""
    for number in range(count):
        asked = phones(1, first=first + number * spread)
        await bot.process.record.change(factories.finished, asked, factories.REFUSED, agent=agent)
    await bot.process.clock.sleep(1.0)


async def test_of_cards_that_were_posted_before_none_lifts_the_wait(workplace: Workplace, bot: Bot) -> None:
    """Fourteen requests for one number with fourteen codes, and then Approve on each of them."""
    workplace.api.problems[PHONE] = Problem.UNKNOWN_CODE
    requests = [await bot.asks(code=f"{number:06}") for number in range(14)]
    for each in requests:
        await approve(bot, each)
        await workplace.pass_time(1.0)
    assert len(workplace.api.called) == 1
    again = requests[1]
    assert PROBLEMS[Problem.CARD_OUTDATED].what in read_where_clicked(bot)
    assert "1 wrong code for this number in the last 24 hours." in text_of(bot.messenger.message(card_of(bot, again)))
    (entry,) = await bot.process.journal(again.id, Event.FORBIDDEN)
    assert (entry.actor, entry.facts["why"]) == (LEE, "card outdated")
    assert (await approve(bot, again)).approval.state is ApprovalState.APPROVED  # they know now
    assert len(workplace.api.called) == 2


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_every_copy_shows_it_then_and_counts(workplace: Workplace, bot: Bot, *, is_restarted: bool) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, FREE_FOR_NUMBER)
    now = await workplace.open("p2") if is_restarted else bot
    assert (await approve(now, request)).approval.state is ApprovalState.AWAITING
    for place in ("U0LEE", "U0KIM"):
        assert "5 wrong codes for this number" in text_of(bot.messenger.message(card_of(bot, request, place)))
    await workplace.pass_time(1.0)
    assert (await approve(now, request, by=KIM)).approval.state is ApprovalState.APPROVED
    assert (
        len([said for said in bot.messenger.said if request.id in text_of(said.message) and said.place == "U0KIM"]) == 1
    )


@pytest.mark.parametrize(("count", "is_lifted"), [(FREE_FOR_AGENT - 1, True), (FREE_FOR_AGENT, False)])
async def test_so_do_codes_of_the_agents_for_other_numbers_once_none_is_free(
    workplace: Workplace, bot: Bot, count: int, *, is_lifted: bool
) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, count, agent=ANA, first=10, spread=True)
    approved = (await approve(bot, request)).approval.state is ApprovalState.APPROVED
    assert approved is is_lifted


async def test_of_several_numbers_each_counts(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks(3)
    await workplace.pass_time(1.0)
    await refuse(bot, 1, first=2)
    assert (await approve(bot, request)).approval.state is ApprovalState.AWAITING
    assert "1 wrong code for one of these numbers" in text_of(bot.messenger.message(card_of(bot, request)))


async def test_a_click_that_names_no_card_shows_nothing_and_a_reminder_is_a_card(
    workplace: Workplace, bot: Bot
) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, 1)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.AWAITING
    await bot.sweep_for(31 * MINUTE)
    assert (await approve(bot, request)).approval.state is ApprovalState.APPROVED


async def test_a_card_that_could_not_be_redrawn_counts_no_more_than_before(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, 1)
    bot.messenger.fail(Doing.UPDATE)
    for _ in range(2):
        assert (await approve(bot, request)).approval.state is ApprovalState.AWAITING
    bot.messenger.recover()
    await bot.sweep_for(2 * MINUTE)
    assert (await approve(bot, request)).approval.state is ApprovalState.APPROVED


async def test_who_was_told_why_not_is_not_called_untold_where_the_cards_could_not_be_redrawn(
    workplace: Workplace, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, 1)
    bot.process.record.failing["repeat"] = 1
    await approve(bot, request)
    assert bot.process.record.failing["repeat"] == 0
    assert PROBLEMS[Problem.CARD_OUTDATED].what in read_where_clicked(bot)
    assert "message to user failed" not in caplog.messages
    assert caplog.messages.count("cards not updated") == 1


async def test_what_was_refused_and_then_answered_is_asked_about_once(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    await workplace.pass_time(1.0)
    await refuse(bot, 1)
    await bot.process.record.change(factories.finished, (PHONE,), agent=KIM)
    await workplace.pass_time(1.0)
    assert (await approve(bot, request)).approval.state is ApprovalState.AWAITING
    assert "wrong code" not in text_of(bot.messenger.message(card_of(bot, request)))
    assert (await approve(bot, request)).approval.state is ApprovalState.APPROVED

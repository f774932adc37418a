"""What the outbox has said: to the agent, on the cards, to the approvers, by whichever process is there to say it."""

import asyncio
import logging
from dataclasses import replace
from itertools import count

import pytest

from bot.audit import Event
from bot.guesses import Counts, Guesses
from bot.models import ApprovalState, MessageRef, RequestId, State
from bot.policy import NOBODY, Audience, Membership, Standing
from bot.recent import RecentCounts
from bot.slack import buttons
from bot.slack.approvers import Approvers
from bot.slack.messenger import Shown
from bot.slack.notices import Notices
from bot.slack.payloads import Origin
from bot.slack.remembered import MOST_REMEMBERED
from bot.store import messages
from bot.store.outbox import HANDLING, Kind
from bot.texts.requests import ChannelTrouble
from tests.doubles import Doing, FakeMessenger, FakePeople
from tests.english import OUTCOMES, cards
from tests.english import requests as texts
from tests.factories import phones
from tests.fake_api import id_of
from tests.slack.workplace import RESPONSE_URL, Bot, FakeChannel, Workplace, buttons_of, filled, text_of, workplace
from tests.world import (
    ANA,
    HOUR,
    LEE,
    MINUTE,
    NEEDS_APPROVAL,
    WITH_APPROVALS,
    WITHOUT_APPROVALS,
    Process,
    World,
    codes_for,
)

__all__ = ["bot", "workplace"]

pytestmark = pytest.mark.virtual_time

PHONE = phones(1)[0]
ID = id_of(PHONE)
NO_COUNTS = RecentCounts(by_agent=1, for_number=1, refused=Counts(for_number=Guesses(), by_agent=Guesses()))


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


def cards_posted(bot: Bot) -> list[str]:
    return [said.place for said in bot.messenger.said if cards.APPROVE in buttons_of(said.message)]


def copies_now(bot: Bot) -> list[dict[str, str]]:
    """The buttons on each copy of every card and reminder."""
    refs = [said for said in bot.messenger.said if said.doing is Doing.POST]
    now = []
    for number, said in enumerate(refs, start=1):
        if cards.APPROVE in buttons_of(said.message):
            changed = [message for ref, message in bot.messenger.updated if ref.ts == str(number)]
            now.append(buttons_of(changed[-1] if changed else said.message))
    return now


# --- the cards ---


async def test_each_approver_gets_a_card_but_for_the_agent(bot: Bot) -> None:
    await bot.asks()
    await bot.asks(by=LEE)
    assert cards_posted(bot) == ["U0KIM", "U0LEE", "U0KIM"]


@pytest.mark.parametrize("trouble", ChannelTrouble)
async def test_one_card_goes_to_the_channel_and_to_each_approver_with_why_when_it_cannot_be_used(
    workplace: Workplace, trouble: ChannelTrouble
) -> None:
    workplace.channel = FakeChannel()
    bot = await workplace.open()
    await bot.asks()
    if trouble is ChannelTrouble.REFUSES:
        workplace.messenger.refusing.add(workplace.channel.id)
    else:
        workplace.channel.now = trouble
    await bot.asks()
    assert cards_posted(bot) == ["C0APPROVALS", "U0KIM", "U0LEE"]
    why = texts.sent_directly("<#C0APPROVALS>", trouble)
    cards_said = [said.message for said in bot.messenger.said if cards.APPROVE in buttons_of(said.message)]
    assert [why in each.text and why in text_of(each) for each in cards_said] == [False, True, True]


async def test_a_card_that_the_channel_does_not_take_now_waits_for_it(workplace: Workplace) -> None:
    workplace.channel = FakeChannel()
    bot = await workplace.open()
    form = await bot.form()
    bot.messenger.fail(Doing.POST, times=2)
    await bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
    await bot.sweep_for(2 * HANDLING)
    assert cards_posted(bot) == ["C0APPROVALS"]


async def test_an_approver_who_cannot_be_reached_keeps_nobody_else_from_it_and_gets_it_later(bot: Bot) -> None:
    form = await bot.form()
    bot.messenger.fail(Doing.POST, times=1)
    await bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
    assert cards_posted(bot) == ["U0LEE"]
    await bot.sweep_for(2 * HANDLING)
    assert cards_posted(bot) == ["U0LEE", "U0KIM"]
    assert not any(texts.NOBODY_REACHED in said for said in bot.messenger.said_to(RESPONSE_URL))


async def test_an_approver_who_takes_no_messages_is_not_insisted_on(bot: Bot) -> None:
    bot.messenger.refusing.add("U0KIM")
    request = await bot.asks()
    await bot.sweep_for(2 * HANDLING)
    assert cards_posted(bot) == ["U0LEE"]
    assert await bot.process.waiting(Kind.CARDS, request.id) is None


async def test_after_a_kill_between_two_cards_the_next_process_posts_the_one_that_is_missing(
    workplace: Workplace,
) -> None:
    dead, living = await workplace.open("p1"), await workplace.open("p2")
    form = await dead.form()
    numbers = count(1)

    async def never_lets_the_second_go(doing: Doing) -> None:
        if doing is Doing.POST and next(numbers) == 2:
            await asyncio.Event().wait()

    workplace.messenger.before = never_lets_the_second_go
    await dead.submits(form, filled([PHONE], "208312", reason="ticket 7"), waits=False)
    await workplace.pass_time(5)
    await dead.parts.jobs.cancel()
    workplace.messenger.before = None
    await living.sweep_for(2 * HANDLING)
    assert cards_posted(living) == ["U0KIM", "U0LEE"]


MANY = Audience(user_ids=frozenset(f"U{number:03}" for number in range(800)))


async def test_hundreds_of_approvers_get_one_card_and_one_reminder_each_and_the_receipt_comes_first(
    workplace: Workplace,
) -> None:
    workplace.policy = replace(WITH_APPROVALS, approvers=MANY)
    bot = await workplace.open()
    at_once = [0, 0]

    async def takes_five_seconds(doing: Doing) -> None:
        at_once[0] += 1
        at_once[1] = max(at_once)
        await workplace.pass_time(5)
        at_once[0] -= 1

    workplace.messenger.before = takes_five_seconds
    await bot.asks()
    for number in (1, 2):
        await bot.sweep_for(20 * MINUTE)
        assert sorted(cards_posted(bot)) == sorted([*MANY.user_ids] * number)
        await workplace.pass_time(HOUR / 2 - 20 * MINUTE)
    assert at_once[1] <= 30
    assert bot.messenger.said[0].place == RESPONSE_URL


async def test_what_slack_draws_a_few_of_at_a_time_is_drawn_on_every_copy_and_once(
    workplace: Workplace,
) -> None:
    workplace.policy = replace(WITH_APPROVALS, approvers=replace(MANY, user_ids=frozenset({"U0LEE"}) | MANY.user_ids))
    bot = await workplace.open()
    request = await bot.asks(code="")
    await bot.sweep_for(MINUTE)

    async def draws_fifty_a_minute(doing: Doing) -> None:
        if doing is Doing.UPDATE and len(bot.messenger.updated) >= 50 * (1 + workplace.clock.monotonic() // MINUTE):
            bot.messenger.fail(Doing.UPDATE, times=1)

    workplace.messenger.before = draws_fifty_a_minute
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(HOUR)
    assert copies_now(bot) == [{}] * 801
    assert len(bot.messenger.updated) == 801


async def test_a_copy_that_another_process_posts_meanwhile_is_drawn_too(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks(code="")
    elsewhere = await workplace.open("p2")

    async def post_another(doing: Doing) -> None:
        if doing is Doing.UPDATE:
            workplace.messenger.before = None
            ref = await workplace.messenger.post("U0LEE", cards.card(request, NO_COUNTS))
            assert isinstance(ref, MessageRef)
            await elsewhere.process.record.change(messages.add, messages.Kind.CARD, request.id, ref)

    workplace.messenger.before = post_another
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert copies_now(bot) == [{}, {}, {}]


async def test_a_card_that_no_process_remembers_is_drawn_when_somebody_presses_its_button(
    workplace: Workplace, bot: Bot
) -> None:
    request = await bot.asks(code="")
    forgotten = await workplace.messenger.post("U0LEE", cards.card(request, NO_COUNTS))
    assert isinstance(forgotten, MessageRef)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert buttons_of(bot.messenger.message(forgotten))
    await bot.presses(cards.APPROVE, request.id, by=LEE, message=forgotten)
    assert not buttons_of(bot.messenger.message(forgotten))
    receipt = MessageRef("U0ANA", "1")  # a button that is none of a card's
    await bot.presses(buttons.WITHDRAW, request.id, by=ANA, message=receipt)
    assert receipt not in await bot.process.record.read(messages.of_request, messages.Kind.CARD, request.id)


@pytest.mark.parametrize("channel", [None, FakeChannel()], ids=["to each", "to a channel"])
async def test_where_no_approver_is_left_the_agent_reads_that_when_they_ask(
    workplace: Workplace, channel: FakeChannel | None
) -> None:
    """A usergroup that became empty, but for the agent."""
    workplace.channel = channel
    workplace.policy = replace(WITH_APPROVALS, approvers=Audience(group_ids=frozenset({"S0LEADS"})))
    workplace.people.standings["U0ANA"] = Standing(Membership.FULL, frozenset({"S0LEADS"}))
    bot = await workplace.open()
    await bot.asks()
    await bot.sweep_for(MINUTE)
    said = bot.messenger.said_to(RESPONSE_URL)
    assert [texts.NOBODY_DECIDES in each for each in said].count(True) == 1
    assert cards_posted(bot) == ([channel.id] if channel else [])


async def test_where_nobody_can_be_asked_the_agent_reads_that_once_and_it_is_tried_again(bot: Bot) -> None:
    form = await bot.form()
    bot.messenger.fail(Doing.POST)
    await bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
    await bot.sweep_for(MINUTE)
    said = bot.messenger.said_to(RESPONSE_URL)
    assert [texts.NOBODY_REACHED in each for each in said].count(True) == 1
    assert ["is waiting for approval" in each for each in said].count(True) == 1
    bot.messenger.recover()
    await bot.sweep_for(5 * MINUTE)
    assert cards_posted(bot) == ["U0KIM", "U0LEE"]
    assert len(bot.messenger.said_to(RESPONSE_URL)) == 2


async def test_a_decision_that_slack_does_not_draw_is_drawn_later_on_every_copy(bot: Bot) -> None:
    request = await bot.asks(code="")
    bot.messenger.fail(Doing.UPDATE)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(20)
    assert copies_now(bot) == [
        buttons_of(said.message) for said in bot.messenger.said if cards.APPROVE in buttons_of(said.message)
    ]
    bot.messenger.recover()
    await bot.sweep_for(2 * MINUTE)
    assert copies_now(bot) == [{}, {}]


async def test_a_copy_that_was_deleted_is_not_insisted_on(bot: Bot) -> None:
    request = await bot.asks(code="")
    bot.messenger.fail(Doing.UPDATE, shown=Shown.GONE)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(2 * MINUTE)
    assert bot.messenger.calls.count(Doing.UPDATE) == 2


async def test_the_last_to_draw_has_drawn_what_is(workplace: Workplace, bot: Bot) -> None:
    """One process draws that it was approved, slowly; meanwhile the code is used in another, which draws that."""
    request = await bot.asks(code="")
    elsewhere = await workplace.open("p2")
    is_first = iter([True])

    async def hold_the_first(doing: Doing) -> None:
        if doing is Doing.UPDATE and next(is_first, False):
            used = await elsewhere.process.requests.use(await elsewhere.process.find(request.id), codes_for(request))
            assert used
            await elsewhere.process.run(*used)
            await elsewhere.parts.outbox.deliver(Kind.CARDS, request.id)

    workplace.messenger.before = hold_the_first
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    drawn = {ref.ts: message.text for ref, message in workplace.messenger.updated}
    assert [OUTCOMES[State.ANSWERED].became.one in text for text in drawn.values()] == [True, True]


# --- time passing ---


@pytest.mark.parametrize("has_cards", [True, False])
async def test_after_a_downtime_nobody_is_asked_about_what_is_over(
    workplace: Workplace, bot: Bot, *, has_cards: bool
) -> None:
    request = await (bot.asks(code="") if has_cards else bot.process.ask(1, NEEDS_APPROVAL))
    posted = cards_posted(bot)
    await workplace.pass_time(2 * HOUR)  # nobody is there
    await bot.sweep_for(MINUTE)
    assert cards_posted(bot) == posted
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.EXPIRED
    assert copies_now(bot) == [{}] * len(posted)
    (said,) = bot.messenger.said_to("U0ANA")
    assert OUTCOMES[ApprovalState.EXPIRED].told_to_agent(request) in said


async def test_a_reminder_that_takes_too_long_reaches_the_rest_the_next_time(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    await bot.sweep_for(HOUR / 2 - 60)
    numbers = count(1)

    async def never_takes_the_second(doing: Doing) -> None:
        if doing is Doing.POST and next(numbers) == 2:
            await asyncio.Event().wait()

    workplace.messenger.before = never_takes_the_second
    await bot.sweep_for(MINUTE * 5)
    assert cards_posted(bot) == ["U0KIM", "U0LEE"] * 2
    assert len(await bot.process.journal(request.id, Event.REMINDED)) == 1


async def test_approvers_are_reminded_once_half_way_and_reminders_lose_their_buttons_too(bot: Bot) -> None:
    request = await bot.asks()
    await bot.sweep_for(HOUR / 2 - 60)
    assert len(cards_posted(bot)) == 2
    await bot.sweep_for(MINUTE * 2)
    assert cards_posted(bot) == ["U0KIM", "U0LEE"] * 2
    await bot.sweep_for(MINUTE * 10)
    assert len(cards_posted(bot)) == 4
    assert len(await bot.process.journal(request.id, Event.REMINDED)) == 1
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert copies_now(bot) == [{}] * 4


async def test_of_what_is_decided_nobody_is_reminded(bot: Bot) -> None:
    request = await bot.asks(code="")
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(HOUR / 2 + 60)
    assert len(cards_posted(bot)) == 2


async def test_a_reminder_that_slack_does_not_take_is_tried_again(bot: Bot) -> None:
    request = await bot.asks()
    await bot.sweep_for(HOUR / 2 - 60)
    bot.messenger.fail(Doing.POST)
    await bot.sweep_for(MINUTE * 2)
    bot.messenger.recover()
    await bot.sweep_for(MINUTE * 10)
    assert len(cards_posted(bot)) == 4
    assert len(await bot.process.journal(request.id, Event.REMINDED)) == 1


@pytest.mark.parametrize("count", [1, 3])
async def test_what_nobody_decided_expires_and_everyone_concerned_is_told_once(bot: Bot, count: int) -> None:
    request = await bot.asks(count)
    await bot.sweep_for(HOUR + 30)
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.EXPIRED
    await bot.sweep_for(5 * MINUTE)
    (said,) = bot.messenger.said_to("U0ANA")
    assert OUTCOMES[ApprovalState.EXPIRED].told_to_agent(request) in said
    assert copies_now(bot) == [{}] * 4
    assert await bot.process.requests.use(request) is None  # its codes are forgotten


async def test_an_approval_that_is_not_used_lapses_and_is_told(bot: Bot) -> None:
    request = await bot.asks(code="")
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(HOUR + 30)
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.LAPSED
    assert OUTCOMES[ApprovalState.LAPSED].told in bot.messenger.said_to("U0ANA")[-1]


# --- what nobody can be told ---


async def test_who_takes_no_direct_messages_reads_the_outcome_where_they_asked(bot: Bot) -> None:
    bot.messenger.refusing.add("U0ANA")
    request = await bot.asks()
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert ID in bot.messenger.said_to(RESPONSE_URL)[-1]
    assert await bot.process.waiting(Kind.AGENT, request.id) is None


@pytest.mark.parametrize("count", [1, 3])
async def test_what_an_agent_takes_nowhere_is_not_insisted_on(
    bot: Bot, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    bot.messenger.refusing.add("U0ANA")
    request = await bot.asks(count)
    bot.messenger.fail(Doing.RESPOND, shown=Shown.GONE)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert await bot.process.waiting(Kind.AGENT, request.id) is None
    assert "agent not reached" in caplog.messages


async def test_while_neither_way_works_for_now_it_is_tried_again(bot: Bot) -> None:
    bot.messenger.refusing.add("U0ANA")
    request = await bot.asks()
    bot.messenger.fail(Doing.RESPOND)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert await bot.process.waiting(Kind.AGENT, request.id)
    bot.messenger.recover()
    await bot.sweep_for(MINUTE)
    assert ID in bot.messenger.said_to(RESPONSE_URL)[-1]


# --- what a process did not live to tell ---


@pytest.mark.parametrize("count", [1, 3])
async def test_what_a_dead_process_was_running_is_told_as_interrupted_by_another(
    workplace: Workplace, count: int
) -> None:
    workplace.policy = WITHOUT_APPROVALS
    dead, living = await workplace.open("p1"), await workplace.open("p2")
    form = await dead.form(is_several=count > 1)
    workplace.api.is_open.clear()
    await dead.submits(form, filled(phones(count), "208312"), waits=False)
    await workplace.until_called(count)
    await workplace.pass_time(1)
    await dead.parts.jobs.cancel()
    await living.sweep_for(HANDLING + 20)
    request = await living.last_request()
    assert request.is_all(State.INTERRUPTED)
    told = [said for said in workplace.messenger.said if said.place == "U0ANA"]
    assert request.id in told[-1].text
    await living.sweep_for(MINUTE * 2)
    assert len(workplace.messenger.said_to("U0ANA")) == len(told)
    if count > 1:  # the message that followed it points to the one that tells the end
        assert texts.SEE_BELOW in text_of(workplace.messenger.updated[-1][1])


async def test_an_outcome_that_a_dead_process_recorded_and_did_not_tell_is_told_by_another(
    workplace: Workplace,
) -> None:
    workplace.policy = WITHOUT_APPROVALS
    dead, living = await workplace.open("p1"), await workplace.open("p2")
    request = await dead.process.asked_and_run()
    await living.sweep_for(2 * HANDLING)
    assert [ID in said for said in workplace.messenger.said_to("U0ANA")] == [True]
    assert await living.process.waiting(Kind.AGENT, request.id) is None


async def test_an_id_that_comes_late_is_told_after_the_interruption_was(workplace: Workplace) -> None:
    workplace.policy = WITHOUT_APPROVALS
    frozen, living = await workplace.open("p1"), await workplace.open("p2")
    workplace.api.is_open.clear()
    await frozen.types(f"+{PHONE.digits} 208312", waits=False)
    await workplace.until_called()
    await living.sweep_for(HANDLING + 20)
    workplace.api.is_open.set()
    await frozen.settle()
    told = [said.text for said in workplace.messenger.said if said.place in ("U0ANA", RESPONSE_URL)]
    assert [ID in each for each in told][-2:] == [False, True]


# --- several numbers: told in the message that followed them, or else in a new one ---


@pytest.fixture
def free(workplace: Workplace) -> Workplace:
    workplace.policy = WITHOUT_APPROVALS
    return workplace


async def test_how_several_numbers_ended_is_told_in_their_message(free: Workplace) -> None:
    bot = await free.open()
    request = await bot.asks(3)
    (posted,) = bot.messenger.said
    ref, done = bot.messenger.updated[-1]
    assert (posted.place, ref.ts) == ("U0ANA", "1")
    assert buttons_of(done) == {buttons.SHOW_RESULTS: request.id}


@pytest.mark.parametrize(
    ("failing", "shown"),
    [(Doing.POST, Shown.NOT_NOW), (Doing.UPDATE, Shown.GONE)],
    ids=["never posted", "deleted meanwhile"],
)
async def test_without_that_message_it_is_told_in_a_new_one(free: Workplace, failing: Doing, shown: Shown) -> None:
    bot = await free.open()
    form = await bot.form(is_several=True)
    bot.messenger.fail(failing, times=1, shown=shown)
    await bot.submits(form, filled(phones(3), "208312"))
    request = await bot.last_request()
    assert buttons_of(bot.messenger.said[-1].message) == {buttons.SHOW_RESULTS: request.id}
    await bot.sweep_for(2 * MINUTE)
    assert await bot.process.waiting(Kind.AGENT, request.id) is None
    assert sum(buttons.SHOW_RESULTS in buttons_of(each.message) for each in bot.messenger.said) == 1


async def test_while_slack_is_busy_it_is_tried_again(free: Workplace) -> None:
    bot = await free.open()
    form = await bot.form(is_several=True)
    bot.messenger.fail(Doing.UPDATE, times=2)
    await bot.submits(form, filled(phones(3), "208312"))
    assert bot.messenger.updated == []
    await bot.sweep_for(MINUTE)
    ((_, done),) = bot.messenger.updated
    assert buttons.SHOW_RESULTS in buttons_of(done)
    assert len(bot.messenger.said) == 1


async def test_what_nobody_takes_is_left_for_later(free: Workplace) -> None:
    bot = await free.open()
    form = await bot.form(is_several=True)
    bot.messenger.fail(Doing.POST)
    await bot.submits(form, filled(phones(3), "208312"))
    request = await bot.last_request()
    assert await bot.process.waiting(Kind.AGENT, request.id)
    bot.messenger.recover()
    await bot.sweep_for(MINUTE)
    assert [buttons.SHOW_RESULTS in buttons_of(each.message) for each in bot.messenger.said] == [True]


# --- alarms ---


async def alarm(world: World, bot: Bot) -> RequestId:
    """Enough refused codes to suspect somebody; the process that refused the last dies before it tells anybody."""
    return (await bot.process.use_up(PHONE, agent=ANA)).id


async def warned(bot: Bot, request_id: RequestId) -> list[object]:
    return [each.facts["told"] for each in await bot.process.journal(request_id, Event.WARNED)]


def alarms(bot: Bot) -> list[str]:
    return [said.place for said in bot.messenger.said if "5 wrong codes" in said.message.text]


async def test_each_approver_is_told_of_an_alarm_once_by_one_process(workplace: Workplace, bot: Bot) -> None:
    request_id = await alarm(workplace, bot)
    elsewhere = await workplace.open("p2")
    for _ in range(3):
        for each in (bot, elsewhere):
            await each.sweep()
        await workplace.pass_time(200)
    assert alarms(bot) == ["U0KIM", "U0LEE"]
    said = [each.text for each in bot.messenger.said if each.place == "U0LEE"]
    assert "<@U0ANA>" in said[0]
    assert PHONE.digits not in said[0]
    assert await warned(bot, request_id) == [2]


async def test_an_alarm_is_told_soon_and_not_by_whoever_asked_for_the_number(bot: Bot) -> None:
    await bot.process.use_up(PHONE, agent=LEE)
    await bot.sweep_for(10)
    assert alarms(bot) == ["U0KIM"]


async def test_one_who_cannot_be_reached_keeps_nobody_else_from_an_alarm_and_gets_it_later(
    workplace: Workplace, bot: Bot
) -> None:
    request_id = await alarm(workplace, bot)
    bot.messenger.fail(Doing.POST, times=1)
    await bot.sweep()
    assert alarms(bot) == ["U0LEE"]
    await bot.sweep_for(2 * HANDLING)
    assert alarms(bot) == ["U0LEE", "U0KIM"]
    assert await warned(bot, request_id) == [2]


async def test_when_slack_takes_no_alarm_it_is_tried_again_later(workplace: Workplace, bot: Bot) -> None:
    request_id = await alarm(workplace, bot)
    bot.messenger.fail(Doing.POST)
    await bot.sweep()
    bot.messenger.recover()
    await bot.sweep()
    assert alarms(bot) == []  # not at once: it may be another process's by now
    await bot.sweep_for(MINUTE)
    assert len(alarms(bot)) == 2
    assert await warned(bot, request_id) == [2]


@pytest.mark.parametrize(
    "audience", [WITH_APPROVALS.approvers, Audience(group_ids=frozenset({"S0LEADS"}))], ids=["users", "group"]
)
async def test_while_slack_does_not_say_who_the_approvers_are_an_alarm_waits(
    workplace: Workplace, audience: Audience
) -> None:
    workplace.people.standings["U0KIM"] = Standing(Membership.FULL, frozenset({"S0LEADS"}))
    workplace.policy = replace(WITH_APPROVALS, approvers=audience)
    bot = await workplace.open()
    request_id = await alarm(workplace, bot)
    workplace.people.silent = True
    await bot.sweep_for(MINUTE)
    assert await warned(bot, request_id) == []
    workplace.people.silent = False
    await bot.sweep_for(5 * MINUTE)
    assert alarms(bot) == (["U0KIM", "U0LEE"] if audience.user_ids else ["U0KIM"])
    assert await warned(bot, request_id) == [len(alarms(bot))]


async def test_whoever_is_named_is_alarmed_while_slack_does_not_say_who_else_is_and_they_are_later(
    workplace: Workplace,
) -> None:
    workplace.people.standings["U0KIM"] = Standing(Membership.FULL, frozenset({"S0LEADS"}))
    audience = Audience(user_ids=frozenset({"U0LEE"}), group_ids=frozenset({"S0LEADS"}))
    workplace.policy = replace(WITH_APPROVALS, approvers=audience)
    bot = await workplace.open()
    request_id = await alarm(workplace, bot)
    workplace.people.silent_about_groups = True
    await bot.sweep_for(MINUTE)
    assert (alarms(bot), await warned(bot, request_id)) == (["U0LEE"], [])
    workplace.people.silent_about_groups = False
    await bot.sweep_for(5 * MINUTE)
    assert (alarms(bot), await warned(bot, request_id)) == (["U0LEE", "U0KIM"], [2])


@pytest.mark.parametrize("trouble", [ChannelTrouble.REFUSES, ChannelTrouble.ARCHIVED, ChannelTrouble.NOT_JOINED])
async def test_an_alarm_goes_to_each_approver_while_the_channel_cannot_be_used(
    workplace: Workplace, trouble: ChannelTrouble
) -> None:
    workplace.channel = FakeChannel()
    if trouble is ChannelTrouble.REFUSES:
        workplace.messenger.refusing.add(workplace.channel.id)
    else:
        workplace.channel.now = trouble
    bot = await workplace.open()
    await alarm(workplace, bot)
    await bot.sweep()
    assert alarms(bot) == ["U0KIM", "U0LEE"]
    assert texts.sent_directly("<#C0APPROVALS>", trouble) in bot.messenger.said_to("U0LEE")[-1]


async def test_where_nobody_decides_the_log_has_the_alarm(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    workplace.policy = workplace.policy.__class__()
    bot = await workplace.open()
    request_id = await alarm(workplace, bot)
    await bot.sweep_for(MINUTE)
    (record,) = [each for each in caplog.records if each.message == "possible code guessing"]
    assert record.levelno == logging.WARNING
    assert await warned(bot, request_id) == [0]
    assert PHONE.digits not in str(record.__dict__)


# --- what is remembered for telling ---


def notices_of(process: Process, messenger: FakeMessenger) -> Notices:
    approvers = Approvers(people=FakePeople(), messenger=messenger, audience=NOBODY, channel=None, clock=process.clock)
    return Notices(
        record=process.record,
        access=process.access,
        requests=process.requests,
        messenger=messenger,
        approvers=approvers,
    )


async def test_of_the_requests_that_came_from_here_the_newest_are_remembered(bot: Bot) -> None:
    notices = notices_of(bot.process, bot.messenger)
    oldest, newest = await bot.process.asked_and_run(), await bot.process.asked_and_run(first=1)
    others = [RequestId(f"R-{number}") for number in range(MOST_REMEMBERED - 1)]
    for request_id in (oldest.id, *others, newest.id):
        notices.origins[request_id] = Origin(response_url=RESPONSE_URL)
    for request in (oldest, newest):
        due = await bot.process.waiting(Kind.AGENT, request.id)
        assert due
        assert await notices.say_to_agent(due)
    assert [said.place for said in bot.messenger.said] == ["U0ANA", RESPONSE_URL]


async def test_there_is_somebody_for_each_kind_of_thing_that_an_outbox_holds(workplace: Workplace) -> None:
    process = (await workplace.open()).process
    assert set(notices_of(process, FakeMessenger()).by_kind) == set(Kind)

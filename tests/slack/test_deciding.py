"""What people do to requests that are there: each click is decided again from the database, and none is silent."""

import asyncio
import json

import pytest

from bot.access import FRESH
from bot.audit import Event
from bot.models import Actor, ApprovalState, Problem, Request, State
from bot.policy import Membership, Standing
from bot.slack import buttons
from tests.doubles import Doing
from tests.english import OUTCOMES, PROBLEMS, asking, cards
from tests.english import requests as texts
from tests.factories import phones
from tests.fake_api import id_of
from tests.quotas import SlowQuota
from tests.slack.workplace import RESPONSE_URL, Bot, Workplace, buttons_of, filled, text_of, workplace
from tests.world import ANA, HOUR, KIM, LEE, MINUTE, WITHOUT_APPROVALS, codes_for

__all__ = ["bot", "workplace"]

pytestmark = pytest.mark.virtual_time

PHONE = phones(1)[0]
ID = id_of(PHONE)


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    return await workplace.open()


def read_by_ana(bot: Bot) -> list[str]:
    """What she read directly."""
    return bot.messenger.said_to("U0ANA")


def read_where_clicked(bot: Bot) -> str:
    """The last thing said where somebody clicked."""
    return bot.messenger.said_to(RESPONSE_URL)[-1]


async def card_buttons(bot: Bot, request: Request) -> list[dict[str, str]]:
    """The buttons that are left on each copy of a request's card."""
    posted = [said for said in bot.messenger.said if said.place in ("U0LEE", "U0KIM")]
    assert all(request.id in text_of(each.message) for each in posted)
    now = {each.place: each.message for each in posted}
    now |= {ref.channel_id: message for ref, message in bot.messenger.updated if ref.channel_id in now}
    return [buttons_of(message) for message in now.values()]


async def without_code(bot: Bot, numbers: int = 1) -> Request:
    """An approved request whose codes nobody has entered yet."""
    request = await bot.asks(numbers, code="")
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(10.0)  # nobody has them, so nobody uses them
    return await bot.process.find(request.id)


# --- approving ---


@pytest.mark.parametrize("count", [1, 3])
async def test_no_code_is_used_for_an_approval_whose_outcome_cannot_be_told(
    workplace: Workplace, bot: Bot, count: int
) -> None:
    request = await bot.asks(count)
    workplace.token.is_taken_away = True
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert workplace.api.called == []
    approved = await bot.process.find(request.id)
    assert (approved.approval.state, approved.is_all(State.HELD)) == (ApprovalState.APPROVED, True)
    workplace.token.is_taken_away = False  # and the next process asks for what was in memory
    await (await workplace.open("p2")).sweep_for(2 * MINUTE)
    assert any("code" in said for said in read_by_ana(bot))


async def test_no_code_that_is_entered_is_used_where_its_outcome_cannot_be_told(workplace: Workplace, bot: Bot) -> None:
    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    workplace.token.is_taken_away = True
    await bot.submits(form, {"code": "208312"})
    assert workplace.api.called == []
    assert (await bot.process.find(request.id)).is_all(State.HELD)


async def test_an_approval_whose_code_waits_is_run_at_once_and_its_agent_is_told(
    workplace: Workplace, bot: Bot
) -> None:
    request = await bot.asks()
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert (await bot.process.find(request.id)).lookup.state is State.ANSWERED
    assert workplace.api.called == [(PHONE, "208312")]
    assert [OUTCOMES[State.ANSWERED].told in said for said in read_by_ana(bot)] == [True]
    assert not any(ID in said for said in read_by_ana(bot))  # messages stay
    assert ID in read_where_clicked(bot)  # where it was asked for
    assert await card_buttons(bot, request) == [{}, {}]
    await bot.sweep_for(2 * MINUTE)
    assert len(read_by_ana(bot)) == 1


async def test_several_numbers_are_run_at_once_too_and_followed_in_a_message(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks(3)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert (await bot.process.find(request.id)).is_all(State.ANSWERED)
    (followed,) = [said for said in bot.messenger.said if said.place == "U0ANA"]
    done = bot.messenger.updated[-1][1] if "list_results" in text_of(bot.messenger.updated[-1][1]) else None
    assert "Approved by <@U0LEE>." in text_of(followed.message)
    assert done or any("list_results" in text_of(message) for _, message in bot.messenger.updated)


@pytest.mark.parametrize("count", [1, 3])
async def test_without_codes_the_agent_is_asked_for_them(workplace: Workplace, bot: Bot, count: int) -> None:
    request = await without_code(bot, count)
    assert request.approval.state is ApprovalState.APPROVED
    (asked,) = [said for said in bot.messenger.said if said.place == "U0ANA"]
    assert buttons_of(asked.message) == {buttons.ENTER_CODE: request.id}
    assert workplace.api.called == []


async def test_a_code_that_waits_in_a_process_that_died_is_asked_for_again(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    restarted = await workplace.open("p2")
    await restarted.presses(cards.APPROVE, request.id, by=LEE)
    await restarted.sweep_for(10.0)
    (asked,) = [said for said in bot.messenger.said if said.place == "U0ANA"]
    assert buttons_of(asked.message) == {buttons.ENTER_CODE: request.id}


@pytest.mark.parametrize("times", [1, 3])
async def test_an_approval_that_could_not_be_used_at_once_is_used_soon_and_no_code_is_asked_for(
    workplace: Workplace, bot: Bot, times: int
) -> None:
    request = await bot.asks()
    bot.process.record.failing["use"] = times
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert workplace.api.called == [(PHONE, "208312")]
    assert [OUTCOMES[State.ANSWERED].told in said for said in read_by_ana(bot)] == [True]
    await bot.sweep_for(2 * MINUTE)
    assert len(read_by_ana(bot)) == 1


async def test_while_an_approval_cannot_be_used_its_agent_is_asked_and_what_waits_is_not_used_besides(
    workplace: Workplace, bot: Bot
) -> None:
    request = await bot.asks()
    bot.process.record.failing["use"] = 99
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    await bot.sweep_for(15.0)
    assert [OUTCOMES[ApprovalState.APPROVED].told in said for said in read_by_ana(bot)] == [True]
    bot.process.record.failing["use"] = 0
    await bot.sweep_for(15.0)
    assert workplace.api.called == []
    assert not bot.parts.requests.has_codes


async def test_whoever_was_quicker_to_use_an_approval_runs_it(workplace: Workplace, bot: Bot) -> None:
    elsewhere = await workplace.open("p2")
    request = await bot.asks()

    async def use_it_elsewhere(name: str) -> None:
        if name == "decide":
            used = await elsewhere.process.requests.use(await elsewhere.process.find(request.id), codes_for(request))
            assert used
            await elsewhere.process.run(*used)

    bot.process.record.after = use_it_elsewhere
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert len(workplace.api.called) == 1
    assert not any("broke" in said.text for said in bot.messenger.said)


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in one process", "in two"])
async def test_of_two_approvers_at_once_one_approves_and_the_other_reads_who_did(
    workplace: Workplace, bot: Bot, *, is_elsewhere: bool
) -> None:
    other = await workplace.open("p2") if is_elsewhere else bot
    request = await bot.asks()
    await asyncio.gather(
        bot.presses(cards.APPROVE, request.id, by=LEE), other.presses(cards.APPROVE, request.id, by=KIM)
    )
    decided_by = (await bot.process.find(request.id)).approval.decided_by
    assert decided_by in (LEE, KIM)
    late = [said for said in bot.messenger.said_to(RESPONSE_URL) if " by <@" in said]
    assert [f"Approved by <@{decided_by.user_id}>." in said for said in late] == [True]
    assert len(workplace.api.called) <= 1
    assert await card_buttons(bot, request) == [{}, {}]
    assert len(await bot.process.journal(request.id, Event.FORBIDDEN)) == 1


async def test_of_an_approval_and_a_withdrawal_at_once_one_happens_and_everybody_reads_which(
    workplace: Workplace, bot: Bot
) -> None:
    other = await workplace.open("p2")
    request = await bot.asks()
    await asyncio.gather(
        bot.presses(cards.APPROVE, request.id, by=LEE), other.presses(buttons.WITHDRAW, request.id, by=ANA)
    )
    state = (await bot.process.find(request.id)).approval.state
    assert state in (ApprovalState.APPROVED, ApprovalState.WITHDRAWN)
    assert len(workplace.api.called) == (1 if state is ApprovalState.APPROVED else 0)
    (late,) = [said for said in bot.messenger.said_to(RESPONSE_URL) if " by <@" in said]
    assert state.value.capitalize() in late
    assert await card_buttons(bot, request) == [{}, {}]
    assert len(read_by_ana(bot)) == 1


async def test_a_copy_of_the_card_that_comes_after_the_decision_has_no_buttons(workplace: Workplace, bot: Bot) -> None:
    elsewhere = await workplace.open("p2")
    form, decided = await bot.form(), asyncio.Event()

    async def decide_after_the_first(doing: Doing) -> None:
        if doing is Doing.POST and len(workplace.messenger.said_to("U0KIM")) == 1 and not decided.is_set():
            decided.set()
            await elsewhere.presses(cards.DENY, (await bot.last_request()).id, by=KIM)
            denial = workplace.messenger.opened[-1][1]
            await elsewhere.submits(denial, {"reason": "not yours"}, by=KIM, view_id="V9")

    workplace.messenger.before = decide_after_the_first
    await bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
    request = await bot.last_request()
    assert request.approval.state is ApprovalState.DENIED
    assert len(workplace.messenger.said_to("U0LEE")) == 1
    assert await card_buttons(bot, request) == [{}, {}]


async def test_whoever_became_a_guest_meanwhile_gets_no_approval(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    workplace.people.standings["U0ANA"] = Standing(Membership.GUEST)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert PROBLEMS[Problem.AGENT_MAY_NOT_ASK].what in read_where_clicked(bot)
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.AWAITING


# --- denying and withdrawing ---


async def test_a_denial_needs_a_reason_and_the_agent_reads_it(bot: Bot) -> None:
    request = await bot.asks()
    await bot.presses(cards.DENY, request.id, by=LEE)
    form = bot.messenger.opened[-1][1]
    acks = await bot.submits(form, {"reason": " "}, by=LEE)
    assert [each["response_action"] for each in acks.given] == ["errors"]
    await bot.submits(form, {"reason": "not yours"}, by=LEE)
    assert (await bot.process.find(request.id)).approval.reason == "not yours"
    assert [OUTCOMES[ApprovalState.DENIED].told in said and "not yours" in said for said in read_by_ana(bot)] == [True]
    assert await card_buttons(bot, request) == [{}, {}]


async def test_a_denial_that_was_submitted_too_late_is_told_what_was_decided(bot: Bot) -> None:
    request = await bot.asks()
    await bot.presses(cards.DENY, request.id, by=LEE)
    form = bot.messenger.opened[-1][1]
    await bot.presses(cards.APPROVE, request.id, by=KIM)
    await bot.submits(form, {"reason": "not yours"}, by=LEE)
    assert "Approved by <@U0KIM>." in bot.messenger.said[-1].text
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.APPROVED


async def test_a_withdrawal_is_told_to_everyone_concerned(bot: Bot) -> None:
    request = await bot.asks()
    await bot.presses(buttons.WITHDRAW, request.id)
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.WITHDRAWN
    assert [OUTCOMES[ApprovalState.WITHDRAWN].told in said for said in read_by_ana(bot)] == [True]
    assert await card_buttons(bot, request) == [{}, {}]


@pytest.mark.parametrize(
    ("action_id", "by", "problem"),
    [
        (cards.APPROVE, ANA, Problem.NOT_AN_APPROVER),
        (cards.DENY, ANA, Problem.NOT_AN_APPROVER),
        (cards.DETAILS, ANA, Problem.NOT_AN_APPROVER),
        (buttons.WITHDRAW, LEE, Problem.NOT_YOUR_REQUEST),
        (buttons.ENTER_CODE, LEE, Problem.NOT_YOUR_REQUEST),
        (buttons.SHOW_ID, LEE, Problem.NOT_YOUR_REQUEST),
        (buttons.SHOW_RESULTS, LEE, Problem.NOT_YOUR_REQUEST),
        (buttons.STOP, LEE, Problem.NOT_YOUR_REQUEST),
    ],
)
async def test_who_may_not_do_it_reads_why_and_it_is_in_the_journal(
    bot: Bot, action_id: str, by: Actor, problem: Problem
) -> None:
    request = await bot.asks()
    await bot.presses(action_id, request.id, by=by)
    assert PROBLEMS[problem].what in read_where_clicked(bot)
    (entry,) = await bot.process.journal(request.id, Event.FORBIDDEN)
    assert (entry.actor, entry.facts["why"]) == (by, problem.value)
    assert await bot.process.find(request.id) == request


ABOUT_A_REQUEST = (
    cards.APPROVE,
    cards.DENY,
    cards.DETAILS,
    buttons.WITHDRAW,
    buttons.ENTER_CODE,
    buttons.SHOW_ID,
    buttons.SHOW_RESULTS,
    buttons.STOP,
    buttons.TRY_AGAIN,
    buttons.OLDER,
)


@pytest.mark.parametrize("action_id", [*ABOUT_A_REQUEST, "a button that is gone"])
@pytest.mark.parametrize("value", ["R-FORGED00", "", "R-FORGED00/7", "🤷/\x00"])
async def test_no_click_is_silent_whatever_its_button_says(bot: Bot, action_id: str, value: str) -> None:
    await bot.presses(action_id, value)
    assert len(bot.messenger.said) == 1


@pytest.mark.parametrize("action_id", ABOUT_A_REQUEST)
async def test_a_click_on_what_another_bot_recorded_elsewhere_says_so(
    bot: Bot, action_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Two bots with the same tokens and two databases: Slack gives each click to one of them."""
    await bot.presses(action_id, "R-7K3Q9FZ2", by=LEE)
    (said,) = bot.messenger.said
    assert said.message.text == asking.NOT_IN_THIS_RECORD
    assert "another bot with its own database" in said.message.text
    assert len(bot.messenger.opened) == 0
    assert action_id in (buttons.TRY_AGAIN, buttons.OLDER) or "request not in this database" in caplog.text


async def test_so_does_a_form_about_it_that_was_open_before(workplace: Workplace, bot: Bot) -> None:
    request = await bot.asks()
    await bot.presses(cards.DENY, request.id, by=LEE)
    denial = json.loads(json.dumps(workplace.messenger.opened[-1][1]).replace(request.id, "R-7K3Q9FZ2"))
    await bot.submits(denial, {"reason": "not ours"}, by=LEE, view_id="V9")
    assert any(asking.NOT_IN_THIS_RECORD in said.message.text for said in bot.messenger.said)


@pytest.mark.parametrize(("action_id", "by"), [(cards.APPROVE, LEE), (cards.DENY, LEE), (buttons.WITHDRAW, ANA)])
async def test_a_click_after_the_end_reads_that_it_expired_before_the_sweeper_came(
    bot: Bot, action_id: str, by: Actor
) -> None:
    request = await bot.asks()
    await bot.process.clock.sleep(HOUR)
    await bot.presses(action_id, request.id, by=by)
    assert OUTCOMES[ApprovalState.EXPIRED].became.one in read_where_clicked(bot)


@pytest.mark.parametrize("action_id", [cards.APPROVE, cards.DENY])
async def test_before_a_decision_counts_slack_is_asked_afresh_and_without_an_answer_it_waits(
    workplace: Workplace, bot: Bot, action_id: str
) -> None:
    request = await bot.asks()
    if action_id == cards.DENY:
        await bot.presses(action_id, request.id, by=LEE)
    workplace.people.within.clear()
    workplace.people.silent = True
    if action_id == cards.APPROVE:
        await bot.presses(action_id, request.id, by=LEE)
    else:
        await bot.submits(bot.messenger.opened[-1][1], {"reason": "no"}, by=LEE, view_id="V5")
    assert workplace.people.within == [FRESH]
    assert (await bot.process.find(request.id)) == request
    assert any(PROBLEMS[Problem.WHO_UNKNOWN].what in said.text for said in bot.messenger.said)
    workplace.people.silent = False
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert workplace.people.within[1:3] == [FRESH, FRESH]  # the agent's, too
    assert (await bot.process.find(request.id)).approval.state is ApprovalState.APPROVED


async def test_an_agent_of_whom_slack_does_not_say_who_they_are_is_not_called_one_who_may_not_ask(
    workplace: Workplace, bot: Bot
) -> None:
    request = await bot.asks()
    workplace.people.standings["U0ANA"] = Standing(Membership.UNKNOWN, doubt=Problem.WHO_UNKNOWN)
    await bot.presses(cards.APPROVE, request.id, by=LEE)
    assert PROBLEMS[Problem.WHO_UNKNOWN].what in read_where_clicked(bot)
    assert (await bot.process.find(request.id)) == request


# --- entering codes ---


@pytest.mark.parametrize("count", [1, 3])
async def test_codes_that_are_entered_are_used_and_their_window_shows_the_outcome(bot: Bot, count: int) -> None:
    request = await without_code(bot, count)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    await bot.submits(form, filled(phones(count), "208312"), view_id="V2")
    assert (await bot.process.find(request.id)).is_all(State.ANSWERED)
    assert all(id_of(phone) in text_of(bot.messenger.window("V2")) for phone in phones(count))


async def test_codes_whose_use_is_not_recorded_in_time_can_be_entered_again(workplace: Workplace, bot: Bot) -> None:
    async def take_long(name: str) -> None:
        if name == "use":
            await workplace.pass_time(10)

    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    bot.process.record.before = take_long
    await bot.submits(form, filled(phones(1), "208312"), view_id="V2", waits=False)
    await bot.settle()
    await workplace.pass_time(MINUTE)
    assert "Nothing was recorded" in text_of(bot.messenger.window("V2"))
    assert (await bot.process.find(request.id)).is_all(State.HELD)
    bot.process.record.before = None
    await bot.submits(form, filled(phones(1), "208312"), view_id="V3")
    assert (await bot.process.find(request.id)).is_all(State.ANSWERED)


async def test_codes_are_acknowledged_only_once_their_use_is_recorded(bot: Bot) -> None:
    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    recorded_at: list[float] = []

    async def take_long(name: str) -> None:
        if name == "use":
            await bot.process.clock.sleep(0.5)
            recorded_at.append(bot.process.clock.monotonic())

    bot.process.record.before = take_long
    form = bot.messenger.opened[-1][1]
    acks = await bot.submits(form, filled([PHONE], "208312"), view_id="V2", waits=False)
    assert acks.is_given.is_set()
    assert len(recorded_at) == 1
    assert bot.process.record.changes[-1] == "use"
    await bot.settle()
    assert ID in text_of(bot.messenger.window("V2"))


@pytest.mark.parametrize("count", [1, 3])
async def test_codes_received_twice_are_used_once_and_their_window_shows_the_outcome(
    workplace: Workplace, bot: Bot, count: int
) -> None:
    request = await without_code(bot, count)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form, said = bot.messenger.opened[-1][1], []
    for _ in range(2):
        await bot.submits(form, filled(phones(count), "208312"), view_id="V2")
        assert all(id_of(phone) in text_of(bot.messenger.window("V2")) for phone in phones(count))
        said.append(len(bot.messenger.said))
    assert len(workplace.api.called) == count
    assert said[0] == said[1]


async def test_codes_received_again_while_they_run_end_in_the_outcome(workplace: Workplace, bot: Bot) -> None:
    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    workplace.api.is_open.clear()
    await bot.submits(form, filled([PHONE], "208312"), view_id="V2", waits=False)
    await workplace.until_called()
    await bot.submits(form, filled([PHONE], "208312"), view_id="V2", waits=False)
    await workplace.pass_time(10)
    workplace.api.is_open.set()
    await bot.settle()
    assert len(workplace.api.called) == 1
    assert ID in text_of(bot.messenger.window("V2"))


async def test_codes_for_other_numbers_than_the_approved_ones_are_not_used(workplace: Workplace, bot: Bot) -> None:
    request = await without_code(bot, 2)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    tampered = {**form, "private_metadata": form["private_metadata"].replace(PHONE.digits, phones(6)[5].digits)}
    await bot.submits(tampered, filled([phones(6)[5], phones(2)[1]], "208312"), view_id="V2")
    assert workplace.api.called == []
    assert (await bot.process.find(request.id)) == request
    shown = bot.messenger.window("V2")
    assert shown
    assert shown["callback_id"] == form["callback_id"]  # the form again, for the numbers that were approved
    assert PHONE.international in text_of(shown)


async def test_while_a_number_has_to_wait_its_code_is_not_used_and_the_approval_stays(
    workplace: Workplace, bot: Bot
) -> None:
    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    await workplace.pass_time(1)
    await bot.process.use_up(PHONE)
    await bot.submits(form, filled([PHONE], "208312"), view_id="V2")
    waits = bot.messenger.said[-1]
    assert "1 minute" in waits.text
    assert buttons_of(waits.message) == {buttons.ENTER_CODE: request.id}
    assert texts.NOT_ENTERED.one in text_of(bot.messenger.window("V2"))
    await workplace.pass_time(MINUTE)
    await bot.submits(form, filled([PHONE], "208312"), view_id="V3")
    assert ID in text_of(bot.messenger.window("V3"))


async def test_a_code_entered_after_the_approval_lapsed_is_not_used(workplace: Workplace, bot: Bot) -> None:
    request = await without_code(bot)
    await bot.presses(buttons.ENTER_CODE, request.id)
    form = bot.messenger.opened[-1][1]
    await workplace.pass_time(HOUR)
    await bot.submits(form, filled([PHONE], "208312"), view_id="V2")
    assert workplace.api.called == []
    assert OUTCOMES[ApprovalState.LAPSED].became.one in bot.messenger.said[-1].text
    assert texts.NOT_ENTERED.one in text_of(bot.messenger.window("V2"))


# --- stopping ---


async def test_a_stop_ends_what_was_not_called_and_the_window_and_the_message_say_so(workplace: Workplace) -> None:
    workplace.policy = WITHOUT_APPROVALS
    workplace.quota = SlowQuota(workplace.clock, 60.0)
    bot = await workplace.open()
    form = await bot.form(is_several=True)
    await bot.submits(form, filled(phones(3), "208312"), waits=False)
    await workplace.pass_time(5)
    window = bot.messenger.window("V1")
    request = await bot.last_request()
    assert buttons_of(window) == {buttons.STOP: request.id}
    await bot.presses(buttons.STOP, request.id, view=window)
    ended = await bot.process.find(request.id)
    assert [each.result.problem for each in ended.lookups] == [Problem.STOPPED] * 3
    assert workplace.clock.monotonic() < 30
    assert buttons.STOP not in buttons_of(bot.messenger.window("V1"))
    assert buttons.STOP not in buttons_of(bot.messenger.updated[-1][1])


async def test_where_nothing_is_left_to_stop_it_is_said(workplace: Workplace) -> None:
    workplace.policy = WITHOUT_APPROVALS
    bot = await workplace.open()
    form = await bot.form(is_several=True)
    workplace.api.is_open.clear()
    await bot.submits(form, filled(phones(3), "208312"), waits=False)
    await workplace.until_called(3)
    request = await bot.last_request()
    await bot.presses(buttons.STOP, request.id, waits=False)
    await workplace.pass_time(1)
    assert read_where_clicked(bot) == texts.NOTHING_TO_STOP
    workplace.api.is_open.set()
    await bot.settle()
    await bot.presses(buttons.STOP, request.id)
    assert read_where_clicked(bot) == texts.TOO_LATE

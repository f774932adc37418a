"""Whoever asks gets words, whatever Slack takes and in whatever order things arrive."""

from collections.abc import Awaitable, Callable

import pytest

from bot.errors import ChangeUnknown
from bot.models import Actor, Problem, State
from bot.policy import Membership, Standing
from bot.slack.listeners.boundary import COMMITTED_WITHIN, RECORDED_WITHIN
from bot.slack.messenger import Shown
from bot.store.outbox import HANDLING, Kind
from tests.doubles import Doing
from tests.english import PROBLEMS, asking
from tests.factories import phones
from tests.fake_api import id_of
from tests.slack.workplace import RESPONSE_URL, Bot, Workplace, buttons_of, filled, text_of, workplace
from tests.world import ANA, KIM, MINUTE, WITHOUT_APPROVALS

__all__ = ["bot", "strict_bot", "workplace"]

pytestmark = pytest.mark.virtual_time

PHONE, OTHER, _ = phones(3)
ASKED = f"+{PHONE.digits} 208312"
ID = id_of(PHONE)


@pytest.fixture
async def bot(workplace: Workplace) -> Bot:
    """Where nobody has to approve."""
    workplace.policy = WITHOUT_APPROVALS
    return await workplace.open()


@pytest.fixture
async def strict_bot(workplace: Workplace) -> Bot:
    """Where somebody must approve."""
    return await workplace.open()


def told(bot: Bot) -> list[str]:
    """What Ana read where she asked, and directly."""
    return [said.text for said in bot.messenger.said if said.place in (RESPONSE_URL, "U0ANA")]


# --- one number, without an approval ---


async def test_an_answer_is_told_where_it_was_asked_for_and_nobody_has_to_tell_it_again(bot: Bot) -> None:
    acks = await bot.types(ASKED)
    assert acks.given == [{}]
    assert bot.messenger.said_to(RESPONSE_URL) == [asking.answer((await bot.last_request()).lookup)]
    await bot.sweep_for(2 * HANDLING)
    assert len(told(bot)) == 1


async def test_anothers_submission_delivered_as_ones_own_shows_no_id(bot: Bot) -> None:
    form, typed = await bot.form(), filled([PHONE], "208312")
    await bot.submits(form, typed, view_id="V1", hash="1.a")
    before = len(bot.messenger.updated)
    await bot.submits(form, {**typed, "phone": f"+{OTHER.digits}"}, by=KIM, view_id="V1", hash="1.a")
    assert [ID in str(each) for each in bot.messenger.updated[before:]].count(True) == 0
    assert (await bot.last_request()).agent == KIM


async def test_an_answer_goes_directly_where_it_was_asked_for_too_long_ago(bot: Bot) -> None:
    bot.messenger.fail(Doing.RESPOND)
    await bot.types(ASKED)
    assert [ID in said for said in bot.messenger.said_to("U0ANA")] == [True]


async def test_an_answer_that_slack_does_not_take_is_told_later_and_called_nothing_else(bot: Bot) -> None:
    bot.messenger.fail(Doing.RESPOND, Doing.POST)
    await bot.types(ASKED)
    assert (await bot.last_request()).lookup.state is State.ANSWERED
    await bot.sweep_for(20)
    bot.messenger.recover()
    await bot.sweep_for(2 * MINUTE)
    assert [ID in said for said in told(bot)] == [True]


async def test_the_window_shows_the_answer_even_when_no_message_gets_through(bot: Bot) -> None:
    form = await bot.form()
    bot.messenger.fail(Doing.RESPOND, Doing.POST)
    await bot.submits(form, filled([PHONE], "208312"))
    assert ID in text_of(bot.messenger.window("V1"))


async def test_a_closed_window_is_not_insisted_on(bot: Bot) -> None:
    bot.messenger.fail(Doing.UPDATE_VIEW, shown=Shown.GONE)
    await bot.asks()
    assert bot.messenger.calls.count(Doing.UPDATE_VIEW) == 1
    assert [ID in said for said in told(bot)] == [True]


async def test_a_command_received_twice_is_answered_once(bot: Bot) -> None:
    for _ in range(2):
        await bot.types(ASKED, trigger="1.same")
    assert len(told(bot)) == 1
    assert len(await bot.requests()) == 1


async def test_a_no_is_told_with_what_to_do_next(workplace: Workplace, bot: Bot) -> None:
    workplace.api.problems[PHONE] = Problem.NOT_YOURS
    await bot.types(ASKED)
    (said,) = told(bot)
    assert PROBLEMS[Problem.NOT_YOURS].what in said


@pytest.mark.parametrize(
    ("known_as", "problem"),
    [
        (Membership.GUEST, Problem.GUEST),
        (Membership.OUTSIDER, Problem.OUTSIDER),
        (Membership.UNKNOWN, Problem.NOT_A_MEMBER),
    ],
)
async def test_who_may_not_ask_gets_a_reason_and_no_form(
    workplace: Workplace, bot: Bot, known_as: Membership, problem: Problem
) -> None:
    workplace.people.standings["U0ANA"] = Standing(known_as)
    form = await bot.form()
    assert "plain_text_input" not in text_of(form)
    assert PROBLEMS[problem].what in text_of(form)
    await bot.types(ASKED)
    assert [PROBLEMS[problem].what in said for said in told(bot)] == [True]
    assert (await bot.last_request()).lookup.state is State.REJECTED


async def test_a_form_that_came_too_late_is_offered_once_more(bot: Bot) -> None:
    bot.messenger.fail(Doing.OPEN_VIEW)
    await bot.types("")
    assert told(bot) == [asking.FORM_TOO_LATE]


async def test_a_form_opens_in_time_also_when_slack_is_slow_to_say_who_asks(workplace: Workplace, bot: Bot) -> None:
    seconds = 60.0

    async def slow(actor: Actor, workspace: str | None = None, *, within: float | None = None) -> Standing:
        await workplace.pass_time(seconds)
        return Standing(Membership.GUEST)

    workplace.people.standing = slow  # type: ignore[method-assign]  # Slack is slow
    asked_at = workplace.clock.monotonic()
    await bot.types("", waits=False)
    while not bot.messenger.opened:
        await workplace.pass_time(0.1)
    assert workplace.clock.monotonic() - asked_at < 3
    assert "plain_text_input" in text_of(bot.messenger.opened[0][1])
    seconds = 2.0
    await bot.submits(bot.messenger.opened[0][1], filled([PHONE], "208312"))  # and is decided again
    assert (await bot.last_request()).lookup.result.problem is Problem.GUEST


# --- what Slack has our word for ---


async def test_what_is_asked_for_is_acknowledged_once_it_is_recorded(workplace: Workplace, bot: Bot) -> None:
    workplace.api.is_open.clear()  # and need not be answered
    form = await bot.form()

    async def take_a_while(name: str) -> None:
        if name == "accept":
            assert await bot.requests() == []
            await workplace.pass_time(0.5)

    bot.process.record.before = take_a_while
    asked_at = workplace.clock.monotonic()
    acks = await bot.submits(form, filled([PHONE], "208312"), waits=False)
    assert workplace.clock.monotonic() - asked_at == pytest.approx(0.5)
    assert [each["response_action"] for each in acks.given] == ["update"]
    assert len(await bot.requests()) == 1
    workplace.api.is_open.set()
    await bot.settle()


def held_up(workplace: Workplace, change: str) -> Callable[[str], Awaitable[None]]:
    async def hold(name: str) -> None:
        if name == change:
            await workplace.pass_time(10)

    return hold


async def test_what_is_not_recorded_in_time_is_said_not_to_be_and_is_not_recorded_later(
    workplace: Workplace, bot: Bot
) -> None:
    form = await bot.form()
    bot.process.record.before = held_up(workplace, "accept")
    asked_at = workplace.clock.monotonic()
    await bot.submits(form, filled([PHONE], "208312"), waits=False)
    assert workplace.clock.monotonic() - asked_at == pytest.approx(RECORDED_WITHIN)
    (typed,) = (await bot.types(f"{PHONE.international} 208312", waits=False)).given
    await bot.settle()
    await workplace.pass_time(MINUTE)
    shown = text_of(bot.messenger.window("V1"))
    assert all("Nothing was recorded, and nothing is being looked up" in each for each in (shown, typed["text"]))
    assert await bot.requests() == []
    assert workplace.api.called == []
    assert bot.messenger.said == []  # it is said once, in the acknowledgement


async def test_what_is_being_committed_when_the_time_is_over_goes_on_and_is_told(
    workplace: Workplace, bot: Bot
) -> None:
    form = await bot.form()
    bot.process.record.after = held_up(workplace, "accept")
    asked_at = workplace.clock.monotonic()
    await bot.submits(form, filled([PHONE], "208312"), waits=False)
    assert workplace.clock.monotonic() - asked_at == pytest.approx(RECORDED_WITHIN + COMMITTED_WITHIN)
    await bot.settle()
    assert ID in text_of(bot.messenger.window("V1"))


async def test_of_what_may_be_recorded_or_not_nobody_says_that_it_was_not(bot: Bot) -> None:
    async def lose(name: str) -> None:
        if name == "accept":
            raise ChangeUnknown("the connection was lost during COMMIT")

    form = await bot.form()
    bot.process.record.after = lose
    await bot.submits(form, filled([PHONE], "208312"))
    assert "does not know whether this was recorded" in text_of(bot.messenger.window("V1"))


@pytest.mark.parametrize("arrives_after", [0.2, 2.0], ids=["soon", "late"])
async def test_what_could_not_be_recorded_is_said_and_stays_said(bot: Bot, arrives_after: float) -> None:
    form = await bot.form()
    bot.process.record.failing["accept"] = 1
    await bot.submits(form, filled([PHONE], "208312"), arrives_after=arrives_after)
    assert "cannot use its database" in text_of(bot.messenger.window("V1"))
    assert await bot.requests() == []


async def test_what_broke_is_said_where_it_was_typed(bot: Bot) -> None:
    bot.process.record.failing["accept"] = 1
    acks = await bot.types(ASKED)
    assert acks.given == [{}]
    (said,) = told(bot)
    assert "cannot use its database" in said
    assert "give the reference E-" in said


async def test_a_telling_that_cannot_be_remembered_takes_nothing_back(bot: Bot) -> None:
    bot.process.record.failing |= {"said": 1, "postpone": 1, "waiting": 0}
    await bot.types(ASKED)
    assert [ID in said for said in told(bot)] == [True]


async def test_an_outcome_whose_telling_cannot_be_looked_up_is_told_by_the_next_look(bot: Bot) -> None:
    bot.process.record.failing["waiting"] = 2
    await bot.types(ASKED)
    assert told(bot) == []
    await bot.sweep_for(2 * HANDLING)
    assert [ID in said for said in told(bot)] == [True]


# --- the same submission, delivered twice ---


async def test_a_form_received_twice_is_one_request_and_its_window_shows_the_outcome(bot: Bot) -> None:
    form = await bot.form()
    for _ in range(2):
        await bot.submits(form, filled([PHONE], "208312"))
        assert ID in text_of(bot.messenger.window("V1"))  # also after the second acknowledgement was painted
    assert len(await bot.requests()) == 1
    assert len(told(bot)) == 1


async def test_a_form_received_again_while_it_runs_shows_the_outcome_once_it_is_there(
    workplace: Workplace, bot: Bot
) -> None:
    workplace.api.is_open.clear()
    form, elsewhere = await bot.form(), await workplace.open("p2")
    await bot.submits(form, filled([PHONE], "208312"), waits=False)
    await workplace.until_called()
    await elsewhere.submits(form, filled([PHONE], "208312"))
    workplace.api.is_open.set()
    await bot.settle()
    assert ID in text_of(bot.messenger.window("V1"))
    assert len(workplace.api.called) == 1
    assert len(told(bot)) == 1


# --- where somebody must approve ---


async def test_a_command_with_a_code_opens_the_form_and_forgets_the_code(strict_bot: Bot) -> None:
    await strict_bot.types(ASKED)
    ((_, form),) = strict_bot.messenger.opened
    assert asking.CODE_NOT_YET.one in text_of(form)
    assert "<@U0LEE>" in text_of(form)
    assert "208312" not in text_of(form)
    assert await strict_bot.requests() == []


@pytest.mark.parametrize("count", [1, 3])
async def test_a_form_with_a_reason_becomes_a_request_with_a_receipt(strict_bot: Bot, count: int) -> None:
    request = await strict_bot.asks(count)
    assert request.is_all(State.HELD)
    assert [place for place in ("U0KIM", "U0LEE") if strict_bot.messenger.said_to(place)] == ["U0KIM", "U0LEE"]
    (said,) = told(strict_bot)
    assert "is waiting for approval" in said
    assert "is waiting for approval" in text_of(strict_bot.messenger.window("V1"))
    everything = [text_of(said.message) for said in strict_bot.messenger.said]
    assert not any("208312" in each for each in [*everything, text_of(strict_bot.messenger.window("V1"))])
    await strict_bot.sweep_for(2 * HANDLING)
    assert len(strict_bot.messenger.said) == 3


async def test_a_request_received_twice_is_asked_for_once(strict_bot: Bot) -> None:
    form = await strict_bot.form()
    for _ in range(2):
        await strict_bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
        assert "is waiting for approval" in text_of(strict_bot.messenger.window("V1"))
    assert len(await strict_bot.requests()) == 1
    assert len(strict_bot.messenger.said_to("U0LEE")) == 1
    assert len(told(strict_bot)) == 1


async def test_a_form_from_before_approvals_were_on_asks_for_the_reason(workplace: Workplace, bot: Bot) -> None:
    form = await bot.form()
    workplace.policy = workplace.policy.__class__(approvers=workplace.policy.approvers, needs_approval=True)
    strict = await workplace.open("p2")
    await strict.submits(form, filled([PHONE], "208312"))
    assert asking.CODE_NOT_YET.one in text_of(bot.messenger.window("V1"))
    assert "208312" not in text_of(bot.messenger.window("V1"))
    assert await strict.requests() == []
    assert bot.messenger.said == []


@pytest.mark.parametrize("count", [1, 3])
async def test_a_form_from_before_approvals_were_off_asks_for_the_codes(
    workplace: Workplace, strict_bot: Bot, count: int
) -> None:
    form = await strict_bot.form(is_several=count > 1)
    workplace.policy = WITHOUT_APPROVALS
    free = await workplace.open("p2")
    await free.submits(form, filled(phones(count), "", reason="ticket 7"))
    assert asking.CODE_NEEDED.choose(is_several=count > 1) in text_of(free.messenger.window("V1"))
    assert await free.requests() == []


async def test_who_may_not_ask_is_rejected_and_nobody_is_bothered(workplace: Workplace, strict_bot: Bot) -> None:
    form = await strict_bot.form()
    workplace.people.standings["U0ANA"] = Standing(Membership.GUEST)
    await strict_bot.submits(form, filled([PHONE], "208312", reason="ticket 7"))
    assert (await strict_bot.last_request()).lookup.state is State.REJECTED
    assert strict_bot.messenger.said_to("U0LEE") == []
    assert PROBLEMS[Problem.GUEST].what in text_of(strict_bot.messenger.window("V1"))


async def test_a_request_whose_process_died_before_it_told_anybody_is_told_by_another_and_once(
    workplace: Workplace, strict_bot: Bot
) -> None:
    request = await strict_bot.process.ask(1, (await strict_bot.process.access.decide(ANA)))
    elsewhere = await workplace.open("p2")
    workplace.slow(Doing.POST, seconds=1.0)
    await elsewhere.sweep_for(3 * HANDLING)
    assert sorted(said.place for said in workplace.messenger.said) == ["U0ANA", "U0KIM", "U0LEE"]
    assert await elsewhere.process.waiting(Kind.AGENT, request.id) is None


# --- a number that is under way for the same agent ---


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in one process", "in two"])
@pytest.mark.parametrize("code", ["208312", "999999"], ids=["with the same code", "with another"])
async def test_whoever_asks_again_reads_that_it_is_looked_up_and_the_answer_appears_in_both_places(
    workplace: Workplace, bot: Bot, code: str, *, is_elsewhere: bool
) -> None:
    other = await workplace.open("p2") if is_elsewhere else bot
    workplace.api.is_open.clear()
    form = await bot.form()
    await bot.submits(form, filled([PHONE], "208312"), waits=False)
    await workplace.until_called()
    await other.types(f"+{PHONE.digits} {code}", waits=False)
    await workplace.pass_time(1)
    is_same_code = code == "208312" and not is_elsewhere  # another process does not know what is tried
    assert told(bot) == [asking.already_looked_up(PHONE, is_same_code=is_same_code)]
    workplace.api.is_open.set()
    await bot.settle()
    await other.settle()
    assert ID in text_of(bot.messenger.window("V1"))
    assert sum(ID in said for said in told(bot)) == 2
    assert len(workplace.api.called) == 1


async def test_whoever_asks_again_reads_that_it_was_interrupted_when_the_first_was(
    workplace: Workplace, bot: Bot
) -> None:
    elsewhere = await workplace.open("p2")
    workplace.api.is_open.clear()
    await bot.types(ASKED, waits=False)
    await workplace.until_called()
    await elsewhere.types(ASKED, waits=False)
    await workplace.pass_time(1)
    bot.process.lookups.interrupt()
    await elsewhere.settle()
    assert PROBLEMS[Problem.PROCESS_ENDED].what in told(bot)[-1]
    assert len(workplace.api.called) == 1


async def test_among_several_numbers_only_those_under_way_are_said_to_be_looked_up_and_nobody_waits_for_that(
    workplace: Workplace, bot: Bot
) -> None:
    form = await bot.form(is_several=True)
    workplace.api.is_open.clear()
    await bot.types(ASKED, waits=False)
    await workplace.until_called()
    workplace.slow(Doing.RESPOND, Doing.POST, seconds=20.0)
    asked_at = workplace.clock.monotonic()
    await bot.submits(form, filled(phones(3), "999999"), waits=False)
    await workplace.until_called(3)
    assert workplace.clock.monotonic() - asked_at < 2.0
    workplace.api.is_open.set()
    await bot.settle()
    looked_up = [said for said in told(bot) if said.startswith("Already")]
    assert looked_up == [asking.already_looked_up(PHONE, is_same_code=False)]
    assert [phone for phone, _ in workplace.api.called] == [PHONE, *phones(3)[1:]]


async def test_of_a_long_list_under_way_the_numbers_are_told_in_one_message(workplace: Workplace, bot: Bot) -> None:
    workplace.api.is_open.clear()
    form = await bot.form(is_several=True)
    await bot.submits(form, filled(phones(60), "208312"), waits=False)
    await workplace.until_called(60)
    await bot.submits(form, filled(phones(60), "208312"), view_id="V2", waits=False)
    await workplace.pass_time(2)
    (said,) = [each for each in bot.messenger.said if each.text.startswith("Already")]
    assert len(said.message.blocks[0]["text"]["text"]) < 3000
    assert all(phone.international in said.text for phone in phones(60))
    workplace.api.is_open.set()
    await bot.settle()


async def test_another_agents_request_for_the_number_is_a_call_of_its_own(workplace: Workplace, bot: Bot) -> None:
    workplace.api.is_open.clear()
    await bot.types(ASKED, waits=False)
    await bot.types(ASKED, by=KIM, waits=False)
    await workplace.until_called(2)
    workplace.api.is_open.set()
    await bot.settle()
    assert not any("Already" in said for said in told(bot))


# --- several numbers ---


async def test_several_numbers_are_told_in_a_message_without_ids_and_shown_in_the_window(bot: Bot) -> None:
    await bot.asks(3)
    window = bot.messenger.window("V1")
    assert all(id_of(phone) in text_of(window) for phone in phones(3))
    assert not any("id-" in text_of(said.message) for said in bot.messenger.said)
    ((_, done),) = [each for each in bot.messenger.updated if "list_results" in text_of(each[1])]
    assert "list_results" in buttons_of(done)


async def test_several_numbers_received_twice_are_one_request_and_the_window_shows_the_table(bot: Bot) -> None:
    form = await bot.form(is_several=True)
    for _ in range(2):
        await bot.submits(form, filled(phones(3), "208312"))
        assert all(id_of(phone) in text_of(bot.messenger.window("V1")) for phone in phones(3))
    assert len(await bot.requests()) == 1

"""Refused codes are counted across processes, in rows of their own, and no way leads past the count."""

import asyncio
from dataclasses import replace

import pytest

from bot.audit import Event
from bot.errors import TooManyGuesses
from bot.guesses import COUNTED_FOR, FREE_FOR_AGENT, FREE_FOR_NUMBER, REMEMBERED, Alarm, Suspect
from bot.models import Actor, Lookup, Problem, Request, Result, State, Through
from bot.states import STATE_AFTER
from bot.store import decisions, guesses, journal, outbox
from bot.store.outbox import Kind
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, ANSWERED, HOUR, LEE, NEEDS_APPROVAL, REFUSED, phones
from tests.store.engines import OpenRecord
from tests.store.processes import Process, StartProcess

OTHER_TEAMS_ANA = Actor(team_id="T0002", user_id="U0ANA", through=Through.SLACK)
MINUTE = 60.0
NOT_YOURS = Result(problem=Problem.NOT_YOURS, api_code="Unknown.ResourceOwnerId", http_status=400)
(PHONE,) = phones(1)
(OTHER,) = phones(1, first=5000)


def use_up(process: Process, *, agent: Actor = ANA) -> Request:
    """Refused codes for one number until none is free. The last request."""
    return [process.change(factories.finished, 1, REFUSED, agent=agent) for _ in range(FREE_FOR_NUMBER)][-1]


def spray(process: Process) -> None:
    """Refused codes of one agent for many numbers, until none is free."""
    process.change(factories.finished, phones(FREE_FOR_AGENT, first=100), REFUSED)


def counted(process: Process, agent: Actor = ANA) -> tuple[int, int]:
    """For the number, and against the agent."""
    against = process.read(guesses.counts, agent, (PHONE,)).against(PHONE)
    return against.for_number.refused, against.by_agent.refused


def test_after_the_free_ones_an_attempt_for_the_number_is_rejected_whoever_asks(process: Process) -> None:
    last = use_up(process)
    for agent in (ANA, LEE):
        rejected = process.change(factories.asked, agent=agent)
        assert rejected.lookup.state is State.REJECTED
        assert rejected.lookup.result == Result(
            problem=Problem.TOO_MANY_GUESSES, wait_until=last.lookup.updated_at + MINUTE
        )
        entry = process.read(journal.of_request, rejected.id)[-1]
        assert (entry.event, entry.to_state, entry.facts["problem"]) == (Event.ASKED, "rejected", "too many guesses")
    assert process.change(factories.asked, (OTHER,)).lookup.state is State.QUEUED


def test_of_several_numbers_only_the_guessed_one_is_rejected(process: Process) -> None:
    use_up(process, agent=LEE)
    request = process.change(factories.asked, (OTHER, PHONE))
    assert [each.state for each in request.lookups] == [State.QUEUED, State.REJECTED]


def test_an_agent_who_tries_many_numbers_is_rejected_and_nobody_else_is(process: Process) -> None:
    spray(process)
    assert process.change(factories.asked).lookup.state is State.REJECTED
    for agent in (LEE, OTHER_TEAMS_ANA):  # a user id means something in its team only
        assert process.change(factories.asked, agent=agent).lookup.state is State.QUEUED


def test_the_wait_doubles_with_each_further_refusal(process: Process, clock: SteppingClock) -> None:
    last = use_up(process)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        until = last.lookup.updated_at + minutes * MINUTE
        clock.time = until - 1
        early = process.change(factories.asked).lookup
        assert (early.state, early.result.wait_until) == (State.REJECTED, until)
        clock.time += 1
        last = process.change(factories.finished, 1, REFUSED, agent=replace(LEE, user_id=f"U{clock.time}"))


def test_a_rejected_attempt_makes_nobody_wait_longer(process: Process, clock: SteppingClock) -> None:
    last = use_up(process)
    clock.time += MINUTE / 2
    for _ in range(5):
        assert process.change(factories.asked).lookup.result.wait_until == last.lookup.updated_at + MINUTE


def test_what_was_refused_is_forgotten_in_time(process: Process, clock: SteppingClock) -> None:
    use_up(process)
    clock.time += REMEMBERED
    assert counted(process) == (0, 0)
    process.change(factories.finished, 1, REFUSED)
    assert counted(process) == (1, 1)


@pytest.mark.parametrize("problem", sorted(set(STATE_AFTER) - {Problem.STOPPED}))
def test_only_an_answer_that_may_be_about_the_code_counts(process: Process, problem: Problem) -> None:
    request = process.change(factories.asked)
    is_rejected = STATE_AFTER[problem] is State.REJECTED
    if not is_rejected:
        process.change(factories.call, request)
    process.change(factories.end, request, Result(problem=problem))
    counts_for = COUNTED_FOR.get(problem, ())
    assert counted(process) == (int(Suspect.NUMBER in counts_for), int(Suspect.AGENT in counts_for))


def test_numbers_of_another_account_stop_the_guesser_of_one_and_nobody_with_many(process: Process) -> None:
    """In the wrong account every number is answered so."""
    process.change(factories.finished, phones(3 * FREE_FOR_AGENT, first=100), NOT_YOURS)
    assert counted(process) == (0, 0)
    for _ in range(FREE_FOR_NUMBER):
        last = process.change(factories.finished, 1, NOT_YOURS)
    assert [each.suspect for each in alarms(process, last)] == [Suspect.NUMBER]
    assert process.change(factories.asked).lookup.state is State.REJECTED
    assert process.change(factories.asked, (OTHER,)).lookup.state is State.QUEUED
    process.change(factories.finished, phones(FREE_FOR_AGENT - 1, first=200), REFUSED)
    assert alarms(process, process.change(factories.finished, phones(1, first=300), NOT_YOURS)) == []


def test_an_answer_clears_its_number_and_no_agent(process: Process, clock: SteppingClock) -> None:
    for _ in range(FREE_FOR_NUMBER - 1):
        process.change(factories.finished, 1, REFUSED)
    clock.time += 1
    process.change(factories.finished, 1, ANSWERED)
    process.change(factories.finished, (OTHER,), ANSWERED)  # numbers of their own that they know the codes of
    assert counted(process) == (0, FREE_FOR_NUMBER - 1)


# --- no way past ---


def test_the_guard_counts_rows_of_refused_codes_and_no_states(process: Process) -> None:
    use_up(process, agent=LEE)
    with process.engine.changing() as tx:
        tx.run("DELETE FROM refused_codes")
    assert process.change(factories.call, process.change(factories.asked)).state is State.CALLING


def test_what_was_queued_before_is_not_called_any_more(process: Process) -> None:
    """A list is accepted as a whole, and then its codes turn out to be guesses."""
    waiting = process.change(factories.asked, (PHONE, OTHER, PHONE), agent=LEE)
    use_up(process)
    for position in (1, 3):
        with pytest.raises(TooManyGuesses):
            process.change(factories.call, waiting, position)
    assert process.change(factories.current, waiting) == waiting  # nothing of it is recorded
    assert process.change(factories.call, waiting, 2).state is State.CALLING


async def test_of_many_queued_at_once_one_is_called_when_the_wait_is_over(
    open_record: OpenRecord, clock: SteppingClock
) -> None:
    """The guard counts in the change that begins the call: each sees those before it, of whatever process."""
    records = [await open_record("p1"), await open_record("p2")]
    waiting = [
        await record.change(factories.asked, agent=replace(LEE, user_id=f"U{number}"))
        for number, record in enumerate(records * 3)
    ]
    for _ in range(FREE_FOR_NUMBER):
        await records[0].change(factories.finished, 1, REFUSED)
    clock.time += MINUTE
    calls = [record.change(factories.call, each) for record, each in zip(records * 3, waiting, strict=True)]
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(each, Lookup) for each in told) == 1
    # As if the one under way were refused now.
    assert {each.until for each in told if isinstance(each, TooManyGuesses)} == {clock.time + 2 * MINUTE}
    assert sum(isinstance(each, TooManyGuesses) for each in told) == 5


def test_a_call_that_a_dead_process_left_counts_and_makes_nobody_wait_for_ever(
    start: StartProcess, clock: SteppingClock
) -> None:
    dead, alive = start("p1"), start("p2")
    left = dead.change(factories.asked)
    use_up(alive, agent=LEE)
    clock.time += MINUTE
    dead.change(factories.call, left)
    clock.time += 2 * MINUTE - 1  # the process says no more, and no bot sweeps
    assert alive.change(factories.asked, agent=LEE).lookup.state is State.REJECTED
    clock.time += 1
    assert alive.change(factories.asked, agent=LEE).lookup.state is State.QUEUED


def test_an_approval_given_since_then_is_called_and_one_from_before_is_not(
    process: Process, clock: SteppingClock
) -> None:
    early = process.change(factories.approve, process.change(factories.asked, decision=NEEDS_APPROVAL))
    clock.time += 1
    use_up(process)
    late = process.change(factories.approve, process.change(factories.asked, decision=NEEDS_APPROVAL))
    early, late = [process.change(decisions.use, each.id) for each in (early, late)]
    with pytest.raises(TooManyGuesses):
        process.change(factories.call, early)
    assert process.change(factories.call, late).state is State.CALLING


def test_an_approved_list_is_not_kept_from_going_on_by_its_own_refusals(process: Process, clock: SteppingClock) -> None:
    numbers = phones(FREE_FOR_AGENT + 5)
    approved = process.change(factories.approve, process.change(factories.asked, numbers, decision=NEEDS_APPROVAL))
    used = process.change(decisions.use, approved.id)
    for position in range(1, len(numbers) + 1):
        clock.time += 1
        process.change(factories.call, used, position)
        process.change(factories.end, used, REFUSED, position=position)
    assert process.change(factories.asked, (OTHER,)).lookup.state is State.REJECTED  # but for anything else they count


# --- the alarm ---


def alarms(process: Process, request: Request) -> list[Alarm]:
    return process.read(guesses.untold_alarms, request.id)


def test_one_refusal_too_many_is_in_the_journal_and_to_be_told_once(process: Process, clock: SteppingClock) -> None:
    started = clock.time
    for _ in range(FREE_FOR_NUMBER - 1):
        request = process.change(factories.finished, 1, REFUSED)
        assert alarms(process, request) == []
    clock.time += 20 * MINUTE
    last = process.change(factories.finished, 1, REFUSED)
    entry = process.read(journal.of_request, last.id)[-1]
    assert (entry.event, entry.position, entry.to_state) == (Event.SUSPECTED, 1, None)
    assert entry.facts == {"suspect": "number", "refused": FREE_FOR_NUMBER}
    alarm = Alarm(
        entry=entry.seq,
        request=last,
        lookup=last.lookup,
        suspect=Suspect.NUMBER,
        refused=FREE_FOR_NUMBER,
        seconds=20 * MINUTE,
    )
    assert clock.time - started == 20 * MINUTE
    assert alarms(process, last) == [alarm]
    assert (Kind.ALARM, last.id) in {(each.kind, each.request_id) for each in process.change(outbox.claim)}
    clock.time += HOUR
    further = process.change(factories.finished, 1, REFUSED, agent=LEE)
    assert alarms(process, further) == []
    assert process.read(outbox.waiting, Kind.ALARM, further.id) is None


def test_one_list_may_raise_both_alarms(process: Process) -> None:
    for _ in range(FREE_FOR_NUMBER - 1):
        process.change(factories.finished, 1, REFUSED, agent=LEE)
    request = process.change(factories.finished, phones(FREE_FOR_AGENT, first=1), REFUSED)
    (alarm,) = alarms(process, request)
    assert (alarm.suspect, alarm.refused, alarm.lookup.position) == (Suspect.AGENT, FREE_FOR_AGENT, FREE_FOR_AGENT)


def test_an_alarm_that_was_told_is_in_the_journal_once_whoever_told_it(process: Process) -> None:
    last = use_up(process)
    (alarm,) = alarms(process, last)
    for _ in range(2):  # told by two processes after all
        process.change(guesses.alarm_told, alarm, people=2)
    warned = [each for each in process.read(journal.of_request, last.id) if each.event is Event.WARNED]
    assert [(each.position, each.facts) for each in warned] == [(1, {"suspect": "number", "told": 2})]
    assert alarms(process, last) == []

"""The codes of an approved request: used by one process that keeps them, or asked for; what others learn of changes."""

import asyncio
from collections.abc import Callable

import pytest

from bot.audit import Event
from bot.errors import RequestMoved
from bot.models import ApprovalState, Request, State
from bot.store import decisions, journal, outbox
from bot.store.decisions import USED_WITHIN
from bot.store.engine import Tx
from bot.store.outbox import HANDLING, Due, Kind
from bot.store.processes import SWEEPER
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, HOUR, NEEDS_APPROVAL
from tests.store.engines import OpenRecord
from tests.store.processes import Process, StartProcess


def approved(process: Process, numbers: int = 1) -> Request:
    request = process.change(factories.asked, numbers, decision=NEEDS_APPROVAL)
    return process.change(factories.approve, request)


def due_of(process: Process, request: Request, kind: Kind = Kind.CODES) -> Due:
    found = process.read(outbox.waiting, kind, request.id)
    assert found
    return found


def waiting(process: Process, request: Request) -> set[Kind]:
    return {kind for kind in (Kind.AGENT, Kind.CODES) if process.read(outbox.waiting, kind, request.id)}


def claimed(process: Process) -> set[Kind]:
    return {each.kind for each in process.change(outbox.claim)}


def test_the_agent_is_asked_after_a_few_seconds_and_not_before(start: StartProcess, clock: SteppingClock) -> None:
    approving, other = start("p1"), start("p2")
    request = approved(approving)
    clock.time += USED_WITHIN - 0.1
    assert claimed(other) == set()
    clock.time += 0.2
    assert claimed(other) == {Kind.CODES}
    due = due_of(other, request)
    for _ in range(2):  # repeatable
        other.change(decisions.ask_for_codes, due)
        assert waiting(other, request) == {Kind.AGENT}
    assert claimed(approving) == {Kind.AGENT}  # at once, by whoever looks first


@pytest.mark.parametrize("numbers", [1, 3])
def test_codes_that_are_kept_are_used_until_their_agent_is_asked(start: StartProcess, numbers: int) -> None:
    here, elsewhere = start("p1"), start("p2")
    request = approved(elsewhere, numbers)
    used = here.change(decisions.use, request.id, are_kept=True)
    assert used.is_all(State.QUEUED)
    assert waiting(here, request) == set()


def test_once_their_agent_is_asked_only_what_they_enter_is_used(start: StartProcess) -> None:
    here, elsewhere = start("p1"), start("p2")
    request = approved(elsewhere)
    elsewhere.change(decisions.ask_for_codes, due_of(elsewhere, request))
    with pytest.raises(RequestMoved):
        here.change(decisions.use, request.id, are_kept=True)
    assert here.read(factories.current, request).is_all(State.HELD)
    here.change(decisions.use, request.id)
    assert waiting(here, request) == set()


async def test_of_any_number_at_once_either_one_uses_the_codes_or_the_agent_is_asked(open_record: OpenRecord) -> None:
    records = [await open_record(f"p{number}") for number in range(3)]
    outcomes = set()
    for number in range(12):
        request = await records[0].change(factories.asked, 2, decision=NEEDS_APPROVAL)
        await records[0].change(factories.approve, request)
        due = await records[0].read(outbox.waiting, Kind.CODES, request.id)
        assert due
        works = []
        for each in range(3):  # another one of them begins each time, and with another of the two
            record = records[(each + number) % 3]
            both = [
                record.change(decisions.use, request.id, are_kept=True),
                record.change(decisions.ask_for_codes, due),
            ]
            works += both[:: (-1) ** number]
        told = await asyncio.gather(*works, return_exceptions=True)
        users = [each for each in told if isinstance(each, Request)]
        is_asked = await records[0].read(outbox.waiting, Kind.AGENT, request.id) is not None
        assert len(users) == (0 if is_asked else 1)
        assert {type(each) for each in told} <= {Request, RequestMoved, type(None)}
        assert await records[0].read(outbox.waiting, Kind.CODES, request.id) is None
        outcomes.add(is_asked)
    assert outcomes == {True, False}


def expire(tx: Tx, request: Request) -> object:
    return decisions.lapse(tx, request.id, actor=SWEEPER)


def use(tx: Tx, request: Request) -> object:
    return decisions.use(tx, request.id)


def ask(tx: Tx, request: Request) -> None:
    due = outbox.waiting(tx, Kind.CODES, request.id)
    assert due
    decisions.ask_for_codes(tx, due)


@pytest.mark.parametrize("meanwhile", [use, ask, expire, None], ids=lambda each: each.__name__ if each else "nothing")
def test_a_process_that_wakes_after_an_hour_uses_no_code_that_it_kept(
    start: StartProcess, clock: SteppingClock, meanwhile: Callable[[Tx, Request], object] | None
) -> None:
    woken, other = start("p1"), start("p2")
    request = approved(other)
    clock.time += HOUR if meanwhile is expire else USED_WITHIN
    if meanwhile:
        other.change(meanwhile, request)
    clock.time += HOUR
    before = other.read(factories.current, request)
    with pytest.raises(RequestMoved):
        woken.change(decisions.use, request.id, are_kept=True)
    assert other.read(factories.current, request) == before


def test_what_a_process_that_wakes_was_about_to_say_takes_nothing_from_what_another_says(
    start: StartProcess, clock: SteppingClock
) -> None:
    woken, other = start("p1"), start("p2")
    request = approved(other)
    other.change(decisions.ask_for_codes, due_of(other, request))
    (claimed_before,) = woken.change(outbox.claim)
    clock.time += HANDLING + 1  # in which it stood still
    assert Kind.AGENT in claimed(other)
    other.change(decisions.use, request.id)  # the code was entered, and the answer is to be told
    other.change(factories.call, request)
    other.change(factories.end, request)
    woken.change(outbox.said, claimed_before)
    woken.change(outbox.postpone, claimed_before)
    due = due_of(other, request, Kind.AGENT)
    assert (due.version != claimed_before.version, due.attempts) == (True, 0)


# --- what others learn ---


def test_each_change_of_state_is_seen_once_by_whoever_looks(start: StartProcess) -> None:
    here, elsewhere = start("p1"), start("p2")
    seen, moves = here.read(journal.moves_since, None)
    assert moves == []
    one, three = (elsewhere.change(factories.asked, count, decision=NEEDS_APPROVAL) for count in (1, 3))
    elsewhere.change(journal.note_each, Event.SHOWN, one.id, one.lookups, actor=ANA)  # changes no state
    elsewhere.change(factories.deny, one)
    seen, moves = here.read(journal.moves_since, seen)
    assert [(each.request_id, each.lookup_id, each.to_state) for each in moves] == [
        (one.id, None, ApprovalState.AWAITING),
        (one.id, one.lookup.id, State.HELD),
        (three.id, None, ApprovalState.AWAITING),
        *((three.id, each.id, State.HELD) for each in three.lookups),
        (one.id, None, ApprovalState.DENIED),
        (one.id, one.lookup.id, State.DROPPED),
    ]
    assert here.read(journal.moves_since, seen) == (seen, [])

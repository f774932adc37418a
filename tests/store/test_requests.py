"""Requests: recorded once, decided once, used once, and every change in the journal with its states."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.audit import Event
from bot.errors import RequestMoved
from bot.models import (
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    LookupId,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from bot.policy import Decision
from bot.store import decisions, journal, outbox, requests
from bot.store.engine import Tx
from bot.store.outbox import Kind
from bot.store.processes import SWEEPER
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, HOUR, LEE, MAY, MAY_NOT, NEEDS_APPROVAL, OLGA, new_request, phones
from tests.store.engines import OpenRecord
from tests.store.processes import Process, StartProcess

REASON = "not your shop's number & <b>'\"; --\n\u00e9"
BOT = Actor(team_id="-", user_id="bot", through=Through.BOT)
NOWHERE = RequestId("R-NOWHERE0")


def accept(process: Process, *, approval: bool = False, **more: object) -> requests.Accepted:
    new = new_request(**more)  # type: ignore[arg-type] # as the test says
    decision = NEEDS_APPROVAL if approval else MAY
    return process.change(requests.accept, new, decision, expires_at=1_800_003_600.0)


def moves(process: Process, request: Request) -> list[tuple[Event, int | None, str | None, str | None, str]]:
    """What the journal says of a request: event, position, states, who."""
    entries = process.read(journal.of_request, request.id)
    return [(each.event, each.position, each.from_state, each.to_state, each.actor.user_id) for each in entries]


def waiting(process: Process, request: Request) -> set[Kind]:
    """What is still to be said of a request."""
    return {kind for kind in Kind if process.read(outbox.waiting, kind, request.id)}


def approve_it(tx: Tx, name: RequestId) -> Request:
    return decisions.decide(tx, name, ApprovalState.APPROVED, actor=LEE)


def lapse_it(tx: Tx, name: RequestId) -> Request:
    return decisions.lapse(tx, name, actor=BOT)


# --- accept ---


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_accepted_is_found_as_it_was_asked_for(process: Process, clock: SteppingClock, count: int) -> None:
    new = new_request(count, reason=REASON)
    accepted = process.change(requests.accept, new, MAY)
    request = accepted.request
    assert accepted.is_new
    assert request == Request(
        id=request.id,
        agent=ANA,
        reason=REASON,
        channel_id="C0SUPPORT",
        asked_at=clock.time,
        size=count,
        approval=Approval(state=ApprovalState.NOT_NEEDED),
        lookups=tuple(
            Lookup(
                id=LookupId(request.id if count == 1 else f"{request.id}/{position}"),
                position=position,
                phone=phone,
                asked_at=clock.time,
                state=State.QUEUED,
                updated_at=clock.time,
            )
            for position, phone in enumerate(new.phones, start=1)
        ),
    )
    assert process.read(requests.find, request.id) == request
    assert moves(process, request) == [
        (Event.ASKED, None, None, "not needed", "U0ANA"),
        *((Event.ASKED, position, None, "queued", "U0ANA") for position in range(1, count + 1)),
    ]


def test_a_reference_can_be_read_out_and_quoted(process: Process) -> None:
    found = {accept(process).request.id for _ in range(50)}
    assert len(found) == 50
    assert all(re.fullmatch("R-[0-9A-HJKMNP-TV-Z]{8}", each) for each in found)


def test_a_reference_that_is_taken_is_not_given_out_again(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    ids: Iterator[str] = iter(["R-SAME", "R-SAME", "R-SAME", "R-OTHER"])
    monkeypatch.setattr(requests, "new_request_id", lambda: RequestId(next(ids)))
    assert [accept(process).request.id for _ in range(2)] == ["R-SAME", "R-OTHER"]


def test_there_is_no_request_that_nobody_asked_for(process: Process) -> None:
    assert process.read(requests.find, NOWHERE) is None
    assert process.read(journal.of_request, NOWHERE) == []


@pytest.mark.parametrize("count", [1, 3])
def test_a_submission_delivered_twice_is_one_request_whichever_process_gets_it(
    start: StartProcess, clock: SteppingClock, count: int
) -> None:
    first, second = start("p1"), start("p2")
    asked = accept(first, numbers=count, key="one", reason="first").request
    called = first.change(factories.call, asked)
    clock.time += 60
    for process in (first, second):
        again = accept(process, numbers=count, key="one", reason="again")
        assert not again.is_new
        assert again.request == replace(asked, lookups=(called, *asked.lookups[1:]))
    assert first.column("SELECT count(*) FROM requests") == [1]
    assert len(moves(first, asked)) == count + 2


async def test_a_submission_delivered_to_two_processes_at_the_same_time_is_one_request(
    open_record: OpenRecord,
) -> None:
    records = [await open_record("p1"), await open_record("p2")]
    for _ in range(20):
        new = new_request(2)
        told = await asyncio.gather(*(record.change(requests.accept, new, MAY) for record in records))
        assert sorted(each.is_new for each in told) == [False, True]
        assert told[0].request == told[1].request


@pytest.mark.parametrize("count", [1, 2])
def test_a_rejection_is_recorded_with_its_reason_and_is_to_be_said(process: Process, count: int) -> None:
    request = process.change(requests.accept, new_request(count), MAY_NOT).request
    assert {each.state for each in request.lookups} == {State.REJECTED}
    assert {each.result for each in request.lookups} == {Result(problem=Problem.GUEST)}
    entries = process.read(journal.of_request, request.id)[1:]
    assert [(each.to_state, each.facts["problem"]) for each in entries] == [("rejected", "guest")] * count
    assert waiting(process, request) == {Kind.AGENT}


def test_what_runs_at_once_has_nothing_to_be_said_of_it_yet(process: Process) -> None:
    assert waiting(process, accept(process).request) == set()


@pytest.mark.parametrize("decision", [MAY, MAY_NOT])
def test_the_command_line_is_told_nothing_in_slack(process: Process, decision: Decision) -> None:
    request = process.change(requests.accept, new_request(agent=OLGA), decision).request
    if decision is MAY:
        process.change(factories.call, request)
        process.change(factories.end, request)
    assert waiting(process, request) == set()


# --- the command line's numbers, one by one ---


def test_a_number_of_the_command_line_is_added_with_a_reason_of_its_own(process: Process) -> None:
    request = process.change(requests.accept, new_request(agent=OLGA, size=3), MAY).request
    added = process.change(requests.add_lookup, request, 2, PhoneNumber("12025550109"), reason="ticket 2", decision=MAY)
    (lookup,) = added.lookups
    assert (lookup.id, lookup.state, lookup.reason) == (f"{request.id}/2", State.QUEUED, "ticket 2")
    assert process.read(requests.find, request.id) == replace(request, lookups=(*request.lookups, lookup))
    assert moves(process, request)[-1] == (Event.ASKED, 2, None, "queued", "olga")


# --- a decision ---


@pytest.mark.parametrize("count", [1, 3])
def test_what_awaits_approval_has_an_end_and_no_decision(process: Process, clock: SteppingClock, count: int) -> None:
    request = accept(process, approval=True, numbers=count).request
    assert request.approval == Approval(state=ApprovalState.AWAITING, expires_at=clock.time + HOUR)
    assert {each.state for each in request.lookups} == {State.HELD}
    assert process.read(requests.find, request.id) == request
    assert waiting(process, request) == {Kind.CARDS, Kind.AGENT, Kind.EXPIRE, Kind.REMIND}


@pytest.mark.parametrize(
    ("to_state", "actor", "reason"),
    [
        (ApprovalState.APPROVED, LEE, ""),
        (ApprovalState.DENIED, LEE, REASON),
        (ApprovalState.DENIED, OLGA, REASON),
        (ApprovalState.WITHDRAWN, ANA, ""),
        (ApprovalState.EXPIRED, BOT, ""),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_the_end_of_waiting_is_the_whole_request_s_and_records_who_when_and_why(
    process: Process, clock: SteppingClock, to_state: ApprovalState, actor: Actor, reason: str, count: int
) -> None:
    request = accept(process, approval=True, numbers=count).request
    clock.time += 60
    decided = process.change(decisions.decide, request.id, to_state, actor=actor, reason=reason)
    assert decided.approval == Approval(
        state=to_state, expires_at=clock.time - 60 + HOUR, decided_by=actor, decided_at=clock.time, reason=reason
    )
    is_approved = to_state is ApprovalState.APPROVED
    assert {each.state for each in decided.lookups} == {State.HELD if is_approved else State.DROPPED}
    assert process.read(requests.find, request.id) == decided
    assert moves(process, request)[1 + count :] == [
        (Event.MOVED, None, "awaiting", to_state, actor.user_id),
        *(
            (Event.MOVED, position, "held", "dropped", actor.user_id)
            for position in range(1, count + 1)
            if not is_approved
        ),
    ]
    assert waiting(process, request) == {Kind.CARDS, *({Kind.CODES, Kind.EXPIRE} if is_approved else {Kind.AGENT})}
    assert REASON not in str(process.rows("SELECT * FROM journal"))


def test_an_approval_is_good_for_a_time_of_its_own(process: Process, clock: SteppingClock) -> None:
    request = accept(process, approval=True).request
    clock.time += 60
    approved = process.change(decisions.decide, request.id, ApprovalState.APPROVED, actor=LEE, good_for=2 * HOUR)
    assert approved.approval.expires_at == clock.time + 2 * HOUR


@pytest.mark.parametrize("to_state", [ApprovalState.APPROVED, ApprovalState.DENIED, ApprovalState.WITHDRAWN])
def test_when_the_time_is_over_it_can_only_expire(
    process: Process, clock: SteppingClock, to_state: ApprovalState
) -> None:
    request = accept(process, approval=True).request
    clock.time += HOUR
    with pytest.raises(RequestMoved) as lost:
        process.change(decisions.decide, request.id, to_state, actor=LEE)
    assert lost.value.current == request
    process.change(decisions.decide, request.id, ApprovalState.EXPIRED, actor=BOT)


def test_what_is_decided_is_not_decided_again(process: Process) -> None:
    decided = process.change(factories.deny, accept(process, approval=True).request)
    for to_state in (ApprovalState.APPROVED, ApprovalState.WITHDRAWN, ApprovalState.EXPIRED):
        with pytest.raises(RequestMoved) as lost:
            process.change(decisions.decide, decided.id, to_state, actor=ANA)
        assert lost.value.current == decided


@pytest.mark.parametrize("is_there", [False, True])
def test_what_does_not_wait_can_be_neither_decided_nor_used_nor_lapse(process: Process, *, is_there: bool) -> None:
    request = accept(process).request if is_there else None
    name = request.id if request else NOWHERE
    for attempt in (approve_it, decisions.use, lapse_it):
        with pytest.raises(RequestMoved) as lost:
            process.change(attempt, name)
        assert lost.value.current == request


@pytest.mark.parametrize(
    "contenders",
    [
        {ApprovalState.APPROVED: LEE, ApprovalState.DENIED: OLGA},
        {ApprovalState.EXPIRED: BOT, ApprovalState.APPROVED: LEE},
        {ApprovalState.LAPSED: BOT, None: ANA},
    ],
    ids=["approve against deny", "expire against approve", "lapse against use"],
)
async def test_of_two_at_once_exactly_one_wins_and_the_other_is_told_by_whom(
    open_record: OpenRecord, contenders: dict[ApprovalState | None, Actor]
) -> None:
    records = [await open_record("p1"), await open_record("p2")]
    for number in range(20):
        request = await records[0].change(factories.asked, 3, decision=NEEDS_APPROVAL)
        if ApprovalState.LAPSED in contenders:
            request = await records[0].change(factories.approve, request)
        works = []
        for record, (to_state, actor) in zip(records[:: (-1) ** number], contenders.items(), strict=True):
            if to_state is None:
                works.append(record.change(decisions.use, request.id))
            elif to_state is ApprovalState.LAPSED:
                works.append(record.change(decisions.lapse, request.id, actor=actor))
            else:
                works.append(record.change(decisions.decide, request.id, to_state, actor=actor))
        told = await asyncio.gather(*works, return_exceptions=True)
        (won,) = [each for each in told if isinstance(each, Request)]
        (lost,) = [each for each in told if isinstance(each, RequestMoved)]
        assert lost.current == won
        assert len({each.state for each in won.lookups}) == 1


# --- using it ---


@pytest.mark.parametrize("count", [1, 3])
def test_an_approval_that_is_used_queues_every_number_for_whoever_used_it(
    start: StartProcess, clock: SteppingClock, count: int
) -> None:
    asking, using = start("p1"), start("p2")
    approved = asking.change(factories.approve, accept(asking, approval=True, numbers=count).request)
    clock.time += 60
    used = using.change(decisions.use, approved.id)
    assert {(each.state, each.updated_at) for each in used.lookups} == {(State.QUEUED, clock.time)}
    assert used.approval == approved.approval
    assert using.column("SELECT DISTINCT process FROM lookups") == ["p2"]
    assert moves(using, used)[2 + count :] == [
        (Event.MOVED, position, "held", "queued", "U0ANA") for position in range(1, count + 1)
    ]
    assert waiting(using, used) == {Kind.CARDS}  # nobody needs to be asked for a code, and nothing expires any more
    with pytest.raises(RequestMoved):
        asking.change(decisions.use, approved.id)


def test_an_approval_is_not_used_after_its_time_but_lapses(process: Process, clock: SteppingClock) -> None:
    approved = process.change(factories.approve, accept(process, approval=True, numbers=2).request)
    clock.time += HOUR
    with pytest.raises(RequestMoved):
        process.change(decisions.use, approved.id)
    lapsed = process.change(decisions.lapse, approved.id, actor=BOT)
    assert lapsed.approval == replace(approved.approval, state=ApprovalState.LAPSED)
    assert {each.state for each in lapsed.lookups} == {State.DROPPED}
    assert process.read(requests.find, approved.id) == lapsed
    assert moves(process, lapsed)[-3:] == [
        (Event.MOVED, None, "approved", "lapsed", "bot"),
        (Event.MOVED, 1, "held", "dropped", "bot"),
        (Event.MOVED, 2, "held", "dropped", "bot"),
    ]


def test_who_decided_stays_whatever_becomes_of_the_lookups(process: Process) -> None:
    approved = process.change(factories.approve, accept(process, approval=True).request)
    used = process.change(decisions.use, approved.id)
    process.change(factories.call, used)
    process.change(factories.end, used)
    assert process.change(factories.current, used).approval == approved.approval


# --- reminders, and what is over ---


def test_the_reminder_is_due_half_way_and_the_end_at_its_time(process: Process, clock: SteppingClock) -> None:
    request = accept(process, approval=True).request
    for kind in (Kind.CARDS, Kind.AGENT):
        due = process.read(outbox.waiting, kind, request.id)
        assert due
        process.change(outbox.said, due)
    clock.time += HOUR / 2 - 1
    assert process.change(outbox.claim) == []
    clock.time += 1
    (due,) = process.change(outbox.claim)
    assert (due.kind, due.request_id) == (Kind.REMIND, request.id)
    process.change(decisions.reminded, due)
    entry = process.read(journal.of_request, request.id)[-1]
    assert (entry.event, entry.position, entry.to_state, entry.actor) == (Event.REMINDED, None, None, SWEEPER)
    assert process.read(requests.find, request.id) == request  # a reminder is no change
    clock.time += HOUR / 2
    assert [each.kind for each in process.change(outbox.claim)] == [Kind.EXPIRE]


def test_an_approved_request_lapses_at_its_own_time(process: Process, clock: SteppingClock) -> None:
    request = accept(process, approval=True).request
    clock.time += 60
    process.change(factories.approve, request)
    clock.time += HOUR - 1
    assert Kind.EXPIRE not in {each.kind for each in process.change(outbox.claim)}
    clock.time += 1
    assert Kind.EXPIRE in {each.kind for each in process.change(outbox.claim)}


# --- notes ---


def test_a_note_is_in_the_journal_and_changes_nothing(process: Process, clock: SteppingClock) -> None:
    request = accept(process, numbers=2).request
    clock.time += 60
    facts: journal.Facts = {"action": "approve", "n": 1, "w": None}
    process.change(journal.note, Event.FORBIDDEN, actor=LEE, request=request.id, facts=facts)
    process.change(journal.note_each, Event.SHOWN, request.id, request.lookups, actor=LEE)
    process.change(journal.note, Event.FORBIDDEN, actor=LEE)
    assert process.read(requests.find, request.id) == request
    first, *shown = process.read(journal.of_request, request.id)[3:]
    assert (first.event, first.actor, first.at, first.facts) == (Event.FORBIDDEN, LEE, clock.time, facts)
    assert [(each.event, each.position, each.to_state) for each in shown] == [
        (Event.SHOWN, 1, None),
        (Event.SHOWN, 2, None),
    ]
    assert process.read(journal.head).seq == shown[-1].seq + 1  # the one about no request is kept


def test_a_number_twice_in_one_request_is_two_lookups(process: Process) -> None:
    request = accept(process, numbers=phones(1) * 2).request
    assert [each.position for each in request.lookups] == [1, 2]

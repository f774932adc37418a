"""What must still be said: put in the change, said by one, tried again, and never lost to a newer word."""

import asyncio
from itertools import accumulate

import pytest

from bot.audit import Event
from bot.models import Request, RequestId
from bot.store import journal, outbox
from bot.store.engine import Tx
from bot.store.outbox import AGAIN_AFTER, HANDLING, LONGEST_PAUSE, MOST_TRIES, Due, Kind
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA
from tests.store.engines import OpenRecord, Plain
from tests.store.processes import Process, StartProcess

DAY = 86400.0

HAVE_AN_END = (Kind.CODES, Kind.EXPIRE, Kind.REMIND)


def put(tx: Tx, request: Request, kind: Kind = Kind.AGENT, *, due_at: float | None = None) -> None:
    journal.note(tx, Event.SHOWN, actor=ANA, request=request.id)  # a change that makes it necessary
    (row,) = tx.all("SELECT number FROM requests WHERE id = :id", id=request.id)
    outbox.put(tx, kind, row["number"], due_at=due_at)


def due(process: Process, request: Request, kind: Kind = Kind.AGENT) -> Due:
    found = process.read(outbox.waiting, kind, request.id)
    assert found
    return found


def claim(process: Process) -> list[tuple[Kind, RequestId]]:
    """As the use case does it: it looks before it takes the lock."""
    if not process.read(outbox.is_any_due):
        assert process.change(outbox.claim) == []
        return []
    return sorted((each.kind, each.request_id) for each in process.change(outbox.claim))


@pytest.fixture
def request_(process: Process) -> Request:
    return process.change(factories.asked)


def test_whoever_made_a_change_has_time_to_say_it(start: StartProcess, clock: SteppingClock, request_: Request) -> None:
    ours, theirs = start("p1"), start("p2")
    ours.change(put, request_)
    clock.time += HANDLING - 0.5
    assert claim(theirs) == []
    clock.time += 0.5
    assert claim(theirs) == [(Kind.AGENT, request_.id)]


def test_what_was_said_is_gone(process: Process, clock: SteppingClock, request_: Request) -> None:
    process.change(put, request_)
    saying = due(process, request_)
    for _ in range(2):  # repeatable
        process.change(outbox.said, saying)
        assert process.read(outbox.waiting, Kind.AGENT, request_.id) is None
    clock.time += 2 * HANDLING
    assert claim(process) == []


def test_each_row_goes_to_one_process_and_to_another_when_it_was_not_said(
    start: StartProcess, clock: SteppingClock, request_: Request
) -> None:
    one, two = start("p1"), start("p2")
    one.change(put, request_)
    one.change(put, request_, Kind.CARDS)
    clock.time += HANDLING
    assert claim(one) == [(Kind.AGENT, request_.id), (Kind.CARDS, request_.id)]
    assert claim(two) == []
    clock.time += HANDLING - 0.5
    assert claim(two) == []
    clock.time += 0.5
    assert len(claim(two)) == 2


async def test_of_two_that_claim_at_once_each_row_goes_to_one(open_record: OpenRecord, clock: SteppingClock) -> None:
    records = [await open_record("p1"), await open_record("p2")]
    requests = [await records[0].change(factories.asked) for _ in range(30)]
    for each in requests:
        await records[0].change(put, each, due_at=clock.time)
    claimed = await asyncio.gather(*(record.change(outbox.claim) for record in records))
    assert sorted(each.request_id for rows in claimed for each in rows) == sorted(each.id for each in requests)


def test_a_late_word_that_something_was_said_does_not_take_a_newer_row_along(
    process: Process, request_: Request
) -> None:
    process.change(put, request_)
    older = due(process, request_)
    process.change(outbox.said, older)
    process.change(put, request_)  # the row is new: a counter of its own would be where it was
    newer = due(process, request_)
    process.change(outbox.said, older)
    process.change(outbox.postpone, older)
    assert due(process, request_) == newer


@pytest.mark.parametrize("is_gone", [False, True], ids=["in its place", "after it was said"])
def test_what_is_put_without_a_journal_entry_in_the_same_moment_is_another_row(
    process: Process, request_: Request, *, is_gone: bool
) -> None:
    process.change(put, request_, Kind.CARDS)
    older = due(process, request_, Kind.CARDS)
    if is_gone:
        process.change(outbox.said, older)
    process.change(outbox.repeat, Kind.CARDS, request_.id)
    newer = due(process, request_, Kind.CARDS)
    process.change(outbox.postpone, older)
    process.change(outbox.said, older)
    assert due(process, request_, Kind.CARDS) == newer


def test_a_newer_word_takes_the_place_of_an_older_one_and_is_tried_anew(
    process: Process, clock: SteppingClock, request_: Request
) -> None:
    process.change(put, request_)
    for _ in range(3):
        process.change(outbox.postpone, due(process, request_))
    assert due(process, request_).attempts == 3
    process.change(put, request_)
    assert due(process, request_).attempts == 0
    clock.time += HANDLING
    assert claim(process) == [(Kind.AGENT, request_.id)]


def test_nobody_waits_much_longer_than_slack_was_away() -> None:
    tries = accumulate(AGAIN_AFTER)
    assert all(pause <= away + 2 for away, pause in zip(tries, AGAIN_AFTER[1:], strict=False))


def test_what_slack_did_not_take_is_tried_again_later_and_later(
    process: Process, clock: SteppingClock, request_: Request
) -> None:
    process.change(put, request_)
    for attempt, pause in enumerate((*AGAIN_AFTER, AGAIN_AFTER[-1]), start=1):
        process.change(outbox.postpone, due(process, request_))
        assert due(process, request_).attempts == attempt
        clock.time += pause - 0.5
        assert claim(process) == []
        clock.time += 0.5
        assert claim(process) == [(Kind.AGENT, request_.id)]


@pytest.mark.parametrize("kind", Kind)
def test_it_is_given_up_after_a_day_of_tries_but_for_what_has_a_time_of_its_own(
    process: Process, clock: SteppingClock, plain: Plain, request_: Request, kind: Kind
) -> None:
    process.change(put, request_, kind)
    plain.execute(f"UPDATE outbox SET attempts = {MOST_TRIES - 1}")
    clock.time += 9 * DAY  # in which nobody was there: it is tried all the same
    assert claim(process) == [(kind, request_.id)]
    process.change(outbox.postpone, due(process, request_, kind))
    clock.time += DAY
    assert claim(process) == ([(kind, request_.id)] if kind in HAVE_AN_END else [])
    assert MOST_TRIES * LONGEST_PAUSE == DAY


@pytest.mark.parametrize("kind", Kind)
def test_what_was_put_by_a_clock_that_was_ahead_is_not_left_until_then(
    process: Process, clock: SteppingClock, request_: Request, kind: Kind
) -> None:
    clock.time += 365 * DAY
    process.change(put, request_, kind)
    clock.time -= 365 * DAY - HANDLING
    assert claim(process) == ([] if kind in (Kind.EXPIRE, Kind.REMIND) else [(kind, request_.id)])


def test_by_a_clock_that_is_not_believed_nothing_expires(
    process: Process, clock: SteppingClock, request_: Request
) -> None:
    for kind in (Kind.AGENT, Kind.EXPIRE):
        process.change(put, request_, kind, due_at=clock.time)
    clock.time += 400 * DAY
    unsure = process.change(outbox.claim, is_time_trusted=False)
    assert [each.kind for each in unsure] == [Kind.AGENT]
    assert process.read(outbox.waiting, Kind.EXPIRE, request_.id)
    assert claim(process) == [(Kind.EXPIRE, request_.id)]


def test_what_is_dropped_is_not_said(process: Process, clock: SteppingClock, request_: Request) -> None:
    other = process.change(factories.asked)
    for each in (request_, other):
        for kind in (Kind.AGENT, Kind.CARDS, Kind.ALARM):
            process.change(put, each, kind)
    (row,) = process.rows("SELECT number FROM requests WHERE id = :id", id=request_.id)
    process.change(outbox.drop, Kind.AGENT, Kind.CARDS, request=row["number"])
    assert {kind for kind in Kind if process.read(outbox.waiting, kind, request_.id)} == {Kind.ALARM}
    process.change(outbox.drop_all, row["number"])
    clock.time += HANDLING
    assert {name for _, name in claim(process)} == {other.id}


def test_a_row_names_a_request_and_holds_nothing_to_be_said(process: Process, request_: Request) -> None:
    process.change(put, request_)
    (row,) = process.rows("SELECT * FROM outbox")
    assert {name for name, value in row.items() if isinstance(value, str)} == {"kind"}

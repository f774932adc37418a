"""A change costs three round trips to Postgres, however many numbers it holds: they bound the whole deployment."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bot.models import LookupId, Request
from bot.policy import Decision
from bot.store import decisions, forgetting, guesses, journal, lookups, outbox, processes, requests, search
from bot.store.engine import Tx
from bot.store.outbox import Due, Kind
from tests import factories
from tests.factories import ANA, ANSWERED, MAY, NEEDS_APPROVAL, OLGA, REFUSED, new_request, phones
from tests.store.engines import Trips, engine_on
from tests.store.processes import Process

Prepare = Callable[[Tx], Request]


@pytest.fixture
def distant(trips: Trips) -> Iterator[Process]:
    """On Postgres, with every round trip counted."""
    with closing(engine_on(trips.url)) as engine:
        engine.open()
        yield Process(engine)


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("decision", [MAY, NEEDS_APPROVAL])
def test_accepting_is_three(distant: Process, trips: Trips, decision: Decision, count: int) -> None:
    new = new_request(count)
    assert trips.of(lambda: distant.change(requests.accept, new, decision, expires_at=4e9)) == 3


def test_adding_a_number_is_three(distant: Process, trips: Trips) -> None:
    request = distant.change(requests.accept, new_request((), agent=OLGA, size=2), MAY).request
    (phone,) = phones(1)
    assert trips.of(lambda: distant.change(requests.add_lookup, request, 1, phone, reason="", decision=MAY)) == 3


def queued(tx: Tx) -> Request:
    return factories.asked(tx, 100)


def called(tx: Tx) -> Request:
    request = queued(tx)
    factories.call(tx, request)
    return request


def followed(tx: Tx) -> Request:
    request = called(tx)
    for _ in range(3):
        factories.asked(tx)
    return request


def nearly_guessed(tx: Tx) -> Request:
    """One more refused code raises the alarm."""
    for _ in range(4):
        factories.finished(tx, phones(1), REFUSED)
    return called(tx)


def awaiting(tx: Tx) -> Request:
    return factories.asked(tx, 100, decision=NEEDS_APPROVAL)


def approved(tx: Tx) -> Request:
    return factories.approve(tx, awaiting(tx))


def use(tx: Tx, request: Request) -> object:
    return decisions.use(tx, request.id)


def use_kept(tx: Tx, request: Request) -> object:
    return decisions.use(tx, request.id, are_kept=True)


def lapse(tx: Tx, request: Request) -> object:
    return decisions.lapse(tx, request.id, actor=ANA)


def stop(tx: Tx, request: Request) -> object:
    return lookups.stop(tx, request.id, actor=ANA)


def refuse(tx: Tx, request: Request) -> object:
    return factories.end(tx, request, REFUSED)


def answer(tx: Tx, request: Request) -> object:
    return factories.end(tx, request, ANSWERED)


def sweep(tx: Tx, request: Request) -> object:
    return processes.interrupt_abandoned(tx, frozenset[LookupId](), silent_for=30.0)


CHANGES = [
    (awaiting, factories.approve),
    (awaiting, factories.deny),
    (approved, use),
    (approved, use_kept),
    (approved, lapse),
    (queued, factories.call),
    (approved, stop),
    (called, answer),
    (called, refuse),
    (followed, answer),
    (nearly_guessed, refuse),
    (queued, stop),
    (queued, sweep),
]


@pytest.mark.parametrize(("prepare", "change"), CHANGES, ids=lambda each: each.__name__)
def test_every_change_is_three(
    distant: Process, trips: Trips, prepare: Prepare, change: Callable[[Tx, Request], object]
) -> None:
    request = distant.change(prepare)
    assert trips.of(lambda: distant.change(change, request)) == 3


def test_what_needs_no_answer_is_two(distant: Process, trips: Trips) -> None:
    assert trips.of(lambda: distant.change(processes.beat)) == 2
    request = distant.change(factories.finished)
    due = distant.read(outbox.waiting, Kind.AGENT, request.id)
    assert isinstance(due, Due)
    assert trips.of(lambda: distant.change(outbox.postpone, due)) == 2
    assert trips.of(lambda: distant.change(outbox.said, due)) == 2


def test_asking_for_codes_is_three(distant: Process, trips: Trips) -> None:
    due = distant.read(outbox.waiting, Kind.CODES, distant.change(approved).id)
    assert isinstance(due, Due)
    assert trips.of(lambda: distant.change(decisions.ask_for_codes, due)) == 3


def test_a_look_at_what_others_did_is_two_and_three_where_they_did_something(distant: Process, trips: Trips) -> None:
    distant.change(queued)
    seen, _ = distant.read(journal.moves_since, None)
    assert trips.of(lambda: distant.read(journal.moves_since, seen)) == 2
    assert trips.of(lambda: distant.read(journal.moves_since, 0)) == 3


def test_what_people_wait_for_is_read_in_three(distant: Process, trips: Trips) -> None:
    request = distant.change(queued)
    assert trips.of(lambda: distant.read(requests.find, request.id)) == 3
    assert trips.of(lambda: distant.read(guesses.counts, ANA, phones(100))) == 3
    assert trips.of(lambda: distant.read(search.asked_lately, request, since=0.0)) == 3
    assert trips.of(lambda: distant.read(guesses.untold_alarms, request.id)) == 3


def test_forgetting_does_not_count_its_rows(distant: Process, trips: Trips) -> None:
    for _ in range(3):
        distant.change(factories.finished, phones(20), agent=OLGA)
    few = trips.of(lambda: distant.change(forgetting.forget, phones(1)[0], actor=OLGA))
    many = trips.of(lambda: distant.change(forgetting.forget_old, before=4e9, limit=1000))
    assert (few, many) == (7, 5)

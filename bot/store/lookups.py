"""Lookups on their way: called, ended, stopped, and ended for a process that died."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot import guesses as guard
from bot.audit import Event
from bot.errors import LookupMoved, TooManyGuesses
from bot.models import (
    Actor,
    ApprovalState,
    Lookup,
    LookupId,
    Problem,
    RequestId,
    Result,
    State,
    Through,
)
from bot.states import check_transition
from bot.store import guesses, journal, outbox, rows
from bot.store.cells import whole
from bot.store.engine import Query, Row, Tx
from bot.store.journal import NewEntry
from bot.store.names import lookup_id, split_lookup_id

# A lookup with what is needed of its request. The lookup has a column request_id, which is Alibaba Cloud's.
_WITH_REQUEST = """
    SELECT lookups.*, requests.id AS name, requests.size, requests.approval, requests.decided_at,
        requests.enterprise_id, requests.team_id, requests.user_id, requests.through
    FROM lookups JOIN requests ON requests.number = lookups.request"""

BY_ID: Final = f"{_WITH_REQUEST} WHERE requests.id = :request AND lookups.position = :position"

# Those that were interrupted wait for a late ID, unless they were forgotten.
FOLLOWERS: Final = f"""{_WITH_REQUEST} WHERE lookups.follows = :leader AND (
    lookups.process IS NOT NULL OR (lookups.state = 'interrupted' AND lookups.salt IS NOT NULL))"""

QUEUED: Final = f"{_WITH_REQUEST} WHERE requests.id = :request AND lookups.state = 'queued'"

FOLLOWERS_OF_QUEUED: Final = f"""{_WITH_REQUEST}
    WHERE lookups.process IS NOT NULL AND lookups.follows LIKE :prefix"""

# What else runs in the requests of a lookup and of its followers: only the last to end makes its request end.
RUNNING_BESIDE: Final = """
    SELECT request, position FROM lookups WHERE process IS NOT NULL AND (
        request = (SELECT number FROM requests WHERE id = :request)
        OR request IN (SELECT request FROM lookups WHERE follows = :leader AND follows IS NOT NULL))"""

RUNNING: Final = f"{_WITH_REQUEST} WHERE lookups.process IS NOT NULL"

CALL: Final = """
    UPDATE lookups SET state = 'calling', updated_at = :now WHERE request = :request AND position = :position"""

END: Final = """
    UPDATE lookups SET
        state = :state, updated_at = :updated_at, process = NULL, phone_number_id = :phone_number_id,
        problem = :problem, api_code = :api_code, request_id = :request_id, http_status = :http_status,
        milliseconds = :milliseconds, attempts = :attempts, wait_until = :wait_until
    WHERE request = :request AND position = :position"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one lookup, in a row with its request's columns, ends."""

    row: Row
    state: State
    result: Result
    actor: Actor
    event: Event = Event.MOVED


def find(tx: Tx, name: LookupId) -> Lookup | None:
    """One lookup, as it is."""
    request, position = split_lookup_id(name)
    row = tx.one(BY_ID, request=request, position=position)
    return as_lookup(row) if row else None


def begin(tx: Tx, lookup: Lookup, *, agent: Actor, approved_at: float | None = None) -> Lookup:
    """Record that a queued lookup of this process is called now.

    ``approved_at``: when somebody approved its request. Raises ``LookupMoved`` when it is not queued here any more,
    and ``TooManyGuesses`` when the guess guard keeps it from being called. The guard counts in this change: of several
    calls at once each sees those before it.
    """
    request, position = split_lookup_id(lookup.id)
    but_for = guesses.NO_REQUEST if approved_at is None else request
    found, *refused = tx.gather(
        Query(BY_ID, {"request": request, "position": position}),
        *guesses.queries(tx, agent, (lookup.phone,), but_for=but_for),
    )
    row = found[0] if found else None
    if row is None or row["state"] != State.QUEUED or row["process"] != tx.process:
        raise LookupMoved(as_lookup(row) if row else None)
    counted = guesses.counted(tx, refused, agent, (lookup.phone,))
    if wait := guard.waits(counted.against(lookup.phone), now=tx.now, approved_at=approved_at):
        raise TooManyGuesses(wait.until, wait.problem)
    tx.write(CALL, request=row["request"], position=row["position"], now=tx.now)
    journal.append(tx, _entry(row, State.CALLING, actor=agent))
    return as_lookup({**row, "state": State.CALLING, "updated_at": tx.now})


def end(tx: Tx, lookup: Lookup, state: State, result: Result, *, agent: Actor) -> Lookup:
    """Record how a lookup of this process ended, and with it those that follow it.

    Raises ``LookupMoved`` when another process ended it, having taken this one for dead. An ID that comes after that
    is recorded all the same: somebody waits for it. A refused code only counts, and the lookup stays as it is.
    """
    request, position = split_lookup_id(lookup.id)
    found, followers, beside, *refused = tx.gather(
        Query(BY_ID, {"request": request, "position": position}),
        Query(FOLLOWERS, {"leader": lookup.id}),
        Query(RUNNING_BESIDE, {"request": request, "leader": lookup.id}),
        *guesses.queries(tx, agent, (lookup.phone,)),
    )
    row = found[0] if found else None
    kept = rows.apart(result, lookup.phone)
    counts_for = guard.COUNTED_FOR.get(kept.problem) if kept.problem else None
    entry = tx.head.seq + 1  # of the entries that are written now the first is about this lookup
    if row and (row["process"] == tx.process or _takes_late(row, state)):
        ending = Ending(row=row, state=state, result=kept, actor=agent)
        theirs = [each for each in whole("lookups", followers) if each["process"] or _takes_late(each, state)]
        end_each(tx, [ending, *(replace(ending, row=each, actor=rows.actor(each)) for each in theirs)], running=beside)
        ended = _ended_row(tx, ending)
    elif row and counts_for and _was_called(row):
        journal.append(tx, _refusal(row, kept, actor=agent))
        ended = row
    else:
        raise LookupMoved(as_lookup(row) if row else None)
    # What was not called had no code refused: it follows another lookup, whose code it was.
    if counts_for and row["state"] in (State.CALLING, State.INTERRUPTED):
        guesses.remember(tx, row, counts_for, entry=entry)
        counted = guesses.counted(tx, refused, agent, (lookup.phone,))
        if guesses.suspect(tx, row, counted.against(lookup.phone), counts_for):
            outbox.put(tx, outbox.Kind.ALARM, row["request"], due_at=tx.now)
    return as_lookup(ended)


def stop(tx: Tx, request_id: RequestId, *, actor: Actor) -> list[LookupId]:
    """Drop what of a request is not called yet, and what follows that. Which of its lookups this ended."""
    queued, followers, running = tx.gather(
        Query(QUEUED, {"request": request_id}),
        Query(FOLLOWERS_OF_QUEUED, {"prefix": f"{request_id}%"}),
        Query(RUNNING, {}),
    )
    queued = whole("lookups", queued)
    names = {id_of(each) for each in queued}
    following = [each for each in whole("lookups", followers) if each["follows"] in names and id_of(each) not in names]
    stopped = Result(problem=Problem.STOPPED)
    endings = [Ending(row=each, state=State.DROPPED, result=stopped, actor=actor) for each in (*queued, *following)]
    end_each(tx, endings, running=running)
    return sorted(names)


def end_each(tx: Tx, endings: Sequence[Ending], *, running: Iterable[Row]) -> None:
    """Record the endings, and what is to be said of the requests that end with them."""
    if not endings:
        return
    ended = [_ended_row(tx, each) for each in endings]
    tx.write_many(END, ended)
    journal.append(
        tx,
        *(
            _entry(
                each.row,
                each.state,
                actor=each.actor,
                event=each.event,
                facts=journal.facts_of(each.result),
                digest=rows.lookup_digest(row, row["name"]),
            )
            for each, row in zip(endings, ended, strict=True)
        ),
    )
    left = {_place(row) for row in whole("lookups", running)} - {_place(row) for row in ended}
    still_running = {request for request, _ in left}
    approved = {row["request"] for row in ended if row["approval"] != ApprovalState.NOT_NEEDED}  # only these have cards
    unattended = {each.row["request"] for each in endings if _is_unattended(each)}
    for number in sorted({row["request"] for row in ended if row["through"] == Through.SLACK} - still_running):
        due_at = tx.now if number in unattended else None
        outbox.put(tx, outbox.Kind.AGENT, number, due_at=due_at)
        if number in approved:
            outbox.put(tx, outbox.Kind.CARDS, number, due_at=due_at)


def _is_unattended(ending: Ending) -> bool:
    """Whether nobody runs it who would say so at once: its process is dead, or it stopped following long before."""
    return ending.event is Event.ABANDONED or (ending.row["state"] == State.INTERRUPTED and bool(ending.row["follows"]))


def _takes_late(row: Row, state: State) -> bool:
    """Whether it was ended for its process, and this is its ID; one that was forgotten meanwhile stays so."""
    return state is State.ANSWERED and row["state"] == State.INTERRUPTED and row["salt"] is not None


def _was_called(row: Row) -> bool:
    """Whether it was ended for its process, and its own call may go on: it follows none."""
    return row["state"] == State.INTERRUPTED and row["follows"] is None


def _ended_row(tx: Tx, ending: Ending) -> Row:
    check_transition(ending.row["state"], ending.state)
    columns = rows.result_columns(ending.result)
    return {**ending.row, **columns, "state": ending.state, "updated_at": tx.now, "process": None}


def _refusal(row: Row, result: Result, *, actor: Actor) -> NewEntry:
    facts = journal.facts_of(result)
    return NewEntry(event=Event.REFUSED, actor=actor, request=row["name"], position=row["position"], facts=facts)


def _entry(
    row: Row,
    to_state: State,
    *,
    actor: Actor,
    event: Event = Event.MOVED,
    facts: journal.Facts | None = None,
    digest: str | None = None,
) -> NewEntry:
    return NewEntry(
        event=event,
        actor=actor,
        request=row["name"],
        position=row["position"],
        from_state=row["state"],
        to_state=to_state,
        facts=facts or {},
        digest=digest,
    )


def _place(row: Row) -> tuple[int, int]:
    return row["request"], row["position"]


def id_of(row: Row) -> LookupId:
    return lookup_id(row["name"], row["position"], of=row["size"])


def as_lookup(row: Row) -> Lookup:
    return rows.lookup(row, row["name"], of=row["size"])

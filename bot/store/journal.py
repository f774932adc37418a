"""The journal's entries, in and out.

An entry holds no phone number, no ID and no reason: those can be forgotten later, entries cannot.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot import evidence
from bot.audit import Event, JournalEntry
from bot.evidence import FORM, Head, entry_hash
from bot.models import Actor, Lookup, LookupId, RequestId, Result
from bot.store import rows
from bot.store.cells import one_of, readable
from bot.store.engine import Noted, Row, Tx, Value
from bot.store.names import lookup_id
from bot.store.schema import adding

Facts = Mapping[str, str | int | None]

APPEND: Final = adding("journal")

MOVE_HEAD: Final = "UPDATE journal_head SET seq = :seq, hash = :hash WHERE one = 1"

# After a COMMIT without an answer this tells whether it was done: nobody else's entry has this number and this hash.
IS_RECORDED: Final = "SELECT 1 AS found FROM journal WHERE seq = :seq AND hash = :hash"

# What was tried in vain on a request that is not here names its reference; there are few entries of no request.
UNKNOWN_REQUESTS: Final = """
    SELECT count(*) AS found FROM journal
    WHERE request IS NULL AND event = 'forbidden' AND at >= :since AND facts LIKE '%"reference"%'"""

NEWEST_AT: Final = "SELECT at FROM journal WHERE seq = :seq"

MOVES_SINCE: Final = """
    SELECT requests.id, requests.size, journal.position AS entry_position, journal.to_state FROM journal
    JOIN requests ON requests.id = journal.request
    WHERE journal.seq > :seq AND journal.to_state IS NOT NULL ORDER BY journal.seq"""

OF_REQUEST: Final = """
    SELECT *, request AS name, position AS entry_position FROM journal WHERE request = :request ORDER BY seq"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of state: of the request, or of one of its lookups."""

    request_id: RequestId
    lookup_id: LookupId | None
    to_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What one entry says. ``digest`` vouches for what the record of the request or lookup is from now on."""

    actor: Actor
    event: Event = Event.MOVED
    request: RequestId | None = None
    position: int | None = None
    from_state: str | None = None
    to_state: str | None = None
    facts: Facts = field(default_factory=dict)
    digest: str | None = None


def append(tx: Tx, *entries: NewEntry) -> int:
    """Add entries; a change and its entries are one transaction. The number of the last one."""
    chained: list[dict[str, Value]] = []
    for each in entries:
        tx.noted.append(Noted(each.event, each.position, each.to_state, each.facts))
        entry = _chainable(each, seq=tx.head.seq + 1, at=tx.now)
        tx.head = Head(tx.head.seq + 1, entry_hash(entry, tx.head.hash))
        chained.append({**entry, "hash": tx.head.hash})
    tx.write_many(APPEND, chained)
    tx.write(MOVE_HEAD, seq=tx.head.seq, hash=tx.head.hash)
    tx.proven_by(IS_RECORDED, seq=tx.head.seq, hash=tx.head.hash)
    return tx.head.seq


def note(tx: Tx, event: Event, *, actor: Actor, request: RequestId | None = None, facts: Facts | None = None) -> None:
    """Record something that changed no state."""
    append(tx, NewEntry(event=event, actor=actor, request=request, facts=facts or {}))


def note_each(tx: Tx, event: Event, request: RequestId, lookups: Sequence[Lookup], *, actor: Actor) -> None:
    """The same about each of these lookups of one request."""
    if lookups:
        append(tx, *(NewEntry(event=event, actor=actor, request=request, position=each.position) for each in lookups))


def head(tx: Tx) -> Head:
    """The newest entry's number and hash."""
    return tx.head


def moment(tx: Tx) -> tuple[float, float]:
    """The time now, and that of the newest entry."""
    row = tx.one(NEWEST_AT, seq=tx.head.seq)
    return tx.now, one_of(float, row, "at") if row else 0.0


def moves_since(tx: Tx, seq: int | None) -> tuple[int, list[Move]]:
    """The newest entry's number, and the changes of state since the entry of this one, oldest first."""
    if seq in (None, tx.head.seq):
        return tx.head.seq, []
    return tx.head.seq, readable("journal", tx.all(MOVES_SINCE, seq=seq), _move)


def unknown_requests(tx: Tx, *, since: float) -> int:
    """How often since then (Unix seconds) somebody clicked on a request that this database never had."""
    row = tx.one(UNKNOWN_REQUESTS, since=since)
    return one_of(int, row, "found") if row else 0


def of_request(tx: Tx, request_id: RequestId) -> list[JournalEntry]:
    """One request's entries, its lookups' among them, oldest first."""
    return readable("journal", tx.all(OF_REQUEST, request=request_id), _entry)


_FACTS = ("problem", "api_code", "request_id", "http_status", "milliseconds", "attempts")


def facts_of(result: Result) -> Facts:
    """What an entry tells of a result: everything but the ID."""
    return {name: getattr(result, name) for name in _FACTS}


def _chainable(entry: NewEntry, *, seq: int, at: float) -> dict[str, evidence.Value]:
    names = ("event", "request", "position", "from_state", "to_state", "digest")
    return {
        "seq": seq,
        "form": FORM,
        "at": at,
        **{name: getattr(entry, name) for name in names},
        **rows.actor_columns(entry.actor),
        "facts": json.dumps(dict(entry.facts)),  # in ASCII: a lone surrogate could not be stored as text
    }


def _entry(row: Row) -> JournalEntry:
    return JournalEntry(
        seq=row["seq"],
        at=row["at"],
        event=row["event"],
        request=row["name"],
        position=row["entry_position"],
        from_state=row["from_state"],
        to_state=row["to_state"],
        actor=rows.actor(row),
        facts=one_of(_object, row, "facts"),
    )


def _move(row: Row) -> Move:
    position = row["entry_position"]
    return Move(
        request_id=row["id"],
        lookup_id=None if position is None else lookup_id(row["id"], position, of=row["size"]),
        to_state=row["to_state"],
    )


def _object(value: str) -> dict[str, str | int | None]:
    """Raises ``ValueError`` for what is no JSON object."""
    try:
        found = json.loads(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found

"""The journal's entries, in and out.

An entry holds no phone number, no ID and no reason: those can be forgotten later, entries cannot.
"""

import json
import sqlite3
from collections.abc import Mapping

from sqlite_utils import Database

from bot.errors import StoreUnavailable
from bot.evidence import EMPTY, Head, Value, entry_hash
from bot.models import Actor, Event, JournalEntry, LookupId, Result, State, Through
from bot.store.columns import Row, count, moment, one_of, readable, text

Facts = Mapping[str, str | int | None]

INSERT = """
    INSERT INTO journal (
        seq, at, event, lookup_id, from_state, to_state, team_id, user_id, through, facts, digest, hash)
    VALUES (
        :seq, :at, :event, :lookup_id, :from_state, :to_state, :team_id, :user_id, :through, :facts, :digest, :hash)"""

# The number is AUTOINCREMENT's, taken beforehand because it is hashed: never one that was given out before.
NEXT = """
    SELECT hash AS previous, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'journal'), 0) + 1 AS seq
    FROM journal_head"""

SET_HEAD = "UPDATE journal_head SET seq = :seq, hash = :hash"

HEAD = "SELECT seq, hash FROM journal_head"

OF_LOOKUP = "SELECT * FROM journal WHERE lookup_id = :lookup_id ORDER BY seq"


def write(
    db: Database,
    event: Event,
    lookup_id: LookupId | None,
    *,
    at: float,
    actor: Actor,
    from_state: State | None = None,
    to_state: State | None = None,
    facts: Facts | None = None,
    digest: str | None = None,
) -> None:
    """Append one entry. Part of the caller's transaction: a change and its entry are one.

    ``digest`` vouches for what the lookup's record is from now on.
    """
    previous, seq = _next(db)
    entry: dict[str, Value] = {
        "seq": seq,
        "at": at,
        "event": event,
        "lookup_id": lookup_id,
        "from_state": from_state,
        "to_state": to_state,
        "team_id": actor.team_id,
        "user_id": actor.user_id,
        "through": actor.through,
        "facts": json.dumps(dict(facts or {})),
        "digest": digest,
    }
    chained = {**entry, "hash": entry_hash(entry, previous)}
    try:
        db.execute(INSERT, chained)
    except sqlite3.IntegrityError as error:  # its last number is used up, or other hands set the counter back
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise  # about no lookup there is: a mistake of ours
        raise StoreUnavailable("the journal takes no entry: see phoneid journal verify") from error
    db.execute(SET_HEAD, {"seq": seq, "hash": chained["hash"]})


def head(db: Database) -> Head:
    """The newest entry's number and hash, as the last change left them."""
    found = db.execute(HEAD).fetchone()
    return Head(*found) if found else EMPTY


def read(db: Database, lookup_id: LookupId) -> list[JournalEntry]:
    """One lookup's entries, oldest first."""
    return readable("journal", db.query(OF_LOOKUP, {"lookup_id": lookup_id}), _entry)


def _entry(row: Row) -> JournalEntry:
    return JournalEntry(
        seq=count(row, "seq"),
        at=moment(row, "at"),
        event=one_of(Event, row, "event"),
        lookup_id=LookupId(text(row, "lookup_id")),
        from_state=one_of(State, row, "from_state") if row["from_state"] else None,
        to_state=one_of(State, row, "to_state") if row["to_state"] else None,
        actor=Actor(
            team_id=text(row, "team_id"), user_id=text(row, "user_id"), through=one_of(Through, row, "through")
        ),
        facts=one_of(_object, row, "facts"),
    )


def _object(written: str) -> dict[str, str | int | None]:
    """Raises ``ValueError`` for what is no JSON object."""
    try:
        value = json.loads(written)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def facts_of(result: Result | None) -> Facts:
    """What an entry tells of a result: everything but the ID."""
    if result is None:
        return {}
    return {
        "problem": result.problem,
        "api_code": result.api_code,
        "request_id": result.request_id,
        "http_status": result.http_status,
        "milliseconds": result.milliseconds,
        "attempts": result.attempts,
    }


def _next(db: Database) -> tuple[str, int]:
    found = db.execute(NEXT).fetchone()
    if found is None:  # somebody took it away: an entry that follows nothing would be worth nothing
        raise StoreUnavailable("the journal has lost its head: see phoneid journal verify")
    return found[0], found[1]

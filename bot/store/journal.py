"""The journal's entries, in and out.

An entry holds no phone number, no ID and no reason: those can be forgotten later, entries cannot.
"""

import json
from collections.abc import Mapping

from sqlite_utils import Database

from bot.models import Actor, Event, JournalEntry, LookupId, Result, State, Through

Facts = Mapping[str, str | int | None]

INSERT = """
    INSERT INTO journal (at, event, lookup_id, from_state, to_state, team_id, user_id, through, facts)
    VALUES (:at, :event, :lookup_id, :from_state, :to_state, :team_id, :user_id, :through, :facts)"""

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
) -> None:
    """Append one entry. Part of the caller's transaction: a change and its entry are one."""
    db.execute(
        INSERT,
        {
            "at": at,
            "event": event,
            "lookup_id": lookup_id,
            "from_state": from_state,
            "to_state": to_state,
            "team_id": actor.team_id,
            "user_id": actor.user_id,
            "through": actor.through,
            "facts": json.dumps(dict(facts or {})),
        },
    )


def read(db: Database, lookup_id: LookupId) -> list[JournalEntry]:
    """One lookup's entries, oldest first."""
    return [
        JournalEntry(
            seq=row["seq"],
            at=row["at"],
            event=Event(row["event"]),
            lookup_id=LookupId(row["lookup_id"]),
            from_state=State(row["from_state"]) if row["from_state"] else None,
            to_state=State(row["to_state"]) if row["to_state"] else None,
            actor=Actor(team_id=row["team_id"], user_id=row["user_id"], through=Through(row["through"])),
            facts=json.loads(row["facts"]),
        )
        for row in db.query(OF_LOOKUP, {"lookup_id": lookup_id})
    ]


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

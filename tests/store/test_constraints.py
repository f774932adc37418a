"""What the database itself refuses, whoever writes: a request, a lookup or an entry that could not be."""

from typing import Any

import pytest

from bot.store.engine import Engine
from tests.store.engines import Plain

REQUEST = {
    "number": 1,
    "id": "R-ONE",
    "submission_key": "key",
    "enterprise_id": "",
    "team_id": "T0001",
    "user_id": "U0ANA",
    "through": "slack",
    "channel_id": "C0001",
    "reason": "",
    "asked_at": 1_800_000_000.0,
    "size": 2,
    "approval": "not needed",
}

AWAITED = {"approval": "awaiting", "expires_at": 1_800_003_600.0}

DECISION = {
    "decided_at": 1_800_000_060.0,
    "decided_enterprise_id": "",
    "decided_team_id": "T0001",
    "decided_user_id": "U0LEE",
    "decided_through": "slack",
    "decision_reason": "no",
}

DENIED = {**AWAITED, **DECISION, "approval": "denied"}

LOOKUP = {
    "request": 1,
    "position": 1,
    "asked_at": 1_800_000_000.0,
    "phone": "8613800001234",
    "reason": "",
    "state": "held",
    "updated_at": 1_800_000_000.0,
}

ENTRY = {
    "seq": 1,
    "form": 1,
    "at": 1_800_000_000.0,
    "event": "moved",
    "enterprise_id": "",
    "team_id": "",
    "user_id": "",
    "through": "",
    "facts": "{}",
    "hash": "",
}


def insert(engine: Engine, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    with engine.changing() as tx:
        tx.write(f"INSERT INTO {table} ({names}) VALUES ({places})", **row)


@pytest.mark.parametrize(
    "changes", [{}, AWAITED, DENIED, {**DENIED, "decision_reason": ""}, {**DENIED, "approval": "expired"}]
)
def test_what_can_be_is_recorded(engine: Engine, plain: Plain, changes: dict[str, Any]) -> None:
    insert(engine, "requests", {**REQUEST, **changes})
    assert plain.execute("SELECT count(*) FROM requests").fetchone() == (1,)


@pytest.mark.parametrize(
    "changes",
    [
        {"approval": "waiting"},
        {"size": 0},
        # What is awaited has an end, and what needs no approval has none.
        {**AWAITED, "expires_at": None},
        {"expires_at": 1_800_003_600.0},
        # Awaited, and decided; or decided by nobody.
        {**DENIED, "approval": "awaiting"},
        {**AWAITED, "approval": "approved"},
        {**AWAITED, "approval": "lapsed"},
        {**DENIED, "approval": "not needed", "expires_at": None},
        *({**DENIED, column: None} for column in DECISION),
        *({**AWAITED, column: value} for column, value in DECISION.items()),
    ],
)
def test_a_request_that_could_not_be_is_refused(engine: Engine, changes: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        insert(engine, "requests", {**REQUEST, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "waiting"},
        {"position": 0},
        # What runs belongs to a process, and nothing else does.
        {"state": "queued"},
        {"state": "calling"},
        {"process": "p1"},
        {"state": "answered", "process": "p1"},
    ],
)
def test_a_lookup_that_could_not_be_is_refused(engine: Engine, changes: dict[str, Any]) -> None:
    insert(engine, "requests", REQUEST)
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        insert(engine, "lookups", {**LOOKUP, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "R-ONE", "from_state": "queued"},  # a change that goes nowhere
        {"to_state": "queued"},  # or of no request
        {"position": 1},
    ],
)
def test_an_entry_that_could_not_be_is_refused(engine: Engine, changes: dict[str, Any]) -> None:
    insert(engine, "requests", REQUEST)
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        insert(engine, "journal", {**ENTRY, **changes})


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("lookups", LOOKUP),
        ("journal", {**ENTRY, "request": "R-NONE"}),
        ("messages", {"channel_id": "C1", "ts": "1.0", "kind": "card", "request": 7, "sent_to": "", "posted_at": 1.0}),
        ("outbox", {"kind": "card", "request": 7, "due_at": 1.0, "version": 1, "attempts": 0}),
    ],
)
def test_what_belongs_to_a_request_needs_one(engine: Engine, table: str, row: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        insert(engine, table, row)


def test_a_request_that_entries_speak_of_cannot_be_removed(engine: Engine, plain: Plain) -> None:
    insert(engine, "requests", REQUEST)
    insert(engine, "journal", {**ENTRY, "request": "R-ONE", "to_state": "queued"})
    with pytest.raises(Exception, match=r"(?i)foreign key"), engine.changing() as tx:
        tx.run("DELETE FROM requests")


def test_an_entry_about_no_request_is_kept(engine: Engine, plain: Plain) -> None:
    insert(engine, "journal", ENTRY)
    assert plain.execute("SELECT event, request, position FROM journal").fetchall() == [("moved", None, None)]

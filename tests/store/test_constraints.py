"""What the database itself refuses, whoever writes: a lookup or an entry that could not be."""

import sqlite3
from collections.abc import Callable

import pytest

from bot.interfaces import Store
from bot.models import Actor, Event, NewLookup, State, Through

LEE = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
ENTRY = "INSERT INTO journal (at, event, team_id, user_id, through, facts, hash, lookup_id, from_state, to_state)"


@pytest.fixture
async def lookups(store: Store, new: Callable[..., NewLookup]) -> None:
    """One that awaits approval, one that is denied, one that never needed approval."""
    await store.accept(new(reason="awaiting"), state=State.AWAITING, expires_at=1_800_003_600.0)
    lookup, _ = await store.accept(new(reason="denied"), state=State.AWAITING, expires_at=1_800_003_600.0)
    await store.move(lookup.id, from_state=State.AWAITING, to_state=State.DENIED, actor=LEE, reason="no")
    await store.accept(new(reason="rejected"), state=State.REJECTED)


@pytest.mark.parametrize(
    "statement",
    [
        # A state there is not.
        "UPDATE lookups SET state = 'waiting' WHERE reason = 'rejected'",
        # Waiting without an end, or for a decision that is there.
        "UPDATE lookups SET expires_at = NULL WHERE reason = 'awaiting'",
        "UPDATE lookups SET state = 'awaiting' WHERE reason = 'rejected'",
        "UPDATE lookups SET state = 'awaiting' WHERE reason = 'denied'",
        # An end of waiting that nobody decided.
        "UPDATE lookups SET state = 'approved' WHERE reason = 'awaiting'",
        "UPDATE lookups SET state = 'queued', owner = 'me', lease_until = 1 WHERE reason = 'awaiting'",
        "UPDATE lookups SET state = 'approved' WHERE reason = 'rejected'",
        "UPDATE lookups SET state = 'lapsed' WHERE reason = 'rejected'",
        # An approval for what needs none.
        "UPDATE lookups SET expires_at = 1 WHERE reason = 'rejected'",
        "UPDATE lookups SET reminded_at = 1 WHERE reason = 'rejected'",
        # A decision that is gone, or half of it.
        "UPDATE lookups SET expires_at = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decided_at = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decided_team_id = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decided_user_id = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decided_through = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decision_reason = NULL WHERE reason = 'denied'",
        "UPDATE lookups SET decision_reason = 'why' WHERE reason = 'rejected'",
        # A lease for what does not run.
        "UPDATE lookups SET owner = 'me', lease_until = 1 WHERE reason = 'awaiting'",
        # An entry about a change that goes nowhere, or of no lookup.
        f"{ENTRY} SELECT 1, 'moved', '', '', '', '{{}}', '', id, 'queued', NULL FROM lookups",
        f"{ENTRY} VALUES (1, 'moved', '', '', '', '{{}}', '', NULL, NULL, 'queued')",
    ],
)
def test_what_could_not_be_is_not_recorded(lookups: None, plain: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
        plain.execute(statement)


def test_a_decision_s_reason_can_be_forgotten(lookups: None, plain: sqlite3.Connection) -> None:
    plain.execute("UPDATE lookups SET decision_reason = '' WHERE reason = 'denied'")
    assert plain.execute("SELECT DISTINCT decision_reason FROM lookups").fetchall() == [(None,), ("",)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO cards (lookup_id, channel_id, ts) VALUES ('L-NONE', 'C9', '1.0')",
        f"{ENTRY} VALUES (1, 'shown', '', '', '', '{{}}', '', 'L-NONE', NULL, NULL)",
    ],
)
def test_what_belongs_to_a_lookup_needs_one(lookups: None, plain: sqlite3.Connection, statement: str) -> None:
    plain.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        plain.execute(statement)


async def test_an_entry_about_no_lookup_is_kept_and_protected(store: Store, plain: sqlite3.Connection) -> None:
    await store.note(Event.FORBIDDEN, actor=LEE, lookup_id=None, facts={"action": "approve"})
    rows = "SELECT event, lookup_id, from_state, to_state, user_id, facts FROM journal"
    before = [("forbidden", None, None, None, "U0LEE", '{"action": "approve"}')]
    assert plain.execute(rows).fetchall() == before
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute("DELETE FROM journal WHERE lookup_id IS NULL")
    assert plain.execute(rows).fetchall() == before

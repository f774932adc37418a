"""The journal keeps what is in it, from whatever connection somebody tries."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.interfaces import Store
from bot.models import NewLookup, State
from bot.store.connection import connect

COLUMNS = "(seq, at, event, lookup_id, to_state, team_id, user_id, through, facts)"


@pytest.fixture(params=["ours", "plain", "plain with recursive triggers"])
async def connection(
    request: pytest.FixtureRequest, path: Path, store: Store, new: Callable[..., NewLookup]
) -> AsyncIterator[sqlite3.Connection]:
    await store.accept(new(submission_key="only"), state=State.QUEUED)
    if request.param == "ours":
        opened = connect(str(path), busy_timeout=1.0).conn
    else:
        opened = sqlite3.connect(path, isolation_level=None)
        opened.execute(f"PRAGMA recursive_triggers = {'ON' if 'recursive' in request.param else 'OFF'}")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET to_state = 'answered'",
        "UPDATE journal SET at = at",
        "UPDATE OR REPLACE journal SET at = 0",
        "UPDATE OR IGNORE journal SET at = 0",
        "DELETE FROM journal",
        "DELETE FROM journal WHERE seq = 1",
        f"REPLACE INTO journal {COLUMNS} SELECT seq, 0, event, lookup_id, to_state, '', '', '', '' FROM journal",
        f"INSERT OR REPLACE INTO journal {COLUMNS}"
        " SELECT seq, 0, event, lookup_id, to_state, '', '', '', '' FROM journal",
        f"INSERT INTO journal {COLUMNS} SELECT seq, 0, event, lookup_id, to_state, '', '', '', '' FROM journal"
        " WHERE TRUE ON CONFLICT (seq) DO UPDATE SET at = 0",
    ],
)
def test_an_entry_is_never_changed_removed_or_replaced(connection: sqlite3.Connection, statement: str) -> None:
    before = connection.execute("SELECT * FROM journal").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="the journal is append-only"):
        connection.execute(statement)
    assert connection.execute("SELECT * FROM journal").fetchall() == before


def test_a_number_in_the_journal_is_never_given_out_twice(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TRIGGER journal_loses_nothing")  # whoever can write the file can do even this
    connection.execute("DELETE FROM journal")
    connection.execute(
        "INSERT INTO journal (at, event, lookup_id, to_state, team_id, user_id, through, facts, hash)"
        " SELECT 0, '', id, '', '', '', '', '{}', '' FROM lookups"
    )
    assert connection.execute("SELECT seq FROM journal").fetchall() == [(2,)]


def test_a_lookup_with_a_journal_cannot_be_removed(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute("DELETE FROM lookups")


async def test_a_change_whose_entry_cannot_be_written_is_not_made(
    store: Store, new: Callable[..., NewLookup], plain: sqlite3.Connection
) -> None:
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    await store.accept(new(), state=State.AWAITING, expires_at=1_800_003_600.0)
    plain.execute("CREATE TRIGGER broken BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'broken'); END")
    with pytest.raises(StoreUnavailable, match="takes no entry"):
        await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)
    with pytest.raises(StoreUnavailable, match="takes no entry"):
        await store.accept(new(), state=State.QUEUED)
    with pytest.raises(StoreUnavailable, match="takes no entry"):
        await store.claim_reminders(asked_before=1_800_003_600.0)
    rows = plain.execute("SELECT state, reminded_at FROM lookups").fetchall()
    assert rows == [("queued", None), ("awaiting", None)]

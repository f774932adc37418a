"""The step that builds two tables anew: what an older release recorded is in them, unchanged and still protected."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.interfaces import Store
from bot.models import LogQuery, LookupId, NewLookup, State
from bot.store.connection import changing, connect, let_readers_pass
from bot.store.migrations import migrate
from bot.store.steps import STEPS, allow_approvals

OLD_STEPS = STEPS[: STEPS.index(allow_approvals)]

OLD_STATES = ("rejected", "queued", "calling", "answered", "refused", "failed", "interrupted")

AWKWARD = "caf\u00e9 \U0001f642\n\x00'\"; -- "

COUNTER = 1000
"""The last number given out, with fewer entries in the journal: no new one may be lower."""


def fill(database: Database) -> None:
    """Lookups in every state there was, two of each instant and number, and a journal with gaps."""
    for number, state in enumerate(OLD_STATES * 3):
        is_running = state in ("queued", "calling")
        lookup = {
            "rowid": number * 7 + 1,
            "id": f"L-OLD{number:03}",
            "state": state,
            "team_id": "T0001",
            "user_id": "U0ANA",
            "through": ("slack", "command line")[number % 2],
            "channel_id": ("", "C0001")[number % 2],
            "phone": f"1202555010{number % 10}",
            "reason": AWKWARD * number,
            "submission_key": f"key {number}",
            "created_at": 1_800_000_000.1234567 + number // 2,
            "updated_at": 1_800_000_000.0 + number,
            "owner": "gone" if is_running else None,
            "lease_until": 1_800_000_030.25 if is_running else None,
            "phone_number_id": AWKWARD if state == "answered" else None,
            "problem": "no answer" if state == "failed" else None,
            "http_status": 2**62 if state == "refused" else None,
        }
        if any(column.name == "tell_after" for column in database["lookups"].columns):
            lookup["tell_after"] = None if is_running else 1_800_000_180.5 + number
        _insert(database, "lookups", lookup)
        for entry in range(3):
            journalled = {
                "seq": number * 10 + entry + 1,
                "at": 0.1 + entry,
                "event": "moved",
                "lookup_id": lookup["id"],
            }
            states = {"from_state": None if entry == 0 else "queued", "to_state": state}
            who = {"team_id": "T0001", "user_id": "U0ANA", "through": "slack", "facts": f'{{"n":  "{number}"}}'}
            _insert(database, "journal", journalled | states | who)
    database.execute("UPDATE sqlite_sequence SET seq = ?", [COUNTER])


def _insert(database: Database, table: str, row: dict[str, Any]) -> None:
    places = ", ".join(f":{column}" for column in row)
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", row)


@pytest.fixture(params=[OLD_STEPS[:3], OLD_STEPS], ids=["first release", "last before"])
def old(path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A file as an older release leaves it."""
    database = connect(str(path), busy_timeout=1.0)
    migrate(database, request.param)
    let_readers_pass(database)
    with changing(database):
        fill(database)
    yield database
    database.close()


def _columns(database: Database, table: str) -> str:
    return ", ".join(["rowid", *(column.name for column in database[table].columns)])


def _rows(database: Database, table: str, columns: str) -> list[str]:
    """Each row with its values' types, so that 1 and 1.0 differ."""
    return [repr(row) for row in database.execute(f"SELECT {columns} FROM {table} ORDER BY rowid")]


def test_every_row_survives_unchanged(old: Database) -> None:
    columns = {table: _columns(old, table) for table in ("lookups", "journal")}
    before = {table: _rows(old, table, columns[table]) for table in columns}
    migrate(old)
    assert {table: _rows(old, table, columns[table]) for table in columns} == before
    assert (len(before["lookups"]), len(before["journal"])) == (21, 63)
    assert old.execute("SELECT count(*) FROM lookups WHERE expires_at IS NULL AND decided_at IS NULL").fetchone() == (
        21,
    )


def test_the_file_is_sound_and_nothing_is_left_over(old: Database) -> None:
    migrate(old)
    assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert old.execute("PRAGMA foreign_key_check").fetchall() == []
    assert [row[2] for row in old.execute("PRAGMA foreign_key_list (journal)")] == ["lookups"]
    assert not [name for name in old.table_names() if name.startswith("new_")]
    assert old.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET at = 0",
        "DELETE FROM journal",
        "REPLACE INTO journal (seq, at, event, team_id, user_id, through, facts) VALUES (1, 0, '', '', '', '', '')",
    ],
)
def test_the_journal_is_still_append_only(old: Database, statement: str) -> None:
    migrate(old)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        old.execute(statement)


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_number_given_out_before_is_not_given_out_after(old: Database, *, is_empty: bool) -> None:
    if is_empty:
        old.execute("DROP TRIGGER journal_loses_nothing")
        old.execute("DELETE FROM journal")
        old.execute("CREATE TRIGGER journal_loses_nothing BEFORE DELETE ON journal BEGIN SELECT 1; END")
    migrate(old)
    old.execute(
        "INSERT INTO journal (at, event, team_id, user_id, through, facts, hash)"
        " VALUES (0, 'asked', '', '', '', '', '')"
    )
    assert old.execute("SELECT max(seq) FROM journal").fetchone() == (COUNTER + 1,)
    assert old.execute("SELECT * FROM sqlite_sequence").fetchall() == [("journal", COUNTER + 1)]


async def test_this_release_goes_on_where_the_older_one_stopped(
    old: Database, open_store: Callable[..., Awaitable[Store]], clock: Any, new: Callable[..., NewLookup]
) -> None:
    store = await open_store()
    ids = [f"L-OLD{number:03}" for number in range(21)]
    assert [lookup.id for lookup in await store.search(LogQuery())] == ids[::-1]  # of each instant the later first
    assert len(await store.journal(LookupId("L-OLD003"))) == 3
    again, is_new = await store.accept(new(submission_key="key 3"), state=State.QUEUED)
    assert (again.id, is_new) == ("L-OLD003", False)
    clock.time += 3600
    assert await store.interrupt_abandoned([]) == 6
    assert await store.due() == []


def a_step_that_breaks(db: Database) -> None:
    db.execute("INSERT INTO nowhere VALUES (1)")


def test_when_a_later_step_breaks_the_old_file_stays(old: Database) -> None:
    before = [*old.conn.iterdump()]
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(old, (*STEPS, a_step_that_breaks))
    assert [*old.conn.iterdump()] == before
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        old.execute("DELETE FROM journal")


def test_when_it_breaks_half_way_the_old_file_stays(old: Database, plain: sqlite3.Connection) -> None:
    # An entry of no lookup, written past us: it cannot be copied, and the new lookups are there by then.
    plain.execute(
        "INSERT INTO journal (at, event, lookup_id, to_state, team_id, user_id, through, facts)"
        " VALUES (0, 'asked', 'L-NONE', 'queued', '', '', '', '{}')"
    )
    before = [*old.conn.iterdump()]
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        migrate(old)
    assert [*old.conn.iterdump()] == before
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        old.execute("DELETE FROM journal")

"""How the connection is set up, and how its questions find their indexes."""

import re
import sqlite3
import stat
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.interfaces import Store
from bot.models import LogQuery, LookupId, NewLookup, PhoneNumber, State
from bot.store import approvals, batches, cards, journal, leases, lookups, search
from bot.store.connection import IN_MEMORY, changing, connect, let_readers_pass
from bot.store.migrations import migrate

ANAS = LogQuery(user_id="U0ANA")
OLDER = LogQuery(user_id="U0ANA", team_id="T0001", before=LookupId("L-1"))
NUMBERS = LogQuery(phone=PhoneNumber("8613800001234"), since=1.0)


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = connect(str(path), busy_timeout=0.0)
    migrate(opened)
    let_readers_pass(opened)
    yield opened
    opened.close()


@pytest.fixture
def other(path: Path, database: Database) -> Iterator[Database]:
    opened = connect(str(path), busy_timeout=0.0)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
    ],
)
def test_each_connection_has_its_settings(database: Database, pragma: str, value: str | int) -> None:
    assert database.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_the_busy_timeout_is_as_asked_for() -> None:
    database = connect(IN_MEMORY, busy_timeout=2.5)
    assert database.execute("PRAGMA busy_timeout").fetchone() == (2500,)
    database.close()


async def test_only_its_user_can_read_the_record(
    path: Path, open_store: Callable[..., Awaitable[Store]], new: Callable[..., NewLookup]
) -> None:
    await (await open_store()).accept(new(), state=State.QUEUED)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["phoneid.db", "phoneid.db-shm", "phoneid.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_is_there_keeps_its_mode(path: Path) -> None:
    path.touch(mode=0o640)
    path.chmod(0o640)
    connect(str(path), busy_timeout=0.0).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_change_has_the_write_lock_before_it_reads(database: Database, other: Database) -> None:
    with changing(database):
        assert database.execute("SELECT count(*) FROM lookups").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="locked"), changing(other):
            pytest.fail("two changes at once")
        assert other.execute("SELECT count(*) FROM lookups").fetchone() == (0,)  # reading is not kept waiting


def test_a_deferred_transaction_would_lose_what_it_read(database: Database, other: Database) -> None:
    """Why changes do not use sqlite-utils' own transactions; when this fails, they may."""
    other.conn.execute("PRAGMA busy_timeout = 60000")
    with other.atomic():
        other.execute("SELECT count(*) FROM lookups").fetchone()
        with changing(database):
            database.execute("CREATE TABLE quicker (word TEXT)")
        with pytest.raises(sqlite3.OperationalError, match="locked"):  # at once, not after a minute
            other.execute("CREATE TABLE slower (word TEXT)")


def test_switching_to_the_log_waits_for_another_process_s_start(path: Path) -> None:
    starting = connect(str(path), busy_timeout=0.0)
    migrate(starting)
    starting.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as thread:
        switching = thread.submit(_switch, path)
        with pytest.raises(TimeoutError):
            switching.result(timeout=0.3)
        starting.execute("ROLLBACK")
        assert switching.result(timeout=20.0) == ("wal",)
    starting.close()


def _switch(path: Path) -> tuple[str]:
    with closing(connect(str(path), busy_timeout=20.0)) as database:
        let_readers_pass(database)
        return database.execute("PRAGMA journal_mode").fetchone()  # type: ignore[no-any-return] # SQLite's own rows


def test_a_change_that_raises_is_undone(database: Database) -> None:
    def break_half_way() -> None:
        with changing(database):
            database.execute("CREATE TABLE half (word TEXT)")
            raise KeyError

    with pytest.raises(KeyError):
        break_half_way()
    assert "half" not in database.table_names()
    assert not database.conn.in_transaction


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        (lookups.BY_ID, "SEARCH lookups USING INDEX sqlite_autoindex_lookups_1 (id=?)"),
        (lookups.BY_SUBMISSION, "SEARCH lookups USING INDEX sqlite_autoindex_lookups_2 (submission_key=?)"),
        (lookups.MOVE, "SEARCH lookups USING INDEX sqlite_autoindex_lookups_1 (id=?)"),
        (leases.ABANDONED, "SEARCH lookups USING INDEX lookups_running (lease_until<?)"),
        (leases.RENEW, "SEARCH lookups USING INDEX sqlite_autoindex_lookups_1 (id=?)"),
        (leases.TOLD, "SEARCH lookups USING INDEX sqlite_autoindex_lookups_1 (id=?)"),
        (leases.CLAIM_UNTOLD, "SEARCH lookups USING INDEX lookups_to_tell (tell_after<?)"),
        (search.sql_of(LogQuery())[0], "SCAN lookups USING INDEX lookups_by_time"),
        (search.sql_of(ANAS)[0], "SEARCH lookups USING INDEX lookups_by_user (user_id=?)"),
        (search.sql_of(OLDER)[0], "SEARCH lookups USING INDEX lookups_by_user (user_id=? AND created_at<?)"),
        (search.sql_of(NUMBERS)[0], "SEARCH lookups USING INDEX lookups_by_phone (phone=? AND created_at>?)"),
        (approvals.DUE, "SEARCH lookups USING INDEX lookups_expiring (expires_at<?)"),
        (approvals.CLAIM_REMINDERS, "SEARCH lookups USING INDEX lookups_unreminded (created_at<?)"),
        (batches.OF_LIST, "SEARCH lookups USING INDEX lookups_by_batch (batch_id=?)"),
        (cards.OF_LOOKUP, "SEARCH cards USING INDEX cards_by_lookup (lookup_id=?)"),
        (journal.OF_LOOKUP, "SEARCH journal USING INDEX journal_by_lookup (lookup_id=?)"),
    ],
)
def test_every_question_finds_its_index_and_sorts_nothing(database: Database, sql: str, plan: str) -> None:
    values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
    steps = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert steps[0] == plan
    assert not any("TEMP B-TREE" in step for step in steps)

"""The journal keeps what is in it, from whatever connection somebody tries."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from bot.errors import RecordDamaged
from bot.store.engine import Engine
from tests.store.engines import OpenEngine, Plain, plain_on, postgres

COLUMNS = "(seq, form, at, event, enterprise_id, team_id, user_id, through, facts, hash)"

ENTRY = f"INSERT INTO journal {COLUMNS} VALUES (1, 1, 7.5, 'asked', '', 'T0001', 'U0ANA', 'slack', '{{}}', 'abc')"

OTHER = "1, 1, 8.5, 'forged', '', '', '', '', '', ''"

EVERYTHING = "SELECT * FROM journal ORDER BY seq"


@pytest.fixture
def engine(open_engine: OpenEngine) -> Engine:
    """With one entry in its journal."""
    engine = open_engine()
    with engine.changing() as tx:
        tx.write(ENTRY)
    return engine


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET event = 'forged'",
        "UPDATE journal SET at = at",
        "DELETE FROM journal",
        "DELETE FROM journal WHERE seq = 1",
        f"INSERT INTO journal {COLUMNS} VALUES ({OTHER}) ON CONFLICT (seq) DO UPDATE SET at = 0",
    ],
)
def test_an_entry_is_never_changed_or_removed(engine: Engine, plain: Plain, statement: str) -> None:
    before = plain.execute(EVERYTHING).fetchall()
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="the journal is append-only"):
        plain.execute(statement)
    with pytest.raises((RecordDamaged, psycopg.IntegrityError)) as told, engine.changing() as tx:
        tx.run(statement)
    assert "the journal is append-only" in str(told.value.__cause__ or told.value)
    assert len(before) == 1
    assert plain.execute(EVERYTHING).fetchall() == before


@pytest.fixture(params=["OFF", "ON"])
def recursive(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Plain]:
    """Another program's connection to SQLite, with recursive triggers or without."""
    with closing(plain_on(sqlite_url)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {request.param}")
        yield connection


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        f"REPLACE INTO journal {COLUMNS} VALUES ({OTHER})",
        f"INSERT OR REPLACE INTO journal {COLUMNS} VALUES ({OTHER})",
        "UPDATE OR REPLACE journal SET at = 0",
        "UPDATE OR IGNORE journal SET at = 0",
    ],
)
def test_an_entry_in_sqlite_is_never_replaced(engine: Engine, recursive: Plain, statement: str) -> None:
    before = recursive.execute(EVERYTHING).fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="the journal is append-only"):
        recursive.execute(statement)
    assert recursive.execute(EVERYTHING).fetchall() == before


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE journal",
        "TRUNCATE requests CASCADE",
        "SET session_replication_role = replica; DELETE FROM journal",
        "SET session_replication_role = replica; TRUNCATE journal",
    ],
)
def test_the_journal_in_postgres_is_never_emptied(engine: Engine, database_url: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="the journal is append-only"):
        postgres(statement, database_url)
    assert len(postgres(EVERYTHING, database_url)) == 1

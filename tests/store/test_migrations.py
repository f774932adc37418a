"""An empty database, one of another age, and one of another program."""

from typing import Any

import pytest

from bot.errors import RecordDamaged, SchemaUnknown, StoreUnavailable
from bot.evidence import GENESIS
from bot.store import schema
from bot.store.engine import Tx
from tests.store.engines import OpenEngine, Plain

HEAD = "SELECT one, seq, hash, schema, oldest_writer FROM journal_head"

TABLES = {
    "alarms",
    "journal",
    "journal_head",
    "lookups",
    "messages",
    "outbox",
    "processes",
    "refused_codes",
    "requests",
    "state",
}


@pytest.fixture
def database_url(empty_url: str) -> str:
    return empty_url


def tables(plain: Plain) -> set[str]:
    is_sqlite = "sqlite" in type(plain).__module__
    catalogue = "sqlite_schema WHERE type = 'table'" if is_sqlite else "pg_tables WHERE schemaname = current_schema()"
    rows: list[tuple[Any, ...]] = plain.execute(
        f"SELECT {'name' if is_sqlite else 'tablename'} FROM {catalogue}"
    ).fetchall()
    return {name for (name,) in rows}


def test_an_empty_database_becomes_one_of_this_release(open_engine: OpenEngine, plain: Plain) -> None:
    open_engine()
    assert tables(plain) == TABLES
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA, schema.SCHEMA)]


def test_opening_again_changes_nothing(open_engine: OpenEngine, plain: Plain) -> None:
    engine = open_engine()
    with engine.changing() as tx:
        tx.write("INSERT INTO state (name, text) VALUES ('one', '')")
        tx.write("UPDATE journal_head SET seq = 7")
    open_engine("p2")
    assert plain.execute("SELECT name FROM state").fetchall() == [("one",)]
    assert plain.execute(HEAD).fetchall() == [(1, 7, GENESIS, schema.SCHEMA, schema.SCHEMA)]


def test_a_schema_that_breaks_half_way_leaves_an_empty_database(
    open_engine: OpenEngine, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        for module in ("bot.store.sqlite_tx", "bot.store.postgres_tx"):
            broken.setattr(f"{module}.TABLES", f"{schema.TABLES} CREATE TABLE nonsense (;")
        with pytest.raises(Exception, match=r"(?i)syntax"):
            open_engine()
    assert tables(plain) == set()
    open_engine()
    assert tables(plain) == TABLES


def test_a_database_of_a_newer_release_is_refused(open_engine: OpenEngine, plain: Plain) -> None:
    open_engine().close()
    plain.execute("UPDATE journal_head SET schema = 2")
    with pytest.raises(SchemaUnknown, match="newer release: its schema is 2, this release's is 1"):
        open_engine()
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, 2, 1)]


def test_a_database_of_another_program_is_refused_and_not_touched(open_engine: OpenEngine, plain: Plain) -> None:
    plain.execute("CREATE TABLE recipes (title TEXT)")
    plain.execute("CREATE TABLE lookups (words TEXT)")
    with pytest.raises(SchemaUnknown, match="another program: its tables are lookups, recipes"):
        open_engine()
    assert tables(plain) == {"recipes", "lookups"}


@pytest.mark.parametrize("others", [["_sqlite_migrations", "journal_head"], []], ids=["last of 0.1", "first of 0.1"])
def test_a_database_of_the_first_release_is_refused_with_what_to_do(
    open_engine: OpenEngine, plain: Plain, others: list[str]
) -> None:
    for table in ("lookups", "journal", *others):
        plain.execute(f"CREATE TABLE {table} (id TEXT)")
    with pytest.raises(SchemaUnknown, match=r"release 0\.1.*keep the file.*new one in DATABASE_URL"):
        open_engine()
    assert tables(plain) == {"lookups", "journal", *others}


def test_a_database_that_was_refused_is_not_open(open_engine: OpenEngine, plain: Plain) -> None:
    engine = open_engine()
    plain.execute("UPDATE journal_head SET schema = 2")
    engine.close()
    with pytest.raises(SchemaUnknown):
        engine.open()
    with pytest.raises(StoreUnavailable, match="not open"), engine.changing():
        pytest.fail("it is not open")


def test_a_database_without_the_journal_s_head_is_damaged(open_engine: OpenEngine, plain: Plain) -> None:
    open_engine()
    plain.execute("DELETE FROM journal_head")
    with pytest.raises(RecordDamaged, match="journal_head"):
        open_engine("p2")


def test_every_column_means_the_same_to_both_engines(open_engine: OpenEngine) -> None:
    """Among others that a number may have 64 bits, and that a time is exact."""

    def write(tx: Tx) -> None:
        tx.write(
            "INSERT INTO journal (seq, form, at, event, enterprise_id, team_id, user_id, through, facts, hash)"
            " VALUES (:seq, 1, :at, 'x', '', '', '', '', '{}', '')",
            seq=2**62 + 1,
            at=1_800_000_000.1234567,
        )

    engine = open_engine()
    with engine.changing() as tx:
        write(tx)
        assert tx.one("SELECT seq, at FROM journal") == {"seq": 2**62 + 1, "at": 1_800_000_000.1234567}

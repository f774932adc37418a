"""An empty database, one of another age, and one of another program."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import OlderAtWork, RecordDamaged, SchemaUnknown, StoreUnavailable
from bot.evidence import GENESIS, Fault
from bot.store import processes, schema, verification
from bot.store.engine import Engine, Tx
from bot.store.migrations import (
    TO_LOOK,
    TO_USE,
    Older,
    Opening,
    announce,
    check_usable,
    known_schema,
    take_steps,
    withdraw,
)
from bot.store.postgres import PostgresEngine
from bot.store.processes import SILENT_FOR
from bot.store.schema import Step
from tests.clocks import SteppingClock
from tests.store import release_0_2_0
from tests.store.engines import OpenEngine, Plain, engine_on, new_schema, plain_on

MORE = Step("ALTER TABLE processes ADD COLUMN more TEXT NOT NULL DEFAULT '';", is_breaking=False)
BREAKING = MORE._replace(is_breaking=True)

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


def know(release: pytest.MonkeyPatch, *steps: Step) -> None:
    """Be a release that knows these steps after ours."""
    release.setattr(schema, "STEPS", (*schema.STEPS, *steps))
    release.setattr(schema, "SCHEMA", schema.SCHEMA + len(steps))


def test_an_empty_database_becomes_one_of_this_release(open_engine: OpenEngine, plain: Plain) -> None:
    open_engine()
    assert tables(plain) == TABLES
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA, 1)]


def test_opening_again_changes_nothing(open_engine: OpenEngine, plain: Plain) -> None:
    engine = open_engine()
    with engine.changing() as tx:
        tx.write("INSERT INTO state (name, text) VALUES ('one', '')")
        tx.write("UPDATE journal_head SET seq = 7")
    open_engine("p2")
    assert plain.execute("SELECT name FROM state").fetchall() == [("one",)]
    assert plain.execute(HEAD).fetchall() == [(1, 7, GENESIS, schema.SCHEMA, 1)]


def test_a_schema_that_breaks_half_way_leaves_an_empty_database(
    open_engine: OpenEngine, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as release:
        know(release, Step("CREATE TABLE nonsense (;"))
        with pytest.raises(Exception, match=r"(?i)syntax|incomplete"):
            open_engine()
    assert tables(plain) == set()
    open_engine()
    assert tables(plain) == TABLES


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
    with pytest.raises(SchemaUnknown, match=r"release 0\.1.*Keep the file.*DATABASE_URL to a new"):
        open_engine()
    assert tables(plain) == {"lookups", "journal", *others}


def test_a_database_that_was_refused_is_not_open(open_engine: OpenEngine, plain: Plain) -> None:
    engine = open_engine()
    plain.execute("UPDATE journal_head SET oldest_writer = 9")
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


def test_a_database_of_release_0_2_0_is_refused_before_anything_is_changed(database_url: str, plain: Plain) -> None:
    """It called its schema 1, too, and has other columns: a step from there would lead to what nobody can use."""
    if "sqlite" in type(plain).__module__:
        script = release_0_2_0.TABLES + release_0_2_0.SQLITE_TRIGGERS
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as raw:
            raw.executescript(script)
    else:
        plain.execute(schema.in_postgres_words(release_0_2_0.TABLES) + release_0_2_0.POSTGRES_TRIGGERS)
    plain.execute(f"INSERT INTO journal_head VALUES (1, 0, '{GENESIS}', 1, 1)")
    before = shape(plain)
    for opening in (Opening(), TO_USE, TO_LOOK, Opening(older=Older.MIGRATED)):
        with closing(engine_on(database_url, opening=opening)) as engine:
            with pytest.raises(SchemaUnknown, match=r"release 0\.2\.0.*Keep it as.*DATABASE_URL to a new") as refused:
                engine.open()
            assert "phoneid migrate" not in str(refused.value)
    assert shape(plain) == before
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, 1, 1)]


def test_only_whoever_makes_the_tables_says_that_they_are_new(open_engine: OpenEngine) -> None:
    assert open_engine().has_made_tables
    assert not open_engine("p2").has_made_tables  # with nothing in them yet


def test_a_trigger_s_function_may_have_other_spaces_and_nothing_else(empty_postgres_url: str) -> None:
    with closing(engine_on(empty_postgres_url)) as engine, closing(plain_on(empty_postgres_url)) as plain:
        engine.open()
        function, _, _ = release_0_2_0.POSTGRES_TRIGGERS.partition("CREATE TRIGGER")
        replacing = function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        assert f"$${schema.REFUSE_CHANGE}$$" not in replacing
        plain.execute(replacing)
        assert fault_of(engine) is None
        plain.execute(replacing.replace("RAISE EXCEPTION", "RAISE NOTICE"))
        fault = fault_of(engine)
        assert fault
        assert fault.part == "trigger journal_keeps_entries (A)"


@pytest.mark.parametrize(
    "before",
    ["CREATE VIEW requests AS SELECT 1 AS one", "CREATE FUNCTION journal_is_append_only() RETURNS int RETURN 1"],
)
def test_what_stands_in_the_way_of_the_tables_is_a_sentence(empty_postgres_url: str, before: str) -> None:
    with closing(plain_on(empty_postgres_url)) as plain:
        plain.execute(before)
        with (
            closing(engine_on(empty_postgres_url)) as engine,
            pytest.raises(SchemaUnknown, match=r"names are taken: .*\. Remove what has"),
        ):
            engine.open()
        assert tables(plain) == set()


# --- from one schema to the next ---


def test_what_was_released_is_never_changed() -> None:
    """A database that has it would not get the change. Whoever needs one adds a step, and the number of its script."""
    known = {1: "08f62b5bcdf865de"}
    assert {number: hashlib.sha256(schema.script(number).encode()).hexdigest()[:16] for number in known} == known


SHAPE_IN_POSTGRES = """
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
        || coalesce(column_default, '') || ' ' || ordinal_position || ' ' || coalesce(collation_name, '')
    FROM information_schema.columns WHERE table_schema = current_schema()
    UNION ALL SELECT 'index ' || indexname || regexp_replace(indexdef, 'ON [^ ]*\\.', 'ON ') FROM pg_indexes
    WHERE schemaname = current_schema()
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace
    UNION ALL SELECT 'trigger ' || tgname || ' ' || tgenabled::text FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
    ORDER BY 1"""

SHAPE_IN_SQLITE = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"


def shape(plain: Plain) -> list[tuple[Any, ...]]:
    """Everything that the schema is made of."""
    is_sqlite = "sqlite" in type(plain).__module__
    rows: list[tuple[Any, ...]] = plain.execute(SHAPE_IN_SQLITE if is_sqlite else SHAPE_IN_POSTGRES).fetchall()
    return rows


def fault_of(engine: Engine) -> Fault | None:
    with engine.reading() as tx:
        return verification.inspect(tx).fault


@pytest.mark.parametrize("other_url", ["sqlite", "empty_postgres"])
def test_a_migrated_schema_is_the_same_as_a_new_one(
    request: pytest.FixtureRequest, tmp_path: Path, other_url: str
) -> None:
    is_sqlite = other_url == "sqlite"
    shapes = []
    for number in (1, None):
        url = (
            f"sqlite:///{tmp_path}/{number}.db"
            if is_sqlite
            else new_schema(request.getfixturevalue("postgres_database"))
        )
        with closing(engine_on(url, opening=Opening(at=number, older=Older.LEFT))) as engine:
            engine.open()
        with closing(engine_on(url, opening=Opening(older=Older.MIGRATED))) as engine, closing(plain_on(url)) as plain:
            before = shape(plain)
            engine.open()
            shapes.append(shape(plain))
            assert (before == shapes[-1]) is (number is None)
            assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA, 1)]
            assert fault_of(engine) is None
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 20


def test_one_of_an_older_release_is_checked_as_that_release_made_it(open_engine: OpenEngine, plain: Plain) -> None:
    engine = open_engine(opening=Opening(at=1, older=Older.LEFT))
    assert fault_of(engine) is None
    plain.execute("ALTER TABLE processes ADD COLUMN links TEXT")
    assert (fault_of(engine) is None) == isinstance(engine, PostgresEngine)  # there columns are not looked at


def test_what_is_recorded_stays_through_a_step(
    open_engine: OpenEngine, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_engine(opening=Opening(at=1, older=Older.LEFT))
    with old.changing() as tx:
        tx.write("INSERT INTO processes (name, seen_at) VALUES ('old', 7.5)")
    open_engine("p2", opening=Opening(older=Older.MIGRATED))
    assert plain.execute("SELECT name, seen_at, links, schema FROM processes").fetchall() == [("old", 7.5, 0, 1)]


def test_a_file_is_migrated_by_opening_it_and_a_server_is_not(open_engine: OpenEngine, plain: Plain) -> None:
    open_engine(opening=Opening(at=1, older=Older.LEFT)).close()
    if "sqlite" in type(plain).__module__:
        open_engine("p2")
        assert plain.execute("SELECT schema FROM journal_head").fetchall() == [(schema.SCHEMA,)]
        return
    for opening in (Opening(), Opening(creates=False)):
        with pytest.raises(SchemaUnknown, match=r"older release: its schema is 1.*Run phoneid migrate"):
            open_engine("p2", opening=opening)
    assert plain.execute("SELECT schema FROM journal_head").fetchall() == [(1,)]


def test_a_process_goes_on_after_an_addition_that_it_does_not_know(
    open_engine: OpenEngine, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_engine()
    with monkeypatch.context() as release:
        know(release, MORE)
        open_engine("p2", opening=Opening(older=Older.MIGRATED))
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA + 1, 1)]
    for engine in (old, open_engine("p3")):  # also one that starts only now
        with engine.changing() as tx:
            processes.beat(tx)
        with engine.reading() as tx:
            check_usable(tx)
            with pytest.raises(SchemaUnknown, match="Use the newer release"):
                known_schema(tx)


def test_a_step_that_would_break_a_living_process_waits_until_it_has_ended(
    open_engine: OpenEngine, plain: Plain, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_engine()
    with old.changing() as tx:
        processes.beat(tx)
    before = shape(plain)
    with monkeypatch.context() as release:
        know(release, BREAKING)
        with pytest.raises(OlderAtWork, match="Run phoneid migrate"):
            open_engine("p2", opening=Opening(older=Older.MIGRATED))
        new = open_engine("p2", opening=Opening(older=Older.LEFT))
        with new.changing() as tx:
            announce(tx)
    assert shape(plain) == before

    # The process takes no new work, and records what it began.
    with old.reading() as tx, pytest.raises(SchemaUnknown, match="a newer release is taking over"):
        check_usable(tx)
    with pytest.raises(SchemaUnknown, match="being migrated by one"):
        open_engine("p3")
    with old.changing() as tx:
        processes.beat(tx)
    with monkeypatch.context() as release:
        know(release, BREAKING)
        with pytest.raises(OlderAtWork), new.changing() as tx:
            take_steps(tx)
    with old.changing() as tx:
        processes.leave(tx)

    with monkeypatch.context() as release:
        know(release, BREAKING)
        with new.changing() as tx:
            assert take_steps(tx) == (schema.SCHEMA - 1, schema.SCHEMA)
        assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA, schema.SCHEMA)]
    with pytest.raises(SchemaUnknown, match="has taken over"), old.changing():
        pytest.fail("its tables are gone")


def test_whoever_is_silent_for_long_holds_no_step_up(
    open_engine: OpenEngine, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_engine().changing() as tx:
        processes.beat(tx)
    know(monkeypatch, BREAKING)
    clock.time += SILENT_FOR - 1
    with pytest.raises(OlderAtWork):
        open_engine("p2", opening=Opening(older=Older.MIGRATED))
    clock.time += 2
    open_engine("p2", opening=Opening(older=Older.MIGRATED))


def test_a_step_that_is_not_taken_is_withdrawn_and_older_processes_go_on(
    open_engine: OpenEngine, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_engine()
    with monkeypatch.context() as release:
        know(release, MORE, BREAKING)
        with open_engine("p2", opening=Opening(older=Older.LEFT)).changing() as tx:
            announce(tx)
            withdraw(tx)
    with old.reading() as tx:
        check_usable(tx)
    assert plain.execute(HEAD).fetchall() == [(1, 0, GENESIS, schema.SCHEMA, 1)]

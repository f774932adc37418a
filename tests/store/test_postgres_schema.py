"""Which schema of a Postgres database is used: the URL says so, and nothing that others leave on a connection."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from bot.environment.database_urls import split_schema
from bot.errors import SettingsError, StoreUnavailable
from bot.settings import RecordSettings, read
from bot.store import journal, processes
from bot.store.migrations import Opening
from bot.store.names import new_process
from bot.store.postgres import PostgresEngine
from bot.store.postgres_begin import RECORD_LOCK, STATE_LOCK, Limits, lock_key
from bot.store.urls import record_at, state_at
from tests.clocks import START, SteppingClock
from tests.store.engines import SERVER, postgres

NAME = f"phoneid_test_schema_{os.getpid()}"


@pytest.fixture(scope="module")
def database(postgres_database: str) -> Iterator[str]:
    """A database with nothing of ours in any schema."""
    admin = f"{SERVER}/postgres"
    postgres(f"CREATE DATABASE {NAME} TEMPLATE template0", admin)
    yield f"{SERVER}/{NAME}"
    postgres(f"DROP DATABASE {NAME} WITH (FORCE)", admin)


def tables_in(database: str, schema: str) -> set[str]:
    return {name for (name,) in postgres(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'", database)}


@pytest.mark.parametrize(
    ("url", "split"),
    [
        ("postgresql://u@h/d", ("postgresql://u@h/d", "public")),
        ("postgresql://u@h/d?schema=bots", ("postgresql://u@h/d", "bots")),
        ("postgresql://u@h/d?schema=bots&sslmode=require", ("postgresql://u@h/d?sslmode=require", "bots")),
        ("postgresql://u@h/d?a=1&schema=b_2&c=3", ("postgresql://u@h/d?a=1&c=3", "b_2")),
        ("postgresql://u@h/d?a=1&schema=bots", ("postgresql://u@h/d?a=1", "bots")),
        ("postgresql://u@h/d?search_schema=x", ("postgresql://u@h/d?search_schema=x", "public")),
        ("postgresql://u:p?schema=x@h/d", ("postgresql://u:p?schema=x@h/d", "public")),  # a password's end
    ],
)
def test_the_schema_is_taken_out_of_the_url(url: str, split: tuple[str, str]) -> None:
    assert split_schema(url) == split


@pytest.mark.parametrize(
    "name",
    ["", "Bots", "pg_catalog", "information_schema", "1st", "a-b", "a;b", 'a"b', "a%20b", "x" * 64, "a&schema=b"],
)
def test_a_name_that_is_no_schema_s_is_refused_before_anything_is_opened(name: str) -> None:
    url = f"postgresql://u:hunter2@h/d?schema={name}"
    with pytest.raises(SettingsError, match=r"has a \?schema= that cannot be used") as told:
        read(RecordSettings, {"DATABASE_URL": url})
    with pytest.raises(StoreUnavailable, match=r"has a \?schema= that cannot be used") as refused:
        PostgresEngine(url, process="p1")
    assert "hunter2" not in f"{told.value}{refused.value}"


async def test_record_and_quota_are_where_the_url_says_whatever_a_pooler_hands_on(database: str) -> None:
    postgres("CREATE SCHEMA bots; CREATE SCHEMA others", database)
    # What another client of a pooler left on the connection: its own path, and a table with the name of ours.
    postgres(f"ALTER DATABASE {NAME} SET search_path = others", database)
    for url, schema in ((f"{database}?schema=bots", "bots"), (database, "public")):
        record = record_at(url, process=new_process(), clock_now=lambda: START)
        await record.open()
        state = state_at(url, "quota", process=new_process(), clock=SteppingClock())
        await state.open()
        for thread in (record._changes, state._thread):  # nobody else can ask on these connections
            connection = thread.engine._connection  # type: ignore[attr-defined] # see above
            connection.execute("CREATE TEMP TABLE state (name TEXT, text TEXT)")
            connection.execute("CREATE TEMP TABLE processes (name TEXT, seen_at FLOAT)")
        await record.change(processes.beat)
        assert await state.change(lambda text, _: ("kept", text)) == ""
        assert await record.read(journal.head) is not None
        assert await record.scrub()
        await record.aclose()
        await state.aclose()
        assert {"journal", "state", "processes"} <= tables_in(database, schema)
        assert postgres(f"SELECT text FROM {schema}.state", database) == [("kept",)]
        assert postgres(f"SELECT count(*) FROM {schema}.processes", database) == [(1,)]
    assert tables_in(database, "others") == set()


def test_a_schema_that_is_not_there_is_named_and_not_made(database: str) -> None:
    with (
        closing(PostgresEngine(f"{database}?schema=nowhere", process="p1")) as engine,
        pytest.raises(StoreUnavailable, match=r"has no schema nowhere\. Run CREATE SCHEMA nowhere"),
    ):
        engine.open()
    assert postgres("SELECT to_regnamespace('nowhere')", database) == [(None,)]


def test_bots_in_two_schemas_do_not_wait_for_each_other(database: str) -> None:
    postgres("CREATE SCHEMA one; CREATE SCHEMA two", database)
    limits = Limits(lock=0.2)
    with ExitStack() as stack:
        one, again, two = (
            stack.enter_context(closing(PostgresEngine(f"{database}?schema={name}", process="p1", limits=limits)))
            for name in ("one", "one", "two")
        )
        one.open()
        again.open()
        with one.changing():
            two.open()
            with two.changing() as tx:
                processes.beat(tx)
            with pytest.raises(StoreUnavailable, match="lock timeout"), again.changing():
                pass


def test_each_schema_has_keys_of_its_own_and_public_those_it_always_had() -> None:
    """Processes of releases without schemas' keys may be at work in ``public``: they and we must exclude each other."""
    assert [lock_key(lock, "public") for lock in (RECORD_LOCK, STATE_LOCK)] == [1885892462, 1885892463]
    names = [*(f"bots_{number}" for number in range(100)), "public", "x" * 63]
    keys = {lock_key(lock, name) for name in names for lock in (RECORD_LOCK, STATE_LOCK)}
    assert len(keys) == 2 * len(names)
    assert all(0 < key < 2**63 for key in keys)  # the server's bigint


def test_several_hosts_without_ports_are_an_address(database: str) -> None:
    host = psycopg.conninfo.conninfo_to_dict(database)["host"]
    if f":{psycopg.conninfo.conninfo_to_dict(database).get('port') or 5432}" not in (":5432",):
        pytest.skip("the server is at another port than the usual one")
    url = f"postgresql://postgres@{host},{host}/{NAME}"
    with closing(PostgresEngine(url, process="p1", opening=Opening(creates=True))) as engine:
        engine.open()

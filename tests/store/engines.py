"""Both engines, each on a fresh database: what every test of the store is given.

Postgres answers at PHONEID_TEST_POSTGRES, or on this machine. Where there is none its tests are skipped, except in CI.
"""

import itertools
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol
from urllib.parse import quote

import psycopg
import pytest

from bot.environment.database_urls import split_schema
from bot.evidence import GENESIS
from bot.store.engine import Engine
from bot.store.migrations import Opening
from bot.store.postgres import PostgresEngine
from bot.store.postgres_begin import RECORD_LOCK, Limits, lock_key
from bot.store.record import Record
from bot.store.schema import SCHEMA, oldest_writer
from bot.store.sqlite import SqliteEngine
from bot.store.urls import SQLITE
from tests.clocks import START, SteppingClock
from tests.store.proxy import Proxy

SERVER = os.environ.get("PHONEID_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")

_numbers = itertools.count(1)


class ClockedEngine(PostgresEngine):
    """Lets a function in the test's schema stand before the server's own: its clock."""

    search_path = "{schema}, pg_catalog, pg_temp"


def engine_on(
    url: str,
    *,
    process: str = "p1",
    clock_now: Callable[[], float] = time.time,
    patience: float = 20.0,
    opening: Opening | None = None,
) -> Engine:
    """An engine that waits so many seconds for the lock, not yet open."""
    if url.startswith(SQLITE):
        path = url.removeprefix(SQLITE)
        return SqliteEngine(path, process=process, clock_now=clock_now, busy_timeout=patience, opening=opening)
    url = behind(os.environ.get("PHONEID_TEST_POOLER", ""), url)
    return ClockedEngine(url, process=process, limits=Limits(lock=patience), opening=opening)


def behind(pooler: str, url: str) -> str:
    """The URL behind that pooler (``host:port``), if there is one: without options, which poolers refuse."""
    server = SERVER.rpartition("@")[2]
    return re.sub(r"&options=[^&]*", "", url.replace(f"@{server}/", f"@{pooler}/")) if pooler else url


class Plain(Protocol):
    """A connection of another program's, such as psql or sqlite3: without any of our settings, and of either driver."""

    def execute(self, sql: str, /) -> Any: ...

    def close(self) -> None: ...


def plain_on(url: str) -> Plain:
    if url.startswith(SQLITE):
        return sqlite3.connect(url.removeprefix(SQLITE), timeout=0, isolation_level=None)
    connection: Any = psycopg.connect(
        split_schema(url)[0], autocommit=True
    )  # psycopg wants literals, and tests make their statements
    return connection  # type: ignore[no-any-return] # see above


def record_lock(url: str) -> int:
    """The key of the lock that every change of the record there takes."""
    return lock_key(RECORD_LOCK, split_schema(url)[1])


def postgres(sql: str, url: str) -> list[tuple[Any, ...]]:
    """The rows of a statement, on a connection for it alone."""
    with psycopg.connect(split_schema(url)[0], autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def wait_until(sql: str, url: str) -> None:
    """Until the query finds a row."""
    with closing(plain_on(url)) as connection:
        while not connection.execute(sql).fetchall():
            pass


class PostgresClock(SteppingClock):
    """The database's own time, owned by the test: in its schema a function stands before the server's."""

    def __init__(self, url: str, time: float = START) -> None:
        self._connection = plain_on(url)
        super().__init__(time)

    @property
    def time(self) -> float:
        return self._time

    @time.setter
    def time(self, time: float) -> None:
        self._time = time
        self._connection.execute(
            "CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            f" 'SELECT to_timestamp({time!r})'"
        )

    def close(self) -> None:
        self._connection.close()


def do_without_postgres(why: str) -> NoReturn:
    """Leave the test out; in CI nothing is left out."""
    reason = f"no Postgres at {SERVER.rpartition('@')[2]}: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """The URL of a database for this run of the tests."""
    name = f"phoneid_test_{os.getpid()}_{next(_numbers)}"  # each folder of tests that imports this has one of its own
    admin = f"{SERVER}/postgres"
    try:
        postgres(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0", admin)
    except psycopg.OperationalError as error:
        do_without_postgres(str(error))
    postgres(f"ALTER DATABASE {name} SET synchronous_commit = off", admin)  # quicker, and nobody pulls the plug
    yield f"{SERVER}/{name}"
    postgres(f"DROP DATABASE {name} WITH (FORCE)", admin)


def new_schema(database: str) -> str:
    """The URL of an empty schema: to us it is a database of its own, and it is quickly made."""
    schema = f"test_{next(_numbers)}"
    postgres(f"CREATE SCHEMA {schema}", database)
    # The options are for other programs; the server's own functions come last, as ``ClockedEngine`` has it.
    return f"{database}?schema={schema}&options={quote(f'-csearch_path={schema},pg_catalog')}"


class ReadySchema(NamedTuple):
    url: str
    connection: Plain
    """Of its own, for emptying it: to connect takes longer than most tests."""
    shape: list[Any]


class ReadySchemas:
    """Schemas with our tables in them, which tests use in turn: to empty one is quicker than to make one."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._free: list[ReadySchema] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        schema = self._free.pop() if self._free else self._made()
        yield schema.url
        with suppress(psycopg.Error):  # somebody may still have it locked: then nobody gets it again
            schema.connection.execute(_EMPTY)
            if schema.connection.execute(_SHAPE).fetchall() == schema.shape:
                self._free.append(schema)
                return
        schema.connection.close()

    def close(self) -> None:
        for schema in self._free:
            schema.connection.close()

    def _made(self) -> ReadySchema:
        url = new_schema(self._database)
        with closing(engine_on(url)) as engine:
            engine.open()
        connection = plain_on(url)
        return ReadySchema(url, connection, connection.execute(_SHAPE).fetchall())


# Whether a test left something in the schema that is not ours, or took something away.
_SHAPE = """
    SELECT c.relname, c.relkind, c.relnatts, c.relchecks, c.reltriggers, c.columns, p.proname
    FROM (SELECT *, (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c.oid) AS reltriggers,
          (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid) AS columns
          FROM pg_class c
          WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i', 'v')) c
    FULL JOIN (SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace) p ON false
    ORDER BY 1, 7"""

_EMPTY = f"""
    SET lock_timeout = '1s';
    DROP FUNCTION IF EXISTS clock_timestamp();
    ALTER TABLE journal DISABLE TRIGGER USER;
    DELETE FROM alarms; DELETE FROM messages; DELETE FROM outbox; DELETE FROM refused_codes; DELETE FROM lookups;
    DELETE FROM journal; DELETE FROM requests; DELETE FROM processes; DELETE FROM state;
    ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_keeps_entries;
    ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_loses_nothing;
    DELETE FROM journal_head;
    INSERT INTO journal_head VALUES (1, 0, '{GENESIS}', {SCHEMA}, {oldest_writer(SCHEMA)})"""


@pytest.fixture(scope="session")
def ready_schemas(postgres_database: str) -> Iterator[ReadySchemas]:
    with closing(ReadySchemas(postgres_database)) as schemas:
        yield schemas


@pytest.fixture
def postgres_url(ready_schemas: ReadySchemas) -> Iterator[str]:
    """The URL of a Postgres database as it is when it was just opened for the first time."""
    with ready_schemas.one() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_database: str) -> str:
    return new_schema(postgres_database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"{SQLITE}{tmp_path / 'phoneid.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database, on each engine in turn. On Postgres our tables are in it already."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "empty_postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database that nobody has opened yet, on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def clock(database_url: str) -> Iterator[SteppingClock]:
    """What engines and records of this test take for the time; on Postgres, too."""
    if database_url.startswith(SQLITE):
        yield SteppingClock()
        return
    clock = PostgresClock(database_url)
    yield clock
    clock.close()


OpenEngine = Callable[..., Engine]
OpenRecord = Callable[..., Awaitable[Record]]


@pytest.fixture
def open_engine(database_url: str, clock: SteppingClock) -> Iterator[OpenEngine]:
    """Opens engines on one database, each as a process of its own would. Options are those of ``engine_on``."""
    opened: list[Engine] = []

    def open_one(process: str = "p1", **options: Any) -> Engine:
        engine = engine_on(database_url, process=process, **{"clock_now": clock.now, **options})
        opened.append(engine)
        engine.open()
        return engine

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: OpenEngine) -> Engine:
    return open_engine()


@pytest.fixture
async def open_record(database_url: str, clock: SteppingClock) -> AsyncIterator[OpenRecord]:
    """Opens records on one database, each as a process of its own would. Options are those of ``engine_on``."""
    opened: list[Record] = []

    async def open_one(process: str = "p1", **options: Any) -> Record:
        own = {"process": process, "clock_now": clock.now, **options}
        record = Record(engine_on(database_url, **own), engine_on(database_url, **own))
        opened.append(record)
        await record.open()
        return record

    yield open_one
    for record in opened:
        await record.aclose()


@pytest.fixture
async def record(open_record: OpenRecord) -> Record:
    return await open_record()


@pytest.fixture
def plain(database_url: str) -> Iterator[Plain]:
    """Another program's connection to the database."""
    connection = plain_on(database_url)
    yield connection
    connection.close()


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    """Between the test and Postgres; ``through`` makes the URL."""
    info = psycopg.conninfo.conninfo_to_dict(split_schema(postgres_url)[0])
    proxy = Proxy(str(info["host"]), int(info["port"] or 5432))
    yield proxy
    proxy.close()


def through(proxy: Proxy, url: str) -> str:
    """The URL of the same database behind the proxy."""
    info = psycopg.conninfo.conninfo_to_dict(split_schema(url)[0])
    return url.replace(f"{info['host']}:{info['port']}", f"127.0.0.1:{proxy.port}")


class Trips:
    """Counts the round trips to Postgres of what is opened on ``url``."""

    def __init__(self, proxy: Proxy, url: str) -> None:
        self._proxy = proxy
        self.url = through(proxy, url)

    def of(self, work: Callable[[], object]) -> int:
        before = self._proxy.trips
        work()
        return self._proxy.trips - before

    async def of_each(self, works: Sequence[Awaitable[object]]) -> list[int]:
        counts = []
        for work in works:
            before = self._proxy.trips
            await work
            counts.append(self._proxy.trips - before)
        return counts


@pytest.fixture
def trips(proxy: Proxy, postgres_url: str) -> Trips:
    return Trips(proxy, postgres_url)

"""Where the scenes' record is: in a file, and at night, or with PHONEID_TEST_SCENARIOS=postgres, on a server.

A server has its own time. So that it passes as the scene's does, whoever works in this process tells it what time it
is; other processes have the real one, as the server.
"""

import math
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from bot.interfaces import Clock
from bot.store.engine import Row
from bot.store.postgres_tx import Connection
from bot.store.record import Record
from bot.store.schema import COLUMNS
from bot.store.urls import SQLITE
from tests.store.engines import ClockedEngine, new_schema, plain_on, postgres, record_lock

CHOSEN = os.environ.get("PHONEID_TEST_SCENARIOS")

# Stands before the server's own: see ClockedEngine.
_CLOCK = """
    CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
        SELECT coalesce(
            to_timestamp(CAST(nullif(current_setting('phoneid.now', true), '') AS double precision)),
            pg_catalog.clock_timestamp())
    $$"""


class Elsewhere(NamedTuple):
    """A clock that only tells the time."""

    now: Callable[[], float]


class SceneEngine(ClockedEngine):
    """Tells the server what time it is in the scene."""

    clock: Clock | Elsewhere

    def _begin(self, begin: str) -> tuple[Connection, Row]:
        isolation, limits = begin.split(";", 1)
        now = math.floor(self.clock.now() * 1e6) / 1e6  # a server would round it up, beyond what time it is
        return super()._begin(f"{isolation}; SET LOCAL phoneid.now = '{now!r}'; {limits}")


def go_by(record: Record, now: Callable[[], float]) -> None:
    """Let what a record does, which is not open yet, be done at that time also on a server."""
    for thread in (record._changes, record._reads):  # a test's business alone
        if isinstance(thread.engine, SceneEngine):
            thread.engine.clock = Elsewhere(now)


class Database:
    """One test's, for all that it opens."""

    def __init__(self, folder: Path, server: str | None) -> None:
        """``server``: the URL of a database there, in which a schema is made."""
        self.url = f"{SQLITE}{folder / 'phoneid.db'}"
        if server:
            self.move_to(server)

    def move_to(self, server: str) -> None:
        """Before anything is opened: a new schema there."""
        self.url = new_schema(server)
        postgres(_CLOCK, self.url)

    def note_clock(self, clock: Clock) -> None:
        SceneEngine.clock = clock


CURRENT: list[Database] = []
"""The one of the test that runs."""


def url_for(folder: Path, clock: Clock) -> str:
    """Where a scene's record is."""
    if not CURRENT:
        return f"{SQLITE}{folder / 'phoneid.db'}"
    CURRENT[0].note_clock(clock)
    return CURRENT[0].url


class Hands(Protocol):
    """Another program's connection, whose statements have ``?`` for their values."""

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Any: ...


class _OnServer:
    def __init__(self, url: str) -> None:
        self._connection = plain_on(url)

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Any:
        return self._connection.execute(sql.replace("?", "%s"), values)  # type: ignore[call-arg] # as psycopg has it

    def close(self) -> None:
        self._connection.close()


@contextmanager
def hands_on(url: str) -> Iterator[Hands]:
    """For what the bot itself never does. Each statement is a change of its own."""
    if url.startswith(SQLITE):
        with closing(sqlite3.connect(url.removeprefix(SQLITE), isolation_level=None)) as database:
            yield database
    else:
        with closing(_OnServer(url)) as database_there:
            yield database_there


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Meanwhile nobody can record anything."""
    with hands_on(url) as other:
        if url.startswith(SQLITE):
            other.execute("BEGIN IMMEDIATE")
        else:
            other.execute("BEGIN")
            other.execute(f"SELECT pg_advisory_xact_lock({record_lock(url)})")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def written_down(url: str, file: Path) -> None:
    """All that a server's database holds, in a file, as the other engine has it."""
    if url.startswith(SQLITE):
        return
    with hands_on(url) as database, file.open("w") as written:
        for table in COLUMNS:
            written.writelines(f"{row}\n" for row in database.execute(f"SELECT * FROM {table}"))


def use_scene_engine(patch: Any) -> None:
    """Whatever this process opens on a server is told the scene's time."""
    patch.setattr("bot.store.postgres.PostgresEngine", SceneEngine)

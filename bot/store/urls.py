"""Which engine a database URL means."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot.errors import StoreUnavailable
from bot.interfaces import Clock
from bot.store.engine import Engine
from bot.store.migrations import TO_LOOK, Older, Opening
from bot.store.record import Record
from bot.store.sqlite import IN_MEMORY, SqliteEngine
from bot.store.sqlite_reading import ReadOnlySqlite
from bot.store.state import SharedState
from bot.texts import databases as texts

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")

PATIENCE = 5.0
"""Seconds to wait for another process's change before it counts as stuck."""

LONGEST = 3600.0
"""Seconds that one statement may take, or wait for the other database, where a whole record is copied."""

LONGEST_STILL = 60.0
"""Seconds that a copy may stand still in its change, which holds the lock that every bot on that database needs."""

_UNKNOWN = "the address of the database is neither sqlite:///path/to/file nor postgresql://user@host/name"


def record_at(
    url: str,
    *,
    process: str,
    clock_now: Callable[[], float],
    patience: float = PATIENCE,
    opening: Opening | None = None,
) -> Record:
    """The record in that database, not yet open. Raises ``StoreUnavailable`` if the URL names none we can use.

    ``patience``: seconds to wait for another process's change. Unless the ``opening`` says otherwise, an empty database
    gets tables, and a file of an older release its steps; a server's database of an older release is refused.
    """
    new_engine = partial(engine_at, url, process=process, clock_now=clock_now, patience=patience, opening=opening)
    if url == SQLITE + IN_MEMORY:
        return Record(new_engine())
    return Record(new_engine(), new_engine(), another=new_engine)


def record_to_look_at(url: str, *, process: str) -> Record:
    """The same for whoever only reads: nothing of it is changed, created, or brought to this release's schema."""
    if url.startswith(SQLITE):
        return Record(ReadOnlySqlite(url.removeprefix(SQLITE), process=process))
    return Record(_postgres_engine(url, process=process, opening=TO_LOOK))


def state_at(url: str, name: str, *, process: str, clock: Clock, patience: float = PATIENCE) -> SharedState:
    """A text that the processes on that database share, not yet open. Raises as ``record_at``."""
    if url.startswith(SQLITE):
        path = url.removeprefix(SQLITE)
        engine = SqliteEngine(path, process=process, clock_now=clock.now, busy_timeout=patience, synchronous="NORMAL")
        return SharedState(engine, name, monotonic=clock.monotonic, is_local=True)
    # On Postgres looking would cost as many round trips as changing does.
    engine_there = _postgres_engine(url, process=process, patience=patience, is_for_state=True)
    return SharedState(engine_there, name, monotonic=clock.monotonic, is_local=False)


def engine_at(
    url: str,
    *,
    process: str,
    clock_now: Callable[[], float],
    patience: float = PATIENCE,
    opening: Opening | None = None,
) -> Engine:
    """An engine for the record in that database, not yet open. Raises as ``record_at``."""
    if url.startswith(SQLITE):
        path = url.removeprefix(SQLITE)
        return SqliteEngine(path, process=process, clock_now=clock_now, busy_timeout=patience, opening=opening)
    return _postgres_engine(url, process=process, patience=patience, opening=opening)


def engine_to_copy_from(url: str, *, process: str) -> Engine:
    """An engine that reads a whole database, whatever its schema. Raises as ``record_at``."""
    if url.startswith(SQLITE):
        return ReadOnlySqlite(url.removeprefix(SQLITE), process=process)
    return _postgres_engine(url, process=process, opening=TO_LOOK, statement=LONGEST)


def engine_to_copy_to(url: str, *, process: str, clock_now: Callable[[], float], schema: int) -> Engine:
    """An engine that fills an empty database of a schema, in one change. Raises as ``record_at``."""
    opening = Opening(at=schema, older=Older.LEFT)
    if url.startswith(SQLITE):
        return SqliteEngine(url.removeprefix(SQLITE), process=process, clock_now=clock_now, opening=opening)
    return _postgres_engine(url, process=process, opening=opening, statement=LONGEST)


def _postgres_engine(
    url: str,
    *,
    process: str,
    patience: float = PATIENCE,
    is_for_state: bool = False,
    opening: Opening | None = None,
    statement: float | None = None,
) -> Engine:
    if not url.startswith(POSTGRES):
        raise StoreUnavailable(_UNKNOWN)  # unquoted: there may be a password in it
    try:
        from bot.store.postgres import PostgresEngine
        from bot.store.postgres_begin import STATE_LOCK, Limits
    except ImportError as error:
        raise StoreUnavailable(texts.NO_DRIVER) from error
    limits = Limits(lock=patience)
    if statement:
        limits = replace(limits, statement=statement, idle=LONGEST_STILL, read=statement, idle_read=statement)
    if is_for_state:
        return PostgresEngine(url, process=process, lock=STATE_LOCK, is_durable=False, limits=limits)
    return PostgresEngine(url, process=process, limits=limits, opening=opening)

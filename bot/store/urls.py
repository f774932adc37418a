"""Which engine a database URL means."""

from collections.abc import Callable

from bot.errors import StoreUnavailable
from bot.store.engine import Engine
from bot.store.record import Record
from bot.store.sqlite import IN_MEMORY, SqliteEngine
from bot.store.state import SharedState

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")

_UNKNOWN = "the address of the database is none of sqlite:///path/to/file and postgresql://user@host/name"

_NO_DRIVER = "the database is Postgres, and its driver is not installed: pip install 'phoneid-bot[postgres]'"


def record_at(url: str, *, process: str, clock_now: Callable[[], float]) -> Record:
    """The record in that database, not yet open. Raises ``StoreUnavailable`` if the URL names none we can use."""
    changes = engine_at(url, process=process, clock_now=clock_now)
    if url == SQLITE + IN_MEMORY:
        return Record(changes)
    return Record(changes, engine_at(url, process=process, clock_now=clock_now))


def state_at(url: str, name: str, *, process: str, clock_now: Callable[[], float]) -> SharedState:
    """A text that the processes on that database share, not yet open. Raises as ``record_at``."""
    if url.startswith(SQLITE):
        path = url.removeprefix(SQLITE)
        engine = SqliteEngine(path, process=process, clock_now=clock_now, synchronous="NORMAL")
        return SharedState(engine, name, looks_first=True)
    # On Postgres looking would cost as many round trips as changing does.
    return SharedState(_postgres_engine(url, process=process, is_for_state=True), name, looks_first=False)


def engine_at(url: str, *, process: str, clock_now: Callable[[], float]) -> Engine:
    """An engine for the record in that database, not yet open. Raises as ``record_at``."""
    if url.startswith(SQLITE):
        return SqliteEngine(url.removeprefix(SQLITE), process=process, clock_now=clock_now)
    return _postgres_engine(url, process=process)


def _postgres_engine(url: str, *, process: str, is_for_state: bool = False) -> Engine:
    if not url.startswith(POSTGRES):
        raise StoreUnavailable(_UNKNOWN)  # unquoted: there may be a password in it
    try:
        from bot.store.postgres import STATE_LOCK, PostgresEngine
    except ImportError as error:
        raise StoreUnavailable(_NO_DRIVER) from error
    if is_for_state:
        return PostgresEngine(url, process=process, lock=STATE_LOCK, is_durable=False)
    return PostgresEngine(url, process=process)

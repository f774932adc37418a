"""How each transaction on Postgres begins: all that it needs of the server, in one round trip.

Nothing is left on the connection: a pooler refuses settings at its start, and hands on to others what is set for good.
"""

from dataclasses import asdict, dataclass, replace
from typing import Final
from zlib import crc32

from bot.environment.database_urls import DEFAULT_SCHEMA
from bot.store.migrations import HEAD

RECORD_LOCK = 0x70686F6E
"""The advisory lock of all changes of the record, and of every opening: see ``lock_key``."""

STATE_LOCK = RECORD_LOCK + 1
"""That of all changes of shared state: nobody who takes a turn waits for whoever records something."""

# Temporary tables come last. A session's own come first by default, and behind a pooler they may be another client's.
SEARCH_PATH: Final = "{schema}, pg_temp"

_SETTINGS: Final = """
    SET LOCAL search_path = {search_path};
    SET LOCAL lock_timeout = '{lock}ms';
    SET LOCAL statement_timeout = '{statement}ms';
    SET LOCAL idle_in_transaction_session_timeout = '{idle}ms';"""

# One simple query of many statements is one round trip. In READ COMMITTED each statement sees what was committed before
# it began; under REPEATABLE READ the moment would be older than the wait for the lock.
_CHANGE: Final = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    {settings}
    {commit}
    SELECT pg_advisory_xact_lock({key});"""

# One moment for the whole transaction: else a check of the journal would report faults where others write meanwhile.
_READ: Final = """
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    {settings}"""

# A statement of its own, so that the clock is read after the wait; now() would be from before it.
_TIME: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now"

_TIME_AND_HEAD: Final = f"SELECT * FROM ({_TIME}) AS time LEFT JOIN ({HEAD}) AS head ON true"  # noqa: S608 - two constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds after which the server gives up, so that nobody stands still behind a stopped process or a lost one."""

    lock: float = 5.0
    """For others' changes. Whoever waits in Slack is answered after less, and nothing is recorded then."""
    statement: float = 10.0
    """A statement of ours takes milliseconds: only a server in trouble needs it."""
    idle: float = 1.2
    """How long a change may wait for us: then the server ends it, and others get the lock. Between two statements of a
    change lie milliseconds, on a busy machine some hundred. Longer than this stands still only what was stopped, and
    with what the server needs to notice, others wait for less than 1.5. A change that was cut off so is made again."""
    read: float = 600.0
    """For each statement of a read: an export takes its time, and holds no lock."""
    idle_read: float = 60.0
    """How long a read may wait for us: it hinders nobody, but keeps the server from removing old rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """The statements that begin each kind of transaction. Each ends with a row that tells the time."""

    change: str
    read: str
    opening: str
    """Whatever else an engine is for, creating the tables excludes all who might be about to."""
    asking: str
    """After a lost COMMIT: it waits until the server has given up a transaction whose client it has lost."""


def lock_key(lock: int, schema: str) -> int:
    """The number that the server knows a lock by: one per schema, so that bots in several never wait for each other.

    The schema is in its upper half, where for ``public`` there is nothing. Two schemas that are alike there would wait
    for each other, and nothing worse.
    """
    upper = 0 if schema == DEFAULT_SCHEMA else crc32(schema.encode()) >> 1  # the sign's bit stays free
    return upper << 32 | lock


def beginnings(
    limits: Limits,
    *,
    schema: str,
    search_path: str = SEARCH_PATH,
    lock: int = RECORD_LOCK,
    is_durable: bool = True,
    creates: bool = True,
) -> Beginnings:
    """``lock``: changes of one schema with the same number exclude each other.

    Unless it ``is_durable``, a change may be lost when the server's machine stops, and is quicker. Unless it
    ``creates``, opening changes nothing.
    """

    def settings(limits: Limits) -> str:
        milliseconds = {name: round(seconds * 1000) for name, seconds in asdict(limits).items()}
        return _SETTINGS.format(search_path=search_path.format(schema=schema), **milliseconds)

    longest = limits.lock + max(limits.statement, limits.idle)
    patient = replace(limits, lock=longest, statement=longest)
    read = _READ.format(settings=settings(replace(limits, statement=limits.read, idle=limits.idle_read)))
    creating = _CHANGE.format(settings=settings(limits), commit="", key=lock_key(RECORD_LOCK, schema))
    key = lock_key(lock, schema)
    quick = "" if is_durable else "SET LOCAL synchronous_commit = off;"
    return Beginnings(
        change=_CHANGE.format(settings=settings(limits), commit=quick, key=key) + _TIME_AND_HEAD,
        read=read + _TIME_AND_HEAD,
        opening=(creating if creates else read) + _TIME,
        asking=_CHANGE.format(settings=settings(patient), commit="", key=key) + _TIME,
    )

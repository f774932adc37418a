"""Postgres, through psycopg 3: one synchronous connection, at home behind a transaction pooler too.

Every change is three round trips: the lock, the time and the journal's head; the statement that decides; all else
together with COMMIT.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import Final

import psycopg
from psycopg import errors as pg

from bot.errors import ChangeUnknown, DatabaseGone, RecordDamaged, StoreError, StoreUnavailable
from bot.store.engine import Row, Tx
from bot.store.migrations import HEAD, Older, Opening, head_to_change, head_to_read, prepare
from bot.store.postgres_tx import Connection, PostgresTx, connected
from bot.store.schema import COLUMNS, names_ours
from bot.texts import terminal as texts

RECORD_LOCK = 0x70686F6E
"""The advisory lock of all changes of the record, and of every opening."""

STATE_LOCK = RECORD_LOCK + 1
"""That of all changes of shared state: nobody who takes a turn waits for whoever records something."""

_GONE = (
    pg.DataCorrupted,
    pg.IndexCorrupted,
    pg.InsufficientPrivilege,
    pg.InvalidAuthorizationSpecification,
    pg.InvalidCatalogName,
    pg.InvalidSchemaName,
)
"""What Postgres says when the database cannot be used until somebody has done something about it there."""

UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    # psycopg files these under mistakes of ours, but they are the database's state.
    pg.IdleInTransactionSessionTimeout,
    pg.TransactionTimeout,
    pg.ReadOnlySqlTransaction,
    *_GONE,
)
"""What Postgres says when the database cannot be used, or its connection is lost. Anything else stays what it is."""

# Limits go with the transaction: a pooler refuses them at the start of a connection, and hands on what is set for good.
_LIMITS: Final = """
    SET LOCAL lock_timeout = '{lock}ms';
    SET LOCAL statement_timeout = '{statement}ms';
    SET LOCAL idle_in_transaction_session_timeout = '{idle}ms';"""

# One simple query of many statements is one round trip. In READ COMMITTED each statement sees what was committed before
# it began; under REPEATABLE READ the moment would be older than the wait for the lock.
_BEGIN_CHANGE: Final = """
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    {limits}
    {commit}
    SELECT pg_advisory_xact_lock({key});"""

# One moment for the whole transaction: else a check of the journal would report faults where others write meanwhile.
_BEGIN_READ: Final = """
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    {limits}"""

# A statement of its own, so that the clock is read after the wait; now() would be from before it.
_TIME: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now"

_TIME_AND_HEAD: Final = f"SELECT * FROM ({_TIME}) AS time LEFT JOIN ({HEAD}) AS head ON true"  # noqa: S608 - two constants

ENCODING: Final = "SELECT current_setting('server_encoding') AS encoding"

TABLE_NAMES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"

# The index entries too, however few: they hold phone numbers.
VACUUM: Final = f"VACUUM (INDEX_CLEANUP ON) {', '.join(COLUMNS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds after which the server gives up, so that nobody stands still behind a stopped process or a lost one."""

    lock: float = 5.0
    statement: float = 10.0
    idle: float = 10.0
    """How long a transaction may wait for us: then the server ends it, and others get the lock."""
    read: float = 600.0
    """For each statement of a read: an export takes its time, and holds no lock."""


class PostgresEngine:
    """``bot.store.engine.Engine`` on one schema of a Postgres database. Any number of processes may use it."""

    def __init__(
        self,
        dsn: str,
        *,
        process: str,
        lock: int = RECORD_LOCK,
        is_durable: bool = True,
        limits: Limits | None = None,
        opening: Opening | None = None,
    ) -> None:
        """``dsn``: a URL or libpq's words. ``lock``: changes with the same number exclude each other.

        Unless it ``is_durable``, a change may be lost when the server's machine stops, and is quicker. Unless the
        ``opening`` says otherwise, an empty database gets tables, and one of an older release is refused: processes on
        other machines may use it. Opening makes no table, and needs no right to, where it must not create any.
        """
        self._dsn = dsn
        self._process = process
        limits = limits or Limits()
        quick = "" if is_durable else "SET LOCAL synchronous_commit = off;"
        self._opening = opening or Opening()
        self._begin_change = _BEGIN_CHANGE.format(limits=_words(limits), commit=quick, key=lock) + _TIME_AND_HEAD
        begin_read = _BEGIN_READ.format(limits=_words(replace(limits, statement=limits.read)))
        self._begin_read = begin_read + _TIME_AND_HEAD
        # Whatever else an engine is for, creating the schema excludes all who might be about to.
        begin_creating = _BEGIN_CHANGE.format(limits=_words(limits), commit="", key=RECORD_LOCK)
        self._begin_opening = (begin_creating if self._opening.creates else begin_read) + _TIME
        # Until the server has given up a transaction whose client it has lost.
        longest = limits.lock + max(limits.statement, limits.idle)
        asking = _words(replace(limits, lock=longest, statement=longest))
        self._begin_asking = _BEGIN_CHANGE.format(limits=asking, commit="", key=lock) + _TIME
        self._connection: Connection | None = None
        self._is_open = False

    def open(self) -> None:
        with _telling_unavailable():
            try:
                self._open(self._connect())
            except BaseException:
                self.close()
                raise
        self._is_open = True

    def close(self) -> None:
        self._is_open = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def hang_up(self) -> None:
        """No limit of libpq's ends a read from a server that is stopped while its machine still answers."""
        if (connection := self._connection) is not None:
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def changing(self) -> Iterator[Tx]:
        with _telling_unavailable():
            connection, begun = self._begin(self._begin_change)
            with self._transaction(connection, begun) as tx:
                tx.head = head_to_change(begun)
                yield tx
                self._commit(connection, tx)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with _telling_unavailable():
            connection, begun = self._begin(self._begin_read)
            with self._transaction(connection, begun) as tx:
                tx.head = head_to_read(begun)
                yield tx
                tx.commit()

    def checkpoint(self) -> None:
        """Nothing: the server does this by itself."""

    def scrub(self) -> bool:
        """Remove old versions of rows. Those that somebody still reads go later, when the server does this by itself.

        The server's own log keeps what it keeps: whoever runs it says for how long.
        """
        with self.reading():
            pass  # reconnects if need be
        with _telling_unavailable():
            if self._connection is not None:
                self._connection.execute(VACUUM.encode())
        return True

    def _open(self, connection: Connection) -> None:
        with self._transaction(connection, _begun(connection, self._begin_opening)) as tx:
            (encoding,), tables = tx.all(ENCODING), tx.all(TABLE_NAMES)
            if encoding["encoding"] != "UTF8":
                raise StoreUnavailable(f"the database's encoding is {encoding['encoding']}; it must be UTF8")
            names = {row["tablename"] for row in tables}
            prepare(tx, names, self._opening, usually=Older.REFUSED)
            tx.commit()

    def _connect(self) -> Connection:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._connection = connected(self._dsn)
        return self._connection

    def _begin(self, begin: str) -> tuple[Connection, Row]:
        if not self._is_open:
            raise StoreUnavailable("the database is not open")
        connection = self._connection
        if connection is not None and not connection.closed:
            try:
                return connection, _begun(connection, begin)
            except UNAVAILABLE:
                if not connection.closed:
                    raise
        # The server ended an idle connection, or restarted. Nothing of this change has been sent: once more.
        connection = self._connect()
        return connection, _begun(connection, begin)

    @contextmanager
    def _transaction(self, connection: Connection, begun: Row) -> Iterator[PostgresTx]:
        with (
            _rolled_back_on_error(connection),
            closing(PostgresTx(connection, now=begun["now"], process=self._process)) as tx,
        ):
            yield tx

    def _commit(self, connection: Connection, tx: PostgresTx) -> None:
        try:
            status = tx.commit()
        except UNAVAILABLE as error:
            if not connection.closed:
                raise  # refused: nothing is recorded
            if not self._was_committed(tx):
                raise StoreUnavailable("the connection was lost, and nothing was recorded") from error
            return
        if status != "COMMIT":  # COMMIT of a failed transaction answers ROLLBACK, and is no error
            raise StoreUnavailable("the transaction had failed, and nothing was recorded")

    def _was_committed(self, lost: PostgresTx) -> bool:
        """Ask on a new connection. The lost transaction holds the lock until it ends, so behind it the answer is final.

        Never ``pg_xact_status``: after a crash the server gives the same transaction numbers out again.
        """
        if lost.proof is None:
            raise ChangeUnknown("the connection was lost during COMMIT")
        try:
            connection = self._connect()
            with self._transaction(connection, _begun(connection, self._begin_asking)) as tx:
                found = tx.one(lost.proof.sql, **lost.proof.values)
                tx.commit()
        except (StoreError, psycopg.Error) as error:
            raise ChangeUnknown("the connection was lost during COMMIT, and then the database") from error
        return found is not None


def _words(limits: Limits) -> str:
    return _LIMITS.format(**{name: round(seconds * 1000) for name, seconds in asdict(limits).items()})


def _begun(connection: Connection, begin: str) -> Row:
    """The row of the last of the statements that begin a transaction."""
    with _rolled_back_on_error(connection):
        cursor = connection.execute(begin.encode(), prepare=False)  # many statements cannot be prepared
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        assert row is not None
        return row


@contextmanager
def _rolled_back_on_error(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):
            connection.execute(b"ROLLBACK")
        if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            connection.close()  # whatever it is in, nobody shall go on in it
        raise


@contextmanager
def _telling_unavailable() -> Iterator[None]:
    """Raise ``StoreUnavailable`` for what Postgres says when the database cannot be used now, or ``DatabaseGone``."""
    try:
        yield
    except (pg.UndefinedTable, pg.UndefinedColumn) as error:
        if not names_ours(error.diag.message_primary or ""):
            raise
        raise DatabaseGone(_said(error)) from error
    except pg.UniqueViolation as error:
        if error.diag.constraint_name != "journal_pkey":
            raise
        raise RecordDamaged("journal_head") from error  # the entry is there already
    except _GONE as error:
        raise DatabaseGone(_said(error)) from error
    except pg.LockNotAvailable as error:
        raise StoreUnavailable(texts.database_busy(_said(error))) from error
    except UNAVAILABLE as error:
        raise StoreUnavailable(_said(error)) from error


def _said(error: psycopg.Error) -> str:
    return f"the database cannot be used: {str(error).strip()}"

"""Postgres, through psycopg 3: one synchronous connection, at home behind a transaction pooler too.

Every change is three round trips: the lock, the time and the journal's head; the statement that decides; all else
together with COMMIT.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import ClassVar, Final

import psycopg
from psycopg import errors as pg

from bot.environment.database_urls import split_schema
from bot.errors import ChangeUnknown, ConnectionCut, StoreError, StoreUnavailable
from bot.store.engine import Query, Row, Tx
from bot.store.migrations import Older, Opening, head_to_change, head_to_read, prepare
from bot.store.postgres_begin import RECORD_LOCK, SEARCH_PATH, Limits, beginnings
from bot.store.postgres_errors import UNAVAILABLE, refused_by_warning, said, telling_lost, telling_unavailable
from bot.store.postgres_tx import Connection, PostgresTx, connected
from bot.store.schema import COLUMNS
from bot.texts import terminal as texts

ENCODING: Final = "SELECT current_setting('server_encoding') AS encoding"

IS_THERE: Final = """
    SELECT to_regnamespace(:schema) IS NOT NULL AS found,
           has_schema_privilege(to_regnamespace(:schema), 'USAGE') AS may_use,
           has_schema_privilege(to_regnamespace(:schema), 'CREATE') AS may_create"""

TABLE_NAMES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = :schema"

# The index entries too, however few: they hold phone numbers.
VACUUM: Final = "VACUUM (INDEX_CLEANUP ON)"


class PostgresEngine:
    """``bot.store.engine.Engine`` on one schema of a Postgres database. Any number of processes may use it."""

    search_path: ClassVar[str] = SEARCH_PATH
    asking_again: ClassVar[tuple[float, ...]] = (0.5, 1.0, 2.0)
    """Seconds before each further try to reach a server that was lost during COMMIT: one that restarts is back then."""

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
        """``dsn``: a URL or libpq's words, and which schema; ``lock`` and ``is_durable``: see ``beginnings``.

        Unless the ``opening`` says otherwise, an empty database gets tables, and one of an older release is refused:
        processes on other machines may use it. Opening makes no table, and needs no right to, where it must not create
        any. Raises ``StoreUnavailable`` for a schema's name that is none.
        """
        try:
            self._dsn, self._schema = split_schema(dsn)
        except ValueError as error:
            raise StoreUnavailable(f"the address of the database {error}") from None
        self._process = process
        self._opening = opening or Opening()
        self._begin_with = beginnings(
            limits or Limits(),
            schema=self._schema,
            search_path=self.search_path,
            lock=lock,
            is_durable=is_durable,
            creates=self._opening.creates,
        )
        self._connection: Connection | None = None
        self._is_open = False
        self.has_made_tables = False

    def open(self) -> None:
        with telling_unavailable():
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
        with telling_unavailable():
            connection, begun = self._begin(self._begin_with.change)
            with telling_lost(connection), self._transaction(connection, begun) as tx:
                tx.head = head_to_change(begun)
                yield tx
                self._commit(connection, tx)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with telling_unavailable():
            connection, begun = self._begin(self._begin_with.read)
            with telling_lost(connection), self._transaction(connection, begun) as tx:
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
        with telling_unavailable():
            if (connection := self._connection) is not None:
                tables = ", ".join(f"{self._schema}.{name}" for name in COLUMNS)
                with refused_by_warning(connection):
                    connection.execute(f"{VACUUM} {tables}".encode())
        return True

    def _open(self, connection: Connection) -> None:
        with self._transaction(connection, _begun(connection, self._begin_with.opening)) as tx:
            in_schema = {"schema": self._schema}
            (encoding,), (schema,), tables = tx.gather(
                Query(ENCODING, {}), Query(IS_THERE, in_schema), Query(TABLE_NAMES, in_schema)
            )
            if encoding["encoding"] != "UTF8":
                raise StoreUnavailable(f"the database's encoding is {encoding['encoding']}, but it must be UTF8")
            if not schema["found"]:
                raise StoreUnavailable(texts.no_schema(self._schema))
            if not schema["may_use"]:  # else the server would say that there are no tables
                raise StoreUnavailable(texts.may_not_use(self._schema))
            names = {row["tablename"] for row in tables}
            if not names and not schema["may_create"]:
                raise StoreUnavailable(texts.MAY_NOT_CREATE)
            self.has_made_tables = prepare(tx, names, self._opening, usually=Older.REFUSED)
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
            if isinstance(error, pg.IdleInTransactionSessionTimeout):
                raise ConnectionCut(said(error)) from error  # the server ended it before COMMIT came
            if not self._was_committed(tx):
                raise ConnectionCut("the connection was lost, and nothing was recorded") from error
            return
        if status != "COMMIT":  # COMMIT of a failed transaction answers ROLLBACK, and is no error
            raise StoreUnavailable("the transaction failed, and nothing was recorded")

    def _was_committed(self, lost: PostgresTx) -> bool:
        """Ask on a new connection. The lost transaction holds the lock until it ends, so behind it the answer is final.

        Never ``pg_xact_status``: after a crash the server gives the same transaction numbers out again.
        """
        if lost.proof is None:
            raise ChangeUnknown("the connection was lost during COMMIT")
        for again_after in (*self.asking_again, None):
            try:
                return self._is_found(lost.proof)
            except (StoreError, psycopg.Error) as error:
                if again_after is None:
                    raise ChangeUnknown("the connection was lost during COMMIT, and then the database") from error
                time.sleep(again_after)
        raise AssertionError("the last try returns or raises")

    def _is_found(self, proof: Query) -> bool:
        connection = self._connect()
        with self._transaction(connection, _begun(connection, self._begin_with.asking)) as tx:
            found = tx.one(proof.sql, **proof.values)
            tx.commit()
        return found is not None


def _begun(connection: Connection, begin: str) -> Row:
    """The row of the last of the statements that begin a transaction.

    A server that only follows another refuses a change as something that it cannot do. The address may lead to the
    other one by now, so this connection is given up.
    """
    with _rolled_back_on_error(connection), _given_up_where_nothing_changes(connection):
        cursor = connection.execute(begin.encode(), prepare=False)  # many statements cannot be prepared
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        assert row is not None
        return row


@contextmanager
def _given_up_where_nothing_changes(connection: Connection) -> Iterator[None]:
    try:
        yield
    except pg.FeatureNotSupported as error:
        connection.close()
        raise psycopg.OperationalError(str(error)) from error


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

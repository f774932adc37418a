"""SQLite, through sqlite-utils: one file, or the memory, and one connection to it."""

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from bot.errors import DatabaseGone, RecordDamaged, SchemaUnknown, StoreUnavailable
from bot.store.engine import Tx
from bot.store.files import create_private
from bot.store.migrations import HEAD, Older, Opening, head_to_change, head_to_read, prepare
from bot.store.schema import names_ours
from bot.store.sqlite_tx import SqliteTx, readable_text
from bot.texts import terminal as texts

IN_MEMORY = ":memory:"

_PRAGMAS = (
    # A journal entry always has its request. Off by default in every new connection.
    "foreign_keys = ON",
    # REPLACE deletes the row in its way; only with this does it fire the trigger that protects the journal.
    "recursive_triggers = ON",
    # What is deleted or overwritten is zeroed: a number that is forgotten must not stay in the file's free pages.
    "secure_delete = ON",
    # The schema is data in a file that others may have written: it may not call functions with side effects.
    "trusted_schema = OFF",
)

OLDEST = (3, 37, 0)
"""The SQLite that knows all that our statements need: the youngest of it are STRICT tables."""

_TOO_OLD = "this release needs SQLite {} or newer, but this Python has {}. Use a newer Python, or a newer system"

_SWITCHES = 20
"""Tries to switch the journal mode. Each that fails lost to another process's change; a start makes two or three."""

_EMPTYINGS = 50
"""Tries to empty the log, a tenth of a second apart, while another brings it into the file: any change does that where
the log is long, as it is once the file was written anew. For this lock alone SQLite does not wait."""

_ANOTHERS = -1
"""How many pages the log has, as SQLite tells whoever did not get that lock."""

_NOT_THERE = re.compile("no such (table|column)|table .* has no column")
"""There is no code for these."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_UNAVAILABLE = frozenset(
    {
        *_BUSY,
        sqlite3.SQLITE_PROTOCOL,  # a race for the lock, lost too often
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_INTERRUPT,  # somebody hung up
    }
)
"""What SQLite says when the database cannot be used now. Anything else it says is a mistake of ours and stays one."""


class SqliteEngine:
    """``bot.store.engine.Engine`` on one file. Any number of processes may have it open."""

    def __init__(
        self,
        path: Path | str,
        *,
        process: str,
        clock_now: Callable[[], float],
        busy_timeout: float = 5.0,
        synchronous: str = "FULL",
        opening: Opening | None = None,
    ) -> None:
        """``busy_timeout``: seconds to wait for another process's change before ``StoreUnavailable``.

        ``synchronous``: with FULL a commit is on the disk before its caller goes on, so what was accepted outlives a
        power cut. In WAL mode NORMAL keeps the file whole, too, but may lose the last commits. Unless the ``opening``
        says otherwise, an empty database gets tables, and one of an older release its steps.
        """
        self._path = str(path)
        self._process = process
        self._clock_now = clock_now
        self._busy_timeout = busy_timeout
        self._synchronous = synchronous
        self._opening = opening or Opening()
        self.has_made_tables = False
        self._database: Database | None = None
        self._log_path = f"{os.path.realpath(self._path)}-wal"  # beside the file that a link leads to
        self._file: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None

    def open(self) -> None:
        if sqlite3.sqlite_version_info < OLDEST:
            raise StoreUnavailable(_TOO_OLD.format(".".join(map(str, OLDEST)), sqlite3.sqlite_version))
        with _telling_unavailable():
            try:
                self._open()
            except BaseException as error:
                self.close()
                if isinstance(error, sqlite3.Error) and _kind(error) == sqlite3.SQLITE_NOTADB:  # later it was damaged
                    raise SchemaUnknown("the file is not a database") from error
                raise

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def hang_up(self) -> None:
        if (database := self._database) is not None:
            database.conn.interrupt()

    @contextmanager
    def changing(self) -> Iterator[Tx]:
        with _telling_unavailable(), self._transaction("IMMEDIATE") as tx:
            tx.head = head_to_change(tx.one(HEAD))
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with _telling_unavailable(), self._transaction("DEFERRED") as tx, self._refusing_changes():
            tx.head = head_to_read(tx.one(HEAD))  # from here on the transaction sees this moment
            yield tx

    def checkpoint(self) -> None:
        with _telling_unavailable():
            self._connected().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def scrub(self) -> bool:
        """Write the file anew, and then empty the log, which holds old pages.

        ``secure_delete`` zeroes what is deleted, but not the copies that a page keeps in its gaps when SQLite moves
        rows to another page.
        """
        with _telling_unavailable():
            database = self._connected()
            if "SQLITE_TMPDIR" not in os.environ and self._path != IN_MEMORY:
                # All of the record is written there once: where the record is there is room, and no other reader.
                database.execute(f"PRAGMA temp_store_directory = {database.quote(str(Path(self._path).parent))}")
            # First: with a reader in its way it would end here, and each new file would stay in the log as a whole.
            return self._empty_log() and self._write_anew() and self._empty_log()

    def _empty_log(self) -> bool:
        for _ in range(_EMPTYINGS):
            (is_busy, pages, _) = self._connected().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy or pages != _ANOTHERS:
                break
            time.sleep(0.1)
        return not is_busy

    def _write_anew(self) -> bool:
        try:
            self._connected().execute("VACUUM")
        except sqlite3.OperationalError as error:
            if _kind(error) != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _open(self) -> None:
        if self._path != IN_MEMORY:
            create_private(Path(self._path))
        self._connect(self._path)
        with self._transaction("IMMEDIATE") as tx:  # of processes that start at once, each but the first waits here
            self.has_made_tables = prepare(tx, self._table_names(), self._opening, usually=Older.MIGRATED)
        self._let_readers_pass()
        self._connected().execute("PRAGMA schema_version").fetchone()  # whoever reads first makes the log
        self._log = self._file_at(self._log_path)

    def _connect(self, name: str) -> None:
        """``name``: a path, or a URI that says how it may be used."""
        # No isolation level: the driver begins no transaction behind our back, each is begun below.
        connection = sqlite3.connect(
            name, timeout=self._busy_timeout, isolation_level=None, uri=name.startswith("file:")
        )
        connection.text_factory = readable_text
        # Plugins are off: what happens to be installed beside us must not change our connection.
        self._database = database = Database(connection, execute_plugins=False, recursive_triggers=True)
        for pragma in (f"synchronous = {self._synchronous}", *_PRAGMAS):
            database.execute(f"PRAGMA {pragma}")
        self._file = self._file_at(self._path)
        self._log = None

    def _table_names(self) -> list[str]:
        return [name for name in self._connected().table_names() if not name.startswith("sqlite_")]

    def _let_readers_pass(self) -> None:
        """Switch to a write-ahead log, so that reading does not wait for writing, nor writing for reading.

        The mode stays with the file: this is done only when the schema is known as ours.
        """
        for _ in range(_SWITCHES):
            try:
                self._connected().execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if _kind(error) != sqlite3.SQLITE_BUSY:
                    raise
                # The switch holds a read lock while it asks for the write lock, and then SQLite does not wait: of two
                # processes that start at once, one is refused. So wait for the write lock by itself, then try again.
                with self._transaction("IMMEDIATE"):
                    pass
            else:
                return
        raise StoreUnavailable(
            "the database cannot be used: other programs prevent its write-ahead log from being turned on"
        )

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[SqliteTx]:
        """``IMMEDIATE`` takes the write lock at its start, and waits for it.

        A deferred transaction that reads and then writes is refused at once, without waiting, when somebody else wrote
        in between; so does sqlite-utils' ``atomic()``.
        """
        database = self._connected()
        database.conn.execute(f"BEGIN {kind}")
        tx = SqliteTx(database, now=self._clock_now(), process=self._process)
        try:
            with closing(tx):
                yield tx
            database.conn.execute("COMMIT")
        except BaseException:
            if database.conn.in_transaction:  # a full disk or an input/output error may have rolled back already
                database.conn.execute("ROLLBACK")
            raise

    @contextmanager
    def _refusing_changes(self) -> Iterator[None]:
        database = self._connected()
        database.execute("PRAGMA query_only = ON")
        try:
            yield
        finally:
            database.execute("PRAGMA query_only = OFF")

    def _connected(self) -> Database:
        if self._database is None:
            raise StoreUnavailable("the database is not open")
        # SQLite would go on in a file that was deleted or replaced, and nobody would ever find what it records there.
        if self._file_at(self._path) != self._file or (self._log and self._file_at(self._log_path) != self._log):
            raise DatabaseGone("the database file or its write-ahead log was replaced")
        return self._database

    def _file_at(self, path: str) -> tuple[int, int] | None:
        """Which file that is now: device and inode. ``None`` in memory."""
        if self._path == IN_MEMORY:
            return None
        try:
            status = os.stat(path)  # noqa: PTH116 - it is done for each transaction
        except OSError as error:
            kind = DatabaseGone if isinstance(error, FileNotFoundError) else StoreUnavailable
            raise kind(f"the database cannot be used: {error.strerror}") from error
        return status.st_dev, status.st_ino


def _kind(error: sqlite3.Error) -> int:
    """The low byte of the code; the rest is details: https://www.sqlite.org/rescode.html"""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


@contextmanager
def _telling_unavailable() -> Iterator[None]:
    """Raise ``StoreUnavailable`` for what SQLite says when the database cannot be used now, or ``DatabaseGone``."""
    try:
        yield
    except sqlite3.Error as error:
        kind, said = _kind(error), f"the database cannot be used: {error}"
        if kind in _DAMAGED or (_NOT_THERE.match(str(error)) and names_ours(str(error))):
            raise DatabaseGone(said) from error
        # No statement of ours changes an entry: the one that would be the next is there already.
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            raise RecordDamaged("journal_head") from error
        if kind not in _UNAVAILABLE:
            raise
        raise StoreUnavailable(texts.database_busy(said) if kind in _BUSY else said) from error

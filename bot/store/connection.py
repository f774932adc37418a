"""One SQLite connection: how it is opened, how a change is made, and what its errors mean."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import SchemaUnknown, StoreUnavailable

T = TypeVar("T")

IN_MEMORY = ":memory:"

_SWITCHES = 20
"""Tries to switch the journal mode. Each that fails lost to another process's change; a start makes two or three."""

_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,  # a race for the lock, lost too often
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_NOLFS,
    }
)
"""What SQLite says when the database cannot be used. Anything else it says is a mistake of ours and stays one."""


def connect(path: str, *, busy_timeout: float) -> Database:
    """A connection that waits up to ``busy_timeout`` seconds for a lock. Creates the file, for this user only."""
    if path != IN_MEMORY:
        _create_private(Path(path))
    # No isolation level: the driver begins no transaction behind our back, `changing` begins each one.
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None)
    # Text that is not UTF-8, which only other hands can have put there, must not make every row beside it unreadable.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        # Plugins are off: what happens to be installed beside us must not change our connection.
        database = Database(connection, execute_plugins=False, recursive_triggers=True)
        _configure(database)
    except BaseException:
        connection.close()
        raise
    return database


def _configure(database: Database) -> None:
    for pragma in (
        # A commit is on the disk before its caller goes on: what was accepted outlives a power cut, too. In WAL mode
        # NORMAL would keep the file whole but may lose the last commits; at ten lookups a second FULL costs nothing.
        "synchronous = FULL",
        # A journal entry always has its lookup. Off by default in every new connection.
        "foreign_keys = ON",
        # REPLACE deletes the row in its way; only with this does it fire the trigger that protects the journal.
        "recursive_triggers = ON",
        # What is deleted or overwritten is zeroed: a number that is forgotten must not stay in the file's free pages.
        "secure_delete = ON",
        # The schema is data in a file that others may have written: it may not call functions with side effects.
        "trusted_schema = OFF",
    ):
        database.execute(f"PRAGMA {pragma}")


def let_readers_pass(database: Database) -> None:
    """Switch to a write-ahead log, so that reading does not wait for writing, nor writing for reading.

    The mode stays with the file: switch only when the schema is known as ours.
    """
    for _ in range(_SWITCHES):
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            # The switch holds a read lock while it asks for the write lock, and then SQLite does not wait: of two
            # processes that start at once, one is refused. So wait for the write lock by itself, then try again.
            with changing(database):
                pass
        else:
            return
    raise StoreUnavailable("the database cannot be used: others keep its write-ahead log from being switched on")


@contextmanager
def changing(database: Database) -> Iterator[None]:
    """One transaction: all of the block is recorded, or nothing of it.

    It takes the write lock at its start, and waits for it. sqlite-utils' ``atomic()`` begins a deferred transaction:
    one that reads and then writes is refused at once, without waiting, when somebody else wrote in between.
    """
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.conn.execute("COMMIT")
    except BaseException:
        database.rollback()
        raise


@contextmanager
def undoing(database: Database) -> Iterator[None]:
    """A part of a transaction that can fail by itself: then it is undone, and what was done before it stays."""
    database.conn.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        database.conn.execute("ROLLBACK TO part")
        raise
    finally:
        database.conn.execute("RELEASE part")


def make(database: Database, change: Callable[[Database], T]) -> T:
    """One change, whole or not at all.

    It reads the time in here, with the lock held: so changes are recorded in the order they have their times.
    """
    with changing(database):
        return change(database)


@contextmanager
def telling_unavailable() -> Iterator[None]:
    """Raise ``StoreUnavailable`` for what SQLite and the file system say when the database cannot be used."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the kind, the rest its details: https://www.sqlite.org/rescode.html
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF not in _UNAVAILABLE:
            raise
        raise StoreUnavailable(f"the database cannot be used: {error}") from error
    except OSError as error:
        raise StoreUnavailable(f"the database cannot be used: {error.strerror}") from error


@contextmanager
def telling_foreign() -> Iterator[None]:
    """Raise ``SchemaUnknown`` for a file that is no database at all. Only at the start: later it was damaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF != sqlite3.SQLITE_NOTADB:
            raise
        raise SchemaUnknown("the file is not a database") from error


def file_behind(path: str) -> tuple[int, int] | None:
    """Which file the path leads to now: device and inode. ``None`` in memory, an ``OSError`` if there is none."""
    if path == IN_MEMORY:
        return None
    status = Path(path).stat()
    return status.st_dev, status.st_ino


def _create_private(path: Path) -> None:
    # Only a new file is touched: closing a file that this process has open elsewhere would drop SQLite's locks on it
    # (https://www.sqlite.org/howtocorrupt.html, 2.2). The log and its index get the file's own mode from SQLite.
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)

"""What Postgres says when something is wrong, as our errors: in this one place."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from bot.errors import ConnectionCut, DatabaseGone, RecordDamaged, StoreUnavailable
from bot.store.postgres_tx import Connection
from bot.store.schema import names_ours
from bot.texts import terminal as texts

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


@contextmanager
def telling_lost(connection: Connection) -> Iterator[None]:
    """Raise ``ConnectionCut`` where the connection ends before COMMIT was sent: the server undoes what it was told."""
    try:
        yield
    except UNAVAILABLE as error:
        if connection.closed and not isinstance(error, _GONE):
            raise ConnectionCut(f"the connection was lost, and nothing was recorded: {str(error).strip()}") from error
        raise


@contextmanager
def refused_by_warning(connection: Connection) -> Iterator[None]:
    """Raise ``StoreUnavailable`` where VACUUM was not allowed: the server only warns, and passes over the table."""
    said: list[str | None] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        said.append(diagnostic.severity_nonlocalized)

    connection.add_notice_handler(note)
    try:
        yield
    finally:
        connection.remove_notice_handler(note)
    if "WARNING" in said:
        raise StoreUnavailable(texts.MAY_NOT_VACUUM)


@contextmanager
def telling_unavailable() -> Iterator[None]:
    """Raise ``StoreUnavailable`` for what Postgres says when the database cannot be used now, or ``DatabaseGone``."""
    try:
        yield
    except (pg.UndefinedTable, pg.UndefinedColumn) as error:
        if not names_ours(error.diag.message_primary or ""):
            raise
        raise DatabaseGone(said(error)) from error
    except pg.UniqueViolation as error:
        if error.diag.constraint_name != "journal_pkey":
            raise
        raise RecordDamaged("journal_head") from error  # the entry is there already
    except pg.InsufficientPrivilege as error:
        raise DatabaseGone(texts.right_missing(said(error))) from error
    except _GONE as error:
        raise DatabaseGone(said(error)) from error
    except pg.LockNotAvailable as error:
        raise StoreUnavailable(texts.database_busy(said(error))) from error
    except UNAVAILABLE as error:
        raise StoreUnavailable(said(error)) from error


def said(error: psycopg.Error) -> str:
    """One sentence, whatever the driver made of it: what comes behind it is ours, and says what to do."""
    return f"the database cannot be used: {str(error).strip().replace('. ', '; ')}"

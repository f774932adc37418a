"""A database's way to this release's schema, and what tells that it is not one of ours.

There is one schema yet, so an empty database is all that has a way to go. A later release takes its numbered steps in
``migrate``, in the same transaction, and writes their number beside the journal's head.
"""

from collections.abc import Collection
from typing import Final

from bot.errors import RecordDamaged, SchemaUnknown
from bot.evidence import EMPTY, Head
from bot.store.engine import Query, Row, Tx
from bot.store.schema import COLUMNS, SCHEMA

HEAD: Final = "SELECT seq, hash, schema, oldest_writer FROM journal_head WHERE one = 1"

ADD_HEAD: Final = """
    INSERT INTO journal_head (one, seq, hash, schema, oldest_writer) VALUES (1, :seq, :hash, :schema, :schema)"""

EVERYTHING: Final = [f"SELECT {', '.join(names)} FROM {table} LIMIT 1" for table, names in COLUMNS.items()]  # noqa: S608 - our own names
"""A little of everything that there is."""

FIRST_RELEASE = {"lookups", "journal"}
"""What every database of release 0.1 has; the younger ones have a ``journal_head``, too."""

_FURTHEST: Final = 2**62
"""No head of ours ever gets there, and what counts on from it could be more than a column holds."""

STEPS_OF_FIRST_RELEASE = "_sqlite_migrations"
"""Where the library of release 0.1 kept count of the steps it had taken. We have no such table."""


def migrate(tx: Tx, tables: Collection[str], *, creates: bool = False) -> None:
    """Bring a database with these tables to this release's schema, in a change that excludes all others.

    Unless it ``creates``, nothing is changed, and an empty one is refused. Raises ``SchemaUnknown`` and changes nothing
    if another program or another release wrote it.
    """
    if not tables:
        if not creates:
            raise SchemaUnknown("the database is empty: nothing was ever recorded in it")
        tx.create_schema()
        tx.run(ADD_HEAD, seq=EMPTY.seq, hash=EMPTY.hash, schema=SCHEMA)
        return
    _refuse_foreign(tables)
    row = _found(tx.one(HEAD))
    if row["schema"] > SCHEMA:
        raise SchemaUnknown(
            f"the database was written by a newer release: its schema is {row['schema']}, this release's is {SCHEMA}"
        )


def check_usable(tx: Tx) -> None:
    """Raise what a change would: ``DatabaseGone``, ``SchemaUnknown``, ``RecordDamaged``. A read."""
    head, *_ = tx.gather(Query(HEAD, {}), *(Query(each, {}) for each in EVERYTHING))
    head_to_change(head[0] if head else None)


def head_to_change(row: Row | None) -> Head:
    """The head in the row, for a change.

    Raises ``SchemaUnknown`` if this release may write no more, and ``RecordDamaged`` where no entry can follow.
    """
    found = _found(row)
    if found["oldest_writer"] > SCHEMA:
        raise SchemaUnknown("a newer release has taken over this database")
    if not 0 <= found["seq"] < _FURTHEST:
        raise RecordDamaged("journal_head")
    return head_to_read(found)


def head_to_read(row: Row | None) -> Head:
    """The head in the row. Where there is none the entries belong to nothing, and checking the journal tells so."""
    return EMPTY if row is None or row["seq"] is None else Head(row["seq"], row["hash"])


def _refuse_foreign(tables: Collection[str]) -> None:
    if "journal_head" in tables and STEPS_OF_FIRST_RELEASE not in tables:
        return
    if FIRST_RELEASE.issubset(tables) and "requests" not in tables:
        raise SchemaUnknown(
            "the database was written by release 0.1, which this release does not read:"
            " keep the file as your record of that time, and name a new one in DATABASE_URL"
        )
    raise SchemaUnknown(f"the database belongs to another program: its tables are {', '.join(sorted(tables))}")


def _found(row: Row | None) -> Row:
    if row is None or row["seq"] is None:
        raise RecordDamaged("journal_head")
    return row

"""A database's way to this release's schema, and who may change it meanwhile. To change the schema, add a step to
``bot.store.schema.STEPS``: nothing here changes for it.

Beside the journal's head stand two numbers: ``schema``, which tables there are, and ``oldest_writer``, the oldest
schema whose processes go on. A release knows one schema, the newest of ``bot.store.schema.STEPS``, and each step
is taken in one change together with its numbers. So whoever changes anything finds, in the row that every change reads:

- ``schema`` is older: the steps are to be taken first. A file takes them when it is opened; a server's database, which
  other machines use, only when somebody says ``phoneid migrate``.
- ``schema`` is newer, ``oldest_writer`` is not: only additions that can be left out came. Everything goes on.
- ``oldest_writer`` is newer, ``schema`` is not: a newer release waits to take a breaking step. The process takes no
  new work and ends, and all that it still has to record of what it began is recorded, for its tables are still there.
- Both are newer: nothing can be recorded any more.

So a breaking step loses nothing: ``announce`` raises ``oldest_writer`` alone, and ``take_steps`` refuses to take the
step while a process lives that does not know it. Who is silent for long is dead to all others, here too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bot.errors import OlderAtWork, RecordDamaged, SchemaUnknown
from bot.evidence import EMPTY, Head
from bot.store import schema
from bot.store.engine import Query, Row, Tx
from bot.store.processes import SILENT_FOR
from bot.store.schema import COLUMNS

HEAD: Final = "SELECT seq, hash, schema, oldest_writer FROM journal_head WHERE one = 1"

ADD_HEAD: Final = """
    INSERT INTO journal_head (one, seq, hash, schema, oldest_writer) VALUES (1, :seq, :hash, 1, 1)"""

SET_NUMBERS: Final = "UPDATE journal_head SET schema = :schema, oldest_writer = :oldest_writer WHERE one = 1"

IS_AT: Final = "SELECT 1 AS found FROM journal_head WHERE schema = :schema"

# The schema that each process knows came with the second; who says none knows the first.
OLDER_AT_WORK: Final = "SELECT count(*) AS count FROM processes WHERE seen_at >= :since AND schema < :schema"


def _everything(columns: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"SELECT {', '.join(names)} FROM {table} LIMIT 1" for table, names in columns.items()]  # noqa: S608 - our own names


EVERYTHING: Final = _everything(COLUMNS)
"""A little of everything that there is."""

FIRST_RELEASE = {"lookups", "journal"}
"""What every database of release 0.1 has; the younger ones have a ``journal_head``, too."""

_FURTHEST: Final = 2**62
"""No head of ours ever gets there, and what counts on from it could be more than a column holds."""

STEPS_OF_FIRST_RELEASE = "_sqlite_migrations"
"""Where the library of release 0.1 kept count of the steps it had taken. We have no such table."""


class Older(Enum):
    """What opening does with a database of an older schema."""

    MIGRATED = auto()
    REFUSED = auto()
    LEFT = auto()
    """As it is, for whoever checks it, copies it, or takes the steps with ``take_steps``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opening may do to a database that is not yet as this release has it."""

    creates: bool = True
    """Whether an empty one gets tables; else it is refused."""
    at: int | None = None
    """The schema that it gets; ``None``: this release's."""
    older: Older | None = None
    """``None``: a file's is migrated, and a server's is refused, for other machines may use it."""


NOTHING_YET = "the database is empty"

TO_USE = Opening(creates=False)
TO_LOOK = Opening(creates=False, older=Older.LEFT)


def prepare(tx: Tx, tables: Collection[str], opening: Opening, *, usually: Older) -> bool:
    """Make a database with these tables usable, as far as the ``opening`` allows, in a change that excludes all others.

    Returns whether it was empty, and got its tables.
    ``usually``: what is done with an older one where the opening does not say.
    Raises ``SchemaUnknown`` and changes nothing if another program wrote it, or a release that this one cannot follow.
    """
    if not tables:
        if not opening.creates:
            raise SchemaUnknown(NOTHING_YET)
        tx.create_schema()
        tx.run(ADD_HEAD, seq=EMPTY.seq, hash=EMPTY.hash)
        take_steps(tx, to=opening.at)
        return True
    _refuse_foreign(tables)
    row, older = _found(tx.one(HEAD)), opening.older or usually
    if row["oldest_writer"] > schema.SCHEMA:
        raise SchemaUnknown(
            "the database was written by a newer release, or is being migrated by one: its schema is"
            f" {max(row['schema'], row['oldest_writer'])}, but this release uses {schema.SCHEMA}"
        )
    if row["schema"] < schema.SCHEMA:
        _refuse_unfinished(tx, row["schema"])
    if row["schema"] < schema.SCHEMA and older is Older.REFUSED:
        raise SchemaUnknown(
            f"the database was written by an older release: its schema is {row['schema']}, but this release uses"
            f" {schema.SCHEMA}. Run phoneid migrate of this release, then try again"
        )
    if older is Older.MIGRATED:
        take_steps(tx)
    return False


def take_steps(tx: Tx, *, to: int | None = None) -> tuple[int, int]:
    """Bring the database to a schema, this release's if none is named. Which it had, and which it has. Repeatable.

    Raises ``OlderAtWork`` and changes nothing while a process lives that does not know a breaking step.
    """
    row = _found(tx.one(HEAD))
    before, after = row["schema"], to or schema.SCHEMA
    for number in range(before + 1, after + 1):
        step = schema.STEPS[number - 2]
        if step.is_breaking and (count := _older_at_work(tx, number)):
            raise OlderAtWork(count)
        tx.alter_schema(step.sql)
    if after > before:
        oldest = max(row["oldest_writer"], schema.oldest_writer(after))
        tx.run(SET_NUMBERS, schema=after, oldest_writer=oldest)
        tx.proven_by(IS_AT, schema=after)
    return before, max(before, after)


def announce(tx: Tx) -> None:
    """Let processes that do not know a breaking step end, before it is taken. Repeatable."""
    _set_oldest_writer(tx, schema.oldest_writer(schema.SCHEMA))


def withdraw(tx: Tx) -> None:
    """Nothing was taken, and older processes may go on. Repeatable."""
    _set_oldest_writer(tx, schema.oldest_writer(_found(tx.one(HEAD))["schema"]))


def check_usable(tx: Tx) -> None:
    """Raise why no new work may be begun: ``DatabaseGone``, ``SchemaUnknown``, ``RecordDamaged``. A read."""
    head, *_ = tx.gather(Query(HEAD, {}), *(Query(each, {}) for each in EVERYTHING))
    row = _found(head[0] if head else None)
    if row["oldest_writer"] > schema.SCHEMA:
        raise SchemaUnknown(
            "a newer release is taking over this database. Running work was finished; start the newer release"
        )
    head_to_change(row)


def known_schema(tx: Tx) -> int:
    """The database's schema. Raises ``SchemaUnknown`` for a newer one, which could be neither checked nor copied."""
    number: int = _found(tx.one(HEAD))["schema"]
    if number > schema.SCHEMA:
        raise SchemaUnknown(
            f"the database was written by a newer release: its schema is {number}, but this release uses"
            f" {schema.SCHEMA}. Use the newer release"
        )
    return number


def head_to_change(row: Row | None) -> Head:
    """The head in the row, for a change.

    Raises ``SchemaUnknown`` if this release may write no more, and ``RecordDamaged`` where no entry can follow.
    """
    found = _found(row)
    if found["oldest_writer"] > schema.SCHEMA and found["schema"] > schema.SCHEMA:
        raise SchemaUnknown("a newer release has taken over this database")
    if not 0 <= found["seq"] < _FURTHEST:
        raise RecordDamaged("journal_head")
    return head_to_read(found)


def head_to_read(row: Row | None) -> Head:
    """The head in the row. Where there is none the entries belong to nothing, and checking the journal tells so."""
    return EMPTY if row is None or row["seq"] is None else Head(row["seq"], row["hash"])


def _older_at_work(tx: Tx, number: int) -> int:
    row = tx.one(OLDER_AT_WORK, since=tx.now - SILENT_FOR, schema=number)
    return int(row["count"]) if row else 0


def _set_oldest_writer(tx: Tx, number: int) -> None:
    row = _found(tx.one(HEAD))
    tx.run(SET_NUMBERS, schema=row["schema"], oldest_writer=number)
    tx.proven_by(HEAD + " AND oldest_writer = :number", number=number)


def _refuse_foreign(tables: Collection[str]) -> None:
    if "journal_head" in tables and STEPS_OF_FIRST_RELEASE not in tables:
        return
    if FIRST_RELEASE.issubset(tables) and "requests" not in tables:
        raise SchemaUnknown(
            "the database was written by release 0.1, which this release cannot read. Keep the file as your record of"
            " that time, and set DATABASE_URL to a new file"
        )
    raise SchemaUnknown(f"the database belongs to another program: its tables are {', '.join(sorted(tables))}")


def _refuse_unfinished(tx: Tx, number: int) -> None:
    """Release 0.2.0 called its schema 1, too, and so did builds after it: a step from those leads nowhere."""
    try:
        with tx.distrusting():
            tx.gather(*(Query(each, {}) for each in _everything(schema.columns(number))))
    except SchemaUnknown as error:
        raise SchemaUnknown(
            "the database was written by release 0.2.0 or a build of that time, which this release cannot read. Keep it"
            " as your record of that time, and set DATABASE_URL to a new one"
        ) from error


def _found(row: Row | None) -> Row:
    if row is None or row["seq"] is None:
        raise RecordDamaged("journal_head")
    return row

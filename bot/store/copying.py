"""A whole record, from one database into an empty one of either engine: as of one moment, and checked before it counts.

It is one change of the target, so there is a whole copy or none, and one read of the source, which may be in use.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bot.errors import CopyNotWhole, RecordDamaged, TargetNotEmpty
from bot.evidence import EMPTY, Inspection
from bot.store import schema, verification
from bot.store.engine import Engine, Row, Tx
from bot.store.journal import MOVE_HEAD
from bot.store.migrations import known_schema, take_steps
from bot.store.state import KEEP
from bot.texts import journal as texts

# The processes of the source do not run on the copy: what they have under way there ends as interrupted. What they
# share is only true while they run.
_LEFT_OUT = {"processes", "state", "journal_head"}

UNKNOWN = "not known since the record was copied"
"""In the place of a state: whoever reads that takes it for something that another release wrote."""

AT_ONCE = 1000
"""Rows that are sent together: there may be a million, and they are never in memory together."""

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""A NUL, which Postgres does not take, and what stands for bytes that are no UTF-8."""

SEND: Final = "SELECT 1 AS sent"

LATEST_SIGN: Final = "SELECT coalesce(max(seen_at), 0) AS newest FROM processes"

Tell = Callable[[int, int], None]
"""Is told how many rows are copied, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied."""

    inspection: Inspection
    """Of the copy; its head is the source's."""
    source_used_at: float
    """When a process last said that it uses the source: Unix seconds; 0: none is known."""


def copy(source: Engine, target: Engine, *, states: Collection[str], tell: Tell) -> Copied:
    """Copy what is in the source into the target; both are open, and the target's schema is at most the source's.

    ``states``: the names of what processes share, of which the copy says that nothing is known. Raises
    ``TargetNotEmpty``, ``CopyNotWhole``, ``RecordDamaged``, and ``SchemaUnknown`` where either is a newer release's.
    """
    with target.changing() as into:
        _check_empty(into)
        with source.reading() as from_:
            number = known_schema(from_)
            take_steps(into, to=number)
            sign = from_.one(LATEST_SIGN)
            with from_.distrusting():  # what stands there goes over as it is, or not at all
                _copy_tables(from_, into, schema.columns(number), tell)
            into.head = from_.head
        into.run(MOVE_HEAD, seq=into.head.seq, hash=into.head.hash)
        for name in states:
            into.write(KEEP, name=name, text=UNKNOWN)
        take_steps(into)
        inspection = verification.inspect(into, anchor=into.head)
        if inspection.fault:
            raise CopyNotWhole(texts.not_whole(inspection))
    return Copied(inspection=inspection, source_used_at=float(sign["newest"]) if sign else 0.0)


def _check_empty(tx: Tx) -> None:
    if tx.head != EMPTY or any(tx.one(_any_row(table)) for table in schema.COLUMNS if table != "journal_head"):
        raise TargetNotEmpty("it is not empty, or is in use")


def _copy_tables(from_: Tx, into: Tx, columns: Mapping[str, Sequence[str]], tell: Tell) -> None:
    tables = [table for table in columns if table not in _LEFT_OUT]
    of = sum(_count(from_, table) for table in tables)
    done = 0
    for table in tables:
        adding = schema.adding(table, columns[table])
        rows = from_.stream(_all_rows(table, columns[table]))
        while some := [*islice(map(_checked, rows), AT_ONCE)]:
            into.write_many(adding, some)
            into.all(SEND)
            done += len(some)
            tell(done, of)


def _checked(row: Row) -> Row:
    """The row, if its text is what both engines can hold. Raises ``RecordDamaged``."""
    for name, value in row.items():
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise RecordDamaged(name)
    return row


def _count(tx: Tx, table: str) -> int:
    row = tx.one(f"SELECT count(*) AS count FROM {table}")  # noqa: S608 - our own names
    return int(row["count"]) if row else 0


def _any_row(table: str) -> str:
    return f"SELECT 1 AS found FROM {table} LIMIT 1"  # noqa: S608 - our own names


def _all_rows(table: str, columns: Sequence[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - our own names

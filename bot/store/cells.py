"""What stands in a row, cell by cell. A file can be edited by hand, so nothing is taken for what it should be.

Each cell is read as what its column holds. One that is something else is our own ``RecordDamaged``, whoever reads it.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from bot.audit import Event
from bot.errors import RecordDamaged
from bot.guesses import Suspect
from bot.models import ApprovalState, PhoneNumber, Problem, State, Through
from bot.store.engine import Row
from bot.store.schema import TABLES

log = logging.getLogger(__name__)

T = TypeVar("T")

Read = Callable[[Any], Any]
"""What a cell holds, given what stands in it. Raises one of ``_CANNOT_BE`` where that cannot be."""

_CANNOT_BE = (ValueError, TypeError, KeyError)

OF = "of_"
"""Before the names of a request's columns, where they stand beside a lookup's."""

LATEST = 253_402_214_400.0
"""Unix seconds: the last day of the year 9999. No calendar goes on from there."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole_number(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _moment(value: Any) -> float:
    """Unix seconds."""
    if not isinstance(value, float | int) or not 0 <= value < LATEST:
        raise ValueError
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def _name(value: Any) -> str:
    if "\ufffd" in _text(value):  # it was no UTF-8, and under what was read instead there is nothing
        raise ValueError
    return str(value)


def _at_least_one(value: Any) -> int:
    if _whole_number(value) < 1:
        raise ValueError
    return int(value)


def _phone(value: Any) -> str:
    return PhoneNumber(_text(value)).digits


def _maybe(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _one_of(kind: type[StrEnum]) -> Read:
    members = {each.value: each for each in kind}  # several times as quick as calling the kind, for the log's sake
    return lambda value: members[value]


_TYPES: Mapping[str, Read] = {"TEXT": _text, "INTEGER": _whole_number, "REAL": _moment, "BLOB": _bytes}

_COLUMN = re.compile(
    r"^(?:    |ALTER TABLE \w+ ADD COLUMN )([a-z_]+) +(TEXT|INTEGER|REAL|BLOB)\b( NOT NULL| PRIMARY KEY)?", re.MULTILINE
)

_NAMED: Mapping[str, Read] = {
    "id": _name,
    "name": _name,
    "request": _whole_number,
    "position": _at_least_one,
    "size": _at_least_one,
    "phone": _phone,
    "state": _one_of(State),
    "approval": _one_of(ApprovalState),
    "through": _one_of(Through),
    "decided_through": _maybe(_one_of(Through)),
    "problem": _maybe(_one_of(Problem)),
    "event": _one_of(Event),
    "suspect": _one_of(Suspect),
    "attempts": _maybe(_whole_number),
    # An entry of the journal names its request, and need not be about one of its numbers.
    "entry_position": _maybe(_at_least_one),
}
"""Columns whose type does not say enough, or is another in each table."""

_READS: Mapping[str, Read] = {
    **{name: _TYPES[kind] if filled else _maybe(_TYPES[kind]) for name, kind, filled in _COLUMN.findall(TABLES)},
    **_NAMED,
}
_READS = {**_READS, **{f"{OF}{name}": read for name, read in _READS.items()}}
"""By the names of columns; what a statement names otherwise is its own, and is not looked at."""


class Cells(dict[str, Any]):
    """A row whose every cell is looked at when it is read, also when the row is copied into another."""

    def __getitem__(self, column: str) -> Any:
        value = super().__getitem__(column)
        read = _READS.get(column)
        try:
            return read(value) if read else value
        except _CANNOT_BE:
            raise RecordDamaged(column.removeprefix(OF)) from None

    def __iter__(self) -> Iterator[str]:
        # Whatever copies a mapping that iterates by itself goes through ``__getitem__``.
        return super().__iter__()


def raw(row: Row) -> Row:
    """The row as it stands there, for what must be done whatever stands there."""
    return dict(row.items())


def one_of(kind: Callable[[Any], T], row: Row, column: str) -> T:
    """What a cell holds by the word of its reader alone, such as the name of a kind. Raises ``RecordDamaged``."""
    try:
        return kind(row[column])
    except (ValueError, TypeError):
        raise RecordDamaged(column) from None


def readable(table: str, rows: Iterable[Row], read: Callable[[Row], T]) -> list[T]:
    """What can be read of the rows. A damaged one is in the log: it must not take all others along, nor go unseen."""
    values = []
    for row in rows:
        try:
            values.append(read(row))
        except RecordDamaged as error:
            note_damaged(table, row, error)
    return values


def column(table: str, rows: Iterable[Row], name: str) -> list[Any]:
    """What can be read of one column."""
    return readable(table, rows, lambda row: row[name])


def whole(table: str, rows: Iterable[Row]) -> list[Row]:
    """The rows of which every cell can be read; the others are in the log."""
    return readable(table, rows, lambda row: {**row})


def note_damaged(table: str, row: Row, error: RecordDamaged) -> None:
    """Record that a row was left out."""
    named = {key: value for key, value in row.items() if key in ("id", "seq", "request", "position", "entry")}
    log.error("damaged record skipped", extra={"facts": {"table": table, **named, "column": error.column}})

"""What stands in a row, column by column. A file can be edited by hand, so nothing is taken for what it should be."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from bot.errors import RecordDamaged
from bot.store.engine import Row

log = logging.getLogger(__name__)

T = TypeVar("T")


LATEST = 253_402_214_400.0
"""Unix seconds: the last day of the year 9999. No calendar goes on from there."""


def text(row: Row, column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise RecordDamaged(column)
    return value


def moment(row: Row, column: str) -> float:
    """Unix seconds."""
    value = row[column]
    if not isinstance(value, float | int) or not 0 <= value < LATEST:
        raise RecordDamaged(column)
    return value


def count(row: Row, column: str) -> int:
    value = row[column]
    if not isinstance(value, int):
        raise RecordDamaged(column)
    return value


def maybe(read: Callable[[Row, str], T], row: Row, column: str) -> T | None:
    """``None`` where the column is empty."""
    return None if row[column] is None else read(row, column)


def one_of(kind: Callable[[str], T], row: Row, column: str) -> T:
    """A text that is the name of something, such as a state."""
    try:
        return kind(text(row, column))
    except ValueError:
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


def note_damaged(table: str, row: Row, error: RecordDamaged) -> None:
    """Record that a row was left out."""
    named: Row = {key: row[key] for key in ("id", "seq", "request", "position", "entry") if key in row}
    log.error("record damaged and left out", extra={"facts": {"table": table, **named, "column": error.column}})


def note_ignored(table: str, rows: Iterable[Row]) -> None:
    """Record that rows were against their table's rules, so that what was to be changed in them was not."""
    for row in rows:
        note_damaged(table, row, RecordDamaged("any"))

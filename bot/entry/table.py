"""A list of numbers and codes, as a file holds them: CSV with or without headings, or ``number code`` a line.

Nothing that stands there is echoed, not even by an error: there are codes among it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from pydantic import SecretStr

from bot.entry.characters import AROUND, normalise
from bot.entry.command import TypedKind, read_command
from bot.entry.fields import read_code, read_reason
from bot.entry.numbers import interpret, read_phone_number
from bot.entry.records import Columns, Record, decode, read_headings, read_records
from bot.entry.secrecy import number_holds, text_holds
from bot.errors import EntryError, EntryMistake, LineMistake, ListError, ListMistake
from bot.models import PhoneNumber

MOST_NUMBERS = 10_000

Read = TypeVar("Read")

_AMOUNT = re.compile(r"\s*\d+\.0+\s*")
"""What a spreadsheet or a script makes of digits it took for an amount: 208312.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number of a list, and where it stands."""

    line: int
    """From 1, as editors count."""
    phone: PhoneNumber
    code: SecretStr
    reason: str


def read_table(content: bytes, *, region: str | None, reason: str = "") -> list[Line]:
    """The numbers of a list, each once, in its order; ``reason`` is for the lines without one of their own.

    UTF-8, or UTF-16 with its mark. Columns are found by their headings; without headings the first is the number, the
    second the code, and others are left alone. A line of a single cell is read as what is typed after ``/phoneid``.
    Raises ``ListError`` with every mistake.
    """
    rows = list(islice(read_records(decode(content)), MOST_NUMBERS + 2))  # headings, and one too many
    if not rows:
        raise ListError(LineMistake(mistake=ListMistake.EMPTY))
    columns = read_headings(rows[0])
    if columns is not None:
        del rows[0]
    if len(rows) > MOST_NUMBERS:
        raise ListError(LineMistake(mistake=ListMistake.TOO_MANY))
    return _Reader(columns or Columns(0, 1, None), region=region, reason=reason).read(rows)


class _Reader:
    """Reads row after row, and gathers what is wrong with them."""

    def __init__(self, columns: Columns, *, region: str | None, reason: str) -> None:
        self._columns = columns
        self._region = region
        self._reason = reason
        self._lines: dict[PhoneNumber, Line] = {}
        self._mistakes: list[LineMistake] = []

    def read(self, rows: Iterable[Record]) -> list[Line]:
        for record in rows:
            line = self._read_record(record)
            if line is not None:
                self._keep(line)
        if self._mistakes:
            raise ListError(*self._mistakes)
        if not self._lines:
            raise ListError(LineMistake(mistake=ListMistake.EMPTY))
        return [*self._lines.values()]

    def _keep(self, line: Line) -> None:
        first = self._lines.setdefault(line.phone, line)
        if first.code != line.code:
            self._note(line.line, ListMistake.OTHER_CODE, other_line=first.line)

    def _note(self, line: int, mistake: EntryMistake | ListMistake, other_line: int | None = None) -> None:
        self._mistakes.append(LineMistake(mistake=mistake, line=line, other_line=other_line))

    def _read_record(self, record: Record) -> Line | None:
        """The record's number; ``None`` when it has mistakes, which are noted."""
        if len(record.cells) == 1:
            number, code, reason = record.cells[0], "", ""
        else:
            number, code, reason = (_cell(record.cells, at) for at in self._columns)
        if re.search(r"[\r\n]", (number + code).strip()):
            self._note(record.line, ListMistake.CELL_OVER_LINES)
            return None
        if len(record.cells) == 1:
            return self._read_text(record.line, number)
        return self._read_cells(record.line, number, code, reason.strip() or self._reason)

    def _read_text(self, line: int, text: str) -> Line | None:
        typed = read_command(text, region=self._region)
        if typed.number is None or typed.code is None:
            self._note(line, _WITHOUT_BOTH.get(typed.kind, EntryMistake.NUMBER_UNREADABLE))
            return None
        return self._check(Line(line=line, phone=typed.number, code=typed.code, reason=self._reason))

    def _read_cells(self, line: int, number: str, code: str, reason: str) -> Line | None:
        phone = self._take(line, lambda: _read_number(number, self._region))
        secret = self._take(line, lambda: _read_code(code))
        why = self._take(line, lambda: read_reason(reason))
        if phone is None or secret is None or why is None:
            return None
        if _is_valid(code, self._region) and not _is_valid(number, self._region):
            self._note(line, ListMistake.UNCERTAIN)  # the columns are swapped: what is kept would be the code
            return None
        return self._check(Line(line=line, phone=phone, code=secret, reason=why))

    def _take(self, line: int, read: Callable[[], Read]) -> Read | None:
        try:
            return read()
        except EntryError as error:
            self._note(line, error.mistake)
            return None

    def _check(self, line: Line) -> Line | None:
        """The line, unless something of it that is kept holds the code, which is not."""
        if number_holds(line.phone, line.code):
            self._note(line.line, EntryMistake.NUMBER_HOLDS_CODE)
        elif line.reason and text_holds(line.reason, line.code):
            self._note(line.line, EntryMistake.REASON_HOLDS_CODE)
        else:
            return line
        return None


_WITHOUT_BOTH: Mapping[TypedKind, EntryMistake | ListMistake] = {
    TypedKind.NUMBER: EntryMistake.CODE_MISSING,
    TypedKind.UNCERTAIN: ListMistake.UNCERTAIN,
}


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _read_number(cell: str, region: str | None) -> PhoneNumber:
    if _AMOUNT.fullmatch(cell):
        raise EntryError(EntryMistake.NUMBER_UNREADABLE)
    return read_phone_number(cell, region=region)


def _read_code(cell: str) -> SecretStr:
    if _AMOUNT.fullmatch(cell):
        raise EntryError(EntryMistake.CODE_UNREADABLE)
    return read_code(cell)


def _is_valid(cell: str, region: str | None) -> bool:
    return interpret(normalise(cell).strip(AROUND + " "), region).is_valid

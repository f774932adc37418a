"""A list of numbers and codes, as a file holds them: CSV with or without headings, or ``number code`` a line.

Nothing that stands there is echoed, not even by an error: there are codes among it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from pydantic import SecretStr

from bot.entry.characters import LONGEST, normalise, peel
from bot.entry.command import TypedKind, read_command
from bot.entry.fields import find_shortened, read_code, read_reason
from bot.entry.numbers import interpret, may_be_of, read_phone_number, strip_words
from bot.entry.records import Columns, Record, decode, read_records, take_headings
from bot.entry.secrecy import what_is_wrong
from bot.errors import EntryError, EntryMistake, LineMistake, ListError, ListMistake
from bot.models import PhoneNumber

MOST_NUMBERS = 10_000

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number of a list, and where it stands."""

    line: int
    """From 1, as editors count."""
    phone: PhoneNumber
    code: SecretStr
    reason: str


def read_table(
    content: bytes, *, region: str | None, reason: str = "", are_short_codes_meant: bool = False
) -> list[Line]:
    """The numbers of a list, each once, in its order; ``reason`` is for the lines without one of their own.

    UTF-8, or UTF-16 with its mark. Columns are found by their headings; without headings the first that holds anything
    is the number, the second the code, and others are left alone. A line of a single cell is read as what is typed
    after ``/phoneid``. Codes with fewer digits than most are mistakes unless they are meant: they may have lost zeros.
    Raises ``ListError`` with every mistake.
    """
    rows = list(islice(read_records(decode(content)), MOST_NUMBERS + 12))  # titles and headings, and one too many
    if not rows:
        raise ListError(LineMistake(mistake=ListMistake.EMPTY))
    columns = take_headings(rows) or _columns_without_headings(rows)
    if len(rows) > MOST_NUMBERS:
        raise ListError(LineMistake(mistake=ListMistake.TOO_MANY))
    reader = _Reader(columns, region=region, reason=reason)
    return reader.read(rows, are_short_codes_meant=are_short_codes_meant)


def _columns_without_headings(rows: list[Record]) -> Columns:
    """The first two columns that hold anything; where there is only one, the rows become rows of a single cell."""
    held = sorted({at for record in rows for at, cell in enumerate(record.cells) if cell.strip()})
    if len(held) == 1:
        rows[:] = [Record(record.line, [record.cells[held[0]]]) for record in rows]
    return Columns(held[0], held[1] if len(held) > 1 else held[0] + 1)


class _Reader:
    """Reads row after row, and gathers what is wrong with them."""

    def __init__(self, columns: Columns, *, region: str | None, reason: str) -> None:
        self._columns = columns
        self._region = region
        self._reason = reason
        self._lines: dict[PhoneNumber, Line] = {}
        self._mistakes: list[LineMistake] = []

    def read(self, rows: Iterable[Record], *, are_short_codes_meant: bool) -> list[Line]:
        for record in rows:
            line = self._read_record(record)
            if line is not None:
                self._keep(line)
        codes = {line.code for line in self._lines.values()}
        for line in self._lines.values():
            # The whole reason, as where columns were shifted: ten thousand codes stand in many a text by chance.
            if line.reason and SecretStr(re.sub(r"\W", "", normalise(line.reason))) in codes:
                self._note(line.line, EntryMistake.REASON_HOLDS_CODE)
        shortened = set() if are_short_codes_meant else find_shortened(line.code for line in self._lines.values())
        for line in self._lines.values():
            if line.code in shortened:
                self._note(line.line, ListMistake.CODE_SHORTENED)
        if self._mistakes:
            raise ListError(*sorted(self._mistakes, key=lambda each: each.line or 0))
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
            columns = self._columns
            number, code, reason = (_cell(record.cells, at) for at in (columns.number, columns.code, columns.reason))
            if any(cell.strip() for cell in record.cells[columns.width or len(record.cells) :]):
                self._note(record.line, ListMistake.CELLS_TOO_MANY)
                return None
        if re.search(r"[\r\n]", (number + code).strip()):
            self._note(record.line, ListMistake.CELL_OVER_LINES)
            return None
        if len(record.cells) == 1:
            return self._read_text(record.line, number)
        if self._columns.width is None and self._holds_another_number(record):
            self._note(record.line, EntryMistake.NUMBERS_FUSED)
            return None
        line = self._read_cells(record.line, number, code, reason.strip() or self._reason)
        if line and not self._is_of_its_country(line.phone, number, record):
            self._note(record.line, ListMistake.COUNTRY_DIFFERS)
            return None
        return line

    def _holds_another_number(self, record: Record) -> bool:
        """Whether there is a number in a column that has no heading and would be left alone."""
        others = [cell for at, cell in enumerate(record.cells) if at not in (self._columns.number, self._columns.code)]
        return any(len(cell) <= LONGEST and "+" in cell and _is_valid(cell, self._region) for cell in others)

    def _is_of_its_country(self, phone: PhoneNumber, typed: str, record: Record) -> bool:
        """Whether a number without a plus may be of the country that its row names, if it names one."""
        named = [name for at in self._columns.country if (name := _key_of_country(_cell(record.cells, at)))]
        plain = peel(typed)
        if not named or "+" in plain or plain.startswith("00"):
            return True
        is_national = re.sub(r"\D", "", plain) != phone.digits
        return any(may_be_of(phone, name, is_national=is_national) for name in named)

    def _read_text(self, line: int, text: str) -> Line | None:
        typed = read_command(text, region=self._region)
        if typed.number is None or typed.code is None:
            self._note(line, _WITHOUT_BOTH.get(typed.kind, EntryMistake.NUMBER_UNREADABLE))
            return None
        return self._check(Line(line=line, phone=typed.number, code=typed.code, reason=self._reason))

    def _read_cells(self, line: int, number: str, code: str, reason: str) -> Line | None:
        phone = self._take(line, lambda: read_phone_number(number, region=self._region))
        secret = self._take(line, lambda: read_code(code))
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
        if mistake := what_is_wrong(line.phone, line.code, line.reason):
            self._note(line.line, mistake)
            return None
        return line


_WITHOUT_BOTH: Mapping[TypedKind, EntryMistake | ListMistake] = {
    TypedKind.NUMBER: EntryMistake.CODE_MISSING,
    TypedKind.UNCERTAIN: ListMistake.UNCERTAIN,
}


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _key_of_country(name: str) -> str:
    return re.sub(r"\W", "", normalise(name[:20])).upper().lstrip("0")


def _is_valid(cell: str, region: str | None) -> bool:
    return interpret(strip_words(peel(cell)), region).is_valid

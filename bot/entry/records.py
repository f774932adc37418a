"""The cells of a list of numbers: its encoding, its separator, its columns. What stands in them is not read yet."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from bot.entry.characters import normalise
from bot.entry.words import HEADINGS
from bot.errors import LineMistake, ListError, ListMistake

LARGEST = 2_000_000
"""Bytes; 200 for each of the most numbers that are taken."""

_LONGEST_HEADING = 50  # characters; longer is none, and is not looked at
_MOST_COLUMNS = 200  # in which headings are looked for
_TITLES = 10  # rows in which headings are looked for
_LIKELY_NUMBER = 9  # digits in a cell: it stands among numbers already
_SAMPLE = 20  # lines that say what stands between cells
_QUOTED = re.compile(r'"[^"]*"')
_SAID = re.compile(r'\s*"?sep=([,;|\t])"?[\s,;]*', re.IGNORECASE)
"""What a spreadsheet puts into the first line: it says what stands between cells."""


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    cells: list[str] = field(repr=False)  # there is a code among them


class Columns(NamedTuple):
    number: int
    code: int
    reason: int | None = None
    country: tuple[int, ...] = ()
    width: int | None = None
    """Cells in a row, where headings say so."""


def decode(content: bytes) -> str:
    if len(content) > LARGEST:
        raise ListError(LineMistake(mistake=ListMistake.TOO_LARGE))
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ListError(LineMistake(mistake=ListMistake.NOT_TEXT)) from None


def read_records(text: str) -> Iterator[Record]:
    """The rows that hold anything."""
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:  # a cell longer than any: a quotation mark somewhere is not closed
            raise ListError(LineMistake(mistake=ListMistake.CELL_OVER_LINES, line=line)) from None
        if any(cell.strip() for cell in cells) and not (line == 1 and _SAID.fullmatch(text.splitlines()[0])):
            yield Record(line, cells)


def _delimiter(text: str) -> str:
    """What stands between cells: what the file says, or the one of ``;`` ``,`` and tab that is in most of its lines.

    Where headings are found with one, it is that: a tab may stand in a cell, and a comma in a name.
    """
    lines = list(islice((line for line in io.StringIO(text, newline=None) if line.strip()), _SAMPLE))
    if lines and (said := _SAID.fullmatch(lines[0])):
        return said[1]
    counts = {each: sum(each in _QUOTED.sub("", line) for line in lines) for each in ";,\t"}
    likely = sorted((each for each in counts if counts[each]), key=lambda each: -counts[each])
    for each in likely:
        with suppress(csv.Error):  # told by its line when all is read
            rows = islice(csv.reader(lines, delimiter=each, skipinitialspace=True), _TITLES)
            if any(
                found["number"] and found["code"] for found in map(_find_columns, (row for row in rows if len(row) > 1))
            ):
                return each
    return likely[0] if likely else ","


def take_headings(rows: list[Record]) -> Columns | None:
    """Where which column is; headings, and titles above them, are taken out of the rows. Raises ``ListError``.

    ``None``: there are no headings, the first row is a number already.
    """
    for at, record in enumerate(rows[:_TITLES]):
        if _holds_number(record):
            break
        found = _find_columns(record.cells)
        if found["number"] and found["code"]:
            del rows[: at + 1]
            return _columns(record, found)
    first = next((at for at, record in enumerate(rows) if not _is_title(record)), 0)
    is_heading = any(_find_columns(rows[first].cells).values()) and not _holds_number(rows[first])
    if is_heading or not re.search(r"\d", "".join(rows[first].cells)):
        shown = tuple(filter(None, map(_shown, rows[first].cells)))
        unknown = LineMistake(mistake=ListMistake.COLUMNS_UNKNOWN, line=rows[first].line, headings=shown)
        raise ListError(unknown)
    del rows[:first]
    return None


def are_headings(line: str) -> bool:
    """Whether a line that was pasted is a list's headings."""
    found = _find_columns(re.split(r"[,;\t]", line))
    return bool(found["number"] and found["code"]) and not re.search(r"\d", line)


def _columns(record: Record, found: Mapping[str, list[int]]) -> Columns:
    if any(len(found[name]) > 1 for name in ("number", "code", "reason")):
        raise ListError(LineMistake(mistake=ListMistake.COLUMNS_DOUBLE, line=record.line))
    return Columns(
        number=found["number"][0],
        code=found["code"][0],
        reason=found["reason"][0] if found["reason"] else None,
        country=tuple(found["country"]),
        width=len(record.cells) if len(record.cells) > 1 else None,
    )


def _find_columns(cells: Sequence[str]) -> dict[str, list[int]]:
    names = [_key(cell) for cell in (cells if len(cells) > 1 else cells[0].split())[:_MOST_COLUMNS]]
    return {column: [at for at, name in enumerate(names) if name in words] for column, words in _WORDS.items()}


def _key(heading: str) -> str:
    """A heading apart from case, accents, spaces, punctuation and what stands in brackets."""
    plain = re.sub(r"\([^)]*\)", "", normalise(heading[:_LONGEST_HEADING]).casefold())
    return "".join(character for character in unicodedata.normalize("NFKD", plain) if character.isalnum())


_WORDS = {column: frozenset(map(_key, words.split())) for column, words in HEADINGS.items()}


def _holds_number(record: Record) -> bool:
    return any(len(re.findall(r"\d", cell)) >= _LIKELY_NUMBER for cell in record.cells)


def _is_title(record: Record) -> bool:
    """Whether a row is a single cell of words."""
    held = [cell for cell in record.cells if cell.strip()]
    return len(held) == 1 and not re.search(r"\d", held[0]) and not any(_find_columns(held).values())


def _shown(heading: str) -> str:
    """A heading that may be shown: a code has a digit."""
    plain = "".join(filter(str.isprintable, normalise(heading[:_LONGEST_HEADING])))
    return "" if re.search(r"\d", plain) else plain

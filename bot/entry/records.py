"""The cells of a list of numbers: its encoding, its separator, its columns. What stands in them is not read yet."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.entry.characters import normalise
from bot.errors import LineMistake, ListError, ListMistake

LARGEST = 2_000_000
"""Bytes; 200 for each of the most numbers that are taken."""

NUMBER_HEADINGS = frozenset({"phone_number", "phone", "number", "msisdn", "mobile", "tel", "telephone", "whatsapp"})
CODE_HEADINGS = frozenset({"code", "verification_code", "verify_code", "pin", "otp"})
REASON_HEADINGS = frozenset({"reason"})

_HEADINGS = (NUMBER_HEADINGS, CODE_HEADINGS, REASON_HEADINGS)
_LONGEST_HEADING = 50  # characters; longer is none, and is not looked at
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    cells: list[str] = field(repr=False)  # there is a code among them


class Columns(NamedTuple):
    number: int
    code: int
    reason: int | None


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
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:  # a cell longer than any: a quotation mark somewhere is not closed
            raise ListError(LineMistake(mistake=ListMistake.CELL_OVER_LINES, line=line)) from None
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)


def _delimiter(text: str) -> str:
    """What stands between cells: the first of ``,`` ``;`` and tab in the first line, outside quotation marks."""
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    found = re.search(r"[,;\t]", _QUOTED.sub("", first_line))
    return found[0] if found else ","


def read_headings(record: Record) -> Columns | None:
    """Where which column is, or ``None`` when the first row is a number already. Raises ``ListError``."""
    cells = record.cells if len(record.cells) > 1 else record.cells[0].split()
    names = [re.sub(r"\W+", "_", normalise(cell[:_LONGEST_HEADING]).casefold()).strip("_") for cell in cells]
    found = [[at for at, name in enumerate(names) if name in headings] for headings in _HEADINGS]
    if not any(found) and re.search(r"\d", "".join(cells)):
        return None
    if any(len(places) > 1 for places in found):
        raise ListError(LineMistake(mistake=ListMistake.COLUMNS_DOUBLE, line=record.line))
    number, code, reason = (places[0] if places else None for places in found)
    if number is None or code is None:
        raise ListError(LineMistake(mistake=ListMistake.COLUMNS_UNKNOWN, line=record.line))
    return Columns(number, code, reason)

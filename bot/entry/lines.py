"""Several numbers, one to a line, each with its code behind it.

Nothing typed is echoed: it may be a verification code. Lines are named by their number instead.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.entry.characters import LONGEST, normalise, peel
from bot.entry.command import LABELLED, Typed, TypedKind, read_command
from bot.entry.fields import find_shortened, recognise_code
from bot.entry.numbers import interpret
from bot.entry.records import are_headings
from bot.entry.secrecy import approved_with_code, what_is_wrong
from bot.errors import EntryMistake
from bot.models import PhoneNumber

MOST = 100
"""Numbers in one list."""

_SEPARATED = re.compile(r"([^,;]+)[,;]([^,;]+)")
_SHORTEST_CODE = 3
_MEANT = "!"
"""Behind a code: it is meant to be shorter than the others."""

WHOLE = 0
"""The line number of what is wrong with the list as a whole."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line that could be read."""

    line: int
    """Its number, from 1."""
    phone: PhoneNumber
    code: SecretStr | None
    """``None`` only where codes may wait."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What was typed: the lines that could be read, and for each other one, by its number from 1, why not."""

    listed: tuple[Listed, ...]
    mistakes: Mapping[int, EntryMistake]
    repeated: Mapping[int, int] = field(default_factory=dict)
    """For each line whose number is twice there, the line that has it first."""

    @property
    def codes(self) -> list[SecretStr]:
        return [each.code for each in self.listed if each.code]


_UNREAD: Mapping[TypedKind, EntryMistake] = {
    TypedKind.NUMBER: EntryMistake.CODE_MISSING,
    TypedKind.UNCERTAIN: EntryMistake.LINE_UNCERTAIN,
}


def read_lines(
    text: str, *, region: str | None, needs_codes: bool = True, approved: Collection[PhoneNumber] = ()
) -> Lines:
    """The numbers and codes in a text; empty lines and a first line of headings count as lines, no more.

    Each line is read as after ``/phoneid``; where that is not certain, a single separator decides.

    With ``needs_codes`` every line must have its code. ``approved``: the numbers that codes are entered for; one that
    was recorded with its code behind it is read as it was recorded. Never raises.
    """
    if len(text) > LONGEST:
        return Lines((), {WHOLE: EntryMistake.LIST_TOO_LONG})
    lines = {number: line for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    if lines and are_headings(next(iter(lines.values()))):
        del lines[min(lines)]
    if not lines:
        return Lines((), {WHOLE: EntryMistake.LIST_EMPTY})
    if len(lines) > MOST:
        return Lines((), {WHOLE: EntryMistake.LIST_TOO_LONG})
    listed: list[Listed] = []
    mistakes: dict[int, EntryMistake] = {}
    repeated: dict[int, int] = {}
    for number, line in lines.items():
        typed = _read_line(_without_mark(line), region)
        read = _read(number, typed, needs_code=needs_codes, approved=approved)
        first = next((each.line for each in listed if isinstance(read, Listed) and each.phone == read.phone), None)
        if first is not None:
            read, repeated[number] = EntryMistake.NUMBER_TWICE, first
        if isinstance(read, Listed):
            listed.append(read)
        else:
            mistakes[number] = read
    shortened = find_shortened(each.code for each in listed if each.code)
    doubted = [
        each for each in listed if each.code in shortened and _without_mark(lines[each.line]) == lines[each.line]
    ]
    mistakes |= {each.line: EntryMistake.CODE_SHORTENED for each in doubted}
    return Lines(tuple(each for each in listed if each not in doubted), mistakes, repeated)


def _without_mark(line: str) -> str:
    return line.rstrip().removesuffix(_MEANT)


def _read_line(text: str, region: str | None) -> Typed | EntryMistake:
    typed = read_command(text, region=region)
    if typed.kind is not TypedKind.UNCERTAIN:
        return typed
    separator = "[\t;]" if re.search("[\t;]", text) else ","  # beside those a comma is a decimal one
    number = interpret(re.split(separator, text)[0].strip(), region).number
    if number is EntryMistake.NUMBER_FROM_SPREADSHEET:
        return number
    return _read_separated(text, region) or typed


def _read_separated(text: str, region: str | None) -> Typed | EntryMistake | None:
    """A number, a comma, semicolon or tab, and a code of any kind: ``None`` where that may be something else."""
    cells = _SEPARATED.fullmatch(normalise(re.sub(r"\s*\t\s*", ",", text.strip())))
    if cells is None:
        return None
    number, typed = read_command(cells[1], region=region), peel(cells[2])
    # Nothing of the number may be a code already: what stands behind it is a remark then, and the number is kept.
    if number.kind is not TypedKind.NUMBER or LABELLED.match(typed):
        return None
    code = recognise_code(typed)
    if code is EntryMistake.CODE_MISSING:
        return number
    if code is EntryMistake.CODE_FROM_SPREADSHEET:
        return code
    if isinstance(code, EntryMistake) or len(code) < _SHORTEST_CODE or interpret(code, region).found:
        return None
    return Typed(kind=TypedKind.NUMBER_AND_CODE, number=number.number, code=SecretStr(code))


def _read(
    line: int, typed: Typed | EntryMistake, *, needs_code: bool, approved: Collection[PhoneNumber]
) -> Listed | EntryMistake:
    if isinstance(typed, EntryMistake):
        return typed
    is_number = typed.kind is TypedKind.NUMBER_AND_CODE or (typed.kind is TypedKind.NUMBER and not needs_code)
    if not is_number or typed.number is None:
        return typed.mistake or _UNREAD.get(typed.kind, EntryMistake.LINE_UNREADABLE)
    if typed.code and (recorded := approved_with_code(typed.number, typed.code, approved)):
        return Listed(line, recorded, typed.code)
    wrong = what_is_wrong(typed.number, typed.code) if typed.code else None
    return wrong or Listed(line, typed.number, typed.code)

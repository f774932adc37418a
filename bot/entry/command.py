"""What was typed after ``/phoneid``: perhaps a number, perhaps its code behind it.

Nothing typed is echoed: it may be a verification code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pydantic import SecretStr

from bot.entry.characters import AROUND, LONGEST, normalise, unlink
from bot.entry.fields import recognise_code
from bot.entry.numbers import Interpretation, find_first_of_two, interpret, is_another_number, strip_words
from bot.entry.unread import keep_start
from bot.entry.words import CODE_LABELS, NUMBER_LABELS
from bot.errors import EntryMistake
from bot.models import PhoneNumber

_LONGEST_COMMAND = 250  # as much as libphonenumber looks at; keeps the number of splits to try small
_SHORTEST_LIKELY_CODE = 4
_LONGEST_LIKELY_CODE = 8
_SEPARATOR = re.compile(rf"[,;|:=\n\u3001\u060c\u061b{re.escape(AROUND)}]| /|/ ")  # "/" alone is used inside numbers
_LABEL = re.compile(
    rf"(?:\b|(?<=[^\x00-\x7f]))(?:{NUMBER_LABELS}|{CODE_LABELS})(?:\b|(?=[^\x00-\x7f]))\.?", re.IGNORECASE
)
_LETTERS_AND_DIGITS = re.compile(r"[0-9A-Za-z]+")
LABELLED = re.compile(r"\W*(?:code|pin|otp|ext|x\d)", re.IGNORECASE)
"""Perhaps a label glued to a code, or an extension; perhaps a code that starts so. Nobody can tell."""


class TypedKind(StrEnum):
    """What was typed after ``/phoneid``."""

    HELP = "help"
    WHY = "why"
    HISTORY = "history"
    LIST = "list"
    EMPTY = "empty"
    NUMBER = "number"
    NUMBER_AND_CODE = "number and code"
    UNCERTAIN = "uncertain"
    """There are digits, but which of them are the number and which the code is not certain."""
    UNREADABLE = "unreadable"


_WORDS = {kind.value: kind for kind in (TypedKind.HELP, TypedKind.WHY, TypedKind.HISTORY, TypedKind.LIST)}
_WORDS["?"] = TypedKind.HELP


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed after ``/phoneid``.

    ``number`` is set for a number, a number and code, and where an uncertain text has a number that surely holds no
    digit of a code. ``code`` is set for a number and code only.
    """

    kind: TypedKind
    number: PhoneNumber | None = None
    code: SecretStr | None = None
    mistake: EntryMistake | None = None
    """The one thing that is wrong with an uncertain text; ``None``: where the number ends and the code begins."""
    kept: str = field(default="", repr=False)
    """What an uncertain text without a number surely has of one, as it was typed: no digit of a code is in it."""


def read_command(text: str, *, region: str | None) -> Typed:
    """What was typed after ``/phoneid``. Never raises.

    Every way to read the text as a number, or as a number and a code in either order, is tried. One way: that is it.
    Several: uncertain, and a number is given only if no way takes any of its digits for a code. Digits typed without
    a gap are one number or nothing certain.
    """
    if len(text) > LONGEST:
        return Typed(kind=TypedKind.UNREADABLE)
    line = _mark_separators(unlink(normalise(text)))
    if not line:
        return Typed(kind=TypedKind.EMPTY)
    if line.casefold() in _WORDS:
        return Typed(kind=_WORDS[line.casefold()])
    digits = sum(character.isdigit() for character in line)
    if digits < _SHORTEST_LIKELY_CODE or len(line) > _LONGEST_COMMAND:
        return Typed(kind=TypedKind.UNREADABLE)
    return _read_digits(line, region)


class _Reading(NamedTuple):
    number: PhoneNumber | None
    """``None`` where the digits are two different numbers, a national and an international one."""
    code: SecretStr | None
    is_code_first: bool = False
    is_doubtful: bool = False
    """Whether the code may also be something else: the rest of the number, a date, a second number."""


def _mark_separators(text: str) -> str:
    """The line with each explicit separator as one newline, and single spaces elsewhere."""
    marked = _LABEL.sub("\n", _SEPARATOR.sub("\n", text))
    lines = re.sub(r" *\n[ \n]*", "\n", re.sub(r" +", " ", marked)).strip(" \n")
    return re.sub(r"(?<=[0-9A-Za-z])[.!?]+(?=\n|\Z)", "", lines)


def _read_digits(line: str, region: str | None) -> Typed:
    readings = set(_read_every_way(line, region))
    if len(readings) == 1:
        (reading,) = readings
        if reading.number and reading.code and not reading.is_doubtful:
            return Typed(kind=TypedKind.NUMBER_AND_CODE, number=reading.number, code=reading.code)
        if reading.number and reading.code is None and not reading.is_doubtful:
            return Typed(kind=TypedKind.NUMBER, number=reading.number)
    number = _choose_safe_number(readings) if readings else _read_unknown_number(line, region)
    kept = "" if number or readings else keep_start(line)
    if number is None and (second := line.find("+", 1)) > 0:
        number = read_command(line[:second], region=region).number
    mistake = _find_mistake(line, region, readings, number, kept)
    return Typed(kind=TypedKind.UNCERTAIN, number=number, mistake=mistake, kept="" if number else kept)


def _find_mistake(
    line: str, region: str | None, readings: set[_Reading], number: PhoneNumber | None, kept: str
) -> EntryMistake | None:
    if _read_likely_code(line) and not any(reading.number for reading in readings):
        return EntryMistake.NUMBER_MISSING
    if "+" in line[1:] and "+" in line[:1]:
        return EntryMistake.NUMBERS_FUSED
    if readings:
        return EntryMistake.NUMBERS_FUSED if find_first_of_two(line, region) else None
    if number:
        return _mistake_in_code(_behind(number, line))
    return _mistake_in_number(line, region, kept)


def _mistake_in_number(line: str, region: str | None, kept: str) -> EntryMistake | None:
    if kept and _has_letter_next(kept, line):
        return EntryMistake.NUMBER_HOLDS_LETTERS
    if len(re.findall(rf"\d{{{_LONGEST_LIKELY_CODE + 1},}}", line)) > 1:
        return EntryMistake.NUMBERS_FUSED
    read = interpret(kept or line, region).number
    is_with_code = read is EntryMistake.NUMBER_TOO_LONG and not kept
    return read if isinstance(read, EntryMistake) and not is_with_code else None


def _mistake_in_code(rest: str) -> EntryMistake | None:
    """Why what stands behind a number is no code; ``None`` where a code may be among it."""
    code = recognise_code(rest)
    if not isinstance(code, EntryMistake) or any(map(_read_likely_code, rest.split())):
        return None
    return None if code is EntryMistake.CODE_MISSING else code


def _behind(number: PhoneNumber, line: str) -> str:
    """What follows after the digits of a number at the beginning of a line."""
    left = len(number.digits)
    for at, character in enumerate(line):
        left -= character.isdigit()
        if left == 0:
            return line[at + 1 :].strip(" -/\n")
    return ""


def _has_letter_next(kept: str, line: str) -> bool:
    """Whether the next word is a part of the number in which a letter stands, as in ``12E4``, and not a code."""
    behind = line.removeprefix(kept)
    first = "[0-9]*" if kept.startswith("+") else "[0-9]+"  # without a plus A1B2 is rather a code
    word = re.match(rf" ?({first}[A-Za-z]+[0-9A-Za-z]*)(?=[ \n]|\Z)", behind)
    return word is not None and len(word[1]) <= _SHORTEST_LIKELY_CODE


def _read_every_way(line: str, region: str | None) -> Iterator[_Reading]:
    whole = interpret(line, region)
    if whole.is_valid:
        first = find_first_of_two(line, region)
        yield _Reading(first or whole.found, None, is_doubtful=first is not None)
        if _may_be_a_lone_code(line, whole):
            yield _Reading(None, SecretStr(line), is_code_first=True)
    for cut in re.finditer(r"[ \n/]", line):
        left, right = line[: cut.start()], line[cut.end() :]
        for typed, rest, is_code_first in ((left, right, False), (right, left, True)):
            code = _read_likely_code(rest)
            if code is None:
                continue
            interpretation = interpret(typed, region)
            number = interpretation.found
            # A separator says that a number ends here; a mere space does only if libphonenumber knows the number.
            if interpretation.is_valid or (cut[0] == "\n" and number):
                if is_code_first and "+" not in typed and interpret(rest, region).is_valid:
                    yield _Reading(None, SecretStr(code), is_code_first=True)  # two bare numbers: either may be meant
                    continue
                first = find_first_of_two(typed, region)
                # A slash alone is used inside numbers, and before the extension of one.
                is_doubtful = bool(first) or cut[0] == "/" or _may_be_something_else(rest, number)
                yield _Reading(first or number, SecretStr(code), is_code_first, is_doubtful)


def _read_likely_code(typed: str) -> str | None:
    """What may be meant as a code: 4 to 8 letters and digits, a digit in each group of them."""
    if "\n" in typed or LABELLED.match(typed) or not all(re.search(r"\d", group) for group in typed.split()):
        return None
    code = re.sub(r"[ .-]", "", typed.strip("()"))
    is_likely = _SHORTEST_LIKELY_CODE <= len(code) <= _LONGEST_LIKELY_CODE and _LETTERS_AND_DIGITS.fullmatch(code)
    return code if is_likely else None


def _may_be_something_else(typed: str, number: PhoneNumber | None) -> bool:
    code = recognise_code(typed.strip(" -"))
    return isinstance(code, EntryMistake) or (number is not None and is_another_number(code, number))


def _may_be_a_lone_code(line: str, whole: Interpretation) -> bool:
    """Whether a short number may as well be a code with its number forgotten."""
    digits = re.sub(r"\D", "", line)
    if "+" in line or digits.startswith("00") or _read_likely_code(line) is None:
        return False
    # Codes have six digits; with a country code hardly any number has as few as eight.
    return len(digits) <= 6 or (isinstance(whole.number, PhoneNumber) and len(whole.number.digits) <= 8)


def _choose_safe_number(readings: set[_Reading]) -> PhoneNumber | None:
    """The shortest number, if the readings agree on which side the code is: no other reading's code reaches into it.

    None where it is no part of the others: libphonenumber adds area codes to some numbers that lack one, and the
    shortest to type is then another number than was meant.
    """
    numbers = {reading.number.digits for reading in readings if reading.number}
    sides = {reading.is_code_first for reading in readings if reading.code}
    if len(sides) > 1 or any(reading.number is None for reading in readings):
        return None
    shortest = min(numbers, key=len)
    is_part_of = str.endswith if True in sides else str.startswith
    return PhoneNumber(shortest) if all(is_part_of(number, shortest) for number in numbers) else None


def _read_unknown_number(line: str, region: str | None) -> PhoneNumber | None:
    """The number in a line that cannot be read as a whole, if no code can be a part of it."""
    whole = interpret(line, region).found
    if whole is None:
        return _read_leading_number(line)
    if re.fullmatch(r"\+?\d+", line) is None or _read_likely_code(line):
        return None
    for length in range(_SHORTEST_LIKELY_CODE, _LONGEST_LIKELY_CODE + 1):  # typed without a space before the code?
        if interpret(line[:-length], region).is_valid or interpret(line[length:], region).is_valid:
            return None
    return whole


def _read_leading_number(line: str) -> PhoneNumber | None:
    """The shortest number with a plus at the line's beginning: whatever follows it, a code among that, is no part."""
    typed = strip_words(line)
    if not typed.startswith("+") or "+" in typed[1:]:
        return None
    for end in re.finditer(r"(?<=\d)(?!\d)", typed):
        first = interpret(typed[: end.start()], None)
        # libphonenumber adds area codes to some numbers that lack one, and takes zeros out of others.
        if first.is_valid and first.found and first.found.digits == re.sub(r"\D", "", typed[: end.start()]):
            return first.found
    return None

"""What people type, read once into values.

Nothing typed is echoed: not by an error, not by a repr. It may be a verification code.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import phonenumbers
from pydantic import SecretStr

from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber

_TEL_LINK = re.compile(r"<tel:([^|>]*)(?:\|([^>]*))?>", re.IGNORECASE)
_AROUND = "\"'`*_~<>[]{}\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033"
"""What stands around pasted text: quotes, Slack's formatting, the brackets of a usage hint."""
_DIALLED = re.compile(r"(?:tel:)?[( ]*(\++)?[0-9 ()./-]*", re.IGNORECASE)
_LETTERS_AND_DIGITS = re.compile(r"[0-9A-Za-z]+")

_LONGEST_NUMBER = 15  # E.164
_LONGEST_CODE = 32
_LONGEST_REASON = 500
_LONGEST_COMMAND = 250  # as much as libphonenumber looks at; keeps the number of splits to try small


class TypedKind(StrEnum):
    """What was typed after ``/phoneid``."""

    HELP = "help"
    EMPTY = "empty"
    NUMBER = "number"
    NUMBER_AND_CODE = "number and code"
    UNCERTAIN = "uncertain"
    """There are digits, but which of them are the number and which the code is not certain."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed after ``/phoneid``.

    ``number`` is set for a number, a number and code, and where an uncertain text has a number that surely holds no
    digit of a code. ``code`` is set for a number and code only.
    """

    kind: TypedKind
    number: PhoneNumber | None = None
    code: SecretStr | None = None


def read_phone_number(text: str, *, region: str | None) -> PhoneNumber:
    """The one number typed.

    Without ``+`` or ``00`` the digits are national where ``region`` (e.g. ``CN``) has such a number, else they start
    with a country code. Numbers of a possible length are taken even if libphonenumber does not know their range yet.
    Raises ``EntryError``.
    """
    number = _interpret(_normalise(text).strip(_AROUND + " \n").replace("\n", " "), region).number
    if isinstance(number, EntryMistake):
        raise EntryError(number)
    return number


def read_code(text: str) -> SecretStr:
    """The verification code: the letters and digits typed, without what separates them. Raises ``EntryError``."""
    code = _normalise(text).strip(_AROUND + " \n")
    if not code:
        raise EntryError(EntryMistake.CODE_MISSING)
    joined = _join_code(code)
    if not _LETTERS_AND_DIGITS.fullmatch(joined):
        raise EntryError(EntryMistake.CODE_UNREADABLE)
    if len(joined) > _LONGEST_CODE:
        raise EntryError(EntryMistake.CODE_TOO_LONG)
    return SecretStr(joined)


def read_reason(text: str) -> str:
    """Why the ID is needed; may be empty. Raises ``EntryError`` over 500 characters."""
    reason = text.strip()
    if len(reason) > _LONGEST_REASON:
        raise EntryError(EntryMistake.REASON_TOO_LONG)
    return reason


def read_command(text: str, *, region: str | None) -> Typed:
    """What was typed after ``/phoneid``. Never raises.

    Every way to read the text as a number, or as a number and a code in either order, is tried. One way: that is it.
    Several: uncertain, and a number is given only if no way takes any of its digits for a code. Digits typed without
    a gap are one number or nothing certain.
    """
    line = _mark_separators(_normalise(text))
    if not line:
        return Typed(kind=TypedKind.EMPTY)
    if line.casefold() in {"help", "?"}:
        return Typed(kind=TypedKind.HELP)
    digits = sum(character.isdigit() for character in line)
    if digits < _SHORTEST_LIKELY_CODE or len(line) > _LONGEST_COMMAND:
        return Typed(kind=TypedKind.UNREADABLE)
    return _read_digits(line, region)


# --- characters ---


def _normalise(text: str) -> str:
    """The text in plain characters: no Slack escapes or links, no invisible marks, ASCII digits, dashes and spaces."""
    for escape, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # Slack escapes these three, & first
        text = text.replace(escape, character)
    # The label is what the person saw and typed; Slack's target has lost its spaces.
    text = _TEL_LINK.sub(lambda link: f" {link[2] or link[1]} ", text)
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKC", text))
    return plain.strip()


def _plain(character: str) -> str:
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    match unicodedata.category(character):
        case "Nd":  # NFKC leaves the digits of other scripts alone
            return str(unicodedata.decimal(character))
        case "Pd":
            return "-"
        case "Cf" | "Mn" | "Me":  # zero-width and bidi marks, variation selectors, keycaps
            return ""
    return "-" if character in "\u2212\u30fc" else character  # minus and the long-vowel mark are typed as dashes


# --- numbers ---


class _Interpretation(NamedTuple):
    number: PhoneNumber | EntryMistake
    is_valid: bool
    """In a range libphonenumber knows, not only of a possible length."""


_NOT_POSSIBLE = {
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: EntryMistake.NUMBER_WITHOUT_COUNTRY,
    phonenumbers.ValidationResult.TOO_SHORT: EntryMistake.NUMBER_TOO_SHORT,
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: EntryMistake.NUMBER_TOO_SHORT,  # the area code is missing
    phonenumbers.ValidationResult.INVALID_LENGTH: EntryMistake.NUMBER_TOO_SHORT,  # shorter than the next length in use
    phonenumbers.ValidationResult.TOO_LONG: EntryMistake.NUMBER_TOO_LONG,
}
_NOT_PARSED = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: EntryMistake.NUMBER_WITHOUT_COUNTRY,
    phonenumbers.NumberParseException.NOT_A_NUMBER: EntryMistake.NUMBER_TOO_SHORT,  # digits only get here: one or two
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: EntryMistake.NUMBER_TOO_SHORT,
    phonenumbers.NumberParseException.TOO_SHORT_NSN: EntryMistake.NUMBER_TOO_SHORT,
    phonenumbers.NumberParseException.TOO_LONG: EntryMistake.NUMBER_TOO_LONG,
}


def _interpret(typed: str, region: str | None) -> _Interpretation:
    """The number that ``typed`` is as a whole, or why it is none."""
    if not typed:
        return _Interpretation(EntryMistake.NUMBER_MISSING, is_valid=False)
    dialled = _DIALLED.fullmatch(typed)
    digits = re.sub(r"\D", "", typed)
    if dialled is None or not digits:  # letters and extensions among them: the API has no place for either
        return _Interpretation(EntryMistake.NUMBER_UNREADABLE, is_valid=False)
    if dialled[1] or digits.startswith("00"):
        return _parse("+" + digits.removeprefix("00"), None)
    if region is None:
        return _parse("+" + digits, None)
    return _choose(_parse(digits, region), _parse("+" + digits, None))


def _parse(dialled: str, region: str | None) -> _Interpretation:
    if len(dialled) > _LONGEST_NUMBER + 5:  # a prefix for international calls and a plus may come on top, no more
        return _Interpretation(EntryMistake.NUMBER_TOO_LONG, is_valid=False)
    try:
        parsed = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException as error:
        return _Interpretation(_NOT_PARSED[error.error_type], is_valid=False)
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return _Interpretation(_NOT_POSSIBLE[reason], is_valid=False)
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    if len(digits) > _LONGEST_NUMBER:
        return _Interpretation(EntryMistake.NUMBER_TOO_LONG, is_valid=False)
    return _Interpretation(PhoneNumber(digits), is_valid=phonenumbers.is_valid_number(parsed))


def _choose(national: _Interpretation, international: _Interpretation) -> _Interpretation:
    if national.number == international.number:
        return national
    if national.is_valid != international.is_valid:
        return national if national.is_valid else international
    if isinstance(international.number, EntryMistake):
        return national
    if isinstance(national.number, EntryMistake):
        return international
    return _Interpretation(EntryMistake.NUMBER_AMBIGUOUS, is_valid=national.is_valid)


# --- number and code in one line ---

_SHORTEST_LIKELY_CODE = 4
_LONGEST_LIKELY_CODE = 10
_SEPARATOR = re.compile(rf"[,;|:=\n\u3001\u060c\u061b{re.escape(_AROUND)}]| /|/ ")  # "/" alone is used inside numbers
_LABEL = re.compile(r"\b(?:verification|code|pin|otp|phone|number|tel)\b", re.IGNORECASE)
_LABELLED = re.compile(r"\W*(?:code|pin|otp|ext|x\d)", re.IGNORECASE)
"""Perhaps a label glued to a code, or an extension; perhaps a code that starts so. Nobody can tell."""


class _Reading(NamedTuple):
    number: PhoneNumber | None
    """``None`` where the digits are two different numbers, a national and an international one."""
    code: str | None
    is_code_first: bool = False


def _mark_separators(text: str) -> str:
    """The line with each explicit separator as one newline, and single spaces elsewhere."""
    marked = _LABEL.sub("\n", _SEPARATOR.sub("\n", text))
    return re.sub(r" *\n[ \n]*", "\n", re.sub(r" +", " ", marked)).strip(" \n")


def _read_digits(line: str, region: str | None) -> Typed:
    readings = set(_read_every_way(line, region))
    if len(readings) == 1:
        (reading,) = readings
        if reading.number and reading.code is None:
            return Typed(kind=TypedKind.NUMBER, number=reading.number)
        if reading.number and reading.code:
            return Typed(kind=TypedKind.NUMBER_AND_CODE, number=reading.number, code=SecretStr(reading.code))
    number = _choose_safe_number(readings) if readings else _read_unknown_number(line, region)
    return Typed(kind=TypedKind.UNCERTAIN, number=number)


def _read_every_way(line: str, region: str | None) -> Iterator[_Reading]:
    whole = _interpret(line, region)
    if whole.is_valid:
        yield _Reading(_number_or_none(whole), None)
        if _may_be_a_lone_code(line, whole):
            yield _Reading(None, line, is_code_first=True)
    for cut in re.finditer(r"[ \n/]", line):
        left, right = line[: cut.start()], line[cut.end() :]
        for typed, rest, is_code_first in ((left, right, False), (right, left, True)):
            code = _read_likely_code(rest)
            if code is None:
                continue
            interpretation = _interpret(typed, region)
            # A separator says that a number ends here; a mere space does only if libphonenumber knows the number.
            if interpretation.is_valid or (cut[0] == "\n" and isinstance(interpretation.number, PhoneNumber)):
                yield _Reading(_number_or_none(interpretation), code, is_code_first)


def _number_or_none(interpretation: _Interpretation) -> PhoneNumber | None:
    return interpretation.number if isinstance(interpretation.number, PhoneNumber) else None


def _join_code(code: str) -> str:
    return re.sub(r"[\s.-]", "", code.strip("()"))


def _read_likely_code(typed: str) -> str | None:
    """The code that ``typed`` is likely to be: 4 to 10 letters and digits, a digit in each group of them."""
    if "\n" in typed or _LABELLED.match(typed) or not all(re.search(r"\d", group) for group in typed.split()):
        return None
    code = _join_code(typed)
    is_likely = _SHORTEST_LIKELY_CODE <= len(code) <= _LONGEST_LIKELY_CODE and _LETTERS_AND_DIGITS.fullmatch(code)
    return code if is_likely else None


def _may_be_a_lone_code(line: str, whole: _Interpretation) -> bool:
    """Whether a short number may as well be a code with its number forgotten."""
    digits = re.sub(r"\D", "", line)
    if "+" in line or digits.startswith("00") or _read_likely_code(line) is None:
        return False
    # Codes have six digits; with a country code hardly any number has as few as eight.
    return len(digits) <= 6 or (isinstance(whole.number, PhoneNumber) and len(whole.number.digits) <= 8)


def _choose_safe_number(readings: set[_Reading]) -> PhoneNumber | None:
    """The shortest number, if the readings agree on which side the code is: no other reading's code reaches into it."""
    numbers = {reading.number for reading in readings}
    if None in numbers or len({reading.is_code_first for reading in readings if reading.code}) > 1:
        return None
    return min((number for number in numbers if number), key=lambda number: len(number.digits))


def _read_unknown_number(line: str, region: str | None) -> PhoneNumber | None:
    """The whole line as a number in a range libphonenumber does not know, if no code can be a part of it."""
    whole = _number_or_none(_interpret(line, region))
    if whole is None or re.fullmatch(r"\+?\d+", line) is None or _read_likely_code(line):
        return None
    for length in range(_SHORTEST_LIKELY_CODE, _LONGEST_LIKELY_CODE + 1):  # typed without a space before the code?
        if _interpret(line[:-length], region).is_valid or _interpret(line[length:], region).is_valid:
            return None
    return whole

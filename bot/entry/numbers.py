"""Phone numbers as people type and paste them.

Nothing typed is echoed, not even by an error: what is no number may be a verification code.
"""

import re
from typing import NamedTuple

import phonenumbers

from bot.entry.characters import AROUND, LONGEST, normalise
from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber

_DIALLED = re.compile(r"(?:tel:)?[( ]*(\++)?[0-9 ()./-]*", re.IGNORECASE)
_LONGEST_NUMBER = 15  # E.164


def read_phone_number(text: str, *, region: str | None) -> PhoneNumber:
    """The one number typed.

    Without ``+`` or ``00`` the digits are national where ``region`` (e.g. ``CN``) has such a number, else they start
    with a country code. After ``+`` a possible length is enough: libphonenumber may not know the newest ranges yet.
    Raises ``EntryError``.
    """
    if len(text) > LONGEST:
        raise EntryError(EntryMistake.NUMBER_TOO_LONG)
    number = interpret(normalise(text).strip(AROUND + " \n").replace("\n", " "), region).number
    if isinstance(number, EntryMistake):
        raise EntryError(number)
    return number


class Interpretation(NamedTuple):
    """A text read as one number."""

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


def interpret(typed: str, region: str | None) -> Interpretation:
    """The number that ``typed`` is as a whole, or why it is none."""
    if not typed:
        return Interpretation(EntryMistake.NUMBER_MISSING, is_valid=False)
    dialled = _DIALLED.fullmatch(typed)
    digits = re.sub(r"\D", "", typed)
    if dialled is None or not digits:  # letters and extensions among them: the API has no place for either
        return Interpretation(EntryMistake.NUMBER_UNREADABLE, is_valid=False)
    if dialled[1] or digits.startswith("00"):
        return _parse("+" + digits.removeprefix("00"), None)
    if region is None:
        return _only_if_valid(_parse("+" + digits, None))
    return _choose(_parse(digits, region), _parse("+" + digits, None))


def _parse(dialled: str, region: str | None) -> Interpretation:
    if len(dialled) > _LONGEST_NUMBER + 5:  # a prefix for international calls and a plus may come on top, no more
        return Interpretation(EntryMistake.NUMBER_TOO_LONG, is_valid=False)
    try:
        parsed = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException as error:
        return Interpretation(_NOT_PARSED[error.error_type], is_valid=False)
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Interpretation(_NOT_POSSIBLE[reason], is_valid=False)
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    if len(digits) > _LONGEST_NUMBER:
        return Interpretation(EntryMistake.NUMBER_TOO_LONG, is_valid=False)
    return Interpretation(PhoneNumber(digits), is_valid=phonenumbers.is_valid_number(parsed))


def _only_if_valid(international: Interpretation) -> Interpretation:
    """Without a plus, 138 0000 1234 is somebody's national number, and +1 380 000 1234 by its length only."""
    if international.is_valid or isinstance(international.number, EntryMistake):
        return international
    return Interpretation(EntryMistake.NUMBER_WITHOUT_COUNTRY, is_valid=False)


def _choose(national: Interpretation, international: Interpretation) -> Interpretation:
    if national.number == international.number:
        return national
    if national.is_valid != international.is_valid:
        return national if national.is_valid else international
    if isinstance(international.number, EntryMistake):
        return national
    if isinstance(national.number, EntryMistake):
        return international
    return Interpretation(EntryMistake.NUMBER_AMBIGUOUS, is_valid=national.is_valid)


def number_or_none(interpretation: Interpretation) -> PhoneNumber | None:
    return interpretation.number if isinstance(interpretation.number, PhoneNumber) else None

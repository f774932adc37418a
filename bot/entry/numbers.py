"""Phone numbers as people type and paste them.

Nothing typed is echoed, not even by an error: what is no number may be a verification code.
"""

import re
from typing import NamedTuple

import phonenumbers

from bot.entry.characters import LONGEST, peel
from bot.entry.words import NUMBER_LABELS, REMARKS
from bot.errors import EntryError, EntryMistake
from bot.models import PhoneNumber

_DIALLED = re.compile(r"(?:tel:)?[( ]*(\++)?[0-9 ()./-]*", re.IGNORECASE)
_LONGEST_NUMBER = 15  # E.164
_FEW_DIGITS = 4  # fewer are no number in which letters stand, but a word
_LIKELY_NUMBER = 9  # digits: codes are shorter

_LABEL = re.compile(
    # Before a plus any words may stand: no digit is lost with them.
    rf"\A(?:[^0-9+]*(?<!\w)(?=\+)|(?:my |the )?(?:{NUMBER_LABELS}[. ]{{0,2}}){{1,3}}(?:\([a-z ]{{0,20}}\))?"
    r" ?[:=]? ?(?=[(0-9]))",
    re.IGNORECASE,
)
_REMARK = re.compile(rf"[ ,;.:]{{1,4}}\(?{REMARKS}\)?[ ,;.:]{{0,4}}\Z|(?<=[0-9])[,;:.]{{1,4}}\Z", re.IGNORECASE)
_FROM_SPREADSHEET = re.compile(r"\+?[0-9]{7,}[.,]0+|\+?[0-9]+([.,][0-9]+)? ?E ?[+-]?[0-9]+|#+", re.IGNORECASE)
_OLD_MEXICAN = re.compile(r"521([2-9][0-9]{9})")
_TWO = re.compile(r" ?/ ?(?=[0-9])| - (?=[0-9])")
"""Between area code and number, or between two numbers: 4000/4001 is 4000 and 4001."""


def read_phone_number(text: str, *, region: str | None) -> PhoneNumber:
    """The one number typed.

    Without ``+`` or ``00`` the digits are national where ``region`` (e.g. ``CN``) has such a number, else they start
    with a country code. After ``+`` a possible length is enough: libphonenumber may not know the newest ranges yet.
    Raises ``EntryError``.
    """
    if len(text) > LONGEST:
        raise EntryError(EntryMistake.NUMBER_TOO_LONG)
    typed = strip_words(peel(text).replace("\n", " "))
    number = interpret(typed, region).number
    if isinstance(number, EntryMistake):
        raise EntryError(number)
    if find_first_of_two(typed, region):
        raise EntryError(EntryMistake.NUMBERS_FUSED)
    return number


def strip_words(plain: str) -> str:
    """A number without the words before and behind it that are known to mean nothing."""
    return _REMARK.sub("", _LABEL.sub("", plain))


def find_first_of_two(typed: str, region: str | None) -> PhoneNumber | None:
    """The number before a slash, where that is one already: what follows is a second number, or an extension."""
    for between in _TWO.finditer(typed):
        first = interpret(typed[: between.start()], region)
        if first.is_valid:
            return first.found
    return None


def is_another_number(typed: str, beside: PhoneNumber) -> bool:
    """Whether digits are rather a second number than the code of the one beside them.

    International, or as people of the same country dial; if it is short, only when it is as long as the other one.
    """
    if not typed.isdigit() or len(typed) < 7:
        return False
    first = phonenumbers.parse(f"+{beside.digits}")
    region = phonenumbers.region_code_for_number(first)
    for dialled, where in ((f"+{typed}", None), (typed, region)):
        is_long = len(typed) >= _LIKELY_NUMBER or (where and len(typed) == len(str(first.national_number)))
        if is_long and _is_valid(dialled, where):
            return True
    return False


def _is_valid(dialled: str, region: str | None) -> bool:
    """Without a value of ours that would show what may be a code."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(dialled, region))
    except phonenumbers.NumberParseException:
        return False


def may_be_of(phone: PhoneNumber, country: str, *, is_national: bool) -> bool:
    """Whether a number typed without a plus may be of a country, called ``86`` or ``CN``, or in words.

    Words are not known: a number that was read as national may be of any other country then.
    """
    code = phonenumbers.parse(f"+{phone.digits}").country_code or 0
    if country in {str(code), *phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())}:
        return True
    return not is_national and not country.isdigit() and country not in phonenumbers.SUPPORTED_REGIONS


class Interpretation(NamedTuple):
    """A text read as one number."""

    number: PhoneNumber | EntryMistake
    is_valid: bool = False
    """In a range libphonenumber knows, not only of a possible length."""

    @property
    def found(self) -> PhoneNumber | None:
        return self.number if isinstance(self.number, PhoneNumber) else None


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
        return Interpretation(EntryMistake.NUMBER_MISSING)
    if _FROM_SPREADSHEET.fullmatch(typed):
        return Interpretation(EntryMistake.NUMBER_FROM_SPREADSHEET)
    dialled = _DIALLED.fullmatch(typed)
    digits = re.sub(r"\D", "", typed)
    if dialled is None or not digits:  # letters and extensions among them: the API has no place for either
        has_letters = len(digits) >= _FEW_DIGITS and any(map(str.isalpha, typed))
        return Interpretation(EntryMistake.NUMBER_HOLDS_LETTERS if has_letters else EntryMistake.NUMBER_UNREADABLE)
    if dialled[1] or digits.startswith("00"):
        international = _parse("+" + digits.removeprefix("00"), None)
        return _only_without_trunk_zero(typed, international) if "(0" in typed[1:] else international
    if region is None:
        return _only_if_valid(_parse("+" + digits, None))
    return _choose(_parse(digits, region), _parse("+" + digits, None))


def _parse(dialled: str, region: str | None) -> Interpretation:
    if len(dialled) > _LONGEST_NUMBER + 5:  # a prefix for international calls and a plus may come on top, no more
        return Interpretation(EntryMistake.NUMBER_TOO_LONG)
    try:
        parsed = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException as error:
        return Interpretation(_NOT_PARSED[error.error_type])
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason == phonenumbers.ValidationResult.TOO_LONG and (old := _OLD_MEXICAN.fullmatch(_digits(parsed))):
        # Until 2019 there was a 1 in them, and WhatsApp's own ids have kept it. Asked as typed.
        return Interpretation(PhoneNumber(old[0]), is_valid=_parse(f"+52{old[1]}", None).is_valid)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Interpretation(_NOT_POSSIBLE[reason])
    digits = _digits(parsed)
    if len(digits) > _LONGEST_NUMBER:
        return Interpretation(EntryMistake.NUMBER_TOO_LONG)
    return Interpretation(PhoneNumber(digits), is_valid=phonenumbers.is_valid_number(parsed))


def _digits(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _only_without_trunk_zero(typed: str, international: Interpretation) -> Interpretation:
    """+44 (0)20 is +44 20 wherever the zero is only dialled within the country; elsewhere nobody can tell."""
    plain = _parse("+" + re.sub(r"\D", "", typed.replace("(0", "(")).removeprefix("00"), None)
    if plain.number == international.number:
        return international
    return Interpretation(EntryMistake.NUMBER_WITH_TRUNK_ZERO)


def _only_if_valid(international: Interpretation) -> Interpretation:
    """Without a plus, 138 0000 1234 is somebody's national number, and +1 380 000 1234 by its length only."""
    if international.is_valid or isinstance(international.number, EntryMistake):
        return international
    return Interpretation(EntryMistake.NUMBER_WITHOUT_COUNTRY)


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

"""Keeps a verification code out of the fields that are kept: people type it behind the number, and into the reason.

And another number, of which a guess would be wasted, out of the code's field.
"""

import re

from pydantic import SecretStr

from bot.entry.characters import normalise
from bot.entry.numbers import interpret, is_another_number
from bot.errors import EntryMistake
from bot.models import PhoneNumber

_SHORT = 4
"""Shorter codes stand in many a text by chance: they count only as a word of their own."""

_BETWEEN = r"[\W_]{0,3}"


def what_is_wrong(phone: PhoneNumber, code: SecretStr, reason: str = "") -> EntryMistake | None:
    """Why this code and what stands beside it cannot be what was meant; ``None`` when nothing is wrong."""
    if number_holds(phone, code):
        return EntryMistake.NUMBER_HOLDS_CODE
    if is_another_number(code.get_secret_value(), phone):
        return EntryMistake.CODE_IS_NUMBER
    return EntryMistake.REASON_HOLDS_CODE if text_holds(reason, code) else None


def number_holds(phone: PhoneNumber, code: SecretStr) -> bool:
    """Whether the number is another number with the code behind it."""
    secret = code.get_secret_value()
    if len(secret) < _SHORT or not phone.digits.endswith(secret):
        return False
    return interpret(f"+{phone.digits.removesuffix(secret)}", None).is_valid


def text_holds(text: str, code: SecretStr) -> bool:
    """Whether the code stands in a text, also with something between its characters."""
    secret = code.get_secret_value()
    pattern = _BETWEEN.join(map(re.escape, secret))
    if len(secret) < _SHORT:
        pattern = rf"\b{pattern}\b"
    return re.search(pattern, normalise(text), re.IGNORECASE) is not None

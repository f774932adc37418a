"""Keeps a verification code out of the fields that are kept: people type it behind the number, and into the reason.

And another number, of which a guess would be wasted, out of the code's field.
"""

import re
from collections.abc import Collection

from pydantic import SecretStr

from bot.entry.characters import normalise
from bot.entry.command import TypedKind, read_command
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


def stands_alone(phone: PhoneNumber, text: str, region: str | None) -> bool:
    """Whether a number that was typed without a code is surely a number and nothing more."""
    is_as_we_write_it = normalise(text) == phone.international
    return is_as_we_write_it or read_command(text, region=region).kind is TypedKind.NUMBER


def ends_with(recorded: PhoneNumber, code: SecretStr, *, behind: PhoneNumber | None = None) -> bool:
    """Whether a recorded number ends with the code, right behind another number or behind any.

    Within a number, and a short one at its end, a code stands by chance.
    """
    secret = code.get_secret_value()
    if behind:
        return recorded.digits == behind.digits + secret
    return len(secret) >= _SHORT and recorded.digits.endswith(secret)


def approved_with_code(typed: PhoneNumber, code: SecretStr, approved: Collection[PhoneNumber]) -> PhoneNumber | None:
    """The approved number that has this code at its end, if one has: typed as it is, or as it should have been."""
    return next(
        (each for each in approved if ends_with(each, code, behind=None if each == typed else typed)),
        None,
    )


def text_holds(text: str, code: SecretStr) -> bool:
    """Whether the code stands in a text, also with something between its characters."""
    secret = code.get_secret_value()
    pattern = _BETWEEN.join(map(re.escape, secret))
    if len(secret) < _SHORT:
        pattern = rf"\b{pattern}\b"
    return re.search(pattern, normalise(text), re.IGNORECASE) is not None

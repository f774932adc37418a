"""The form's other fields: the verification code and the reason.

A code is never echoed, not even by an error that refuses it.
"""

import re

from pydantic import SecretStr

from bot.entry.characters import AROUND, LONGEST, normalise
from bot.errors import EntryError, EntryMistake

LETTERS_AND_DIGITS = re.compile(r"[0-9A-Za-z]+")

_LONGEST_CODE = 32
_LONGEST_REASON = 500


def read_code(text: str) -> SecretStr:
    """The verification code: the letters and digits typed, without what separates them. Raises ``EntryError``."""
    if len(text) > LONGEST:
        raise EntryError(EntryMistake.CODE_TOO_LONG)
    code = normalise(text).strip(AROUND + " \n")
    if not code:
        raise EntryError(EntryMistake.CODE_MISSING)
    joined = join_code(code)
    if not LETTERS_AND_DIGITS.fullmatch(joined):
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


def join_code(code: str) -> str:
    """Without the separators people put into codes."""
    return re.sub(r"[\s.-]", "", code.strip("()"))

"""The form's other fields: the verification code and the reason.

A code is never echoed, not even by an error that refuses it.
"""

import re
from collections import Counter
from collections.abc import Iterable

from pydantic import SecretStr

from bot.entry.characters import LONGEST, peel, without_invisible
from bot.entry.words import BLANKS, CODE_LABELS
from bot.errors import EntryError, EntryMistake

_LONGEST_CODE = 32
_LONGEST_REASON = 500

_ONE_WORD = re.compile(r"[A-Za-z]*[0-9][0-9A-Za-z]*")  # a code has a digit
_GROUPS = re.compile(r"([0-9]{1,4})(?: ?[ .-] ?[0-9]{1,4}){1,7}")
_LONGEST_IN_GROUPS = 8

_LABEL = re.compile(rf"\A(?:your |the )?{CODE_LABELS}(?: is)? ?[:=#] ?", re.IGNORECASE)

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:[0-9]{4}|[0-9]{2})"
_NAMED = r"(?:jan|feb|m[a\u00e4]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]{0,6}"
_FROM_SPREADSHEET = re.compile(
    r"[+-]?[0-9]+(?:[.,][0-9]+)? ?E ?[+-]?[0-9]+"  # 2.0831245E7
    r"|[0-9]+[.,]0+|[0-9]{1,3}(?:[,'][0-9]{3})+(?:\.[0-9]+)?"  # 208312.0 and 208,312
    r"|#[A-Z/0-9!?]*#*|true|false"  # what stands for an error, or where a column is too narrow
    rf"|(?:{_YEAR}[-./\u5e74]{_MONTH}[-./\u6708]{_DAY}\u65e5?|{_DAY}[-./]{_MONTH}[-./]{_YEAR}"
    rf"|{_MONTH}[-./]{_DAY}[-./]{_YEAR}|{_DAY}[-./]{_MONTH}|{_MONTH}[-./]{_DAY}"
    rf"|{_DAY}[-. ]{{0,2}}{_NAMED}[-. ,]{{0,2}}{_YEAR}|{_DAY}[-. ]{{1,2}}{_NAMED}|{_NAMED}[-. ]{{1,2}}{_YEAR}"
    rf"|{_NAMED}[-. ]{{1,2}}{_DAY}[, ]{{1,2}}{_YEAR})(?:[ T][0-9:.]+Z?)?",  # dates, perhaps with a time
    re.IGNORECASE,
)


def read_code(text: str) -> SecretStr:
    """The verification code: the letters and digits typed, without what separates them. Raises ``EntryError``."""
    if len(text) > LONGEST:
        raise EntryError(EntryMistake.CODE_TOO_LONG)
    code = recognise_code(_LABEL.sub("", peel(text)))
    if isinstance(code, EntryMistake):
        raise EntryError(code)
    return SecretStr(code)


def is_blank(text: str) -> bool:
    """Whether nothing stands there, or only a word for nothing."""
    return len(text) <= LONGEST and recognise_code(peel(text)) is EntryMistake.CODE_MISSING


def recognise_code(plain: str) -> str | EntryMistake:
    """The code that stands in plain text: one word with a digit in it, or digits in groups of one length."""
    if _FROM_SPREADSHEET.fullmatch(plain):
        return EntryMistake.CODE_FROM_SPREADSHEET
    words = plain.strip("()").strip()
    if words.casefold() in BLANKS or not any(character.isalnum() for character in words):
        return EntryMistake.CODE_MISSING
    if _ONE_WORD.fullmatch(words):
        return words if len(words) <= _LONGEST_CODE else EntryMistake.CODE_TOO_LONG
    # Groups of several lengths may be two things: a code, and something else behind or before it.
    groups = re.split(r"[ .-]+", words)
    is_code = _GROUPS.fullmatch(words) and len({*map(len, groups)}) == 1
    joined = "".join(groups)
    return joined if is_code and len(joined) <= _LONGEST_IN_GROUPS else EntryMistake.CODE_UNREADABLE


def find_shortened(codes: Iterable[SecretStr]) -> set[SecretStr]:
    """Those of a list's codes that may have lost leading zeros: most have one length, and these have fewer digits."""
    digits = [each for each in codes if each.get_secret_value().isdigit()]
    lengths = Counter(map(len, digits))
    usual = max(lengths, key=lambda length: (lengths[length], length), default=0)
    shorter = [each for each in digits if len(each) < usual]
    return set(shorter) if len(shorter) <= lengths[usual] else set()


def read_reason(text: str) -> str:
    """Why the ID is needed, as everybody sees it; empty where nobody sees a letter or a digit in it.

    Raises ``EntryError`` over 500 characters.
    """
    reason = without_invisible(text)
    if len(reason) > _LONGEST_REASON:
        raise EntryError(EntryMistake.REASON_TOO_LONG)
    return reason if any(character.isalnum() for character in reason) else ""

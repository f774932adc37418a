"""What of a command that could not be read may be kept of its number: never a digit of what may be a code."""

import re

_DIALLED = re.compile(r"\+?[0-9()./-]*[0-9][0-9()./-]*")
_SHORTEST_NUMBER = 7
_LONGEST_CODE = 8
_LONGEST_NATIONAL = 12
_LONGEST_NUMBER = 13  # a country code of two digits and a national number of eleven; longer ones are rare
_CODE_IN_GROUPS = re.compile(r"(?:\b\d{3} \d{3}|(?:\b\d\d ){2}\d\d|\b\d{3}-\d{3})\Z")


def keep_start(line: str) -> str:
    """The beginning of a line that is surely the number's, as it was typed; empty where nothing surely is.

    It ends before the first word that may be a code: one with letters, or of five to eight digits. Without a plus
    nothing is sure where a second number may follow.
    ``line`` has newlines for separators, and single spaces.
    """
    kept = _as_number(_first_words(line))
    is_alone = kept.startswith("+") or _digits([line]) - _digits([kept]) <= _LONGEST_CODE
    return kept if is_alone else ""


def _first_words(line: str) -> list[str]:
    head = list[str]()
    for part in line.split("\n"):
        for word in part.split(" "):
            if _DIALLED.fullmatch(word) is None or _may_be_code(word, is_first=not head):
                return head
            head.append(word)
        if _digits(head) >= _SHORTEST_NUMBER:  # a separator says that the number ends here
            break
    return head


def _may_be_code(word: str, *, is_first: bool) -> bool:
    digits, groups = _digits([word]), re.split(r"[-./]", word.strip("()"))
    if is_first:  # a code may as well come first; not with a plus
        return "+" not in word and 4 <= digits <= 8
    return (5 <= digits <= 8 and len({*map(len, groups)}) == 1) or "+" in word


def _as_number(head: list[str]) -> str:
    """The words, if all of them together are no longer than a number, and do not end as a code in groups does."""
    kept = " ".join(head)
    longest = _LONGEST_NUMBER if kept.startswith("+") else _LONGEST_NATIONAL
    is_number = _SHORTEST_NUMBER <= _digits(head) <= longest
    return kept if is_number and not _CODE_IN_GROUPS.search(kept) else ""


def _digits(words: list[str]) -> int:
    return sum(character.isdigit() for word in words for character in word)

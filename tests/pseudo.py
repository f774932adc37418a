"""Languages that nobody speaks: English in letters of their own, so that each letter shows which catalogue it is from.

What a translation may not touch, the values in braces, stays as it is. No text becomes longer.
"""

import gettext
import html
import re
from collections.abc import Iterable, Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

from bot.texts.language import Language, Languages

WIDE = "".join(chr(ord(each) + 0xFEE0) for each in ascii_letters)
"""ａｂｃ: what readers of Chinese see."""
CIRCLED = "".join(chr(0x24D0 + at) for at in range(26)) + "".join(chr(0x24B6 + at) for at in range(26))
"""ⓐⓑⓒ: what readers of English see."""

assert ascii_letters == ascii_lowercase + ascii_uppercase


class Letters(gettext.NullTranslations):
    """A catalogue that has a translation for everything."""

    def __init__(self, letters: str) -> None:
        super().__init__()
        self._table = str.maketrans(ascii_letters, letters)

    def gettext(self, message: str) -> str:
        parts = re.split(r"(\{\w+\})", message)
        return "".join(part if part.startswith("{") else part.translate(self._table) for part in parts)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


CHINESE = Language("zh_Hans", Letters(WIDE))
ENGLISH = Language("en", Letters(CIRCLED))
LANGUAGES = Languages({each.name: each for each in (CHINESE, ENGLISH)})

DATA = re.compile(
    r"<[@#!][^>]*>|<https:[^|>]*\|"  # people, channels, usergroups, dates, links, as Slack has them
    r"|\b[RE]-\w{8}(/\d+)?"  # references
    r"|/phoneid( list| history| why| help)?\b"
    r"|\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b"  # the API's request ids
    r"|\b[A-Z][a-z]*([A-Z][a-z]+)+(\.\w+)*\b|\b[A-Z][a-z]+(\.[A-Z]\w+)+\b"  # its codes
    r"|\bsetup: \{ preVerifiedPhone: \{ ids: \["  # what is pasted into Meta's page
)
"""What is the same in every language."""

LETTERS = re.compile(f"[{ascii_letters}{WIDE}{CIRCLED}]+(?: [{ascii_letters}{WIDE}{CIRCLED}]+)*")


def strays(text: str, language: Language, *, data: Iterable[str] = ()) -> list[str]:
    """What stands in a text, is in no letters of this language, and is no data either."""
    text = html.unescape(text)
    for each in data:
        text = text.replace(each, "")
    own = {CHINESE: WIDE, ENGLISH: CIRCLED}[language]
    return [found for found in LETTERS.findall(DATA.sub("", text)) if not set(found) <= {*own, " "}]


def texts(node: Any) -> Iterator[str]:
    """Every text of a view, a message or a part of one that somebody reads, or has read to them."""
    if isinstance(node, list):
        for each in node:
            yield from texts(each)
    elif isinstance(node, dict):
        for name, each in node.items():
            if name in ("text", "accessibility_label", "alt_text", "fallback") and isinstance(each, str):
                yield each
            else:
                yield from texts(each)

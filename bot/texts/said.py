"""What is said, before it is in anybody's language: the English, and what stands in it.

Whoever says something seldom knows who reads it, and often several do. So sentences are values, and become text where
they are sent (``bot.texts.language``). The English stands in the code as a literal: it is the key of the catalogues.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NoReturn


class _InNoLanguage:
    """What an f-string, which is in no catalogue, must not hold."""

    __slots__ = ()

    def __str__(self) -> NoReturn:
        raise TypeError("this is in no language yet: use it in say() or mark_up(), or put it into words")


class Text(_InNoLanguage):
    """Plain text that is in no language yet."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Said(Text):
    """A sentence, or a label: English with the names of its values in braces."""

    english: str
    values: Mapping[str, "Part"] = field(default_factory=dict)
    many: str = ""
    """The English for other numbers than one; empty where nothing is counted."""
    count: int = 1
    context: str = ""
    """Tells apart short English words that other languages have several words for."""


@dataclass(frozen=True, slots=True)
class Joined(Text):
    """Several texts behind each other."""

    parts: tuple["Part", ...]
    separator: str | None
    """``None``: what the language has between sentences."""


@dataclass(frozen=True, slots=True)
class Markup(_InNoLanguage):
    """Text with Slack's formatting. What is plain in it is escaped when it is put into words."""

    content: Said | Joined | str
    """A ``str`` is Slack's own markup, such as a mention, and stays as it is."""


Plain = str | Text
"""A ``str`` is not language: a number, an ID, what somebody typed."""

Part = str | Text | Markup


def say(english: str, /, **values: Plain) -> Said:
    """A sentence. ``english`` is a literal: what is not, is in no catalogue."""
    return Said(english, values)


def say_in(context: str, english: str, /, **values: Plain) -> Said:
    """A word or two that other languages tell apart: a button, a heading, a state."""
    return Said(english, values, context=context)


def say_n(one: str, many: str, count: int, /, **values: Plain) -> Said:
    """Something that depends on how many there are: ``{n}`` is the count."""
    return Said(one, {"n": f"{count:,}", **values}, many=many, count=count)


def joined(*sentences: Plain) -> Joined:
    """The sentences of a paragraph; empty ones are left out."""
    return Joined(tuple(filter(None, sentences)), None)


def row(*texts: Plain, separator: str) -> Joined:
    """Cells of a line, or details that stand beside each other."""
    return Joined(texts, separator)


def listed(items: Sequence[Plain]) -> Plain:
    """``a, b and c``."""
    *earlier, last = items
    return say_in("list", "{earlier} and {last}", earlier=enumerated(earlier), last=last) if earlier else last


def enumerated(items: Sequence[Plain]) -> Plain:
    """``a, b, c``: some of more, or each for itself."""
    *earlier, last = items
    return say_in("list", "{earlier}, {last}", earlier=enumerated(earlier), last=last) if earlier else last


def enumerated_markup(items: Sequence[Markup]) -> Markup:
    """The same of what Slack formats, such as people."""
    return reduce(_and_another, items) if items else slacks("")


def _and_another(earlier: Markup, last: Markup) -> Markup:
    return Markup(Said("{earlier}, {last}", {"earlier": earlier, "last": last}, context="list"))


def slacks(markup: str) -> Markup:
    """Slack's own markup: a person, a channel, a date."""
    return Markup(markup)


def escaped(text: Plain) -> Markup:
    """Plain text where Slack reads formatting: none is read into it."""
    return Markup(Joined((text,), ""))


def mark_up(english: str, /, **values: Part) -> Markup:
    """A sentence with marks in it, or with what Slack formats: ``*{label}:* {said}``."""
    return Markup(Said(english, values))


def joined_markup(*sentences: Part, separator: str | None = None) -> Markup:
    """The sentences of a formatted paragraph, or its lines; empty ones are left out."""
    return Markup(Joined(tuple(filter(None, sentences)), separator))

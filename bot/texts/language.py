"""One language: puts what is said into words. A language is one catalogue file; English is what stands in the code."""

import gettext
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

from bot.texts.said import Joined, Markup, Part, Plain, Said, say_in

CATALOGUES = Path(__file__).with_name("catalogues")

TWO_SENTENCES = say_in("two sentences of a paragraph", "{one} {two}", one="", two="")
"""A full stop of Chinese brings its own space."""


@dataclass(frozen=True, slots=True)
class Language:
    """What is said, in words. Two are equal if they have the same name."""

    name: str
    """As CLDR writes it: ``en``, ``zh_Hans``."""
    catalogue: gettext.NullTranslations = field(compare=False, repr=False)

    def text(self, said: Plain) -> str:
        """Plain text, as it is read."""
        if isinstance(said, str):
            return said
        return self._put(said, is_markup=False)

    def markup(self, said: Markup) -> str:
        """Slack's mrkdwn: what is plain in it is escaped."""
        return said.content if isinstance(said.content, str) else self._put(said.content, is_markup=True)

    def of(self, value: Any) -> Any:
        """A view, or whatever else is sent, with all that is said in it in words."""
        match value:
            case Said() | Joined():
                return self.text(value)
            case Markup():
                return self.markup(value)
            case dict():
                return {key: self.of(each) for key, each in value.items()}
            case list() | tuple():
                return [self.of(each) for each in value]
        return value

    def _put(self, said: Plain, *, is_markup: bool) -> str:
        match said:
            case Joined(parts, separator):
                texts = [self._part(each, is_markup=is_markup) for each in parts]
                return self._paragraph(texts) if separator is None else separator.join(texts)
            case Said():
                values = {name: self._part(each, is_markup=is_markup) for name, each in said.values.items()}
                return self._translated(said).format_map(values) if values else self._translated(said)
        raise TypeError(type(said).__name__)

    def _part(self, part: Part, *, is_markup: bool) -> str:
        if isinstance(part, Markup):
            if not is_markup:
                raise TypeError("formatted text inside plain text")
            return self.markup(part)
        return escape(self.text(part)) if is_markup else self.text(part)

    def _paragraph(self, sentences: Sequence[str]) -> str:
        pattern = self._translated(TWO_SENTENCES)
        return reduce(lambda one, two: pattern.format(one=one, two=two), sentences) if sentences else ""

    def _translated(self, said: Said) -> str:
        if said.many:
            return self.catalogue.ngettext(said.english, said.many, said.count)
        if said.context:
            return self.catalogue.pgettext(said.context, said.english)
        return self.catalogue.gettext(said.english)


ENGLISH = Language("en", gettext.NullTranslations())


def in_english(said: Plain) -> str:
    """For the command line and the log."""
    return ENGLISH.text(said)


def escape(text: str) -> str:
    """For mrkdwn and for a message's ``text``: exactly these three characters mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def names() -> list[str]:
    """Of all languages there are."""
    return [ENGLISH.name, *sorted(path.stem for path in CATALOGUES.glob("*.po"))]


def nearest(locale: str, *, among: Collection[str]) -> str | None:
    """The name of the language for a locale as Slack or CLDR writes it: ``zh-CN``, ``en-GB``, ``zh_Hans``.

    Whoever reads traditional characters reads the simplified ones rather than English, as long as there are no others.
    """
    language, *rest = locale.replace("_", "-").lower().split("-")
    wanted = [language]
    if language == "zh":
        is_traditional = bool({"hant", "tw", "hk", "mo"} & set(rest))
        wanted = ["zh_Hant", "zh_Hans"] if is_traditional else ["zh_Hans"]
    return next((each for each in wanted if each in among), None)


class Languages:
    """All there are."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._languages = {ENGLISH.name: ENGLISH, **languages}

    @classmethod
    def read(cls, folder: Path = CATALOGUES) -> "Languages":
        """Those whose catalogues are in a folder. Raises Babel's errors for a file that is none."""
        return cls({path.stem: Language(path.stem, _read(path)) for path in sorted(folder.glob("*.po"))})

    @property
    def all(self) -> list[Language]:
        return list(self._languages.values())

    def nearest(self, locale: str | None) -> Language:
        """For a locale as Slack writes it; English where there is nothing nearer."""
        name = nearest(locale or "", among=list(self._languages))
        return self._languages[name or ENGLISH.name]


def _read(path: Path) -> gettext.NullTranslations:
    # The command line, which speaks English, does without: Babel takes as long to import as all of its own.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)  # what is marked fuzzy stays out: its English has changed since, and is said instead
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

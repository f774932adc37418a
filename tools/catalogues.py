"""``python -m tools.catalogues``: brings the catalogues up to date with the sentences in the code.

``python -m tools.catalogues de`` begins another language. What has no translation yet is empty in the file, and what
may not fit any more is marked fuzzy: English is said instead of both, and a test fails.
"""

import ast
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import bot
from bot.texts import said
from bot.texts.language import CATALOGUES

LITERALS = {"say": 1, "say_in": 2, "say_n": 2, "mark_up": 1}
"""The functions of ``bot.texts.said`` that say something, and how many literals they begin with."""

HOUSE = Path(bot.__file__).parent
SAID = Path(said.__file__)
"""It has sentences, too: how a list is said."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry of a catalogue."""

    english: str
    many: str = ""
    context: str = ""

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.english, self.many) if self.many else self.english


def calls(folder: Path = HOUSE) -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call that says something, and which of the functions it calls.

    Babel's own extractor joins the two ends of an ``if``, and is silent about what it does not understand.
    """
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text("utf-8")
        if "from bot.texts.said import" not in source and path != SAID:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LITERALS:
                yield path, node, node.func.id


def sentences(folder: Path = HOUSE) -> set[Sentence]:
    """All that is said in the code."""
    return {sentence_of(call, name) for _, call, name in calls(folder)}


def sentence_of(call: ast.Call, name: str) -> Sentence:
    """What a call says. Raises ``SyntaxError`` for what is no literal."""
    given = [each.value for each in call.args[: LITERALS[name]] if isinstance(each, ast.Constant)]
    match name, given:
        case "say_in", [str(context), str(english)]:
            return Sentence(english, context=context)
        case "say_n", [str(one), str(many)]:
            return Sentence(one, many)
        case (("say" | "mark_up"), [str(english)]):
            return Sentence(english)
    raise SyntaxError(f"what is said must be literal: {ast.unparse(call)}")


def template() -> Catalog:
    """A catalogue of all sentences, without translations."""
    made = Catalog(project="phoneid-bot", fuzzy=False)
    for each in sentences():
        made.add(each.id, context=each.context or None)
    return made


def updated(path: Path) -> bytes:
    """A catalogue's file as it should be."""
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    else:
        catalogue = Catalog(locale=path.stem, project="phoneid-bot", fuzzy=False)
    catalogue.update(template(), update_creation_date=False)
    return as_written(catalogue)


def as_written(catalogue: Catalog) -> bytes:
    """One order, and no line broken: Babel breaks Chinese anywhere."""
    written = io.BytesIO()
    write_po(written, catalogue, width=0, sort_output=True, no_location=True, ignore_obsolete=True, omit_header=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    return "".join(each for each in lines if not each.startswith(NOISE)).encode()


NOISE = (
    "# ",
    '"POT-Creation-Date',
    '"PO-Revision-Date',
    '"Generated-By',
    '"Report-Msgid-Bugs-To',
    '"Last-Translator',
    '"Language-Team',
)
"""What changes without a change, or says nothing."""


def main() -> None:
    languages = sys.argv[1:] or [path.stem for path in CATALOGUES.glob("*.po")]
    for language in languages:
        path = CATALOGUES / f"{language}.po"
        path.write_bytes(updated(path))
        sys.stdout.write(f"{path.name} has {len(sentences())} sentences\n")


if __name__ == "__main__":
    main()

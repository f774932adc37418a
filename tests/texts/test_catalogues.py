"""The catalogues are complete, fit the sentences in the code, and keep the rules of their language and of Slack."""

import ast
import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.texts.language import CATALOGUES
from tests.chinese import latin_in
from tools import catalogues
from tools.catalogues import LITERALS, Sentence

FILES = sorted(CATALOGUES.glob("*.po"))
EACH_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

HAN = "\u4e00-\u9fff"
FULL_WIDTH = "，。：；？！（）“”、"
END_IN_HAN = {"wait", "span", "numbers"}
"""What stands in for these ends in a Chinese character, such as 5 分钟, and has no space behind it."""


def entries(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [each for each in read_po(file, locale=path.stem, abort_invalid=True) if each.id]


def forms(text: str | Sequence[str] | None) -> Sequence[str]:
    return [text or ""] if isinstance(text, str | None) else text


def said_in(path: Path) -> Iterator[tuple[Message, str]]:
    for each in entries(path):
        for said in forms(each.string):
            yield each, said


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@EACH_FILE
def test_every_sentence_of_the_code_is_translated_and_nothing_else(path: Path) -> None:
    found = {(each.context or "", each.id if isinstance(each.id, str) else tuple(each.id)) for each in entries(path)}
    assert found == {(each.context, each.id) for each in catalogues.sentences()}
    assert [each.id for each in entries(path) if each.fuzzy] == []
    assert [each.id for each, said in said_in(path) if not said] == []


@EACH_FILE
def test_a_translation_has_the_placeholders_of_its_sentence(path: Path) -> None:
    for each, said in said_in(path):
        wanted = names(forms(each.id)[-1])
        assert names(said) in (wanted, wanted - {"n"}), said
        assert not re.search(r"\{[^}]*[.\[!:]", said), said


@EACH_FILE
def test_a_file_is_as_the_tool_writes_it(path: Path) -> None:
    assert catalogues.updated(path) == path.read_bytes()


@EACH_FILE
def test_no_sentence_is_there_twice(path: Path) -> None:
    keys = re.findall(r'(?m)^(?:msgctxt (".*")\n)?msgid (".*")$', path.read_text("utf-8"))
    assert len(keys) == len(set(keys))


def test_one_sentence_counts_alike_wherever_it_is_said() -> None:
    """A catalogue has one entry for it: with a plural, or without."""
    plural = {each.english for each in catalogues.sentences() if each.many}
    assert plural & {each.english for each in catalogues.sentences() if not each.many} == set()


@pytest.mark.parametrize(
    ("path", "call", "name"),
    [pytest.param(*each, id=f"{each[0].name}:{each[1].lineno}") for each in catalogues.calls()],
)
def test_what_is_said_has_a_value_for_each_of_its_placeholders(path: Path, call: ast.Call, name: str) -> None:
    """A type checker cannot see into a format string."""
    sentence = catalogues.sentence_of(call, name)
    given = {each.arg for each in call.keywords if each.arg}
    if any(each.arg is None for each in call.keywords):  # **about: seen where it is said
        return
    for form in filter(None, (sentence.english, sentence.many)):
        assert given - names(form) <= ({"n"} if sentence.many else set()) | given - names(sentence.many or form)
        assert names(form) <= given | ({"n"} if sentence.many else set()), form


def test_what_is_no_literal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "texts.py").write_text("from bot.texts.said import say\nsay(f'{1}')\n")
    with pytest.raises(SyntaxError, match="literal"):
        catalogues.sentences(tmp_path)
    (tmp_path / "texts.py").write_text("from bot.texts.said import say\nsay('a' if 1 else 'b')\n")
    with pytest.raises(SyntaxError, match="literal"):
        catalogues.sentences(tmp_path)


def test_all_that_is_said_is_found(tmp_path: Path) -> None:
    code = "from bot.texts.said import say\nsay(('One'))\nsay_in('button', 'Two')\nsay_n('a', 'b', 3)\nmark_up('*x*')\n"
    (tmp_path / "texts.py").write_text(code)
    said = {Sentence("One"), Sentence("Two", context="button"), Sentence("a", "b"), Sentence("*x*")}
    assert catalogues.sentences(tmp_path) == said
    assert set(LITERALS) == {"say", "say_in", "say_n", "mark_up"}


def test_how_a_list_is_said_is_found() -> None:
    assert Sentence("{earlier} and {last}", context="list") in catalogues.sentences()


MARK = re.compile(r"(?:^|(?<=[\s(]))([*_~`])(?=\S)(.+?)(?<=\S)\1(?=$|[\s).,;:!?])", re.MULTILINE)
"""A mark as Slack reads it: nothing of a word stands against its outside, and Han counts as a word."""


@EACH_FILE
def test_marks_stand_free(path: Path) -> None:
    for each, said in said_in(path):
        if re.search(r"[*~`]", MARK.sub("", forms(each.id)[0])) is None:
            assert not re.search(r"[*~`]", MARK.sub("", said)), said


CHINESE = pytest.mark.parametrize(
    "path", [each for each in FILES if each.stem.startswith("zh")], ids=lambda path: path.stem
)


@CHINESE
def test_no_latin_word_stands_in_chinese_but_names(path: Path) -> None:
    for _, said in said_in(path):
        assert latin_in(re.sub(r"\{\w+\}", "", said)) == [], said


@CHINESE
def test_chinese_is_set_as_chinese_is(path: Path) -> None:
    for _, said in said_in(path):
        bare = re.sub(r"\{[a-z_]+\}", "", said)
        assert not re.search(rf"[{HAN}][,;:!?.()]|[,;:!?()][{HAN}]", bare), said
        assert not re.search(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]", bare), said
        assert not re.search(rf"[{HAN}]\{{", said), said
        assert set(re.findall(rf"\{{(\w+)\}}[{HAN}]", said)) <= END_IN_HAN, said
        assert not re.search(r"您|(?<!…)…(?!…)|\.\.\.|。。|(?<!申)请(?!求)", said), said
        assert not re.search(rf"[{HAN}{FULL_WIDTH}] +[{FULL_WIDTH}]|[{FULL_WIDTH}] +[{HAN}{FULL_WIDTH}]", said), said

"""What is said becomes words: escaped where Slack reads formatting, counted as each language counts."""

from pathlib import Path

import pytest

from bot.texts.language import ENGLISH, Languages, in_english, nearest
from bot.texts.numbers import numbers
from bot.texts.said import (
    Markup,
    Plain,
    enumerated,
    enumerated_markup,
    escaped,
    joined,
    joined_markup,
    listed,
    mark_up,
    row,
    say,
    say_in,
    say_n,
    slacks,
)

RUSSIAN = r"""
msgid ""
msgstr ""
"Language: ru\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

msgid "{n} number"
msgid_plural "{n} numbers"
msgstr[0] "{n} номер"
msgstr[1] "{n} номера"
msgstr[2] "{n} номеров"

msgctxt "button"
msgid "Approve"
msgstr "Одобрить"

msgctxt "two sentences of a paragraph"
msgid "{one} {two}"
msgstr "{one}{two}"

msgctxt "list"
msgid "{earlier} and {last}"
msgstr "{earlier} и {last}"

msgctxt "list"
msgid "{earlier}, {last}"
msgstr "{earlier}; {last}"

#, fuzzy
msgid "Close"
msgstr "Закрыть окно"
"""


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    (tmp_path / "ru.po").write_text(RUSSIAN, "utf-8")
    return Languages.read(tmp_path)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (say("Close"), "Close"),
        (say("{a} and <{b}>", a="<x>", b=say("y")), "<x> and <y>"),
        (say("100 % of {this}", this="{that}"), "100 % of {that}"),
        (say_n("{n} number", "{n} numbers", 1), "1 number"),
        (say_n("{n} number", "{n} numbers", 0), "0 numbers"),
        (say_n("{n} number", "{n} numbers", 1200), "1,200 numbers"),
        (joined(say("One."), "", say("Two.")), "One. Two."),
        (row("a", say("b"), separator="\t"), "a\tb"),
        (listed(["2"]), "2"),
        (listed(["2", "3", "5"]), "2, 3 and 5"),
        (enumerated(["2", "3", "5"]), "2, 3, 5"),
        ("as it is", "as it is"),
    ],
)
def test_plain_text_is_as_it_is_read(said: Plain, words: str) -> None:
    assert in_english(said) == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (escaped("<!channel> & co"), "&lt;!channel&gt; &amp; co"),
        (mark_up("*{label}:* {said}", label=say("A & B"), said="<x>"), "*A &amp; B:* &lt;x&gt;"),
        (mark_up("Asked by {name}", name=slacks("<@U0ANA>")), "Asked by <@U0ANA>"),
        (joined_markup(say("One <1>."), "", slacks("<@U0LEE>")), "One &lt;1&gt;. <@U0LEE>"),
        (mark_up("{a}", a=joined(say("<b>"), "<c>")), "&lt;b&gt; &lt;c&gt;"),
    ],
)
def test_only_slacks_own_markup_and_our_marks_are_formatting(said: Markup, words: str) -> None:
    assert ENGLISH.markup(said) == words


def test_what_is_in_no_language_yet_cannot_slip_into_a_string() -> None:
    for said in (say("Close"), joined("a", "b"), slacks("<@U0ANA>")):
        with pytest.raises(TypeError, match="no language yet"):
            f"{said}"
    with pytest.raises(TypeError, match="formatted text"):
        in_english(joined(slacks("<@U0ANA>")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "words"), [(0, "номеров"), (1, "номер"), (2, "номера"), (5, "номеров"), (21, "номер")]
)
def test_each_language_counts_in_its_own_way(languages: Languages, count: int, words: str) -> None:
    assert languages.nearest("ru-RU").text(say_n("{n} number", "{n} numbers", count)) == f"{count} {words}"


def test_what_has_no_translation_is_said_in_english(languages: Languages) -> None:
    russian = languages.nearest("ru-RU")
    assert russian.text(say("Never translated")) == "Never translated"
    assert russian.text(say("Close")) == "Close"  # fuzzy: its English has changed since
    assert russian.text(say_in("button", "Approve")) == "Одобрить"
    assert russian.text(say("Approve")) == "Approve"
    assert russian.text(listed(["2", "3"])) == "2 и 3"


def test_people_are_listed_as_their_reader_lists(languages: Languages) -> None:
    people = [slacks(f"<@U{number}>") for number in (1, 2, 3)]
    assert ENGLISH.markup(enumerated_markup(people)) == "<@U1>, <@U2>, <@U3>"
    assert languages.nearest("ru-RU").markup(enumerated_markup(people)) == "<@U1>; <@U2>; <@U3>"
    assert ENGLISH.markup(enumerated_markup([])) == ""


def test_sentences_of_a_paragraph_stand_as_their_language_has_them(languages: Languages) -> None:
    paragraph = joined("One.", "", "{Two}.", say("Three."))
    assert languages.nearest("ru").text(paragraph) == "One.{Two}.Three."
    assert in_english(paragraph) == "One. {Two}. Three."
    assert in_english(joined()) == ""


def test_whatever_is_sent_is_put_into_words_and_the_rest_stays() -> None:
    view = {"title": say("Close"), "blocks": [{"text": mark_up("*{a}*", a="<")}], "max_length": 5, "optional": False}
    assert ENGLISH.of(view) == {"title": "Close", "blocks": [{"text": "*&lt;*"}], "max_length": 5, "optional": False}


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("zh-CN", "zh_Hans"),
        ("zh-TW", "zh_Hans"),
        ("zh_Hans", "zh_Hans"),
        ("zh", "zh_Hans"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("de-DE", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_nearest_language_is_found_however_the_locale_is_written(locale: str, name: str | None) -> None:
    assert nearest(locale, among=["en", "zh_Hans"]) == name


def test_traditional_characters_are_preferred_by_who_reads_them() -> None:
    among = ["en", "zh_Hans", "zh_Hant"]
    assert [nearest(each, among=among) for each in ("zh-TW", "zh-HK", "zh-CN")] == ["zh_Hant", "zh_Hant", "zh_Hans"]


def test_who_speaks_another_language_reads_english(languages: Languages) -> None:
    assert languages.nearest("de-DE") is ENGLISH
    assert languages.nearest(None) is ENGLISH


@pytest.mark.parametrize("count", [0, 1, 2, 5, 21])
def test_chinese_has_one_form_and_english_two(count: int) -> None:
    languages = Languages.read()
    assert languages.nearest("zh-CN").text(numbers(count)) == f"{count} 个号码"
    assert languages.nearest("en-US").text(numbers(count)) == ("1 number" if count == 1 else f"{count} numbers")

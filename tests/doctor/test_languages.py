"""All that the bot can show, in every language: said through its catalogue, and within Slack's limits."""

from random import Random
from typing import Any

import pytest

from bot.doctor.specimens import Specimen, specimens
from bot.sandbox.slack.chat_methods import LONGEST_UPDATE
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.contents import ContentReader
from bot.sandbox.slack.validator import Surface, check_view, is_too_large
from bot.slack.blocks import Message
from bot.texts.language import Language, Languages
from tests.chinese import latin_in
from tests.pseudo import CHINESE, ENGLISH, strays, texts

DATA = ("W" * 128, "W" * 100, "R-00000000")
"""What stands in them that is nobody's language: IDs, the API's Code, a reference."""


def put(specimen: Specimen, language: Language) -> Any:
    """As it is sent."""
    if isinstance(specimen, Message):
        return {"text": language.markup(specimen.text), "blocks": language.of(specimen.blocks)}
    return language.of(specimen)


@pytest.mark.parametrize("language", [CHINESE, ENGLISH], ids=lambda language: language.name)
def test_all_that_is_shown_is_in_the_readers_language(language: Language) -> None:
    stray = {
        name: [each for text in texts(put(specimen, language)) for each in strays(text, language, data=DATA)]
        for name, specimen in specimens().items()
    }
    assert {name: found for name, found in stray.items() if found} == {}


def test_in_chinese_no_english_is_left() -> None:
    chinese = Languages.read().nearest("zh-CN")
    assert chinese.name == "zh_Hans"
    latin = {
        name: [each for text in texts(put(specimen, chinese)) for each in latin_in(text, data=DATA)]
        for name, specimen in specimens().items()
    }
    assert {name: found for name, found in latin.items() if found} == {}


@pytest.mark.parametrize("language", Languages.read().all, ids=lambda language: language.name)
def test_slack_takes_the_longest_of_each_in_every_language(language: Language) -> None:
    """Its validator does not look at how long a message is in all, which depends on how it is sent."""
    complaints = Complaints(on_change=lambda: None)
    reader = ContentReader(complaints=complaints, random=Random(0))
    for name, specimen in specimens().items():
        shown = put(specimen, language)
        if isinstance(specimen, Message):
            reader.read(shown, longest=LONGEST_UPDATE, where=name)
        else:
            assert check_view(shown, surfaces=(Surface.MODAL,)) == [], name
            assert not is_too_large(shown), name
    assert list(complaints) == []

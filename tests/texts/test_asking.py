"""What an agent reads while asking: each mistake has its sentence, and trouble of ours its reference."""

import re
from collections.abc import Callable
from types import ModuleType

import pytest

from bot.entry.lines import MOST
from bot.errors import EntryMistake
from bot.models import MASK
from bot.texts import asking as _asking
from bot.texts import lengths, numbers, results, usage
from tests.english import asking
from tests.values import phones
from tools import catalogues

REFERENCE = "E-7K3Q9FZ2"
(PHONE,) = phones(1)


@pytest.mark.parametrize("mistake", EntryMistake)
def test_each_mistake_in_the_form_has_a_sentence_that_fits_under_its_field(mistake: EntryMistake) -> None:
    assert asking.ENTRY_MISTAKES[mistake].endswith(".")
    assert len(asking.ENTRY_MISTAKES[mistake]) <= 90


@pytest.mark.parametrize("say", [asking.broken, asking.not_recorded])
def test_what_broke_is_told_with_a_next_step_and_a_reference_and_no_guess_at_what_was_asked(
    say: Callable[[str], str],
) -> None:
    said = say(REFERENCE)
    assert "Try again" in said
    assert REFERENCE in said
    assert "asked" not in said  # it may have been asked, and it may not
    assert len(said) <= 180


def test_each_mistake_is_said_once_with_all_its_lines() -> None:
    said = asking.mistakes(
        {
            3: EntryMistake.CODE_MISSING,
            1: EntryMistake.LINE_UNCERTAIN,
            7: EntryMistake.CODE_MISSING,
            5: EntryMistake.CODE_MISSING,
        }
    )
    sentences = asking.ENTRY_MISTAKES
    assert said == (
        f"Line 1: {sentences[EntryMistake.LINE_UNCERTAIN]} Lines 3, 5 and 7: {sentences[EntryMistake.CODE_MISSING]}"
    )


def test_a_duplicate_names_the_line_it_repeats() -> None:
    twice = dict.fromkeys((3, 4), EntryMistake.NUMBER_TWICE)
    said = asking.mistakes(twice, {3: 1, 4: 2})
    assert said == "Line 3 has the same number as line 1. Line 4 has the same number as line 2."


def test_a_hundred_mistakes_fit_under_the_field() -> None:
    kinds = (EntryMistake.CODE_MISSING, EntryMistake.LINE_UNCERTAIN, EntryMistake.LINE_UNREADABLE)
    said = asking.mistakes({line: kinds[line % 3] for line in range(1, MOST + 1)})
    assert len(said) < 1000
    assert all(str(line) in said for line in range(1, MOST + 1))


@pytest.mark.parametrize("module", [_asking, lengths, numbers, results, usage], ids=lambda module: module.__name__)
def test_no_agent_reads_the_name_of_a_setting(module: ModuleType) -> None:
    said = [
        text
        for path, call, name in catalogues.calls()
        if str(path) == module.__file__
        for text in (catalogues.sentence_of(call, name).english, catalogues.sentence_of(call, name).many)
    ]
    assert said
    assert [text for text in said if re.search(r"[A-Z]+_[A-Z]", text)] == []


def test_a_code_is_shown_as_a_mask_of_one_length() -> None:
    assert MASK in asking.asking(PHONE)


def test_whoever_asks_again_for_a_number_under_way_reads_which_code_is_tried() -> None:
    same, other = (asking.already_looked_up(PHONE, is_same_code=is_same) for is_same in (True, False))
    assert same == "Already looking up +1 202-555-0100. The answer will appear here too."
    assert "the code you entered before" in other
    assert "enter the new one then" in other

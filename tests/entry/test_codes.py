"""A verification code and a reason, as people type and paste them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.entry.fields import read_code, read_reason
from bot.errors import EntryError, EntryMistake


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("208312", "208312"),
        ("208 312", "208312"),
        ("208-312", "208312"),
        ("208\u2011312", "208312"),
        ("208\u00a0312", "208312"),
        ("208.312", "208312"),
        ("(208312)", "208312"),
        ("  208312\n", "208312"),
        ("`208312`", "208312"),
        ('"208312"', "208312"),
        ("*208312*", "208312"),
        ("\u200e208312\u200f\u200b", "208312"),
        ("\uff12\uff10\uff18\uff13\uff11\uff12", "208312"),
        ("\u0662\u0660\u0668\u0663\u0661\u0662", "208312"),
        ("008312", "008312"),  # leading zeros count
        ("aB3dE9", "aB3dE9"),  # and so does the case
        ("1", "1"),
        ("7" * 32, "7" * 32),
    ],
)
def test_a_code_reads_as_its_letters_and_digits(typed: str, code: str) -> None:
    assert read_code(typed).get_secret_value() == code


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("", EntryMistake.CODE_MISSING),
        (" \u200b\n", EntryMistake.CODE_MISSING),
        ("--", EntryMistake.CODE_MISSING),
        ("208,312", EntryMistake.CODE_FROM_SPREADSHEET),
        ("208_312", EntryMistake.CODE_UNREADABLE),
        ("k\u00f6ln12", EntryMistake.CODE_UNREADABLE),
        ("7" * 33, EntryMistake.CODE_TOO_LONG),
    ],
)
def test_what_cannot_be_a_code_is_refused(typed: str, mistake: EntryMistake) -> None:
    with pytest.raises(EntryError) as refusal:
        read_code(typed)
    assert refusal.value.mistake is mistake
    assert refusal.value.args == (mistake.value,)
    assert refusal.value.__context__ is None


@given(st.text())
def test_any_text_is_a_code_or_an_entry_error(text: str) -> None:
    with suppress(EntryError):
        assert re.fullmatch(r"[0-9A-Za-z]{1,32}", read_code(text).get_secret_value())


def test_a_reason_is_kept_as_typed_without_the_space_around_it() -> None:
    assert read_reason("  fix: db\u00a0down & <urgent> \n") == "fix: db\u00a0down & <urgent>"
    assert read_reason(" ") == ""


def test_a_reason_has_at_most_500_characters() -> None:
    assert len(read_reason(" " + "x" * 500)) == 500
    with pytest.raises(EntryError) as refusal:
        read_reason("x" * 501)
    assert refusal.value.mistake is EntryMistake.REASON_TOO_LONG

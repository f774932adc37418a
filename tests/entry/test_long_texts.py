"""Texts longer than anybody types: refused at once, while others wait for the event loop."""

from collections.abc import Callable

import pytest

from bot.entry.characters import LONGEST, normalise
from bot.entry.command import TypedKind, read_command
from bot.entry.fields import read_code, read_reason
from bot.entry.numbers import read_phone_number
from bot.errors import EntryError, EntryMistake

HUGE = 200_000

PASTED = [
    "BEGIN:VCARD",
    "TEL;TYPE=",
    "wa.me/1",
    "api.whatsapp.com/send?a&",
    "1234567@",
    "\u2026",
    "1\u2026",
    "1/",
    "(0",
    "Jan-",
]
"""The beginnings of links, contact cards and dates, and punctuation that grows."""

PARTS = ["<tel:", "<tel:|", "&lt;tel:", "( ", "+", "1 ", "\u0301\u0316", "\ufdfa", *PASTED]
"""What has made a reader of text slow somewhere: openings, ambiguous runs, marks to sort, letters that grow."""

Reader = Callable[[str], object]


def read_phone(text: str) -> object:
    return read_phone_number(text, region="CN")


def times(part: str, length: int) -> str:
    return (part * length)[:length]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("length", [LONGEST, HUGE])
def test_a_long_command_is_unreadable(part: str, length: int) -> None:
    assert read_command(times(part, length), region="CN").kind in {TypedKind.UNREADABLE, TypedKind.EMPTY}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("read", "mistake"),
    [
        (read_phone, EntryMistake.NUMBER_TOO_LONG),
        (read_code, EntryMistake.CODE_TOO_LONG),
        (read_reason, EntryMistake.REASON_TOO_LONG),
    ],
)
def test_a_long_field_is_too_long(part: str, read: Reader, mistake: EntryMistake) -> None:
    with pytest.raises(EntryError) as caught:
        read(times(part, HUGE))
    assert caught.value.mistake is mistake


def test_openings_of_links_without_an_end_are_passed_over_once() -> None:
    openings = "<tel:" * (HUGE // 5)
    assert normalise(openings) == openings


def test_as_much_as_slack_takes_is_read() -> None:
    assert read_phone("+86 138 0000 1234".rjust(LONGEST)) == read_phone("+8613800001234")
    assert read_code("208312".rjust(LONGEST)).get_secret_value() == "208312"
    assert read_command("+86 138 0000 1234 208312".rjust(LONGEST), region=None).kind is TypedKind.NUMBER_AND_CODE

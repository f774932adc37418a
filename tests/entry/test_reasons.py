"""A reason is what everybody sees of it, and holds something that can be read."""

import pytest

from bot.entry.fields import read_reason
from bot.errors import EntryError, EntryMistake

UNSEEN = [
    *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e"),
    *(
        "\u202e",
        "\u2060",
        "\u2066",
        "\u2800",
        "\u3000",
        "\u3164",
        "\ufe0f",
        "\ufeff",
        "\uffa0",
        "\ufff9",
        "\x00",
        "\x1b",
    ),
    *("\U00013441", "\U0001d173", "\U000e0041", "\u200b\u3164 \u2800", "\ue000"),
    *("-", "...", "\u2014", "\U0001f44d", "\u0301"),  # seen, and nothing to read
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_nobody_can_read_is_no_reason(unseen: str) -> None:
    assert read_reason(unseen) == ""
    assert read_reason(f" {unseen} {unseen}\n") == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ticket\u200b 7", "ticket 7"),
        ("not \u202egnihtyna\u202c", "not gnihtyna"),
        ("\u2067ticket\u2069 7\u061c", "ticket 7"),
        ("a\u3164\u2800b", "ab"),
        ("a\x1b[31mb\x00", "a[31mb"),
        ("one\u2028two\r\nthree\x85four", "one\ntwo\nthree\nfour"),
        ("7\U000e0041\U000e0042", "7"),
        ("fix\tthat", "fix\tthat"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian needs it
        ("ask \U0001f469\u200d\U0001f4bb", "ask \U0001f469\u200d\U0001f4bb"),
        ("20\u200d8", "208"),
        ("a\ufe00\ufe01\U000e0100b", "ab"),  # each may stand for a byte of a text that nobody sees
        ("call \u260e\ufe0f\ufe0e\ufe0f now", "call \u260e\ufe0f now"),
        ("\u845b\U000e0100", "\u845b\U000e0100"),  # a name is written so
        ("\U0001f468\u200d\u2764\ufe0f\u200d\U0001f468 x", "\U0001f468\u200d\u2764\ufe0f\u200d\U0001f468 x"),
        ("a\u034f\u17b4b", "ab"),
        ("\u5ba2\u6237", "\u5ba2\u6237"),
        ("\u0662", "\u0662"),
    ],
    ids=ascii,
)
def test_what_is_not_seen_is_not_kept_and_the_rest_stays(typed: str, kept: str) -> None:
    assert read_reason(typed) == kept


def test_what_is_not_seen_is_not_counted() -> None:
    assert read_reason("x" * 500 + "\u200b" * 100) == "x" * 500
    with pytest.raises(EntryError, match=EntryMistake.REASON_TOO_LONG.value):
        read_reason("x" * 501)

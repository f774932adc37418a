"""Lengths of time, as people write them and as they read them."""

import pytest

from bot.durations import read_duration, write_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("90m", 5400.0),
        ("24h", 86400.0),
        ("7d", 604800.0),
        ("1m", 60.0),
        (" 2h ", 7200.0),
        ("007d", 604800.0),
    ],
)
def test_what_people_write_is_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "h", "24", "0h", "00m", "-1h", "1.5h", "1 h", "24 hours", "1w", "0s", "5S", "5ms", "1h30m", "9999999d", "24H"],
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (7 * 86400, "7 days"),
        (2 * 86400, "2 days"),
        (86400, "24 hours"),
        (2 * 3600, "2 hours"),
        (3600, "60 minutes"),
        (60, "1 minute"),
        (1, "1 minute"),
        (0, "1 minute"),
    ],
)
def test_a_length_of_time_is_about_so_long_in_words(seconds: float, words: str) -> None:
    assert write_duration(seconds) == words

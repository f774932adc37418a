"""Checks: every one that stops is named at once, and a warning is never lost behind a stop."""

import logging

import pytest

from bot.checks import Check, Checklist, CheckVerdict, Scopes, clock_beside, ok, scopes, stop, warning
from bot.errors import SettingsError

CLOCK = warning("clock", "The clock is 40 seconds late.", "Set it.")
TOKEN = stop("SLACK_BOT_TOKEN", "Slack does not accept it.", "Copy it again.")
SCOPES = stop("scopes", "The scope commands is missing.")


def test_every_stop_is_named_at_once_after_the_warnings() -> None:
    warned: list[Check] = []
    with pytest.raises(SettingsError) as caught:
        Checklist(warned.append).heed([TOKEN, CLOCK, SCOPES])
    assert caught.value.mistakes == ("Slack does not accept it. Copy it again.", "The scope commands is missing.")
    assert warned == [CLOCK]


def test_what_is_well_is_passed_over_in_silence() -> None:
    warned: list[Check] = []
    checklist = Checklist(warned.append)
    checklist.heed([ok("clock", "The clock is right.")])
    assert (warned, [each.name for each in checklist.made]) == ([], ["clock"])


def test_a_warning_is_in_the_log_with_its_remedy(caplog: pytest.LogCaptureFixture) -> None:
    Checklist().heed([CLOCK])
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "The clock is 40 seconds late.")
    assert record.__dict__["facts"] == {"check": "clock", "remedy": "Set it."}


ANY = frozenset({"channels:read", "groups:read"})
NEEDED: Scopes = (frozenset({"commands"}), frozenset({"users:read"}), ANY)


@pytest.mark.parametrize(
    ("granted", "lacking"),
    [
        ("commands,users:read,channels:read", None),
        ("commands, users:read ,groups:read,files:write", None),  # more is no mistake
        ("commands,channels:read", "users:read"),
        ("commands,users:read.email,channels:read", "users:read"),
        ("commands,users:read", "channels:read or groups:read"),
        ("users:read", "commands, channels:read or groups:read"),
        ("", "commands, users:read, channels:read or groups:read"),
        (None, None),  # Slack does not say: then the first refusal does
    ],
)
def test_a_scope_that_is_missing_is_named(granted: str | None, lacking: str | None) -> None:
    check = scopes(granted, NEEDED)
    assert check.verdict is (
        CheckVerdict.SKIPPED if granted is None else CheckVerdict.STOP if lacking else CheckVerdict.OK
    )
    if lacking:
        assert check.what == f"SLACK_BOT_TOKEN lacks scopes that these settings need: {lacking}."
        assert "install the app again" in check.remedy


@pytest.mark.parametrize(
    ("date", "off"),
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", None),
        ("Fri, 15 Jan 2027 08:01:00 GMT", None),  # the answer was on its way, and nothing is refused yet
        ("Fri, 15 Jan 2027 08:06:40 GMT", "400 seconds behind Slack"),
        ("Fri, 15 Jan 2027 07:58:00 GMT", "120 seconds ahead of Slack"),
        ("Wed, 15 Jan 2025 08:00:00 GMT", "63072000 seconds ahead of Slack"),
        ("Fri, 15 Jan 2027 09:30:00 +0130", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_clock_that_is_off_is_named(date: str | None, off: str | None) -> None:
    check = clock_beside(date, now=1_800_000_000.0)
    assert check.verdict is (
        CheckVerdict.WARNING if off else CheckVerdict.OK if date and "2027" in date else CheckVerdict.SKIPPED
    )
    assert off is None or off in check.what

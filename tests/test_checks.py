"""Checks: every one that stops is named at once, and a warning is never lost behind a stop."""

import logging

import pytest

from bot.checks import Check, heed, ok, stop, warning
from bot.errors import SettingsError

CLOCK = warning("clock", "The clock is 40 seconds late.", "Set it.")
TOKEN = stop("SLACK_BOT_TOKEN", "Slack does not accept it.", "Copy it again.")
SCOPES = stop("scopes", "The scope commands is missing.")


def test_every_stop_is_named_at_once_after_the_warnings() -> None:
    warned: list[Check] = []
    with pytest.raises(SettingsError) as caught:
        heed([TOKEN, CLOCK, SCOPES], warned.append)
    assert caught.value.mistakes == ("Slack does not accept it. Copy it again.", "The scope commands is missing.")
    assert warned == [CLOCK]


def test_what_is_well_is_passed_over_in_silence() -> None:
    warned: list[Check] = []
    heed([ok("clock", "The clock is right.")], warned.append)
    assert warned == []


def test_a_warning_is_in_the_log_with_its_remedy(caplog: pytest.LogCaptureFixture) -> None:
    heed([CLOCK])
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "The clock is 40 seconds late.")
    assert record.__dict__["facts"] == {"check": "clock", "remedy": "Set it."}

"""What is looked at before the bot works, in one list: each check is a value with a verdict and a remedy.

The start heeds the list; whoever only wants to know what is wrong shows it.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.errors import SettingsError
from bot.texts import terminal

Scopes = tuple[frozenset[str], ...]
"""Scopes that are needed; any one of each set is enough."""

CLOCK_OFF = 60.0
"""Seconds. Slack refuses nothing before 5 minutes, but a clock that is a minute off will be five."""

log = logging.getLogger(__name__)


class CheckVerdict(StrEnum):
    """What a check means for the start."""

    OK = "ok"
    SKIPPED = "not checked"
    """It could not be found out, for a reason that says nothing about the settings or that another check tells."""
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. Its words are whole sentences of ``bot.texts`` and hold no secret."""

    name: str
    """What was looked at: a setting's name, ``.env``, ``proxy``, ``scopes``, ``clock``, ``database``, …"""
    verdict: CheckVerdict
    what: str
    """What was found."""
    remedy: str = ""
    """What the administrator does about it; empty where there is nothing to do."""

    @property
    def sentence(self) -> str:
        return f"{self.what} {self.remedy}".rstrip()


def ok(name: str, what: str) -> Check:
    """It is as it should be."""
    return Check(name, CheckVerdict.OK, what)


def skipped(name: str, what: str) -> Check:
    """It could not be looked at, or not to its end."""
    return Check(name, CheckVerdict.SKIPPED, what)


def warning(name: str, what: str, remedy: str = "") -> Check:
    """It can be worked with, but somebody should know. A remedy that is not given stands behind the first sentence."""
    return Check(name, CheckVerdict.WARNING, *_parts(what, remedy))


def stop(name: str, what: str, remedy: str = "") -> Check:
    """The same where nothing is begun until it is mended."""
    return Check(name, CheckVerdict.STOP, *_parts(what, remedy))


def _parts(what: str, remedy: str) -> tuple[str, str]:
    first, full_stop, rest = what.partition(". ")
    return (what, remedy) if remedy or not full_stop else (f"{first}.", rest)


def log_warning(check: Check) -> None:
    """The way to warn where there is a log."""
    log.warning(check.what, extra={"facts": {"check": check.name, "remedy": check.remedy}})


class Checklist:
    """The one list. Everything that a start depends on adds what it found, and the start goes on or ends there."""

    def __init__(self, warn: Callable[[Check], None] = log_warning) -> None:
        self.made: list[Check] = []
        """All that was looked at until now, in that order."""
        self._warn = warn

    def heed(self, checks: Iterable[Check]) -> None:
        """Add these and warn of each warning. Then raise ``SettingsError`` with a sentence for each that says stop."""
        new = list(checks)
        self.made += new
        for each in new:
            if each.verdict is CheckVerdict.WARNING:
                self._warn(each)
        if mistakes := [each.sentence for each in new if each.verdict is CheckVerdict.STOP]:
            raise SettingsError(*dict.fromkeys(mistakes))


def scopes(granted: str | None, needed: Scopes) -> Check:
    """Whether a bot token has what it needs. ``granted``: as Slack lists it beside an answer."""
    name = "scopes"
    if granted is None:
        return skipped(name, terminal.SCOPES_NOT_TOLD)
    has = {each.strip() for each in granted.split(",")}
    lacking = [" or ".join(sorted(each)) for each in needed if not each & has]
    if not lacking:
        return ok(name, terminal.SCOPES_THERE)
    return stop(name, terminal.scopes_missing(", ".join(lacking)), terminal.SCOPES_REMEDY)


def scopes_beyond(granted: str | None, known: frozenset[str]) -> list[Check]:
    """A warning where a bot token may do more than this version ever asks for."""
    more = {each.strip() for each in (granted or "").split(",")} - known - {""}
    return (
        [warning("scopes", terminal.scopes_beyond(", ".join(sorted(more))), terminal.SCOPES_BEYOND_REMEDY)]
        if more
        else []
    )


def clock_beside(date: str | None, *, now: float, whose: str = terminal.SLACKS) -> Check:
    """Whether this machine's clock agrees with the ``Date`` of an answer of somebody's that just came."""
    name = "clock"
    try:
        off = now - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return skipped(name, terminal.clock_not_told(whose))
    return (
        warning(name, terminal.clock_off(off, whose), terminal.CLOCK_REMEDY)
        if abs(off) > CLOCK_OFF
        else ok(name, terminal.clock_right(whose))
    )

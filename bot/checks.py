"""What is looked at before the bot works: each check is a value with a verdict and a remedy.

The start heeds them; whoever only wants to know what is wrong shows the same list.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import SettingsError

log = logging.getLogger(__name__)


class CheckVerdict(StrEnum):
    """What a check means for the start."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. Its words are whole sentences of ``bot.texts`` and hold no secret."""

    name: str
    """What was looked at: a setting's name, ``.env``, ``database``, ``clock``, …"""
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


def warning(name: str, what: str, remedy: str = "") -> Check:
    """It can be worked with, but somebody should know."""
    return Check(name, CheckVerdict.WARNING, what, remedy)


def stop(name: str, what: str, remedy: str = "") -> Check:
    """Nothing is begun until it is mended."""
    return Check(name, CheckVerdict.STOP, what, remedy)


def log_warning(check: Check) -> None:
    """The way to warn where there is a log."""
    log.warning(check.what, extra={"facts": {"check": check.name, "remedy": check.remedy}})


def heed(checks: Iterable[Check], warn: Callable[[Check], None] = log_warning) -> None:
    """``warn`` of each warning, then raise ``SettingsError`` with a sentence for each check that stops the start."""
    made = list(checks)
    for each in made:
        if each.verdict is CheckVerdict.WARNING:
            warn(each)
    if mistakes := [each.sentence for each in made if each.verdict is CheckVerdict.STOP]:
        raise SettingsError(*mistakes)

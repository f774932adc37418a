"""Lengths of time as agents read them."""

import math

from bot.texts.said import Said, say_n

DAY, HOUR, MINUTE = 86400, 3600, 60


def length(seconds: float) -> Said:
    """About so long: ``3 days``, ``24 hours``, ``5 minutes``."""
    if seconds >= 2 * DAY:
        return say_n("{n} day", "{n} days", round(seconds / DAY))
    if seconds >= 2 * HOUR:
        return say_n("{n} hour", "{n} hours", round(seconds / HOUR))
    return _minutes(max(1, round(seconds / MINUTE)))


def wait(seconds: float) -> Said:
    """``8 seconds``, ``3 minutes``: rounded up, so that nobody is promised too much."""
    if seconds <= 90:
        return say_n("{n} second", "{n} seconds", max(1, math.ceil(seconds)))
    return _minutes(math.ceil(seconds / MINUTE))


def whole_minutes(seconds: float) -> Said:
    """The same without seconds: whoever comes back in time must not be sent away once more."""
    return length(math.ceil(seconds / MINUTE) * MINUTE)


def _minutes(count: int) -> Said:
    return say_n("{n} minute", "{n} minutes", count)

"""Lengths of time as people write them in settings and options."""

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_duration(text: str) -> float:
    """Seconds of ``30s``, ``90m``, ``24h`` or ``7d``. Raises ``ValueError``."""
    written = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if written is None or int(written[1]) == 0:
        raise ValueError("not a length of time")
    return float(int(written[1]) * _SECONDS[written[2]])


def as_typed(seconds: float) -> str:
    """As ``read_duration`` reads it; a single day in hours."""
    whole = round(seconds)
    if whole == _SECONDS["d"]:
        return "24h"
    letter, size = next(each for each in reversed(_SECONDS.items()) if whole % each[1] == 0)
    return f"{whole // size}{letter}"


def write_duration(seconds: float) -> str:
    """About so long, in words: ``3 days``, ``24 hours``, ``5 minutes``."""
    size, word = next((each for each in ((86400, "day"), (3600, "hour")) if seconds >= 2 * each[0]), (60, "minute"))
    count = max(1, round(seconds / size))
    return f"{count} {word}" if count == 1 else f"{count} {word}s"

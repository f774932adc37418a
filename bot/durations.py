"""Lengths of time as people write them in settings and options."""

import re

_SECONDS = {"m": 60, "h": 3600, "d": 86400}


def read_duration(text: str) -> float:
    """Seconds of ``90m``, ``24h`` or ``7d``. Raises ``ValueError``."""
    written = re.fullmatch(r"(\d{1,6})([mhd])", text.strip())
    if written is None or int(written[1]) == 0:
        raise ValueError("not a length of time")
    return float(int(written[1]) * _SECONDS[written[2]])


def write_duration(seconds: float) -> str:
    """The nearest words: ``24 hours``, ``90 minutes``."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (word == "minute"):
            count = max(1, round(seconds / size))
            return f"{count} {word}" + ("" if count == 1 else "s")
    raise AssertionError("unreachable: minutes always fit")

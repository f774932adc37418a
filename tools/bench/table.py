"""What was measured, as one table, with the shape of the machine it was measured on."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement of one contender; ``figures`` carry their units."""

    what: str
    who: str
    figures: str


HEADING = Row(what="what", who="who", figures="figures")


def render(rows: Iterable[Row]) -> str:
    """A Markdown table that can be read as it is, too. What is the same of several stands together."""
    order: dict[str, list[Row]] = {}
    for row in rows:
        order.setdefault(row.what, []).append(row)
    lines = [HEADING, *(row for together in order.values() for row in together)]
    whats, whos = max(len(row.what) for row in lines), max(len(row.who) for row in lines)
    told = [f"| {row.what:<{whats}} | {row.who:<{whos}} | {row.figures} |" for row in lines]
    return "\n".join([told[0], "|---|---|---|", *told[1:]])


def machine(packages: Sequence[str] = ("slack-bolt", "httpx", "aiohttp")) -> str:
    """Where this was measured, in a sentence."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {versions}"
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all are not above."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def duration(seconds: float) -> str:
    """With as many digits as mean something."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    told = seconds * 1000
    return f"{told:.2f} ms" if told < 10 else f"{told:.0f} ms"

"""How long a start takes, and how much memory the process then has."""

from collections.abc import AsyncIterator, Callable, Sequence
from statistics import median

from tools.bench.apps import APPS, open_app
from tools.bench.table import Row

LEGEND = """\
Start: from the process's start until /readyz says yes; medians. By then the bot has checked its token and opened its
database."""


async def measure(*, apps: Sequence[str], rounds: int, say: Callable[[str], None]) -> AsyncIterator[Row]:
    seconds: dict[str, list[float]] = {name: [] for name in apps}
    megabytes: dict[str, list[float]] = {name: [] for name in apps}
    for number in range(rounds):
        for name in apps:  # in turn, so that what else the machine does hits all
            say(f"start {number + 1} of {rounds}: {name}")
            async with open_app(APPS[name]) as app:
                seconds[name].append(app.seconds)
                megabytes[name].append(app.megabytes)
    for name in apps:
        figures = f"{median(seconds[name]):.2f} s, {median(megabytes[name]):.0f} MB"
        yield Row(what="start until ready, memory then", who=name, figures=figures)

"""How much of the limit each contender uses, how often it is throttled, and how long single numbers wait."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.cams.server import SeenCall
from tools.bench.api import open_api
from tools.bench.caller import Report
from tools.bench.contenders import CONTENDERS, split
from tools.bench.ours import OURS
from tools.bench.processes import open_process
from tools.bench.table import Row, duration, percentile
from tools.databases import ON_SQLITE, new_database

QPS = 10

LEGEND = f"""\
Share of the limit: of N accepted calls, by their times t at the server, (N - {QPS}) / ({QPS} * (t[N] - t[{QPS}])).
The first {QPS} calls, which any limit lets through at once, neither help nor hurt. In brackets
N / ({QPS} * (t[N] - t[1])), where they help: {QPS} at once and then {QPS} a second come to over 100 % there.
Time: from the start to the last answer. Throttled calls are asked again, by our retry policy (after one to two seconds,
then longer) or after one to two seconds, until all are answered. aiolimiter and limits (without Redis or the like)
know of one process only: of 4, each has its part of the limit, and as much of the work. Without a limiter 40 calls are
under way at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one run."""

    accepted: Sequence[float]
    """When the server accepted calls: monotonic seconds, in order."""
    throttled: int
    seconds: float
    """From the start to the last answer."""
    waits: Sequence[float]
    """Seconds each single number waited for its turn."""

    @property
    def share(self) -> float:
        """Of the limit, in percent; the first ``QPS`` calls left out."""
        return 100 * (len(self.accepted) - QPS) / (QPS * (self.accepted[-1] - self.accepted[QPS - 1]))

    @property
    def share_with_burst(self) -> float:
        return 100 * len(self.accepted) / (QPS * (self.accepted[-1] - self.accepted[0]))


def outcome(seen: Sequence[SeenCall], *, seconds: float, waits: Sequence[float] = ()) -> Outcome:
    accepted = sorted(call.arrived_at for call in seen if call.api_code == "OK")
    return Outcome(accepted=accepted, throttled=len(seen) - len(accepted), seconds=seconds, waits=waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one process has to do."""

    calls: int
    singles: int = 0
    seconds: float = 0.0
    """Over which the singles are spread."""


async def race(contender: str, works: Sequence[Work], *, profile: str) -> Outcome:
    """One process for each of ``works``, all started at once, against one strict server."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(open_api(profile=profile, qps=QPS))
        shared = stack.enter_context(tempfile.TemporaryDirectory(prefix="phoneid-bench-"))
        where = OURS.get(contender, ON_SQLITE)
        database = await stack.enter_async_context(new_database(where, Path(shared)))
        callers = [
            await stack.enter_async_context(
                open_process(
                    "tools.bench.caller",
                    {
                        "contender": contender,
                        "url": api.url,
                        "shared": shared,
                        "database": database,
                        "qps": QPS,
                        "processes": len(works),
                        "index": index,
                        "calls": work.calls,
                        "singles": work.singles,
                        "seconds": work.seconds,
                    },
                )
            )
            for index, work in enumerate(works)
        ]
        for caller in callers:
            await caller.hear()
        began = time.monotonic()
        for caller in callers:
            caller.tell()
        reports = [Report(**json.loads(told)) for told in await asyncio.gather(*(each.hear() for each in callers))]
        return outcome(
            await api.seen(),
            seconds=max(report.last_answer_at for report in reports) - began,
            waits=[wait for report in reports for wait in report.waits],
        )


def works_of(contender: str, *, calls: int, processes: int) -> list[Work]:
    """``calls`` among ``processes``, as each may do."""
    is_even = CONTENDERS[contender].is_shared or processes == 1
    weights = [1] * processes if is_even else split(QPS, [1] * processes)
    return [Work(calls=part) for part in split(calls, weights)]


async def measure(
    *, contenders: Sequence[str], profiles: Sequence[str], calls: int, say: Callable[[str], None]
) -> AsyncIterator[Row]:
    for profile in profiles:
        for processes in (1, 4):
            for contender in contenders:
                what = f"{calls} calls, {profile}, {processes} process{'es' if processes > 1 else ''}"
                say(f"{what}: {contender}")
                works = works_of(contender, calls=calls, processes=processes)
                yield Row(what=what, who=contender, figures=await _figures(contender, works, profile=profile))


async def _figures(contender: str, works: Sequence[Work], *, profile: str) -> str:
    longest = 60 + 4 * sum(work.calls for work in works) / QPS
    try:
        async with asyncio.timeout(longest):
            done = await race(contender, works, profile=profile)
    except TimeoutError:
        return f"not through after {longest:.0f} s"
    return f"{done.share:.1f} % used ({done.share_with_burst:.1f} %), {done.throttled} throttled, {done.seconds:.1f} s"


async def measure_waits(
    *, contenders: Sequence[str], profile: str, calls: int, singles: int, say: Callable[[str], None]
) -> AsyncIterator[Row]:
    seconds = calls / QPS  # the list runs longer, by what the singles take
    together = [Work(calls=calls, singles=singles, seconds=seconds)]
    apart = [Work(calls=calls), Work(calls=0, singles=singles, seconds=seconds)]
    for where, works in (("same process", together), ("a second process", apart)):
        for contender in contenders:
            what = f"wait of {singles} single numbers while {calls} run, {profile}, {where}"
            say(f"{what}: {contender}")
            done = await race(contender, works, profile=profile)
            middle, worst = percentile(done.waits, 50), percentile(done.waits, 95)
            figures = f"p50 {duration(middle)}, p95 {duration(worst)}, {done.throttled} throttled"
            yield Row(what=what, who=contender, figures=figures)

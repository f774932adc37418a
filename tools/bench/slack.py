"""How soon commands are acknowledged, and how many a second, over signed HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

import aiohttp

from bot.sandbox.slack.delivery import DeliveryKind, Parcel
from bot.sandbox.slack.signed_http import pack
from tools.bench.apps import APPS, RunningApp, open_app
from tools.bench.contenders import CODE, PHONE
from tools.bench.table import Row, duration, percentile

LOOKUP = f"/phoneid +{PHONE} {CODE}"
HELP = "/phoneid help"

PACE = 9.0
"""Lookups a second: just below the limit, so that the bot works on each while the next ones come."""
AT_ONCE = 16
"""Commands under way at any time, where it is about how many a second."""

LEGEND = f"""\
Acknowledgements: {PACE:.0f} lookups a second; the bot records each, calls the API and answers, the bare app does
nothing else. Commands a second: "{HELP}", {AT_ONCE} at a time. Who sends them runs on the same machine and takes its
part of it."""


async def measure(*, apps: Sequence[str], commands: int, say: Callable[[str], None]) -> AsyncIterator[Row]:
    for name in apps:
        say(f"{commands} lookups and {10 * commands} commands: {name}")
        async with open_app(APPS[name]) as app:
            await _run(app, HELP, times=5)  # the first ones load what later ones use
            rate = await _rate(app, 10 * commands)
            acks = await _paced(app, commands)
            yield Row(
                what=f"acknowledgement, {PACE:.0f} lookups a second",
                who=name,
                figures=f"p50 {duration(percentile(acks, 50))}, p95 {duration(percentile(acks, 95))}",
            )
            yield Row(
                what=f"commands, {AT_ONCE} at a time",
                who=name,
                figures=f"{rate:.0f} a second",
            )


async def _paced(app: RunningApp, commands: int) -> list[float]:
    """Seconds that each acknowledgement took."""
    already = len(app.slack.deliveries)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(commands):
            tasks.create_task(_run(app, LOOKUP))
            await asyncio.sleep(1 / PACE)
    return [delivery.milliseconds / 1000 for delivery in app.slack.deliveries[already:]]


async def _rate(app: RunningApp, commands: int) -> float:
    """Commands a second, sent as fast as they are acknowledged, and by less of a Slack: signed before it begins."""
    parcels = iter([_signed(app, f"{number}.0.bench") for number in range(commands)])

    async def send(session: aiohttp.ClientSession) -> None:
        for parcel in parcels:  # one iterator for all senders
            async with session.post(app.slack.request_url or "", data=parcel.body, headers=parcel.headers) as answer:
                await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{HELP} was answered with {answer.status}")

    async with aiohttp.ClientSession() as session:
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(send(session))
        return commands / (time.monotonic() - began)


def _signed(app: RunningApp, trigger_id: str) -> Parcel:
    """The first command once more, which was ``HELP``; another trigger makes it no replay."""
    return pack(
        DeliveryKind.COMMAND,
        title=HELP,
        payload={**app.slack.deliveries[0].payload, "trigger_id": trigger_id},
        signing_secret=app.slack.credentials.signing_secret,
        clock=app.slack.clock,
    )


async def _run(app: RunningApp, line: str, *, times: int = 1) -> None:
    for _ in range(times):
        await app.slack.human("Ana").runs("support", line)
        if not app.slack.deliveries[-1].is_acknowledged:
            raise RuntimeError(f"{line} was not acknowledged")

"""``python -m tools.bench``: measures everything and prints one table. Progress is on standard error."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import click

from bot.sandbox.cams.latency import PROFILES
from tools.bench import quota, slack, start, store
from tools.bench.contenders import CONTENDERS
from tools.bench.table import Row, machine, render

PARTS = ("quota", "waits", "slack", "start", "store")

LEGENDS = {"quota": quota.LEGEND, "slack": slack.LEGEND, "start": start.LEGEND, "store": store.LEGEND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, and how much of it."""

    parts: tuple[str, ...]
    profiles: tuple[str, ...]
    contenders: tuple[str, ...]
    calls: int = 400
    list_calls: int = 500
    singles: int = 100
    commands: int = 100
    rounds: int = 5
    sizes: tuple[int, ...] = (1_000, 1_000_000)
    times: int = 200


def quick(plan: Plan) -> Plan:
    """Whether it runs at all; the figures mean little."""
    return Plan(
        parts=plan.parts,
        profiles=plan.profiles,
        contenders=plan.contenders,
        calls=20,
        list_calls=30,
        singles=10,
        commands=20,
        rounds=1,
        sizes=(1_000, 10_000),
        times=20,
    )


def _choices(_context: click.Context, option: click.Parameter, typed: str) -> tuple[str, ...]:
    known = {"only": PARTS, "profiles": tuple(PROFILES), "contenders": tuple(CONTENDERS)}[option.name or ""]
    chosen = known if typed == "all" else tuple(each.strip() for each in typed.split(","))
    if unknown := set(chosen) - set(known):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(known)}")
    return chosen


@click.command()
@click.option("--only", default="all", callback=_choices, help=f"Some of {','.join(PARTS)}.")
@click.option("--profiles", default="wide-area", callback=_choices, help=f"all, or some of {','.join(PROFILES)}.")
@click.option("--contenders", default="all", callback=_choices, help=f"Some of {','.join(CONTENDERS)}.")
@click.option("--quick", "is_quick", is_flag=True, help="Two minutes: does it run? The figures mean little.")
def main(*, only: tuple[str, ...], profiles: tuple[str, ...], contenders: tuple[str, ...], is_quick: bool) -> None:
    """Measure the bot beside its peers and print one table. Takes about fifteen minutes."""
    plan = Plan(parts=only, profiles=profiles, contenders=contenders)
    began = time.monotonic()
    rows = asyncio.run(_collect(quick(plan) if is_quick else plan))
    click.echo(render(rows))
    click.echo(f"\nMeasured in {(time.monotonic() - began) / 60:.1f} min on {machine()}.")
    for part in only:
        if part in LEGENDS:
            click.echo(f"\n{LEGENDS[part]}")


async def _collect(plan: Plan) -> list[Row]:
    rows = []
    for part in plan.parts:
        async for row in _measurements(part, plan):
            _say(f"  {row.who}: {row.figures}")
            rows.append(row)
    return rows


def _measurements(part: str, plan: Plan) -> AsyncIterator[Row]:
    if part == "quota":
        return quota.measure(contenders=plan.contenders, profiles=plan.profiles, calls=plan.calls, say=_say)
    if part == "waits":
        profile = "wide-area" if "wide-area" in plan.profiles else plan.profiles[0]
        return quota.measure_waits(profile=profile, calls=plan.list_calls, singles=plan.singles, say=_say)
    if part == "slack":
        return slack.measure(commands=plan.commands, say=_say)
    if part == "start":
        return start.measure(rounds=plan.rounds, say=_say)
    return store.measure(sizes=plan.sizes, times=plan.times, say=_say)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()

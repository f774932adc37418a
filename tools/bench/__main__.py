"""``python -m tools.bench``: measures everything and prints one table. Progress is on standard error."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

import click

from bot.sandbox.cams.latency import PROFILES
from tools.bench import quota, slack, start, store
from tools.bench.apps import APPS
from tools.bench.contenders import CONTENDERS
from tools.bench.ours import OURS
from tools.bench.table import Row, machine, render
from tools.databases import ON_POSTGRES, is_postgres, why_not

PARTS = ("quota", "waits", "slack", "start", "store")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "only": PARTS,
    "profiles": tuple(PROFILES),
    "contenders": tuple(CONTENDERS),
    "database": tuple(OURS.values()),
}

LEGENDS = {"quota": quota.LEGEND, "slack": slack.LEGEND, "start": start.LEGEND, "store": store.LEGEND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, and how much of it; on ``databases``, as in ``tools.databases``."""

    parts: tuple[str, ...]
    profiles: tuple[str, ...]
    contenders: tuple[str, ...]
    databases: tuple[str, ...]
    calls: int = 400
    list_calls: int = 500
    singles: int = 100
    commands: int = 100
    rounds: int = 5
    sizes: tuple[int, ...] = (1_000, 1_000_000)
    times: int = 200

    @property
    def ours(self) -> list[str]:
        return [name for name, where in OURS.items() if where in self.databases]

    def those_of(self, names: Iterable[str]) -> list[str]:
        """Without ours on a database that is not to be measured."""
        return [name for name in names if name in self.ours or name not in OURS]


def quick(plan: Plan) -> Plan:
    """Whether it runs at all; the figures mean little."""
    return Plan(
        parts=plan.parts,
        profiles=plan.profiles,
        contenders=plan.contenders,
        databases=plan.databases,
        calls=20,
        list_calls=30,
        singles=10,
        commands=20,
        rounds=1,
        sizes=(1_000, 10_000),
        times=20,
    )


def _choices(_context: click.Context, option: click.Parameter, typed: str) -> tuple[str, ...]:
    known = CHOICES[option.name or ""]
    chosen = known if typed == "all" else tuple(each.strip() for each in typed.split(","))
    if unknown := set(chosen) - set(known):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(known)}")
    return chosen


@click.command()
@click.option("--only", default="all", callback=_choices, help=f"Some of {','.join(PARTS)}.")
@click.option("--profiles", default="wide-area", callback=_choices, help=f"all, or some of {','.join(PROFILES)}.")
@click.option("--contenders", default="all", callback=_choices, help=f"Some of {','.join(CONTENDERS)}.")
@click.option("--database", default="all", callback=_choices, help=f"Some of {','.join(OURS.values())}.")
@click.option("--quick", "is_quick", is_flag=True, help="Two minutes: does it run? The figures mean little.")
def main(
    *,
    only: tuple[str, ...],
    profiles: tuple[str, ...],
    contenders: tuple[str, ...],
    database: tuple[str, ...],
    is_quick: bool,
) -> None:
    """Measure the bot beside its peers and print one table. Takes about twenty minutes."""
    missing = why_not(ON_POSTGRES) if ON_POSTGRES in database else None
    databases = tuple(each for each in database if not (missing and is_postgres(each)))
    plan = Plan(parts=only, profiles=profiles, contenders=contenders, databases=databases)
    began = time.monotonic()
    rows = asyncio.run(_collect(quick(plan) if is_quick else plan))
    click.echo(render(rows))
    click.echo(f"\nMeasured in {(time.monotonic() - began) / 60:.1f} min on {machine()}.")
    if missing:
        click.echo(f"\nRows of Postgres are left out: {missing}.")
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
        contenders = plan.those_of(plan.contenders)
        return quota.measure(contenders=contenders, profiles=plan.profiles, calls=plan.calls, say=_say)
    if part == "waits":
        profile = "wide-area" if "wide-area" in plan.profiles else plan.profiles[0]
        return quota.measure_waits(
            contenders=plan.ours, profile=profile, calls=plan.list_calls, singles=plan.singles, say=_say
        )
    if part == "slack":
        return slack.measure(apps=plan.those_of(APPS), commands=plan.commands, say=_say)
    if part == "start":
        return start.measure(apps=plan.those_of(APPS), rounds=plan.rounds, say=_say)
    return store.measure(ours=plan.ours, sizes=plan.sizes, times=plan.times, say=_say)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()

"""``python -m tools.faults``: does the bot every harm there is, and prints one table. Progress is on standard error."""

import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

import click

from tools.bench.table import machine
from tools.databases import ON_POSTGRES, ON_SQLITE, is_postgres, why_not
from tools.faults import kills as killing
from tools.faults.harms import do_all
from tools.faults.tally import Tally, render
from tools.faults.world import Place

KILLS = "kill -9"
"""The row, and the only one whose notes are of interest beside the table."""


def _usable(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    if is_postgres(typed):
        if reason := why_not(typed):
            raise click.BadParameter(reason)
    elif typed != ON_SQLITE:
        raise click.BadParameter(f"choose from {ON_SQLITE}, {ON_POSTGRES} and a URL of the latter")
    return typed


@click.command()
@click.option("--kills", default=300, show_default=True, help="How often a bot is killed.")
@click.option("--times", default=5, show_default=True, help="How often every other harm is done.")
@click.option("--database", default=ON_SQLITE, show_default=True, callback=_usable, help=f"Or {ON_POSTGRES}, or a URL.")
@click.option("--seed", type=int, help="Repeats the choices of a run; the timings are the machine's.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where to leave the files.")
def main(*, kills: int, times: int, database: str, seed: int | None, keep: Path | None) -> None:
    """Do the bot every harm there is, and print what came of it. It takes about a quarter of an hour."""
    seed = secrets.randbits(32) if seed is None else seed
    _say(f"seed {seed}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if keep:
            keep.mkdir(parents=True)
        tallies = asyncio.run(_do_everything(Place(keep or Path(folder), database, seed), kills=kills, times=times))
    click.echo(render(tallies.items()))
    for name, tally in tallies.items():
        for line in [*(tally.notes if name == KILLS else []), *tally.complaints]:
            click.echo(f"{name}: {line}")
    click.echo(f"\nIn {(time.monotonic() - began) / 60:.0f} minutes, with seed {seed}, on {machine()}.")
    sys.exit(0 if all(tally.is_clean for tally in tallies.values()) else 1)


async def _do_everything(place: Place, *, kills: int, times: int) -> dict[str, Tally]:
    harmed = await do_all(place, times=times)
    killed = await killing.run(place, kills=kills, say=_say, lists=max(1, kills // 30))
    return {KILLS: killed, **harmed}


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()

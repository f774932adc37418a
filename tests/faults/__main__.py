"""``python -m tests.faults``: does the bot every harm there is, and prints one table. Progress is on standard error."""

import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.faults import kills as killing
from tests.faults.tally import Tally, render


@click.command()
@click.option("--kills", default=300, show_default=True, help="How often a bot is killed.")
@click.option("--seed", type=int, help="Repeats the choices of a run.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where to leave the files.")
def main(*, kills: int, seed: int | None, keep: Path | None) -> None:
    """Do every harm to the bot there is, and print what came of it."""
    seed = secrets.randbits(32) if seed is None else seed
    click.echo(f"seed {seed}", err=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if keep:
            keep.mkdir(parents=True)
        tally = asyncio.run(killing.run(keep or Path(folder), kills=kills, seed=seed, say=_say))
    _report([("kill -9", tally)])
    click.echo(f"\nIn {(time.monotonic() - began) / 60:.1f} minutes, with seed {seed}.")
    sys.exit(0 if tally.is_clean else 1)


def _report(tallies: list[tuple[str, Tally]]) -> None:
    click.echo(render(tallies))
    for name, tally in tallies:
        for line in [*tally.notes, *tally.complaints]:
            click.echo(f"{name}: {line}")


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()

"""Renews the golden copies: ``.venv/bin/python -m tests.golden.renew [NAME …]``. Read the diff before you commit it."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.golden import copies
from tests.golden.scenes_alone import ALONE
from tests.golden.scenes_approvals import APPROVALS
from tests.golden.scenes_lists import LISTS
from tests.golden.scenes_terminal import TERMINAL
from tests.golden.shell import open_shell

IN_SLACK = ALONE.all | APPROVALS.all | LISTS.all


def main(names: Sequence[str]) -> int:
    """Play the scenarios of these names, or all, and write their copies. The exit code."""
    every = [*IN_SLACK, *TERMINAL]
    unknown = set(names) - set(every)
    if unknown:
        click.echo(f"No such scenario: {', '.join(sorted(unknown))}. There are: {', '.join(every)}")
        return 2
    for name in names or every:
        is_changed = copies.renew(name, play(name))
        click.echo(f"{name}: {'renewed' if is_changed else 'the same'}")
    for path in () if names else sorted(set(copies.COPIES.glob("*")) - {copies.path_of(name) for name in every}):
        path.unlink()
        click.echo(f"{path.name}: removed, nothing plays it any more")
    return 0


def play(name: str) -> str:
    """The copy of a scenario as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        if name in TERMINAL:
            return asyncio.run(_play_typed(name, Path(folder)))
        return IN_SLACK[name].copy(Path(folder))


async def _play_typed(name: str, folder: Path) -> str:
    async with open_shell() as shell:
        return await TERMINAL[name].copy(folder, shell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

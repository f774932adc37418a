"""A scenario in Slack: how it is played, and the copy that comes of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import Waits
from tests.clocks import SocketLoop
from tests.golden import copies, record
from tests.golden.plain import Plain, plain_csv
from tests.golden.stage import WAITS, Stage, open_stage, with_bot
from tests.golden.terminal import run_here

Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Something that happens in Slack. ``about`` is the first line of its copy."""

    name: str
    about: str
    play: Play
    settings: Mapping[str, str]
    waits: Waits
    is_held: bool

    def copy(self, folder: Path) -> str:
        """Play it and write down what was seen."""
        with asyncio.Runner(loop_factory=SocketLoop) as runner:
            steps = runner.run(self._play(folder))
        seen = {"about": self.about, "settings": dict(self.settings), "steps": steps, **_recorded(folder)}
        return copies.written(Plain().value(seen))

    async def _play(self, folder: Path) -> list[dict[str, Any]]:
        async with open_stage(folder, settings=self.settings, is_held=self.is_held) as stage:
            async with with_bot(stage, waits=self.waits):
                await self.play(stage)
            return [{name: value for name, value in step.items() if value not in ({}, [])} for step in stage.steps]


class Scenarios:
    """Scenarios by name, in the order in which they are written."""

    def __init__(self) -> None:
        self.all: dict[str, Scenario] = {}

    def add(
        self,
        about: str,
        *,
        settings: Mapping[str, str] | None = None,
        waits: Waits = WAITS,
        is_held: bool = False,
    ) -> Callable[[Play], Play]:
        """The decorated function plays a scenario of its name."""

        def keep(play: Play) -> Play:
            name = play.__name__
            self.all[name] = Scenario(
                name=name, about=about, play=play, settings=settings or {}, waits=waits, is_held=is_held
            )
            return play

        return keep


def _recorded(folder: Path) -> dict[str, Any]:
    """What is left of it: the journal, and the lookups as ``phoneid log`` exports them."""
    database = folder / "phoneid.db"
    environment = {"DATABASE_URL": f"sqlite:///{database}"}
    journal = record.journal(str(database))
    exported = json.loads(run_here(["log", "--json"], environment=environment, folder=folder))
    as_csv = run_here(["log", "--csv"], environment=environment, folder=folder)
    return {"journal": journal, "phoneid log --json": exported, "phoneid log --csv": plain_csv(as_csv)}

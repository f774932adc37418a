"""The sandbox with bots in processes of their own, and everything that is needed to harm them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import BinaryIO

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import Entry
from bot.sandbox.cams.server import LocalCams
from bot.store.urls import SQLITE
from tests.scenarios.scene import Scene, open_scene
from tools.databases import ON_SQLITE, connect, is_postgres, new_database
from tools.faults.dumps import dump
from tools.faults.leaks import Listener
from tools.faults.reckoning import Reckoning
from tools.faults.tally import Tally

ROOT = Path(__file__).parent.parent.parent

PATIENCE = 30.0
"""Seconds for a start: the machine may be busy."""

SETTLING = 90.0
"""Seconds until everything has ended: the command line's lease alone is 30, and an approval is good for 10."""

SETTINGS = {
    "PHONEID_QPS": "100",  # the limit has its own tests; here as much as possible is to be under way
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": "U0LEE,U0KIM",
    "PHONEID_TRUSTED": "U0LEE,U0KIM",
    "LOG_LEVEL": "DEBUG",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is tried, and by which chance."""

    folder: Path
    """What the bots write is below it."""
    where: str = ON_SQLITE
    """Their database: see ``tools.databases``."""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class World:
    """Where a fault happens. What the bots write is in ``folder``."""

    scene: Scene
    folder: Path
    bots: Sequence[BotProcess]
    listener: Listener
    log: BinaryIO

    @property
    def bot(self) -> BotProcess:
        """The only one, where there is one."""
        (bot,) = self.bots
        return bot

    @property
    def url(self) -> str:
        """Of the database."""
        return self.scene.environment["DATABASE_URL"]

    @property
    def database(self) -> Path:
        """The file, where it is one."""
        assert self.url.startswith(SQLITE)
        return Path(self.url.removeprefix(SQLITE))

    async def connected(self) -> None:
        """Wait until all bots are. One that ended at its start is started again, as a host would: others may have kept
        the database locked for longer than a hasty bot waits."""
        rest = PATIENCE
        while self.scene.slack.connections < len(self.bots):
            assert rest > 0, self.scene.slack.describe()
            await asyncio.gather(*(bot.start() for bot in self.bots))
            await asyncio.sleep(0.02)
            rest -= 0.02

    async def reckon(self, *, times: int, notes: Sequence[str] = ()) -> Tally:
        """Wait until all is settled, stop the bots, and see what became of everything."""
        await self._settle()
        await asyncio.gather(*(bot.stop() for bot in self.bots))
        if is_postgres(self.url):  # a file is searched as it is
            await asyncio.to_thread(dump, self.url, self.folder / "phoneid.dump")
        tally = await Reckoning(scene=self.scene, folder=self.folder, listener=self.listener).reckon(times, notes)
        codes = [await bot.wait() for bot in self.bots]
        return replace(tally, lost=[*tally.lost, *(f"a bot ended with {code}" for code in codes if code)])

    async def _settle(self) -> None:
        """Wait until nothing runs or waits any more, and everybody was told; not longer than is bearable."""
        rest = SETTLING
        while rest > 0 and await asyncio.to_thread(self._unsettled):
            await asyncio.sleep(0.25)
            rest -= 0.25

    def _unsettled(self) -> bool:
        """Not asked through the bot's own record: what that leaves out would never be missed."""
        with closing(connect(self.url)) as database:
            (lookups,) = database.execute(
                "SELECT count(*) FROM lookups WHERE state IN ('held', 'queued', 'calling')"
            ).fetchone()
            (unsaid,) = database.execute("SELECT count(*) FROM outbox").fetchone()
        return bool(lookups or unsaid)


@asynccontextmanager
async def open_world(place: Place, *, book: Sequence[Entry], bots: int = 1) -> AsyncIterator[World]:
    """Hasty bots over one database of their own, and an API that is some tens of milliseconds away."""
    chance = Random(place.seed)
    cams = LocalCams(
        qps=10_000,
        book=book,
        latency_there=lambda: chance.uniform(0.005, 0.03),
        latency_back=lambda: chance.uniform(0.005, 0.12),
    )
    await cams.start()
    below = place.folder / "bots"
    below.mkdir(parents=True)
    try:
        async with new_database(place.where, below) as url:
            settings = {**SETTINGS, "PHONEID_CAMS_URL": cams.url, "DATABASE_URL": url}
            if bots > 1:
                settings["PHONEID_LINKS"] = "1"  # so that their number tells how many bots are connected
            async with open_scene(below, settings=settings) as scene:
                with (below / "bots.log").open("ab") as log:
                    async with _running(replace(scene, cams=cams), below, log, bots) as world:
                        yield world
    finally:
        await cams.stop()


@asynccontextmanager
async def _running(scene: Scene, folder: Path, log: BinaryIO, count: int) -> AsyncIterator[World]:
    program = ("-m", "tools.faults.hasty_bot")
    bots = [BotProcess(folder=folder, output=log, program=program) for _ in range(count)]
    world = World(scene=scene, folder=folder, bots=bots, listener=Listener(scene.slack.inspector), log=log)
    try:
        for bot in bots:
            await bot.start_with(scene.environment)
        await world.connected()
        yield world
    finally:
        for bot in bots:
            await bot.kill()

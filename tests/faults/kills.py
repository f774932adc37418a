"""``kill -9``: two bots on one database, people who go on asking, and one of the bots killed again and again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import BinaryIO

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import Entry
from bot.sandbox.cams.server import LocalCams
from tests.faults.command_line import ListRun
from tests.faults.leaks import Listener
from tests.faults.numbers import entries
from tests.faults.people import Asked, Person
from tests.faults.reckoning import Reckoning
from tests.faults.tally import Tally
from tests.scenarios.scene import Scene, open_scene

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 30.0
"""Seconds for a start, and for a bot to see that it is to stop."""

SETTLING = 90.0
"""Seconds until everything has ended: the command line's lease alone is 30, and an approval is good for 10."""

LIST = 40
"""Numbers in a list on the command line."""

SETTINGS = {
    "PHONEID_QPS": "100",  # the limit has its own tests; here as much as possible is to be under way
    "PHONEID_APPROVAL": "always",
    "PHONEID_APPROVERS": "U0LEE,U0KIM",
    "PHONEID_TRUSTED": "U0LEE,U0KIM",
    "LOG_LEVEL": "DEBUG",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True, kw_only=True)
class World:
    """The sandbox, two bots in processes of their own, and chance."""

    scene: Scene
    folder: Path
    random: Random
    bots: tuple[BotProcess, BotProcess]
    listener: Listener
    log: BinaryIO
    book: Iterator[Entry]

    async def kill(self) -> str:
        """Kill one of the bots at a random moment and start it again. At which moment."""
        name, moment = self.random.choice([*self._moments().items()])
        await moment()
        bot = self.random.choice(self.bots)
        await bot.kill()
        self.listener.listen()
        await bot.start()
        if self.random.random() < 0.85:  # else the next one may hit a bot that has not yet found its feet
            await self.connected()
        return name

    async def connected(self) -> None:
        await self.scene.slack.until(lambda: self.scene.slack.connections == len(self.bots), timeout=PATIENCE)

    def _moments(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        slack, cams = self.scene.slack, self.scene.cams
        return {
            "any": lambda: asyncio.sleep(self.random.uniform(0.0, 0.8)),
            "call": lambda: self._soon_after(lambda: len(cams.calls)),
            "payload": lambda: self._soon_after(lambda: len(slack.deliveries)),
            "message": lambda: self._soon_after(lambda: slack.workspace.version),
        }

    async def _soon_after(self, count: Callable[[], int]) -> None:
        """Shortly after something has happened once more: that is where most is under way."""
        before, rest = count(), 2.0
        while count() == before and rest > 0:
            await asyncio.sleep(0.005)
            rest -= 0.005
        await asyncio.sleep(self.random.uniform(0.0, 0.06))

    async def settle(self) -> None:
        """Wait until nothing runs or waits any more, and everybody was told; not longer than is bearable."""
        rest = SETTLING
        while rest > 0 and self._unsettled():
            await asyncio.sleep(0.25)
            rest -= 0.25

    def _unsettled(self) -> int:
        path = self.scene.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as database:
            (count,) = database.execute(
                "SELECT count(*) FROM lookups WHERE tell_after IS NOT NULL"
                " OR state IN ('queued', 'calling', 'awaiting', 'approved')"
            ).fetchone()
        return int(count)


@asynccontextmanager
async def open_world(folder: Path, *, random: Random, numbers: int) -> AsyncIterator[World]:
    """Two hasty bots over one database. What they write is in ``bots``, below the folder."""
    book = entries(numbers)
    cams = LocalCams(
        qps=10_000,
        book=book,
        latency_there=lambda: random.uniform(0.005, 0.03),
        latency_back=lambda: random.uniform(0.005, 0.12),
    )
    await cams.start()
    below = folder / "bots"
    below.mkdir()
    try:
        async with open_scene(below, settings={**SETTINGS, "PHONEID_CAMS_URL": cams.url}) as scene:
            with (below / "bots.log").open("wb") as log:
                bots = (_bot(below, log), _bot(below, log))
                try:
                    for bot in bots:
                        await bot.start_with(scene.environment)
                    world = World(
                        scene=replace(scene, cams=cams),
                        folder=below,
                        random=random,
                        bots=bots,
                        listener=Listener(scene.slack.inspector),
                        log=log,
                        book=iter(book),
                    )
                    await world.connected()
                    yield world
                finally:
                    for bot in bots:
                        await bot.kill()
    finally:
        await cams.stop()


def _bot(folder: Path, log: BinaryIO) -> BotProcess:
    return BotProcess(folder=folder, output=log, program=("-m", "tests.faults.hasty_bot"))


async def run(folder: Path, *, kills: int, seed: int, say: Callable[[str], None], pause: float = 0.15) -> Tally:
    """The run: people ask, bots die, and in the end everything is accounted for."""
    random = Random(seed)
    lists = max(1, kills // 30)
    async with open_world(folder, random=random, numbers=40 * kills + 500 + LIST * lists) as world:
        people = _people(world, pause=pause)
        runs = _lists(world, folder, count=lists)
        work = [asyncio.create_task(each.work()) for each in people]
        listing = asyncio.create_task(_run_lists(runs, random))
        for number in range(1, kills + 1):
            moment = await world.kill()
            if number % 10 == 0:
                say(f"  {number} kills, the last one at {moment}; {len(world.scene.cams.calls)} calls so far")
        for person in people:
            person.stop()
        await asyncio.gather(*work)
        await listing
        await world.settle()
        await asyncio.gather(*(bot.stop() for bot in world.bots))
        codes = [await bot.wait() for bot in world.bots]
        asked = [each for person in people for each in person.asked]
        tally = await _reckon(world, runs, asked, kills=kills)
        return replace(tally, lost=[*tally.lost, *(f"a bot ended with {code}" for code in codes if code)])


async def _run_lists(runs: list[ListRun], random: Random) -> None:
    for each in runs:
        await each.run(random=random, kills=2)


def _people(world: World, *, pause: float) -> list[Person]:
    return [
        Person(
            name,
            slack=world.scene.slack,
            book=world.book,
            random=Random(world.random.random()),
            pause=pause,
            is_lead=name != "Ana",
        )
        for name in ("Ana", "Lee", "Kim")
    ]


def _lists(world: World, folder: Path, *, count: int) -> list[ListRun]:
    below = folder / "lists"  # the lists hold codes: they are not searched for any
    below.mkdir()
    return [
        ListRun(
            below,
            name=f"list-{number}",
            entries=[next(world.book) for _ in range(LIST)],
            environment=world.scene.environment,
            log=world.log,
        )
        for number in range(count)
    ]


async def _reckon(world: World, runs: list[ListRun], asked: list[Asked], *, kills: int) -> Tally:
    lookups = await world.scene.lookups()
    recorded = {lookup.phone.digits for lookup in lookups}
    acknowledged = [each for each in asked if each.delivery.is_acknowledged]
    unrecorded = [each for each in acknowledged if each.entry.digits not in recorded]
    notes = [
        f"{len(asked)} numbers asked for in Slack, {len(acknowledged)} acknowledged, {len(unrecorded)} of these died"
        " with the process before they were recorded",
        f"{len(runs)} lists of {LIST} on the command line, killed {sum(each.kills for each in runs)} times",
    ]
    tally = await Reckoning(
        scene=world.scene, folder=world.folder, listener=world.listener, times=kills, notes=notes
    ).reckon()
    missing = [f"{phone} of a list has not its ID" for each in runs for phone in each.missing()]
    return replace(tally, lost=[*tally.lost, *missing])

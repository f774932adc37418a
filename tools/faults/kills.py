"""``kill -9``: two bots on one database, people who go on asking, and one of the bots killed again and again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from bot.sandbox.cams.book import Entry
from tools.faults.command_line import ListRun
from tools.faults.numbers import entries
from tools.faults.people import Person
from tools.faults.tally import Tally
from tools.faults.world import World, open_world

LIST = 40
"""Numbers in a list on the command line."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Killer:
    """Kills one of the bots, at a moment of chance, and starts it again."""

    world: World
    random: Random

    async def kill(self) -> str:
        """At which moment it was."""
        name, moment = self.random.choice([*self._moments().items()])
        await moment()
        bot = self.random.choice(self.world.bots)
        await bot.kill()
        self.world.listener.listen()
        await bot.start()
        if self.random.random() < 0.85:  # else the next one may hit a bot that has not yet found its feet
            await self.world.connected()
        return name

    def _moments(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        slack, cams = self.world.scene.slack, self.world.scene.cams
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


async def run(folder: Path, *, kills: int, seed: int, say: Say, lists: int = 1, pause: float = 0.15) -> Tally:
    """The run: people ask, bots die, and in the end everything is accounted for.

    ``lists`` run on the command line, one after the other, each killed twice; ``pause``: seconds, at most, that people
    take between two things they do.
    """
    random, book = Random(seed), entries(min(40_000, 100 * kills + 500 + LIST * lists))
    async with open_world(folder, book=book, random=random, bots=2) as world:
        numbers = iter(book)
        runs = _lists(world, folder, numbers, count=lists)
        people = _people(world, numbers, random, pause=pause)
        work = [asyncio.create_task(each.work()) for each in people]
        listing = asyncio.create_task(_run_lists(runs, random))
        killer = Killer(world=world, random=random)
        for number in range(1, kills + 1):
            moment = await killer.kill()
            if number % 10 == 0:
                say(f"  {number} kills, the last one at: {moment}; {len(world.scene.cams.calls)} calls so far")
        for person in people:
            person.stop()
        await asyncio.gather(listing, *work)
        await world.connected()
        tally = await world.reckon(times=kills, notes=_notes(people, runs))
        missing = [f"{phone} of a list has not its ID" for each in runs for phone in each.missing()]
        return replace(tally, lost=[*tally.lost, *missing, *await _unrecorded(world, people)])


def _people(world: World, numbers: Iterator[Entry], random: Random, *, pause: float) -> list[Person]:
    return [
        Person(
            name,
            slack=world.scene.slack,
            book=numbers,
            random=Random(random.random()),
            pause=pause,
            is_lead=name != "Ana",
        )
        for name in ("Ana", "Lee", "Kim")
    ]


def _lists(world: World, folder: Path, numbers: Iterator[Entry], *, count: int) -> list[ListRun]:
    below = folder / "lists"  # the lists hold codes: they are not searched for any
    below.mkdir()
    return [
        ListRun(
            below,
            name=f"list-{number}",
            entries=[next(numbers) for _ in range(LIST)],
            environment=world.scene.environment,
            log=world.log,
        )
        for number in range(count)
    ]


async def _run_lists(runs: list[ListRun], random: Random) -> None:
    for each in runs:
        await each.run(random=random, kills=2)


def _notes(people: list[Person], runs: list[ListRun]) -> list[str]:
    asked = [each for person in people for each in person.asked]
    acknowledged = sum(each.delivery.is_acknowledged for each in asked)
    return [
        f"{len(asked)} numbers asked for in Slack, {acknowledged} acknowledged",
        f"{len(runs)} lists of {LIST} on the command line, killed {sum(each.kills for each in runs)} times",
    ]


async def _unrecorded(world: World, people: list[Person]) -> list[str]:
    """What Slack had the bot's word for, and the record has not."""
    recorded = {lookup.phone.digits for lookup in await world.scene.lookups()}
    acknowledged = [each.entry for person in people for each in person.asked if each.delivery.is_acknowledged]
    return [f"{each.phone} was acknowledged and never recorded" for each in acknowledged if each.digits not in recorded]

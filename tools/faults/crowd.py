"""People who go on asking two bots on one database, while something is done to the bots or to what is between."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.delivery import Delivery
from tools.faults.command_line import ListRun
from tools.faults.leaks import UNRECORDED
from tools.faults.numbers import entries
from tools.faults.people import Person
from tools.faults.tally import Tally
from tools.faults.world import Place, World, open_world

LIST = 40
"""Numbers in a list on the command line."""

Harm = Callable[[World, Random], Awaitable[int]]
"""What is done to them; gives how often it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What people do meanwhile."""

    numbers: int
    """That they can ask for."""
    lists: int = 0
    """Run on the command line, one after the other, each killed twice."""
    pause: float = 0.15
    """Seconds, at most, that they take between two things they do."""


async def harm_amid(harm: Harm, load: Load, place: Place) -> Tally:
    """People ask, harm is done, and in the end everything is accounted for."""
    random, book = Random(place.seed), entries(load.numbers + LIST * load.lists)
    async with open_world(place, book=book, bots=2) as world:
        numbers = iter(book)
        runs = _lists(world, place.folder, numbers, count=load.lists)
        people = _people(world, numbers, random, pause=load.pause)
        work = [asyncio.create_task(each.work()) for each in people]
        listing = asyncio.create_task(_run_lists(runs, random))
        times = await harm(world, random)
        for person in people:
            person.stop()
        await asyncio.gather(listing, *work)
        await world.connected()
        tally = await world.reckon(times=times, notes=_notes(people, runs))
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
    """What Slack had the bot's word for, and the record has not; unless who asked was told that it has not."""
    recorded = {lookup.phone.digits for lookup in await world.scene.lookups()}
    lost = []
    for person in people:
        asked = [each for each in person.asked if each.delivery.is_acknowledged and each.entry.digits not in recorded]
        untold = [each for each in asked if not _was_told(each.delivery, world.listener.unrecorded)]
        submissions = list(dict.fromkeys(each.delivery.number for each in untold))
        # Whose window was closed is told in a message, which does not say what it is about.
        left = submissions[len(_messages_of_it(person)) :]
        lost += [each for each in untold if each.delivery.number in left]
    return [f"{each.entry.phone} was acknowledged and never recorded" for each in lost]


def _was_told(delivery: Delivery, said: list[str]) -> bool:
    """Whether the acknowledgement, or the window of what was submitted, says that it was not recorded."""
    acknowledgement = json.dumps(delivery.response)
    view = delivery.payload.get("view")
    in_window = view is not None and any(view["id"] in each for each in said)
    return in_window or any(words in acknowledgement for words in UNRECORDED)


def _messages_of_it(person: Person) -> set[str]:
    """What somebody reads of submissions that were not recorded: each has a reference of its own."""
    return {text for text in person.reads() if any(words in text for words in UNRECORDED)}

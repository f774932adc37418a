"""Somebody who asks while something is wrong, and what they read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.models import Problem, State
from bot.sandbox.cams.answers import Slow, Success
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from tests.canaries import CANARY
from tests.english import PROBLEMS, history
from tests.scenarios.scene import PATIENCE
from tools.faults.numbers import SLOW_ID, entries
from tools.faults.tally import Tally
from tools.faults.world import Place, World, open_world

ANSWERED = "The phone number ID of"
NO_ANSWER = PROBLEMS[Problem.NO_ANSWER].what

SLOW = Slow(seconds=0.7, then=Success(phone_number_id=SLOW_ID))
"""An answer that leaves time for harm between the call and its end."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """Lee, who needs no approval, asks while something is wrong."""

    world: World
    numbers: Iterator[Entry]

    @property
    def lee(self) -> Human:
        return self.world.scene.human("Lee")

    async def ask(self) -> Entry:
        entry = next(self.numbers)
        await self.lee.runs("support", f"/phoneid {entry.phone} {CANARY}")
        return entry

    async def ask_until_called(self) -> Entry:
        """Ask, until the API has the call and has not answered it."""
        before = len(self.world.scene.cams.lookups)
        entry = await self.ask()
        await self.until(lambda: len(self.world.scene.cams.lookups) > before)
        return entry

    async def ask_list(self, count: int) -> None:
        await self.lee.runs("support", "/phoneid list")
        await self.lee.until(lambda: self.lee.modal, timeout=PATIENCE)
        lines = [f"{next(self.numbers).phone} {CANARY}" for _ in range(count)]
        self.lee.fills(block_id="numbers", text="\n".join(lines))
        await self.lee.submits()
        await self.lee.closes()

    async def reads(self, *words: str, entry: Entry | None = None) -> Message:
        """The newest message with any of these words, about this number, wherever Lee gets it."""

        def find() -> Message | None:
            seen = [*self.lee.sees("support"), *self.lee.sees(self.lee.dm)]
            about = entry.phone if entry else ""
            those = (each for each in reversed(seen) if any(some in each.text for some in words))
            return next((each for each in those if about in each.words), None)

        return await self.lee.until(find, timeout=PATIENCE)

    async def looks_back(self) -> Message:
        """``/phoneid history``: a new page of it."""
        before = len(self.lee.sees("support"))
        await self.lee.runs("support", "/phoneid history")

        def find() -> Message | None:
            return next((each for each in self.lee.sees("support")[before:] if history.TITLE in each.text), None)

        return await self.lee.until(find, timeout=PATIENCE)

    async def until(self, predicate: Callable[[], bool]) -> None:
        rest = PATIENCE
        while not predicate():
            assert rest > 0, self.world.scene.slack.describe()
            await asyncio.sleep(0.01)  # not all of it changes what anybody sees
            rest -= 0.01

    async def reckon(self, *, times: int, lookups: Sequence[State]) -> Tally:
        """What became of everything, and whether the history has it: these states, oldest first."""
        page = await self.looks_back()
        tally = await self.world.reckon(times=times)
        recorded = sorted(
            await self.world.scene.lookups(), key=lambda each: (each.asked_at, each.request_id, each.position)
        )
        assert [each.state for each in recorded] == [*lookups]
        assert all(each.id in page.words for each in recorded[-10:])
        return tally


@asynccontextmanager
async def telling(place: Place, *replies: Slow) -> AsyncIterator[Story]:
    book = entries(200, *replies)
    async with open_world(place, book=book) as world:
        yield Story(world=world, numbers=iter(book))

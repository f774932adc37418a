"""Doubles of the quota, for tests of what uses it, and of what it stands on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.interfaces import Clock, Reading
from bot.models import LookupId
from bot.tickets import Call, Outlook, Ticket
from tests.clocks import VirtualClock

T = TypeVar("T")


class FreeQuota:
    """``bot.interfaces.Quota``: everybody's turn is now."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        self.tickets.append(ticket)
        await before()
        yield Call()

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        return None


class MemoryState:
    """``bot.interfaces.SharedState`` in memory, for processes of one test."""

    def __init__(self) -> None:
        self._text = ""

    async def change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        now = asyncio.get_running_loop().time()
        self._text, told = think(self._text, Reading(at=now, asked=now, told=now, drift=0.0))
        return told


class ServersState:
    """A shared text on a server with a clock of its own, which each machine reaches in its own time.

    As on Postgres: the time is read with the lock held, and the lock is held until what was thought has arrived.
    """

    def __init__(self, *, time: Callable[[], float], drift: float) -> None:
        self.text = ""
        self.lock = asyncio.Lock()
        self.time = time
        self.drift = drift


@dataclass(frozen=True, slots=True, kw_only=True)
class FarState:
    """``bot.interfaces.SharedState`` for the processes of one machine, so many seconds away each way."""

    server: ServersState
    clock: Clock
    there: float = 0.0
    back: float = 0.0

    async def change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        asked = self.clock.monotonic()
        await asyncio.sleep(self.there)
        async with self.server.lock:
            at = self.server.time()
            await asyncio.sleep(self.back)
            reading = Reading(at=at, asked=asked, told=self.clock.monotonic(), drift=self.server.drift)
            text, told = think(self.server.text, reading)
            await asyncio.sleep(self.there)
            self.server.text = text
        await asyncio.sleep(self.back)
        return told


class SlowQuota(FreeQuota):
    """A turn comes after so many seconds; whoever waits has ten turns a second before theirs."""

    def __init__(self, clock: VirtualClock, waits: float) -> None:
        super().__init__()
        self._clock = clock
        self._waits = waits
        self._turn_at: dict[LookupId, float] = {}

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        self._turn_at[ticket.lookup_id] = self._clock.monotonic() + self._waits
        try:
            await self._clock.sleep(self._waits)
        finally:
            del self._turn_at[ticket.lookup_id]
        async with super().turn(ticket, before=before) as call:
            yield call

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        turn_at = self._turn_at.get(lookup_id)
        left = None if turn_at is None else turn_at - self._clock.monotonic()
        return None if left is None else Outlook(place=max(1, round(left * 10)), seconds=left)

"""Doubles of the quota, for tests of what uses it, and of what it stands on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

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

    async def change(self, think: Callable[[str], tuple[str, T]]) -> T:
        self._text, told = think(self._text)
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

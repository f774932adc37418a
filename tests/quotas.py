"""Doubles of the quota, for tests of what uses it, and of what it stands on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bot.models import LookupId
from bot.tickets import Call, Outlook, Ticket

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

"""A quota for tests of what is not the quota, as ``bot.interfaces.Quota``."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.models import LookupId
from bot.tickets import Call, Outlook, Ticket


class FreeQuota:
    """Everybody's turn is now."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        self.tickets.append(ticket)
        await before()
        yield Call()

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        return None

"""The quota of one process that has an account's calls to itself, behind ``bot.interfaces.Quota``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.errors import ApiError
from bot.interfaces import Clock
from bot.models import LookupId, Outlook, Ticket
from bot.quota.slots import LATEST_ARRIVAL, Full, Slot, Slots


class MemoryQuota:
    """``calls_per_second`` turns, first come, first served."""

    def __init__(self, calls_per_second: int, *, clock: Clock, latest_arrival: float = LATEST_ARRIVAL) -> None:
        """``latest_arrival``: seconds after which a call that was given up can no longer be seen by the server."""
        self._slots = Slots(calls_per_second, latest_arrival=latest_arrival)
        self._clock = clock
        self._line = asyncio.Lock()
        """Whoever holds it is next. Its waiters are served in order, so a free slot wakes one of them and not all."""
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        return self._waiting

    def outlook(self, lookup_id: LookupId) -> Outlook | None:  # noqa: ARG002
        return None

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:  # noqa: ARG002
        """Wait for a free slot, hold it during the block, and give it back after it.

        The block is one call. If it raises, the call counts as unanswered and its slot rests longer, except for an
        ``ApiError`` with an HTTP status: there the server did answer. A block that raises before it sends anything
        only wastes a little.
        """
        slot = await self._wait_for_slot()
        was_answered = False
        try:
            await before()
            yield
            was_answered = True
        except ApiError as error:
            was_answered = error.http_status is not None
            raise
        finally:
            self._slots.release(slot, self._clock.monotonic(), was_answered=was_answered)

    async def _wait_for_slot(self) -> Slot:
        self._waiting += 1
        try:
            async with self._line:
                while isinstance(taken := self._slots.take(self._clock.monotonic()), Full):
                    await self._clock.sleep(taken.until - self._clock.monotonic())
                # No await from here to the caller's `try`: a cancellation cannot come in between and lose the slot.
                return taken
        finally:
            self._waiting -= 1

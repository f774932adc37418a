"""PHONEID_RETENTION: numbers, IDs and reasons are forgotten when they are old."""

import logging

from bot.interfaces import Clock, Store

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Lookups that one transaction forgets: others wait for it."""


class Retention:
    """Forgets, as often as it is told to."""

    def __init__(self, store: Store, *, seconds: float | None, clock: Clock) -> None:
        """``None``: nothing is forgotten for its age."""
        self._store = store
        self._seconds = seconds
        self._clock = clock

    async def apply(self) -> None:
        """Forget what is too old, and remove from the files what this or ``phoneid forget`` has forgotten."""
        forgotten = 0
        while count := await self._forget_some():
            forgotten += count
        if forgotten:
            log.info("forgotten", extra={"facts": {"lookups": forgotten, "why": "retention"}})
        if not await self._store.scrub():
            log.warning("forgotten bytes still in the files", extra={"facts": {"why": "somebody is reading"}})

    async def _forget_some(self) -> int:
        if self._seconds is None:
            return 0
        return await self._store.forget_old(before=self._clock.now() - self._seconds, limit=AT_ONCE)

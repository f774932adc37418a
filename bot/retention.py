"""PHONEID_RETENTION: numbers, IDs and reasons are forgotten when they are old. And then their bytes leave the files."""

import logging

from bot.interfaces import Clock
from bot.store import forgetting
from bot.store.record import Record

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Lookups that one transaction forgets: others wait for it."""


class Retention:
    """Forgets, as often as it is told to."""

    def __init__(self, record: Record, *, seconds: float | None, clock: Clock) -> None:
        """``None``: nothing is forgotten for its age."""
        self._record = record
        self._seconds = seconds
        self._clock = clock

    async def apply(self) -> None:
        """Forget what is too old, and remove from the files what this or ``phoneid forget`` has forgotten."""
        forgotten = 0
        while count := await self._forget_some():
            forgotten += count
        if forgotten:
            log.info("forgotten", extra={"facts": {"lookups": forgotten, "why": "retention"}})
        if not await scrub(self._record):
            log.warning("forgotten bytes still in the files", extra={"facts": {"why": "somebody is reading"}})

    async def _forget_some(self) -> int:
        if self._seconds is None:
            return 0
        before = self._clock.now() - self._seconds
        return await self._record.change(forgetting.forget_old, before=before, limit=AT_ONCE)


async def scrub(record: Record) -> bool:
    """Remove from the database's files what was forgotten until now, also by an earlier try that was kept from it.

    ``False`` while somebody who reads hinders it. Raises ``StoreUnavailable``.
    """
    entry = await record.read(forgetting.unscrubbed)
    if not entry:
        return True
    if not await record.scrub():
        return False
    await record.change(forgetting.mark_scrubbed, entry)
    return True

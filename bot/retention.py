"""PHONEID_RETENTION: numbers, IDs and reasons are forgotten when they are old. And then their bytes leave the files."""

import logging

from bot.errors import StoreUnavailable
from bot.interfaces import Clock, Timekeeper
from bot.store import forgetting, scrubbing
from bot.store.record import Record

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Lookups that one transaction forgets: others wait for it."""


SLOW = 5.0
"""Seconds of writing the files anew, in which nothing else can be recorded, after which it is done once a day only."""

PAUSE, LONGEST_PAUSE = 3600.0, 86400.0
"""Seconds until the next try when somebody was in the way; each is twice as long as the one before, up to a day."""


class Retention:
    """Forgets, as often as it is told to."""

    def __init__(self, record: Record, *, seconds: float | None, clock: Clock, time: Timekeeper) -> None:
        """``None``: nothing is forgotten for its age."""
        self._record = record
        self._seconds = seconds
        self._clock = clock
        self._time = time
        self._pause = PAUSE
        self._again_at = 0.0

    async def apply(self) -> None:
        """Forget what is too old, and remove from the files what this or ``phoneid forget`` has forgotten."""
        forgotten = 0
        while count := await self._forget_some():
            forgotten += count
        if forgotten:
            log.info("forgotten", extra={"facts": {"lookups": forgotten, "why": "retention"}})
        await self._scrub()

    async def _scrub(self) -> None:
        """In a quiet moment if there is one within a day, and not sooner where it takes long."""
        found = await self._record.read(scrubbing.find)
        now = self._clock.monotonic()
        if found is None or now < self._again_at:
            return
        if found.waited < LONGEST_PAUSE and (found.took > SLOW or not found.is_quiet):
            return
        why = "somebody is reading"
        try:
            if await scrub(self._record, self._clock):
                self._pause = PAUSE
                return
        except StoreUnavailable as error:
            why = str(error)
        log.warning("forgotten data still in the files", extra={"facts": {"why": why, "again_in": self._pause}})
        self._again_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _forget_some(self) -> int:
        if self._seconds is None:
            return 0
        moment = await self._time.moment()
        if not moment.is_trusted:
            return 0
        return await self._record.change(forgetting.forget_old, before=moment.now - self._seconds, limit=AT_ONCE)


async def scrub(record: Record, clock: Clock) -> bool:
    """Remove from the database's files what was forgotten until now, also by an earlier try that was kept from it.

    ``False`` while somebody who reads hinders it. Raises ``StoreUnavailable``.
    """
    found = await record.read(scrubbing.find)
    if found is None:
        return True
    started = clock.monotonic()
    await record.change(scrubbing.begin)
    try:
        if not await record.scrub():
            return False
    finally:
        await record.change(scrubbing.end)
    took = clock.monotonic() - started
    await record.change(scrubbing.done, found.entry, took=took)
    log.info("forgotten data removed from the files", extra={"facts": {"milliseconds": round(took * 1000)}})
    return True

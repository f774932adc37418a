"""Whether the clock by which requests expire and numbers are forgotten can be believed.

A clock that jumped a year ahead would forget everything for good. What others' servers say of the time shows it.

That is Slack here, because the bot alone forgets and expires. No command of the command line does, so none compares the
clock with the API's ``Date``: ``phoneid forget`` removes what it is told, and what a dead process left running is ended
by its silence. ``tests/test_cli.py`` runs them all with a clock a year ahead.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime

from bot.interfaces import Clock, Moment
from bot.store import journal
from bot.store.record import Record

log = logging.getLogger(__name__)

AT_MOST = 300.0
"""Seconds that the clock may be off: as much as Slack allows in signed requests."""

NEWEST = 1.0
"""Seconds that the newest entry may be ahead: it was written while the time was being read."""

ASKED_EVERY, ANSWERS_WITHIN = 60.0, 3.0
SAID_EVERY = 3600.0


class Witness:
    """What time it is elsewhere: by the ``Date`` of the last answer, and what has passed since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None

    def note(self, date: str | None) -> None:
        """An answer came, with this ``Date``; one without any, or with one that is none, tells nothing."""
        with suppress(TypeError, ValueError, OverflowError):
            at = parsedate_to_datetime(date or "")
            self._ahead = at.replace(tzinfo=at.tzinfo or UTC).timestamp() - self._clock.monotonic()

    def now(self) -> float | None:
        """Unix seconds; ``None`` before the first answer."""
        return None if self._ahead is None else self._clock.monotonic() + self._ahead


class Timekeeper:
    """``bot.interfaces.Timekeeper`` for the clock that the record goes by: on Postgres the database's."""

    def __init__(self, record: Record, witness: Witness, *, ask: Callable[[], Awaitable[object]], clock: Clock) -> None:
        """``ask`` makes somebody answer, so that the witness hears. Whatever it raises is no matter."""
        self._record = record
        self._witness = witness
        self._ask = ask
        self._clock = clock
        self._asked_at = self._said_at = -SAID_EVERY
        self._was_trusted = True

    async def moment(self) -> Moment:
        now, newest = await self._record.read(journal.moment)
        if self._seconds_off(now) != 0.0 and self._clock.monotonic() - self._asked_at >= ASKED_EVERY:
            # Perhaps the machine slept: then what has passed since the last answer is not known, and no clock is wrong.
            self._asked_at = self._clock.monotonic()
            with suppress(Exception):
                await asyncio.wait_for(self._ask(), ANSWERS_WITHIN)
            now, newest = await self._record.read(journal.moment)
        off = self._seconds_off(now)
        is_trusted = off == 0.0 and now >= newest - NEWEST
        self._say(is_trusted=is_trusted, off=off, behind=max(0.0, newest - now))
        return Moment(now=now, is_trusted=is_trusted, latest=now + max(0.0, -(off or 0.0)))

    def _seconds_off(self, now: float) -> float | None:
        """0 for as much as is allowed; ``None``: nobody has said what time it is."""
        elsewhere = self._witness.now()
        if elsewhere is None:
            return None
        return now - elsewhere if abs(now - elsewhere) > AT_MOST else 0.0

    def _say(self, *, is_trusted: bool, off: float | None, behind: float) -> None:
        if is_trusted and not self._was_trusted:
            log.info("clock trusted again")
        elif not is_trusted and (self._was_trusted or self._clock.monotonic() - self._said_at >= SAID_EVERY):
            self._said_at = self._clock.monotonic()
            facts = {
                "seconds_ahead": None if off is None else round(off),
                "seconds_behind_journal": round(behind),
                "effect": "nothing is forgotten and nothing expires",
            }
            log.warning("clock not trusted", extra={"facts": facts})
        self._was_trusted = is_trusted

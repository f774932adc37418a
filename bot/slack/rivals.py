"""Another bot with the same tokens and another database: each takes payloads from the other, and neither knows.

It is noticed by what Slack counts of this app's connections, and by clicks on requests that this database never had.
"""

import logging
import random
from typing import NamedTuple, NoReturn

from bot.checks import Check, log_warning, ok, warning
from bot.errors import StoreError
from bot.logs import HOUR
from bot.slack.links import CountOthers, Hello, Links
from bot.store import journal
from bot.store.record import Record
from bot.texts import links as texts

log = logging.getLogger(__name__)

LOOKED_EVERY = 10.0
"""Seconds between looks at the last hello."""

COUNTED_AGAIN_AFTER = 30.0, 150.0
"""Seconds, by chance: processes of one database may all suspect something at the same time, say when Slack replaces all
connections, and while each has one replaced, the others see one too many."""

TIMES = 2
"""How often it is counted again before anybody is warned."""

LATELY = 86400.0
"""Seconds in which a click on an unknown request is news at a start."""


class Found(NamedTuple):
    """What Slack counts, and what is known here."""

    connections: int
    ours: int
    """Of this process, and of the others on the same database."""

    @property
    def foreign(self) -> int:
        return max(0, self.connections - self.ours)


NONE = Found(0, 0)


class Rivals:
    """Counts connections that are not of the processes on this database."""

    def __init__(self, links: Links, count_others: CountOthers) -> None:
        self.foreign = 0
        """How many there are, once three hellos minutes apart have said so."""
        self._links = links
        self._clock = links.clock
        self._count_others = count_others

    async def watch(self) -> NoReturn:
        """For ever. Warns at most once an hour."""
        while True:
            found = await self._look(self._links.hello)
            if found.foreign:
                log.info("connection count unclear", extra={"facts": {"connections": found.connections}})
                for _ in range(TIMES):
                    await self._clock.sleep(random.uniform(*COUNTED_AGAIN_AFTER))  # noqa: S311 - no secret
                    found = await self._count_again()
                    if not found.foreign:
                        break
            self.foreign = found.foreign
            if found.foreign:
                log_warning(check_connections(found))
            await self._clock.sleep(HOUR if found.foreign else LOOKED_EVERY)

    async def _count_again(self) -> Found:
        """What Slack says when a link is replaced: it counts only then."""
        before = self._links.hello
        self._links.replace_one()
        for _ in range(3):
            await self._clock.sleep(LOOKED_EVERY)
            if self._links.hello is not before:
                return await self._look(self._links.hello)
        return NONE

    async def _look(self, hello: Hello | None) -> Found:
        try:
            others = await self._count_others()
        except StoreError:  # it cannot be known now
            return NONE
        return Found(hello.connections, hello.own + others) if hello else NONE


def check_connections(found: Found) -> Check:
    """Whether Slack counts connections of this app that are not ours."""
    if not found.foreign:
        return ok("connections", texts.NO_RIVALS)
    return warning("connections", texts.rivals(*found), texts.ANOTHER_DATABASE)


async def check_clicks(record: Record, *, now: float) -> Check:
    """Whether people clicked lately on requests that this database never had."""
    clicks = await record.read(journal.unknown_requests, since=now - LATELY)
    return warning("clicks", texts.unknown(clicks), texts.OTHER_RECORD) if clicks else ok("clicks", texts.NONE_UNKNOWN)

"""While a single lookup runs: whoever waits for its turn sees their place and an estimate."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Lookup
from bot.repeating import while_running
from bot.slack import views
from bot.slack.replies import Replies, Shown
from bot.slack.visits import Visit
from bot.texts import asking

BETWEEN_NOTICES = (1.0, 1.0, 5.0, 10.0)
"""Seconds before each moment at which a command's agent may be told that it waits for its turn, or, at the second one,
that it still runs. At most three are used: a response URL takes five answers, and two are kept for the outcome."""

FIRST_DRAWN_AFTER, DRAWN_EVERY = 1.0, 3.0
"""Seconds between updates of a window, while few wait."""

WINDOWS_APART = 1.2
"""Seconds between updates of all waiting windows together: Slack takes a hundred a minute, and lists need the other
half of them."""


class WaitingRoom:
    """Runs lookups, and says meanwhile how long it takes."""

    def __init__(self, *, lookups: Lookups, replies: Replies, clock: Clock) -> None:
        self._lookups = lookups
        self._replies = replies
        self._clock = clock
        self._windows = 0
        """How many show a wait just now."""

    async def run_typed(self, visit: Visit, lookup: Lookup, code: SecretStr) -> Lookup:
        """Run what a command asked for; notices go to where it was typed. The lookup as it ended."""
        has_said, moment = False, 0
        async with self._running(lookup, code) as answering:
            async for _ in while_running(answering, BETWEEN_NOTICES, self._clock):
                moment += 1
                outlook = self._lookups.outlook(lookup.id)
                if moment == 2 and has_said:
                    continue
                if outlook:
                    said = asking.waiting(lookup.phone, outlook.place, outlook.seconds)
                elif moment == 2:
                    said = asking.still_asking(lookup.phone)
                else:
                    continue
                has_said = True
                await self._replies.mention(
                    visit.actor.user_id, views.sentence(said), response_url=visit.origin.response_url
                )
            return await answering

    async def run_in_window(self, visit: Visit, lookup: Lookup, code: SecretStr) -> Lookup:
        """Run what a form asked for; its window shows the wait. The lookup as it ended."""
        async with self._running(lookup, code) as answering:
            self._windows += 1
            try:
                await self._draw_while(answering, visit, lookup)
            finally:
                self._windows -= 1
            return await answering

    async def _draw_while(self, answering: "asyncio.Task[Lookup]", visit: Visit, lookup: Lookup) -> None:
        """Show the wait in its window, until it is over or nobody looks."""
        is_drawn = False
        async for _ in while_running(answering, self._pauses(), self._clock):
            outlook = self._lookups.outlook(lookup.id)
            if outlook is None and not is_drawn:
                continue
            is_drawn = outlook is not None
            view = views.progress(visit.origin, lookup.phone, outlook)
            if await self._replies.update_view(visit.view_id or "", view) is Shown.GONE:
                break

    def _pauses(self) -> Iterator[float]:
        yield FIRST_DRAWN_AFTER
        while True:
            yield max(DRAWN_EVERY, WINDOWS_APART * self._windows)

    @asynccontextmanager
    async def _running(self, lookup: Lookup, code: SecretStr) -> AsyncIterator["asyncio.Task[Lookup]"]:
        answering = asyncio.create_task(self._lookups.run(lookup, code))
        try:
            yield answering
        finally:
            answering.cancel()

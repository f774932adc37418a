"""Running requests while their agents see how far they are: in the form's window, where they typed, or in a message."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import repeat
from typing import Any

from bot.errors import StoreUnavailable
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Lookup, MessageRef, Request
from bot.pending_codes import Codes
from bot.progress import Progress
from bot.repeating import while_running
from bot.requests import Requests
from bot.slack import views
from bot.slack.bot_token import BotToken
from bot.slack.context import Context
from bot.slack.messenger import Messenger, Shown
from bot.store import messages
from bot.store.record import Record
from bot.texts import asking
from bot.texts.said import Said

log = logging.getLogger(__name__)

LOOKED_EVERY = 1.0
"""Seconds between looks at whether a command's agent should be told how it goes."""

WAIT_TOLD_AT, TOLD_BY = (1, 7, 17), 2
"""The looks at which they are told that it waits for its turn; and the one at which they are told how it goes, whatever
that is, unless they were told something. Once the call is slow, they are told that."""

MOST_NOTICES = 3
"""A response URL takes five answers, and two are kept for the outcome."""

FIRST_DRAWN_AFTER, DRAWN_EVERY = 1.0, 3.0
"""Seconds between updates of a window, while few wait."""

WINDOWS_APART = 1.2
"""Seconds between updates of all waiting windows together: Slack takes a hundred a minute, and requests for several
numbers need the other half of them."""

FOLLOWED_AFTER = 0.5
"""Seconds until the first look at a request for several numbers: then its window can be stopped."""

FOLLOWED_EVERY = 2.5
"""Seconds between looks from then on."""

LOOKS_APART = 1.25
"""Seconds between looks at all such requests together: each is an update of a message, and Slack takes 50 a minute."""


class Runner:
    """Runs requests, and says meanwhile how long it takes."""

    def __init__(
        self,
        *,
        requests: Requests,
        lookups: Lookups,
        record: Record,
        messenger: Messenger,
        token: BotToken,
        clock: Clock,
    ) -> None:
        self._requests = requests
        self._lookups = lookups
        self._record = record
        self._messenger = messenger
        self.token = token
        """While Slack does not take it, nobody could be told how a request ends."""
        self._clock = clock
        self._windows = 0
        """How many windows show a single number's wait just now."""
        self._followed = 0
        """How many requests for several numbers run just now."""

    @asynccontextmanager
    async def seeing_to(self, request: Request) -> AsyncIterator[None]:
        """The block runs a queued request. If it breaks, what it left has failed: nobody waits for it any more."""
        try:
            yield
        except StoreUnavailable:  # what cannot be recorded now ends as a dead process's
            raise
        except Exception:
            await self._lookups.give_up(request)
            raise

    async def run(self, request: Request, codes: Codes, *, context: Context | None) -> Request:
        """Call for every number. The request as it ended. ``context`` is where its agent waits, if they do.

        Raises ``StoreUnavailable`` when an outcome cannot be recorded: the request then ends as a dead process's.
        """
        runs = [asyncio.create_task(self._lookups.run(request, each, codes[each.position])) for each in request.lookups]
        running = asyncio.gather(*runs, return_exceptions=True)
        try:
            if not request.is_single:
                await self._follow_in_message(request, running, context)
            elif context and context.view_id:
                await self._follow_in_window(request, running, context)
            elif context:
                await self._follow_where_typed(request, running, context)
            return _as_ended(request, await running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _follow_where_typed(self, request: Request, running: asyncio.Future[Any], context: Context) -> None:
        told, look = list[Said](), 0
        async for _ in while_running(running, repeat(LOOKED_EVERY), self._clock):
            look += 1
            said = self._notice(request.lookup, look, is_first=not told)
            if said is None or said in told or len(told) == MOST_NOTICES:
                continue
            told.append(said)
            response_url = context.origin.response_url
            await self._messenger.tell(context.actor.user_id, views.sentence(said), response_url=response_url)

    def _notice(self, lookup: Lookup, look: int, *, is_first: bool) -> Said | None:
        if outlook := self._lookups.outlook(lookup.id):
            is_due = look in WAIT_TOLD_AT or (look == TOLD_BY and is_first)
            return asking.waiting(lookup.phone, outlook.place, outlook.seconds) if is_due else None
        if self._lookups.is_slow(lookup.id):
            return asking.slow(lookup.phone)
        return asking.still_asking(lookup.phone) if look == TOLD_BY and is_first else None

    async def _follow_in_window(self, request: Request, running: asyncio.Future[Any], context: Context) -> None:
        self._windows += 1
        drawn = False, False
        try:
            async for _ in while_running(running, self._window_pauses(), self._clock):
                outlook = self._lookups.outlook(request.lookup.id)
                is_slow = self._lookups.is_slow(request.lookup.id)
                if outlook is None and drawn == (False, is_slow):
                    continue
                drawn = outlook is not None, is_slow
                view = views.waiting(context.origin, request.lookup.phone, outlook, is_slow=is_slow)
                if await self._messenger.update_view(context.view_id, view, reader=request.agent.user_id) is Shown.GONE:
                    break
        finally:
            self._windows -= 1

    async def _follow_in_message(self, request: Request, running: asyncio.Future[Any], context: Context | None) -> None:
        board = _Board(context, messenger=self._messenger)
        # Slack may be slow to take the message: the numbers do not wait for that.
        posting = asyncio.create_task(self._post(board, request))
        self._followed += 1
        try:
            async for _ in while_running(running, self._message_pauses(), self._clock):
                await self._draw(board, request)
            await asyncio.wait({posting})
        finally:
            self._followed -= 1
            posting.cancel()

    async def _draw(self, board: "_Board", request: Request) -> None:
        try:
            await board.draw(await self._requests.progress(request))
        except Exception:  # whatever comes of showing it, the request goes on
            log.exception("progress message failed", extra={"facts": {"request": request.id}})

    async def _post(self, board: "_Board", request: Request) -> None:
        """Send the message that follows the request, and remember where it is: this process may not see the end."""
        posted = await self._messenger.post(request.agent.user_id, views.progress_message(Progress(request=request)))
        if isinstance(posted, MessageRef):
            board.message = posted
            try:
                await self._record.change(messages.add, messages.Kind.PROGRESS, request.id, board.message)
            except StoreUnavailable:
                log.exception("message location not recorded", extra={"facts": {"request": request.id}})

    def _window_pauses(self) -> Iterator[float]:
        yield FIRST_DRAWN_AFTER
        while True:
            yield max(DRAWN_EVERY, WINDOWS_APART * self._windows)

    def _message_pauses(self) -> Iterator[float]:
        yield FOLLOWED_AFTER
        while True:
            yield max(FOLLOWED_EVERY, LOOKS_APART * self._followed)


def _as_ended(request: Request, outcomes: Sequence[Lookup | BaseException]) -> Request:
    lookups = []
    for each in outcomes:
        if isinstance(each, BaseException):
            raise each
        lookups.append(each)
    return replace(request, lookups=tuple(lookups))


class _Board:
    """Where the progress of one request is shown."""

    def __init__(self, context: Context | None, *, messenger: Messenger) -> None:
        self.message: MessageRef | None = None
        """Once it is sent."""
        self._window = context if context and context.view_id else None
        self._messenger = messenger
        self._drawn: Progress | None = None

    async def draw(self, now: Progress) -> None:
        if now != self._drawn:
            self._drawn = now
            await asyncio.gather(self._draw_window(now), self._draw_message(now))

    async def _draw_window(self, now: Progress) -> None:
        if self._window is None:
            return
        view = views.progress(self._window.origin, now)
        if (
            await self._messenger.update_view(self._window.view_id, view, reader=now.request.agent.user_id)
            is Shown.GONE
        ):
            self._window = None  # closed: the message goes on

    async def _draw_message(self, now: Progress) -> None:
        if self.message:
            await self._messenger.update(self.message, views.progress_message(now))

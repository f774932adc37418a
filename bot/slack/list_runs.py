"""Lists that run: a window and a direct message follow each, drawn from one value, until both say how it ended."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import StoreUnavailable
from bot.interfaces import Clock
from bot.lists import Lists, Progress
from bot.models import Card, Lookup
from bot.slack import list_views, views
from bot.slack.payloads import Origin
from bot.slack.replies import TELLING, Replies, Shown
from bot.slack.windows import Windows
from bot.texts import lists as texts

log = logging.getLogger(__name__)

UPDATE_AGAIN_AFTER = (2.0, 10.0)
"""Seconds before each further try to make the message say how a list ended; then a new message does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window a list was submitted in, and when (monotonic seconds)."""

    view_id: str
    origin: Origin
    submitted_at: float


class ListRuns:
    """Runs lists and shows their agents how far they are."""

    def __init__(self, *, lists: Lists, replies: Replies, windows: Windows, clock: Clock) -> None:
        self._lists = lists
        self._replies = replies
        self._windows = windows
        self._clock = clock

    async def run(self, asked: Sequence[tuple[Lookup, SecretStr]], *, window: Window | None) -> list[Lookup]:
        """Ask for a queued list, and tell its agent as it goes and when it has ended. The list as it ended."""
        with self._lists.telling([lookup for lookup, _ in asked]):
            return await self._run(asked, window)

    async def _run(self, asked: Sequence[tuple[Lookup, SecretStr]], window: Window | None) -> list[Lookup]:
        first = asked[0][0]
        board = _Board(window, replies=self._replies)
        # Slack may be slow to take the message: the list does not wait for that.
        sending = {asyncio.create_task(self._post(board, [lookup for lookup, _ in asked]))}
        try:
            listed = await self._lists.run(asked, board.draw)
            await asyncio.wait(sending)
        finally:
            for task in sending:
                task.cancel()
        showing = [self._end_message(listed, board.message)]
        if window:
            results = list_views.results(window.origin, listed)
            showing.append(
                self._windows.show_after_submission(window.view_id, results, submitted_at=window.submitted_at)
            )
        await asyncio.gather(*showing)
        log.info("list ended", extra={"facts": {"lookup": first.id, "count": len(listed)}})
        return listed

    async def tell(self, lookup: Lookup) -> bool:
        """Tell the agent how a list ended whose process could not. Whether Slack took it."""
        listed = await self._lists.read(lookup)
        followed_in = await self._lists.followed_in(lookup)
        if not await self._replies.tell(lookup.agent.user_id, list_views.done_message(listed)):
            return False
        if followed_in:  # its progress stands still, and its button stops nothing any more
            await self._replies.update(followed_in, views.sentence(texts.SEE_BELOW))
        return True

    async def _post(self, board: "_Board", listed: Sequence[Lookup]) -> None:
        """Send the message that follows the list, and remember where it is: this process may not see the end."""
        first = listed[0]
        message = list_views.progress_message(Progress(listed=listed))
        board.message = await self._replies.post(first.agent.user_id, message)
        if board.message:
            try:
                await self._lists.follow_in(first, board.message)
            except StoreUnavailable:
                log.exception("message not remembered", extra={"facts": {"lookup": first.id}})

    async def _end_message(self, listed: Sequence[Lookup], posted: Card | None) -> None:
        is_told = False
        with suppress(TimeoutError):
            async with asyncio.timeout(TELLING):
                message = list_views.done_message(listed)
                is_told = bool(posted and await self._update(posted, message)) or await self._replies.tell(
                    listed[0].agent.user_id, message
                )
        if not is_told:
            log.error("outcome not told", extra={"facts": {"lookup": listed[0].id}})  # the sweeper tries again
            return
        try:
            await self._lists.told(listed)
        except StoreUnavailable:  # hearing it once more does no harm
            log.exception("telling not remembered", extra={"facts": {"lookup": listed[0].id}})

    async def _update(self, posted: Card, message: views.Message) -> bool:
        for again_after in (*UPDATE_AGAIN_AFTER, None):
            shown = await self._replies.update(posted, message)
            if shown is not Shown.NOT_NOW or again_after is None:
                return shown is Shown.YES
            await self._clock.sleep(again_after)
        return False


class _Board:
    """Where one list's progress is shown."""

    def __init__(self, window: Window | None, *, replies: Replies) -> None:
        self.message: Card | None = None
        """Once it is sent."""
        self._window = window
        self._replies = replies
        self._drawn: Progress | None = None

    async def draw(self, now: Progress) -> None:
        if now == self._drawn:
            return
        self._drawn = now
        await asyncio.gather(self._draw_window(now), self._draw_message(now))

    async def _draw_window(self, now: Progress) -> None:
        if self._window is None:
            return
        view = list_views.progress(self._window.origin, now)
        if await self._replies.update_view(self._window.view_id, view) is Shown.GONE:
            self._window = None  # closed: the message goes on

    async def _draw_message(self, now: Progress) -> None:
        if self.message:
            await self._replies.update(self.message, list_views.progress_message(now))

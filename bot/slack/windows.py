"""The windows (modals) people have open: what they show last is what was meant to be shown last."""

import asyncio
from weakref import WeakValueDictionary

from bot.interfaces import Clock
from bot.slack.blocks import View
from bot.slack.messenger import Messenger, Shown

SETTLED_AFTER = (0.5, 3.5)
"""Seconds after a submission at which its window is updated. Work starts while the acknowledgement, which paints the
progress, is still on its way to Slack; an outcome that overtakes it is painted over. The first update is usually late
enough; at the second, Slack has taken the acknowledgement or given up on it."""

WHILE_SLACK_IS_AWAY = (10.0, 30.0, 90.0)
"""Seconds at which to try again if Slack took nothing before: a window left alone would say for ever that it is being
asked. They count from the first try: whatever took minutes would have none of them left."""


class Windows:
    """Updates windows. What is shown later for another reason, such as a reopened form, is never painted over."""

    def __init__(self, messenger: Messenger, *, clock: Clock, settled_after: tuple[float, ...] = SETTLED_AFTER) -> None:
        self._messenger = messenger
        self._clock = clock
        self._settled_after = settled_after
        self._latest: dict[str, object] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def show(self, view_id: str, view: View, *, reader: str) -> bool:
        """Show this in a window now. ``False`` when the window was closed, or Slack did not take it."""
        self._latest.pop(view_id, None)
        async with self._lock(view_id):
            return await self._messenger.update_view(view_id, view, reader=reader) is Shown.YES

    async def show_after_submission(self, view_id: str, view: View, *, reader: str, submitted_at: float) -> None:
        """Show this in the window that was submitted then (monotonic seconds), whatever overtakes what."""
        mark = self._latest[view_id] = object()
        begun_at = self._clock.monotonic()
        shown = Shown.NOT_NOW
        moments = [(submitted_at + seconds, False) for seconds in self._settled_after]
        for moment, is_retry in (*moments, *((begun_at + seconds, True) for seconds in WHILE_SLACK_IS_AWAY)):
            if is_retry and shown is Shown.YES:
                break
            await self._clock.sleep(max(0.0, moment - self._clock.monotonic()))
            async with self._lock(view_id):
                if self._latest.get(view_id) is not mark:
                    break
                shown = await self._messenger.update_view(view_id, view, reader=reader)
            if shown is Shown.GONE:
                break
        if self._latest.get(view_id) is mark:
            del self._latest[view_id]

    def _lock(self, view_id: str) -> asyncio.Lock:
        """Of two updates under way at once Slack could take the later one first."""
        return self._locks.setdefault(view_id, asyncio.Lock())

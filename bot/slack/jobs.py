"""Work after the acknowledgement: a task of our own with its own error boundary.

Bolt loses the acknowledgement of a listener that raises, so listeners hand everything that can fail over to here.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.errors import NotPossible

log = logging.getLogger(__name__)

Work = Coroutine[Any, Any, object]
TellFailed = Callable[[Exception, str], Awaitable[object]]
"""Told when work raised: the error, and a reference to quote."""


class Jobs:
    """Runs jobs, and knows what is still running."""

    def __init__(self) -> None:
        # The event loop keeps only weak references to tasks.
        self._running: dict[asyncio.Task[None], Work] = {}

    def start(self, work: Work, *, tell: TellFailed | None = None) -> asyncio.Task[None]:
        """Do it; when it raises, log that under a reference, and tell whoever waits for it."""
        task = asyncio.create_task(_run(work, tell))
        self._running[task] = work
        task.add_done_callback(self._forget)
        return task

    @property
    def running(self) -> int:
        return len(self._running)

    async def drain(self, seconds: float) -> bool:
        """Wait for what runs, and for what that starts, at most so long. Whether all of it ended."""
        try:
            async with asyncio.timeout(seconds):
                while self._running:
                    await asyncio.wait([*self._running])
        except TimeoutError:
            return False
        return True

    async def cancel(self) -> None:
        """End what still runs."""
        tasks = [*self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, task: asyncio.Task[None]) -> None:
        # A task that was cancelled before its first step has not begun the work, which Python would complain about.
        self._running.pop(task).close()


def new_reference() -> str:
    """A reference to quote where there is no request to name."""
    return f"E-{secrets.token_hex(4).upper()}"


async def _run(work: Work, tell: TellFailed | None) -> None:
    try:
        await work
    except Exception as error:  # the boundary: whatever broke, the user gets words and we get a traceback
        reference = new_reference()
        if not isinstance(error, NotPossible):  # that is an answer
            log.exception("job failed", extra={"facts": {"reference": reference}})
        try:
            if tell:
                await tell(error, reference)
        except Exception:
            log.exception("message to user failed", extra={"facts": {"reference": reference}})

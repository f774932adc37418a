"""Work after the acknowledgement: a task of our own with its own error boundary.

Bolt loses the acknowledgement of a listener that raises, so listeners hand everything that can fail over to here.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]
Tell = Callable[[BaseException, str], Awaitable[None]]
"""Tells whoever is waiting that it broke, given the error and a reference to quote."""


class Jobs:
    """Runs work, and knows what is still running."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Work, *, tell: Tell) -> None:
        """Run ``work``; when it raises, log it under a reference and tell."""
        task = asyncio.create_task(_bounded(work, tell))
        # The event loop keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def running(self) -> int:
        return len(self._tasks)

    async def drain(self, seconds: float) -> bool:
        """Wait for what runs, at most so long. Whether all of it ended."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        return not self._tasks

    async def cancel(self) -> None:
        """End what still runs."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def new_reference() -> str:
    """A reference to quote where there is no lookup to name."""
    return f"E-{secrets.token_hex(4).upper()}"


async def _bounded(work: Work, tell: Tell) -> None:
    try:
        await work()
    except Exception as error:  # the boundary: whatever broke, the user gets words and we get a traceback
        reference = new_reference()
        log.exception("job broke", extra={"facts": {"reference": reference}})
        try:
            await tell(error, reference)
        except Exception:
            log.exception("user not told", extra={"facts": {"reference": reference}})

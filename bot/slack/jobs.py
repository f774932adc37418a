"""Work after the acknowledgement: a task of our own with its own error boundary.

Bolt loses the acknowledgement of a listener that raises, so listeners hand everything that can fail over to here.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do, and whom to tell when it breaks, given the error and a reference to quote."""

    work: Callable[[], Awaitable[object]]
    tell_broken: Callable[[Exception, str], Awaitable[None]]


class Jobs:
    """Runs jobs, and knows what is still running."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, job: Job) -> asyncio.Task[None]:
        """Run it; when it raises, log that under a reference and tell."""
        task = asyncio.create_task(_run(job))
        # The event loop keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def running(self) -> int:
        return len(self._tasks)

    async def drain(self, seconds: float) -> bool:
        """Wait for what runs, and for what that starts, at most so long. Whether all of it ended."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            return False
        return True

    async def cancel(self) -> None:
        """End what still runs."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def new_reference() -> str:
    """A reference to quote where there is no lookup to name."""
    return f"E-{secrets.token_hex(4).upper()}"


async def _run(job: Job) -> None:
    try:
        await job.work()
    except Exception as error:  # the boundary: whatever broke, the user gets words and we get a traceback
        reference = new_reference()
        log.exception("job broke", extra={"facts": {"reference": reference}})
        try:
            await job.tell_broken(error, reference)
        except Exception:
            log.exception("user not told", extra={"facts": {"reference": reference}})

"""Something done every so often: for ever, or while something else runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from bot.interfaces import Clock

log = logging.getLogger(__name__)

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE = 20
"""How many of many are done at the same time."""


async def few_at_once(
    do: Callable[[A], Awaitable[B]], many: Iterable[A], *, goes_on: Callable[[], bool] | None = None
) -> list[B]:
    """What became of each, in the order of their ends. When it does not go on, no more are begun than the first few."""
    waiting, ended = iter(many), list[B]()

    async def work() -> None:
        for each in waiting:
            ended.append(await do(each))
            if goes_on and not goes_on():
                break

    workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:  # if one breaks, the others end with it
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return ended


async def while_running(running: "asyncio.Future[Any]", pauses: Iterable[float], clock: Clock) -> AsyncIterator[None]:
    """A turn after each pause (seconds) for as long as the other runs; none is begun once it has ended."""
    for pause in pauses:
        async with in_background(clock.sleep(pause)) as tick:
            await asyncio.wait({running, tick}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return
        yield


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, Any]) -> AsyncIterator["asyncio.Task[Any]"]:
    """Does it while inside; how it ended is for whoever is inside to ask."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def repeating(
    do: Callable[[], Awaitable[None]], *, every: float | Callable[[], float], clock: Clock
) -> AbstractAsyncContextManager["asyncio.Task[Any]"]:
    """Does it while inside, with so many seconds between. A failure is logged, and the next time is another chance."""

    async def run() -> None:
        while True:
            try:
                await do()
            except Exception:  # a task's top
                log.exception("periodic task failed")
            await clock.sleep(every() if callable(every) else every)

    return in_background(run())

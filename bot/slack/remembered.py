"""What is kept in memory for a while: Slack's answers, and the latest of many things."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

from bot.errors import SlackUnreachable
from bot.interfaces import Clock

K = TypeVar("K")
T = TypeVar("T")

MOST_REMEMBERED = 1000
"""Far more than are of use at a time; but some are never looked up again, and nobody takes them out."""


class Latest(dict[K, T]):
    """A dictionary that forgets what was put in first, when there is too much."""

    def __setitem__(self, key: K, what: T) -> None:
        super().__setitem__(key, what)
        if len(self) > MOST_REMEMBERED:
            del self[next(iter(self))]


class Remembered(Generic[T]):
    """What ``ask`` answers for a key, at most ``seconds`` old; failures are not remembered.

    Who comes while it is being asked waits for the same answer.
    """

    def __init__(self, method: str, ask: Callable[[str], Awaitable[T]], *, seconds: float, clock: Clock) -> None:
        """``method`` is what errors name."""
        self._method = method
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}
        self._under_way: dict[str, tuple[float, asyncio.Task[T]]] = {}
        """By key, the newest question, which others may join while it is young enough for them."""
        self._tasks: set[asyncio.Task[T]] = set()

    async def get(self, key: str, *, within: float | None = None, until: float | None = None) -> T:
        """The answer, at most so old. Raises what ``ask`` raises; then the next caller asks anew.

        ``until`` (the loop's seconds) is when this caller gives up. Raises ``SlackUnreachable`` then.
        """
        now = self._clock.monotonic()
        seconds = self._seconds if within is None else min(within, self._seconds)
        remembered = self._answers.get(key)
        if remembered and now - remembered[0] < seconds:
            return remembered[1]
        under_way = self._under_way.get(key)
        if under_way is None or now - under_way[0] >= seconds:
            under_way = self._under_way[key] = now, self._ask_anew(key, now)
        try:
            async with asyncio.timeout_at(until):
                # A caller that gives up must not take the answer from the others.
                return await asyncio.shield(under_way[1])
        except TimeoutError:
            raise SlackUnreachable(self._method, "no answer in time", arrived=True) from None

    async def aclose(self) -> None:
        """End what is still being asked."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask_anew(self, key: str, now: float) -> asyncio.Task[T]:
        task = asyncio.create_task(self._find_out(key, now))
        self._tasks.add(task)
        task.add_done_callback(partial(self._note_end, key))
        return task

    async def _find_out(self, key: str, asked_at: float) -> T:
        """``asked_at``, because what is true then may not be any more when the answer is there."""
        answer = await self._ask(key)
        newest = self._answers.get(key)
        if newest is None or newest[0] <= asked_at:
            self._answers[key] = (asked_at, answer)
        return answer

    def _note_end(self, key: str, task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        under_way = self._under_way.get(key)
        if under_way and under_way[1] is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # looked at, because asyncio logs as lost what whoever asked no longer waited for

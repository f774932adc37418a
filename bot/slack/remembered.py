"""Answers remembered briefly: each asked for once at a time, failures not remembered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.interfaces import Clock

T = TypeVar("T")


class Remembered(Generic[T]):
    """What ``ask`` answers for a key, at most ``seconds`` old."""

    def __init__(self, ask: Callable[[str], Awaitable[T]], *, seconds: float, clock: Clock) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        """The answer. Raises what ``ask`` raises; then the next caller asks anew."""
        at, answer = self._answers.get(key, (float("-inf"), None))
        if answer is not None and self._clock.monotonic() - at < self._seconds:
            return answer
        if key not in self._under_way:
            task = asyncio.create_task(self._find_out(key))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # A caller that gives up must not take the answer from the others.
        return await asyncio.shield(self._under_way[key])

    async def aclose(self) -> None:
        """End what is still being asked."""
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_out(self, key: str) -> T:
        answer = await self._ask(key)
        self._answers[key] = (self._clock.monotonic(), answer)
        return answer

"""Waiting for what the workspace shows, woken by changes and not by a clock."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NeverHappened(AssertionError):
    """What was waited for did not come; the text shows what everybody saw instead."""


class Waiting:
    """Predicates that are asked again after each change."""

    def __init__(self) -> None:
        self._sleepers: list[asyncio.Future[None]] = []

    def wake(self) -> None:
        """Something changed."""
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def until(self, predicate: Callable[[], T | None], *, seconds: float, describe: Callable[[], str]) -> T:
        """What ``predicate`` gives once that is truthy. Raises ``NeverHappened`` after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = predicate()
                    if found:
                        return found
                    await self._sleep()
        except TimeoutError:
            raise NeverHappened(f"not within {seconds} s\n{describe()}") from None

    async def _sleep(self) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await sleeper

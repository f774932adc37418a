"""Clocks that tests own, as ``bot.interfaces.Clock``."""

import asyncio
from collections.abc import Callable

START = 1_800_000_000.0
"""Unix seconds; 2027-01-15T08:00:00Z."""


class SteppingClock:
    """Stands still until somebody sleeps or a test moves ``time``. A sleep is over at once and moves it."""

    def __init__(self, time: float = START, *, on_nap: Callable[[], None] | None = None) -> None:
        self.time = time
        self.naps: list[float] = []
        """How long each sleep was, in seconds."""
        self._on_nap = on_nap

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        if self._on_nap is not None:
            self._on_nap()
        self.naps.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)  # others get their turn, as in a real sleep


class HeldClock:
    """Stands still. Whoever sleeps does so until the test rings."""

    def __init__(self, time: float = START) -> None:
        self.time = time
        self.naps: list[float] = []
        """How long each sleep was meant to be, in seconds."""
        self._alarm = asyncio.Event()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        await self._alarm.wait()
        self._alarm.clear()

    def ring(self) -> None:
        """End every sleep that is under way; without any, the next one."""
        self._alarm.set()

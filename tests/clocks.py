"""Clocks that tests own, as ``bot.interfaces.Clock``."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

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


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for ``timeout``, says that it has passed: time jumps to the next thing to do."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "everything waits and nothing will ever happen"
            self.now += max(timeout, 0.0)
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never waits: where nothing is ready, time goes on to the next thing to do."""

    def __init__(self) -> None:
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class VirtualClock:
    """``bot.interfaces.Clock`` in the running loop's virtual time. Counts who sleeps."""

    def __init__(self) -> None:
        self.sleepers = 0
        self.most_sleepers = 0

    def now(self) -> float:
        return self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        self.sleepers += 1
        self.most_sleepers = max(self.most_sleepers, self.sleepers)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.sleepers -= 1


def run_in_virtual_time(story: Callable[[VirtualClock], Awaitable[Any]]) -> Any:
    """What ``story(clock)`` returns, told from time 0 on; every sleep is over as soon as nobody has anything to do."""

    async def main() -> Any:
        return await story(VirtualClock())

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())

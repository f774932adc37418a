"""Virtual time: an event loop whose clock jumps to the next thing to do as soon as everything sleeps."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

import pytest


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for ``timeout``, says that it has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "everything waits and nothing will ever happen"
            self.now += max(timeout, 0.0)
        return events


class _VirtualLoop(asyncio.SelectorEventLoop):
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


@pytest.fixture(scope="session")  # holds no state: hypothesis may use it for many examples
def in_virtual_time() -> Callable[[Callable[[VirtualClock], Awaitable[Any]]], Any]:
    """Runs ``story(clock)`` from time 0 on and returns what it returns."""

    def run(story: Callable[[VirtualClock], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            return await story(VirtualClock())

        with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
            return runner.run(main())

    return run

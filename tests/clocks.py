"""Clocks that tests own, as ``bot.interfaces.Clock``."""

import asyncio
import math
import selectors
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
_Ts = TypeVarTuple("_Ts")

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


class _ExactLoop(asyncio.SelectorEventLoop):
    """Ends no nap early, as asyncio does by what it takes for the finest step of a clock: several who nap for the rest
    then, because the time has not come, would keep each other awake for ever where time stands still meanwhile."""

    @property
    def _clock_resolution(self) -> float:
        return math.ulp(self.time())

    @_clock_resolution.setter
    def _clock_resolution(self, of_the_real_clock: float) -> None:
        pass


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


class VirtualLoop(_ExactLoop):
    """Never waits: where nothing is ready, time goes on to the next thing to do."""

    def __init__(self) -> None:
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class _SocketSelector(selectors.DefaultSelector):
    """Jumps as well, but not while a thread is at work, and not past what is on its way between two sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work = 0
        """How much threads were asked to do and have not done."""
        self._jumped = 0.0
        self._real_since: float | None = None

    @property
    def now(self) -> float:
        return self._jumped + (0.0 if self._real_since is None else time.monotonic() - self._real_since)

    def become_real(self) -> None:
        """From now on time passes by itself, and nothing else makes it pass."""
        if self._real_since is None:
            self._real_since = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._real_since is not None:
            return super().select(timeout)
        events = super().select(0)
        if events or timeout == 0:
            return events
        if self.at_work or timeout is None:
            return super().select(None)
        events = super().select(min(timeout * ARRIVING, LONGEST_ARRIVING))
        if not events:
            self._jumped += timeout
        return events


ARRIVING, LONGEST_ARRIVING = 0.01, 0.05
"""The part of a jump, and at most how many seconds, for which it is looked whether something arrives after all: the
kernel of a busy machine may be late. The further the jump, the more would be lost by it."""


class SocketLoop(_ExactLoop):
    """Virtual time for what talks over sockets and works in threads, as long as all of it is in this process.

    Once another process is started, whose time is real, so is this loop's.
    """

    def __init__(self) -> None:
        self._virtual = _SocketSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], T], *args: *_Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._virtual.at_work += 1
        future.add_done_callback(self._note_done)
        return future

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        self._virtual.become_real()
        return await super().subprocess_exec(*args, **kwargs)

    def _note_done(self, _future: asyncio.Future[Any]) -> None:
        self._virtual.at_work -= 1


class LoopClock:
    """``bot.interfaces.Clock`` in the running loop's time, virtual or real; what time it is begins as it really is."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()  # threads ask what time it is, too
        self._ahead = time.time() - self.monotonic()

    def now(self) -> float:
        return self._ahead + self.monotonic()

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


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

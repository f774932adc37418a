"""The limit: so many calls in a second. Where the second begins is a matter of how the server counts."""

import math
from collections import deque
from enum import StrEnum
from typing import Protocol


class Counting(StrEnum):
    """How a server counts its calls."""

    SLIDING = "sliding"
    """Every second counts, wherever it begins. The strictest: who keeps to this keeps to the other."""
    FIXED = "fixed"
    """Calendar seconds, each by itself. Up to twice the limit gets in around the turn of one."""


class Window(Protocol):
    """Says who gets in.

    A throttled call does not count. The documented limit is on calls, "over it, calls are throttled", and nothing says
    that a call the flow control turned away uses it up; if it did, a caller that keeps asking would never get in again.
    """

    def admit(self, now: float) -> bool:
        """Whether a call at ``now`` (seconds) is within the limit. A clock that goes back stands still instead."""
        ...


class SlidingWindow:
    """Admits at most ``calls`` in every ``seconds`` that end now, the end included and the beginning not."""

    def __init__(self, *, calls: int, seconds: float = 1.0) -> None:
        self._calls = calls
        self._seconds = seconds
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        # A time before the last one is popped with it: what came first stays in front until its second is over.
        while self._admitted and now - self._admitted[0] >= self._seconds:
            self._admitted.popleft()
        if len(self._admitted) >= self._calls:
            return False
        self._admitted.append(now)
        return True


class FixedSeconds:
    """Admits at most ``calls`` in each whole second of its clock."""

    def __init__(self, *, calls: int) -> None:
        self._calls = calls
        self._second = -math.inf
        self._admitted = 0

    def admit(self, now: float) -> bool:
        second = math.floor(now)
        if second > self._second:
            self._second, self._admitted = second, 0
        if self._admitted >= self._calls:
            return False
        self._admitted += 1
        return True


def open_window(counting: Counting, *, calls: int) -> Window:
    """A window nobody was admitted by yet."""
    return FixedSeconds(calls=calls) if counting is Counting.FIXED else SlidingWindow(calls=calls)

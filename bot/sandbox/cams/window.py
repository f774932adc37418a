"""The limit: so many calls in any one second, wherever the second begins."""

from collections import deque


class SlidingWindow:
    """Admits at most ``calls`` in every ``seconds`` that end now, the end included and the beginning not.

    A throttled call does not count. The documented limit is on calls, "over it, calls are throttled", and nothing says
    that a call the flow control turned away uses it up; if it did, a caller that keeps asking would never get in again.
    """

    def __init__(self, *, calls: int, seconds: float = 1.0) -> None:
        self._calls = calls
        self._seconds = seconds
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Whether a call at ``now`` is within the limit. ``now`` never goes back."""
        while self._admitted and now - self._admitted[0] >= self._seconds:
            self._admitted.popleft()
        if len(self._admitted) >= self._calls:
            return False
        self._admitted.append(now)
        return True

"""The time that all processes of an account go by, as this machine's own clock tells it between two readings. Pure.

On one machine that is its monotonic clock. On Postgres it is the server's clock, and a reading takes a round trip:
somewhere within it the time was read. So each moment here is not one there, but lies between an earliest and a latest
one. Whatever must not be too soon, such as the start of a call, waits until even the earliest is late enough; whatever
must not be too late, such as the leaving of a request, goes by the latest.
"""

from dataclasses import dataclass

from bot.interfaces import Reading

SET_AHEAD = 0.25
"""Seconds by which the clock there must be ahead of all that it could be, to count as set. It is slewed by less at a
time, and what that may cost is less than a reading's round trip."""


@dataclass(frozen=True, slots=True)
class SharedTime:
    """``least`` and ``most`` are what the time there is ahead of ours, by what was known at ``known_at`` (ours)."""

    least: float = 0.0
    most: float = 0.0
    drift: float = 0.0
    """Seconds by which the two may go apart in a second."""
    known_at: float = 0.0
    read_at: float | None = None
    """The time there, as last read; ``None``: never, and until then ours is taken for it."""

    def after(self, reading: Reading) -> "SharedTime":
        """What is known with another reading: the narrower of what it says and what was known before."""
        meanwhile = reading.drift * (reading.told - reading.asked)
        least, most = reading.at - reading.told - meanwhile, reading.at - reading.asked + meanwhile
        if self._agrees(reading):
            least = max(least, self.earliest(reading.told) - reading.told)
            most = min(most, self.latest(reading.told) - reading.told)
        return SharedTime(least, most, reading.drift, reading.told, reading.at)

    def was_set_ahead(self, reading: Reading) -> bool:
        """Whether the clock there was set since the last reading: what is noted in its time seems longer ago."""
        return self.read_at is not None and reading.at > self.latest(reading.told) + SET_AHEAD

    def earliest(self, own: float) -> float:
        """The least that it can be there at a moment of ours."""
        return own + self.least - self._apart(own)

    def latest(self, own: float) -> float:
        """The most that it can be."""
        return own + self.most + self._apart(own)

    def surely_at(self, there: float) -> float:
        """Our first moment at which it certainly is that time there, or later."""
        return self._ours(there - self.least, -self.drift)

    def surely_until(self, there: float) -> float:
        """Our last moment at which it certainly is not later there."""
        return self._ours(there - self.most, self.drift)

    def _agrees(self, reading: Reading) -> bool:
        is_first = self.read_at is None
        return not is_first and self.earliest(reading.asked) <= reading.at <= self.latest(reading.told)

    def _apart(self, own: float) -> float:
        return self.drift * abs(own - self.known_at)

    def _ours(self, own: float, drift: float) -> float:
        since = own - self.known_at
        return self.known_at + since / (1 + drift if since > 0 else 1 - drift)

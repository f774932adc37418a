"""Slots: who may call now, so that the server never sees more than its limit in any second. Pure: time is passed in.

There is one slot for each call per second. A call takes a free slot and holds it until it has ended; a second later the
slot is free again.

Why this is safe: take any one slot. The server saw its first call before that call's answer came back. It sees the next
call after that one is sent, which is a second or more after the answer. So the server sees a slot at most once in any
window of a second, however long each way takes and wherever the window starts; ten slots, ten calls. The way back of
the first call and the way there of the next come on top; they are far more than two clocks can drift in a second.

A call that ended without an answer proves nothing: the request may be still on its way, and be seen after we gave up.
No wait is a proof then, so there is a bound: a request that arrives at all arrives within ``LATEST_ARRIVAL`` of our
giving up. The slot of such a call rests for that much longer. When nothing answers, this slows the calls down, which is
right for another reason.
"""

from dataclasses import dataclass
from typing import NewType

WINDOW = 1.0
"""Seconds over which the server counts."""

LATEST_ARRIVAL = 4.0
"""Seconds after giving up in which a lost request may still be seen. TCP sends a lost segment again after about 1 s and
then 2 s (RFC 6298); two losses in a row and a slow way are covered, three are not."""

Slot = NewType("Slot", int)


@dataclass(frozen=True, slots=True)
class Full:
    """There is no free slot before ``until``; there may be one then."""

    until: float


class Slots:
    """``capacity`` slots. Times are seconds on one clock that only ever grows."""

    def __init__(self, capacity: int, cooldown: float = WINDOW, *, latest_arrival: float = LATEST_ARRIVAL) -> None:
        if capacity < 1:
            raise ValueError("without slots nobody could ever call")
        self._cooldown = cooldown
        self._latest_arrival = latest_arrival
        self._free_at = dict.fromkeys(map(Slot, range(capacity)), float("-inf"))
        """The slots that nobody holds."""

    def take(self, now: float) -> Slot | Full:
        """A slot, which is the caller's until ``release``; or the time from which on to ask again."""
        # What is held now can be given back now at the earliest, and then rests.
        until = min([now + self._cooldown, *self._free_at.values()])
        if until > now:
            return Full(until)
        slot = min(self._free_at, key=self._free_at.__getitem__)
        del self._free_at[slot]
        return slot

    def release(self, slot: Slot, now: float, *, was_answered: bool) -> None:
        """Give a slot back when its call has ended. ``was_answered``: the server's answer, any answer, has come."""
        self._free_at[slot] = now + self._cooldown + (0.0 if was_answered else self._latest_arrival)

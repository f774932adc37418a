"""Slots: who may call when, so that the server never sees more than its limit in any second. Pure: time is passed in.

There is one slot for each call per second. A call takes a free slot and holds it until it has ended; the slot is free
again a second later, less a credit.

Why this is safe without the credit: take any one slot. The server saw its first call before that call's answer came
back. It sees the next call after that one is sent, which is a second or more after the answer. So the server sees a
slot at most once in any window of a second, however long each way takes and wherever the window starts; ten slots, ten
calls.

Why it is safe with the credit: between the two moments at which the server sees the slot lie, besides the rest, the way
back of the first call and the way there of the second. The credit is less than what these two take together as long as
no round trip is shorter than the floor it was taken from.

What that floor is can only be learnt from what was seen lately, so a margin is kept, and it grows with the differences
between what was seen: on a steady path it is small, on a wild one there is no credit.

A call that ended without an answer proves nothing: the request may be still on its way, and be seen after we gave up.
No wait is a proof then, so there is a bound: a request that arrives at all arrives within ``LATEST_ARRIVAL`` of our
giving up. The slot of such a call rests for that much longer, and without credit. The same bound covers a process that
dies: whoever holds a slot says so again and again, and a slot whose holder fell silent is free when a request sent with
its last breath must have been seen a second ago.
"""

from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict

WINDOW = 1.0
"""Seconds over which the server counts."""

LATEST_ARRIVAL = 4.0
"""Seconds after giving up in which a lost request may still be seen. TCP sends a lost segment again after about 1 s and
then 2 s (RFC 6298); two losses in a row and a slow way are covered, three are not."""

RENEWAL = 1.0
"""Seconds between two times that a holder says it is alive."""

STALL = 0.5
"""Seconds by which a holder may be late with that, its machine being busy."""

WARM_UP = 10
"""Round trips to have seen before anything is made of them."""

REMEMBERED = 150
"""Round trips that count. A path that becomes shorter is noticed with the first of them, one that becomes longer when
the last of the old ones is forgotten: until then the credit is smaller than it could be."""

MARGIN = 0.15
FEW = 200
"""How much of the difference between a usual and the shortest round trip is kept back: ``MARGIN * (1 + FEW / seen)``
times as much, three times at the warm-up's end and a third in the long run. The shortest of a few is not yet the
shortest there is."""

LEAST_MARGIN = 0.02
"""And at least so much of the shortest round trip."""

MOST = 0.5
"""Seconds. Where answers take longer than that, ten calls at a time are what limits, and nothing is won by more."""


class Slot(BaseModel):
    """One call at a time. Times are seconds on one clock, the same for every process."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    ended_at: float | None = None
    """When its last call ended; ``None``: it had none."""
    was_answered: bool = True
    """Whether that call had an answer, any answer."""
    holder: str = ""
    """The name of the call it carries now; empty: none."""
    taken_at: float = 0.0
    held_until: float = 0.0
    """When it is free if nobody says any more that this call is under way."""


def lease(now: float, *, latest_arrival: float) -> float:
    """Until when a slot is its holder's who says now that it lives."""
    return now + RENEWAL + STALL + latest_arrival + WINDOW


def leaves_before(slot: Slot, *, latest_arrival: float) -> float:
    """Until when a request may leave: sent later, it could still count when the slot is somebody else's."""
    return slot.held_until - latest_arrival - WINDOW


def free_at(slot: Slot, now: float, *, credit: float, latest_arrival: float) -> float:
    """When the next call may be sent on it; for a slot that is held, the earliest moment that can be."""
    credited = max(0.0, WINDOW - credit)
    if slot.holder:
        return min(slot.held_until, now + credited)
    if slot.ended_at is None:
        return 0.0
    return slot.ended_at + (credited if slot.was_answered else WINDOW + latest_arrival)


def is_held(slot: Slot, now: float) -> bool:
    """Whether it carries a call of a process that lives."""
    return bool(slot.holder) and slot.held_until > now


def taken(slot: Slot, *, holder: str, now: float, latest_arrival: float) -> Slot:
    # When its last call ended stays: given back unused, it rests as if nothing had been.
    held_until = lease(now, latest_arrival=latest_arrival)
    return slot.model_copy(update={"holder": holder, "taken_at": now, "held_until": held_until})


def renewed(slot: Slot, *, now: float, latest_arrival: float) -> Slot:
    return slot.model_copy(update={"held_until": lease(now, latest_arrival=latest_arrival)})


def given_back(slot: Slot) -> Slot:
    """Nothing was sent on it."""
    return slot.model_copy(update={"holder": "", "taken_at": 0.0, "held_until": 0.0})


def ended(at: float, *, was_answered: bool) -> Slot:
    """Its call has ended."""
    return Slot(ended_at=at, was_answered=was_answered)


def credit(round_trips: Sequence[float]) -> float:
    """Seconds of a rest that are over before it begins, from the round trips (seconds) seen lately.

    Answers take time to arrive: the server saw a call before its answer came, and sees the next one after it was sent.
    Before the warm-up's end there is no credit.
    """
    if len(round_trips) < WARM_UP:
        return 0.0
    shortest = min(round_trips)
    doubt = MARGIN * (1 + FEW / len(round_trips))
    margin = max(doubt * (median(round_trips) - shortest), LEAST_MARGIN * shortest)
    return min(MOST, max(0.0, shortest - margin))

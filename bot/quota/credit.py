"""The credit: how much of a slot's rest is over before it begins, because answers take time to arrive. Pure.

A slot may rest shorter by what a round trip takes at the least: the server saw the call before its answer came, and
sees the next one after it was sent. What that least is can only be learnt from what was seen lately, so a margin is
kept, and it grows with the differences between what was seen: on a steady path it is small, on a wild one there is no
credit.
"""

from collections.abc import Sequence
from statistics import median

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


def credit(round_trips: Sequence[float]) -> float:
    """Seconds, from the round trips (seconds) seen lately; 0 before the warm-up's end."""
    if len(round_trips) < WARM_UP:
        return 0.0
    shortest = min(round_trips)
    doubt = MARGIN * (1 + FEW / len(round_trips))
    margin = max(doubt * (median(round_trips) - shortest), LEAST_MARGIN * shortest)
    return min(MOST, max(0.0, shortest - margin))

"""The pace: how many of the slots may be used, and from when on, after the server said that it was too much. Pure.

The server may count otherwise than we do, or others may use the account. A throttled answer stops everyone for a
moment, and one slot fewer is used from then on; if that was not enough, half of them. The way back is quick up to where
it was good, and from there slow, one slot at a time: each failed try doubles the time to the next, each good one halves
it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.quota.slots import WINDOW

LONGEST_PAUSE = 20.0
"""Seconds: a longer hint of the server's is not followed to its end, because people wait."""

NOT_ENOUGH = 10.0
"""Seconds after a throttled answer in which another one says that one slot fewer is not enough."""

QUICKLY = 2.0
"""Seconds between two steps back up to what was good."""

FIRST_PATIENCE = 15.0
LONGEST_PATIENCE = 600.0
"""Seconds before one slot more than was good is tried."""

TRUST_AFTER = 60.0
"""Seconds in which the credit, gone with a throttled answer, comes back."""


MOST_SLOTS = 1000
"""The most that the limit can be set to; without bounds an edited state would keep ``advanced`` busy for ever."""


class Pace(BaseModel):
    """``fewer`` counts down from all slots, so that it says the same whatever the limit is set to."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    fewer: Annotated[int, Field(ge=0, le=MOST_SLOTS)] = 0
    """Slots not to be used now."""
    fewer_when_good: Annotated[int, Field(ge=0, le=MOST_SLOTS)] = 0
    """And when it was last good; one less is tried now and then."""
    changed_at: Annotated[float, Field(ge=0.0)] = 0.0
    patience: Annotated[float, Field(ge=1)] = FIRST_PATIENCE
    throttled_at: float | None = None
    """When an answer last said that it was too much; ``None``: never."""
    resumes_at: float = 0.0
    """No call starts before."""


def advanced(pace: Pace, now: float) -> Pace:
    """The pace as time has changed it."""
    while pace.fewer or pace.fewer_when_good:
        at = pace.changed_at + (QUICKLY if pace.fewer > pace.fewer_when_good else pace.patience)
        if at > now:
            break
        pace = pace.model_copy(update={"changed_at": at, **_next_step(pace)})
    return pace


def _next_step(pace: Pace) -> dict[str, float]:
    if pace.fewer >= pace.fewer_when_good:
        return {"fewer": pace.fewer - 1}
    # What was tried has proved good.
    return {"fewer_when_good": pace.fewer, "patience": max(FIRST_PATIENCE, pace.patience / 2)}


def throttled(pace: Pace, now: float, *, granted_at: float, hint: float | None, slots: int) -> Pace:
    """The pace after a throttled answer to a call granted then; ``hint``: the server's own, in seconds.

    Calls that were on their way already when the first such answer came say nothing new.
    """
    pace = advanced(pace, now)
    resumes_at = max(pace.resumes_at, now + max(WINDOW, min(hint or 0.0, LONGEST_PAUSE)))
    if pace.throttled_at is not None and granted_at <= pace.throttled_at:
        return pace.model_copy(update={"resumes_at": resumes_at})
    used = slots - min(pace.fewer, slots - 1)
    is_repeated = pace.throttled_at is not None and now - pace.throttled_at < NOT_ENOUGH
    used_now = max(1, used // 2 if is_repeated else used - 1)
    return Pace(
        fewer=max(pace.fewer, slots - used_now),  # a process with a lower limit must not give the others slots
        fewer_when_good=max(pace.fewer, slots - max(1, used - 1)),
        changed_at=resumes_at,
        patience=min(LONGEST_PATIENCE, pace.patience * 2),
        throttled_at=now,
        resumes_at=resumes_at,
    )


def trust(pace: Pace, now: float) -> float:
    """How much of the credit may be used, 0..1."""
    if pace.throttled_at is None:
        return 1.0
    return min(1.0, max(0.0, (now - pace.throttled_at) / TRUST_AFTER))

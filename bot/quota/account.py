"""What the processes of an account share about their calls, and what whoever waits can expect of it. Pure.

It is small enough to be read and written as a whole, so that one change by one process at a time is all the
coordination there is. Calls of lists are spread over the second: that is the plan.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.quota.order import Demand
from bot.quota.pace import Pace, advanced, trust
from bot.quota.slots import LATEST_ARRIVAL, WINDOW, Slot, credit, free_at

ROUNDING = 0.05
"""Seconds by which the state may be ahead of whoever reads it: a slot is given a moment before it is free."""

LONGEST_TRIP = 60.0
"""Seconds: no call is waited for so long."""

FARTHEST = 60.0
"""Seconds: no time in the state lies farther ahead, unless the clock or somebody's hand has been at it."""

SPREAD = 0.95
"""Calls of lists keep this part of an even distance: ten that start together would come back together, and whoever asks
for one number in between would wait for a whole second."""

SLACK = 0.08
"""Seconds by which a call may be behind that distance and the next one still keep to the plan: otherwise each delay
would delay all that follow."""

LATELY = 20
"""Round trips the plan goes by: enough not to jump, few enough to follow a network that changes."""


class Account(BaseModel):
    """Times are seconds on one clock, the same for every process: see ``bot.quota.shared_time``."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    changed_at: float = 0.0
    set_ahead_at: float = 0.0
    """When somebody last noticed that the clock had been set ahead, and began anew."""
    slots: tuple[Slot, ...] = ()
    pace: Pace = Pace()
    round_trips: Annotated[tuple[Annotated[float, Field(ge=0, le=LONGEST_TRIP)], ...], Field(max_length=1000)] = ()
    """The last ones, in seconds."""
    demands: dict[str, Demand] = {}
    """What waits, by process."""
    last_turn: int = 0
    """The last turn's number."""
    served: dict[str, int] = {}
    """The number of each waiting party's last turn, or of where it joined."""
    lists_since: float | None = None
    """When a list last had a turn, or lists began to wait; ``None``: none waits."""
    paced_at: float | None = None
    """When the last call should have started, had all of them kept their distance."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change while a process runs."""

    limit: int
    """Calls per second."""
    latest_arrival: float = LATEST_ARRIVAL
    has_credit: bool = True


def read(text: str) -> Account:
    """The account from what is kept of it; from nothing, a new one."""
    if not text:
        return Account()
    try:
        return Account.model_validate_json(text)
    except ValidationError:  # kept by another release, or edited: then nothing is known of what is under way
        return Account().model_copy(update={"changed_at": math.inf})


def current(account: Account, *, now: float, rules: Rules) -> Account:
    """The account as time and the settings have changed it."""
    if account.changed_at > now + ROUNDING or _latest_time(account) > now + FARTHEST:
        # The clock began anew, as the machine did, or was set back.
        return begun_anew(now, rules=rules)
    missing = max(0, rules.limit - len(account.slots))
    pace = advanced(account.pace, now)
    return account.model_copy(update={"slots": account.slots + (Slot(),) * missing, "pace": pace})


def begun_anew(now: float, *, rules: Rules) -> Account:
    """What is known when no time that was noted can be believed: whatever was under way may have been seen just now."""
    return Account(changed_at=now, slots=(Slot(ended_at=now, was_answered=False),) * rules.limit)


def set_ahead(account: Account, *, since: float, now: float, rules: Rules) -> Account:
    """The account when the clock was set ahead after the time ``since``, unless somebody has seen to that."""
    if account.set_ahead_at > since:
        return account
    return begun_anew(now, rules=rules).model_copy(update={"set_ahead_at": now})


def used_slots(account: Account, *, rules: Rules) -> int:
    """How many of the slots the pace leaves."""
    return max(1, rules.limit - account.pace.fewer)


def credit_now(account: Account, *, now: float, rules: Rules) -> float:
    """Seconds."""
    return credit(account.round_trips) * trust(account.pace, now) if rules.has_credit else 0.0


def free_slots(account: Account, *, now: float, rules: Rules) -> list[tuple[int, float]]:
    """The slots that may be used, and when each is free."""
    credited = credit_now(account, now=now, rules=rules)
    return [
        (number, free_at(each, now, credit=credited, latest_arrival=rules.latest_arrival))
        for number, each in enumerate(account.slots[: used_slots(account, rules=rules)])
    ]


def planned_start(account: Account, *, now: float, rules: Rules) -> float:
    """When the next call of a list should start."""
    if account.paced_at is None:
        return now
    cycle = _cycle(account.round_trips[-LATELY:], credited=credit_now(account, now=now, rules=rules))
    return account.paced_at + SPREAD * cycle / used_slots(account, rules=rules)


def after_start(account: Account, starts_at: float, *, now: float, rules: Rules) -> float:
    """``paced_at`` after a call that starts then. Turns that were given back unused do not push it ahead for ever."""
    planned = max(planned_start(account, now=now, rules=rules), starts_at - SLACK)
    return min(planned, starts_at + WINDOW)


def wait(account: Account, ahead: int, *, now: float, rules: Rules) -> float:
    """Seconds until a call may start before which ``ahead`` others do: an estimate."""
    account = current(account, now=now, rules=rules)
    credited, trip = credit_now(account, now=now, rules=rules), _mean(account.round_trips[-LATELY:])
    starts = sorted(
        max(now, account.pace.resumes_at, _expected_free(each, trip, now=now, credited=credited, rules=rules))
        for each in account.slots[: used_slots(account, rules=rules)]
    )
    rounds, number = divmod(ahead, len(starts))
    return starts[number] - now + rounds * _cycle(account.round_trips[-LATELY:], credited=credited)


def _expected_free(each: Slot, trip: float, *, now: float, credited: float, rules: Rules) -> float:
    if each.holder:
        return max(now, each.taken_at + trip) + max(0.0, WINDOW - credited)
    return free_at(each, now, credit=credited, latest_arrival=rules.latest_arrival)


def _cycle(round_trips: Sequence[float], *, credited: float) -> float:
    """Seconds from one call's start to the next one's on the same slot, usually."""
    return max(0.0, WINDOW - credited) + _mean(round_trips)


def _mean(round_trips: Sequence[float]) -> float:
    return sum(round_trips) / len(round_trips) if round_trips else 0.0


def _latest_time(account: Account) -> float:
    pace = account.pace
    of_slots = [time for each in account.slots for time in (each.ended_at or 0.0, each.held_until)]
    of_demands = [demand.seen_at for demand in account.demands.values()]
    of_pace = (pace.changed_at, pace.resumes_at, pace.throttled_at or 0.0)
    return max(*of_pace, account.paced_at or 0.0, account.lists_since or 0.0, *of_slots, *of_demands)

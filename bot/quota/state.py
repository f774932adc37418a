"""What the processes of an account share about their calls. Pure.

It is small enough to be read and written as a whole, so that one change by one process at a time is all the
coordination there is.
"""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.quota.credit import credit
from bot.quota.order import Demand
from bot.quota.pace import Pace, advanced, trust
from bot.quota.slots import LATEST_ARRIVAL, Slot, free_at

ROUNDING = 0.05
"""Seconds by which the state may be ahead of whoever reads it: a slot is given a moment before it is free."""

LONGEST_TRIP = 60.0
"""Seconds: no call is waited for so long."""

FARTHEST = 60.0
"""Seconds: no time in the state lies farther ahead, unless the clock or somebody's hand has been at it."""


class Account(BaseModel):
    """Times are seconds on one clock that only ever grows, the same for every process of the machine."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    changed_at: float = 0.0
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
        # The clock began anew: the machine did. Whatever was under way then may have been seen a moment ago.
        return Account(changed_at=now, slots=(Slot(ended_at=now, was_answered=False),) * rules.limit)
    missing = max(0, rules.limit - len(account.slots))
    pace = advanced(account.pace, now)
    return account.model_copy(update={"slots": account.slots + (Slot(),) * missing, "pace": pace})


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


def _latest_time(account: Account) -> float:
    pace = account.pace
    of_slots = [time for each in account.slots for time in (each.ended_at or 0.0, each.held_until)]
    of_demands = [demand.seen_at for demand in account.demands.values()]
    of_pace = (pace.changed_at, pace.resumes_at, pace.throttled_at or 0.0)
    return max(*of_pace, account.paced_at or 0.0, account.lists_since or 0.0, *of_slots, *of_demands)

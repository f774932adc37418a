"""The plan: how calls of lists are spread over the second, and what whoever waits can expect. Pure."""

from collections.abc import Sequence

from bot.quota.slots import WINDOW, Slot, free_at
from bot.quota.state import Account, Rules, credit_now, current, used_slots

SPREAD = 0.95
"""Calls of lists keep this part of an even distance: ten that start together would come back together, and whoever asks
for one number in between would wait for a whole second."""

SLACK = 0.08
"""Seconds by which a call may be behind that distance and the next one still keep to the plan: otherwise each delay
would delay all that follow."""

LATELY = 20
"""Round trips the plan goes by: enough not to jump, few enough to follow a network that changes."""


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

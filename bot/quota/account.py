"""The account: all that its processes share about their calls, and every change of it. Pure: state in, state out.

It is small enough to be read and written as a whole, so that one change by one process at a time is all the
coordination there is.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.quota import slots as slot
from bot.quota.credit import REMEMBERED, credit
from bot.quota.order import Demand, Party, next_party
from bot.quota.pace import Pace, advanced, throttled, trust
from bot.quota.slots import LATEST_ARRIVAL, Slot
from bot.tickets import Lane

LEAD = 0.02
"""Seconds before a slot is free in which it is given to whoever is next. The way through the database, and what has to
be recorded before a call, happen in this time instead of after it."""

PRESENT = 1.0
"""Seconds after which a process that said nothing waits for nothing any more."""

SLOW = 0.15
"""Seconds that a free slot is left to whoever is next, before anybody may take it."""

FARTHEST = 60.0
"""Seconds: no time in the state lies farther ahead, unless the clock or somebody's hand has been at it."""

LOOK_AGAIN = 0.02
"""Seconds in which a process that is next has taken its slot, normally."""

SPREAD = 0.95
"""Calls of lists keep this part of an even distance: ten that start together would come back together, and whoever asks
for one number in between would wait for a whole second."""

SLACK = 0.08
"""Seconds by which a call may be behind that distance and the next one still keep to the plan: otherwise each delay
would delay all that follow."""


class Account(BaseModel):
    """Times are seconds on one clock that only ever grows, the same for every process."""

    model_config = ConfigDict(frozen=True)

    changed_at: float = 0.0
    slots: tuple[Slot, ...] = ()
    pace: Pace = Pace()
    round_trips: tuple[float, ...] = ()
    """The last ones, in seconds."""
    demands: dict[str, Demand] = {}
    """What waits, by process."""
    served: dict[str, int] = {}
    """The number of each party's last turn."""
    paced_at: float | None = None
    """When the last call should have started, had all of them kept their distance."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change while a process runs."""

    limit: int
    """Calls per second."""
    latest_arrival: float = LATEST_ARRIVAL
    has_credit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A slot for a party's next call, which may start at ``starts_at``."""

    number: int
    """The slot's."""
    slot: Slot
    party: Party
    starts_at: float

    @property
    def holder(self) -> str:
        return self.slot.holder


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing for this process now; it is worth asking again then."""

    at: float


def ask(
    account: Account, demand: Demand, *, process: str, holder: str, now: float, rules: Rules
) -> tuple[Account, Grant | Later]:
    """The next slot for what waits in ``process``, if the next turn is one of its.

    ``holder`` is a name for the call, new each time: a process that lost a slot and got it again must not end its new
    call when the old one ends.
    """
    account = _heard(account, demand, process=process, now=now, rules=rules)
    party = next_party(account.demands.values(), account.served)
    own = next_party([demand], account.served)
    if party is None or own is None:
        return account, Later(now + PRESENT)
    number, starts_at = _next_slot(account, party, now=now, rules=rules)
    if now < starts_at - LEAD:
        return account, Later(starts_at - LEAD)
    if slot.is_held(account.slots[number], now):
        return account, Later(max(starts_at, now + LOOK_AGAIN))
    if party != own and now < starts_at + SLOW:
        # Another process is next and takes it in this moment; if it is slow, it must not hold up the others.
        return account, Later(now + LOOK_AGAIN)
    taken = slot.taken(account.slots[number], holder=holder, now=now, latest_arrival=rules.latest_arrival)
    grant = Grant(number=number, slot=taken, party=own, starts_at=max(now, starts_at))
    paced_at = max(_on_plan(account, now=now, rules=rules), grant.starts_at - SLACK)
    return _granted(account, grant, process=process, now=now, paced_at=paced_at), grant


def renewed(account: Account, grants: Collection[Grant], *, now: float, rules: Rules) -> Account:
    """These slots stay their holders' for another while, as far as they still are."""
    account = _current(account, now=now, rules=rules)
    held = {
        grant.number: slot.taken(grant.slot, holder=grant.holder, now=now, latest_arrival=rules.latest_arrival)
        for grant in grants
        if account.slots[grant.number].holder == grant.holder
    }
    return _with_slots(account, held, now)


def given_back(account: Account, grant: Grant, *, now: float, rules: Rules) -> Account:
    """Nothing was sent on this slot."""
    return _let_go(account, grant, slot.given_back(grant.slot), now=now, rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended."""

    started_at: float
    ended_at: float
    """When the answer came, or the call was given up."""
    was_answered: bool
    round_trip: float | None = None
    """Seconds from the request's first byte to the answer's; ``None``: not measured."""
    was_throttled: bool = False
    hint: float | None = None
    """Seconds to wait, as the server said; ``None``: it did not."""


def ended(account: Account, grant: Grant, ending: Ending, *, now: float, rules: Rules) -> Account:
    """A call has ended."""
    if ending.round_trip is not None:
        trips = (*account.round_trips, round(ending.round_trip, 4))[-REMEMBERED:]
        account = account.model_copy(update={"round_trips": trips})
    if ending.was_throttled:
        pace = throttled(account.pace, now, started_at=ending.started_at, hint=ending.hint, slots=rules.limit)
        account = account.model_copy(update={"pace": pace})
    rested = slot.ended(ending.ended_at, was_answered=ending.was_answered)
    return _let_go(account, grant, rested, now=now, rules=rules)


def gone(account: Account, *, process: str) -> Account:
    """Nothing waits in this process any more."""
    return account.model_copy(
        update={"demands": {key: each for key, each in account.demands.items() if key != process}}
    )


def wait(account: Account, ahead: int, *, now: float, rules: Rules) -> float:
    """Seconds until a call may start before which ``ahead`` others do: an estimate."""
    account = _current(account, now=now, rules=rules)
    starts = sorted(max(now, account.pace.resumes_at, at) for _, at in _usable(account, now=now, rules=rules))
    rounds, number = divmod(ahead, len(starts))
    return starts[number] - now + rounds * _cycle(account, now=now, rules=rules)


def read(text: str) -> Account:
    """The account from what is kept of it; from nothing, a new one."""
    if not text:
        return Account()
    try:
        return Account.model_validate_json(text)
    except ValidationError:  # kept by another release, or edited: then nothing is known of what is under way
        return Account(changed_at=math.inf)


def _heard(account: Account, demand: Demand, *, process: str, now: float, rules: Rules) -> Account:
    """The account with what this process says of itself, and without processes that fell silent."""
    account = _current(account, now=now, rules=rules)
    demands = {key: each for key, each in account.demands.items() if key != process and now - each.seen_at < PRESENT}
    known = account.demands.get(process)
    is_old = known is None or known.model_copy(update={"seen_at": 0.0}) != demand or now - known.seen_at > PRESENT / 3
    demands[process] = demand.model_copy(update={"seen_at": now}) if is_old or known is None else known
    changed_at = now if is_old else account.changed_at
    return account.model_copy(update={"demands": demands, "changed_at": changed_at})


def _current(account: Account, *, now: float, rules: Rules) -> Account:
    """The account as time and the settings have changed it."""
    if account.changed_at > now + LEAD or _latest_time(account) > now + FARTHEST:
        # The clock began anew: the machine did. Whatever was under way then may have been seen a moment ago.
        return Account(changed_at=now, slots=(Slot(ended_at=now, was_answered=False),) * rules.limit)
    missing = max(0, rules.limit - len(account.slots))
    pace = advanced(account.pace, now)
    return account.model_copy(update={"slots": account.slots + (Slot(),) * missing, "pace": pace})


def _latest_time(account: Account) -> float:
    pace = account.pace
    of_slots = [time for each in account.slots for time in (each.ended_at or 0.0, each.held_until)]
    return max(pace.changed_at, pace.resumes_at, pace.throttled_at or 0.0, account.paced_at or 0.0, *of_slots)


def _usable(account: Account, *, now: float, rules: Rules) -> list[tuple[int, float]]:
    """The slots the pace leaves, and when each is free."""
    used = max(1, rules.limit - account.pace.fewer)
    credited = _credit(account, now=now, rules=rules)
    return [
        (number, slot.free_at(each, now, credit=credited, latest_arrival=rules.latest_arrival))
        for number, each in enumerate(account.slots[:used])
    ]


def _credit(account: Account, *, now: float, rules: Rules) -> float:
    return credit(account.round_trips) * trust(account.pace, now) if rules.has_credit else 0.0


def _cycle(account: Account, *, now: float, rules: Rules) -> float:
    """Seconds from one call's start to the next one's on the same slot, usually."""
    trips = account.round_trips or (0.0,)
    return slot.WINDOW + sum(trips) / len(trips) - _credit(account, now=now, rules=rules)


def _on_plan(account: Account, *, now: float, rules: Rules) -> float:
    """When the next call of a list should start, so that calls are spread evenly over the second."""
    if account.paced_at is None:
        return now
    used = max(1, rules.limit - account.pace.fewer)
    return account.paced_at + SPREAD * _cycle(account, now=now, rules=rules) / used


def _next_slot(account: Account, party: Party, *, now: float, rules: Rules) -> tuple[int, float]:
    """The slot that is free first, and when a call of that party may start on it."""
    number, at = min(
        _usable(account, now=now, rules=rules),
        # Of two that are free at the same time, the one that nobody holds.
        key=lambda each: (max(now, each[1]), slot.is_held(account.slots[each[0]], now)),
    )
    at = max(at, account.pace.resumes_at)
    if party.lane is Lane.BULK:
        at = max(at, _on_plan(account, now=now, rules=rules))
    return number, at


def _granted(account: Account, grant: Grant, *, process: str, now: float, paced_at: float) -> Account:
    waiting = {party.key for demand in account.demands.values() for party in demand.parties()}
    served = {**account.served, grant.party.key: max(account.served.values(), default=0) + 1}
    account = account.model_copy(
        update={
            # Without those who wait for nothing: coming back, they are first.
            "served": {key: number for key, number in served.items() if key in waiting},
            "paced_at": paced_at,
            "demands": {**account.demands, process: account.demands[process].less_one(grant.party)},
        }
    )
    return _with_slots(account, {grant.number: grant.slot}, now)


def _let_go(account: Account, grant: Grant, left: Slot, *, now: float, rules: Rules) -> Account:
    account = _current(account, now=now, rules=rules)
    if account.slots[grant.number].holder != grant.holder:  # its lease ran out: the slot is somebody else's
        return account
    return _with_slots(account, {grant.number: left}, now)


def _with_slots(account: Account, changed: Mapping[int, Slot], now: float) -> Account:
    slots = tuple(changed.get(number, each) for number, each in enumerate(account.slots))
    return account.model_copy(update={"slots": slots, "changed_at": now})

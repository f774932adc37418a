"""Every change of the account: who gets which slot, and what becomes of it. Pure: state in, state out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.quota import slots as slot
from bot.quota.account import LONGEST_TRIP, Account, Rules, after_start, current, free_slots, planned_start
from bot.quota.order import LANES, STEP, Demand, Party, next_party, with_newcomers, with_turn
from bot.quota.pace import throttled
from bot.quota.slots import REMEMBERED, Slot
from bot.tickets import Lane

LEAD = 0.02
"""Seconds before a slot is free in which it is given to whoever is next. The way through the database, and what has to
be recorded before a call, happen in this time instead of after it."""

PRESENT = 1.0
"""Seconds after which a process that said nothing waits for nothing any more."""

SLOW = 0.15
"""Seconds that a free slot is left to whoever is next, before anybody may take it."""

LOOK_AGAIN = 0.02
"""Seconds in which a process that is next has taken its slot, normally."""

STARVED = 2.0
"""Seconds after which a list has a turn before single numbers, once: so it goes on, whatever else is asked."""


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
    lanes = LANES[::-1] if account.lists_since is not None and now - account.lists_since >= STARVED else LANES
    party = next_party(account.demands.values(), account.served, lanes=lanes)
    own = next_party([demand], account.served, lanes=lanes)
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
    return _granted(account, grant, process=process, now=now, rules=rules), grant


def renewed(account: Account, grants: Collection[Grant], *, now: float, rules: Rules) -> Account:
    """These slots stay their holders' for another while, as far as they still are."""
    account = current(account, now=now, rules=rules)
    held = {
        grant.number: slot.renewed(account.slots[grant.number], now=now, latest_arrival=rules.latest_arrival)
        for grant in grants
        if is_held(account, grant)
    }
    return _with_slots(account, held, now)


def is_held(account: Account, grant: Grant) -> bool:
    """Whether the slot is still this grant's."""
    return len(account.slots) > grant.number and account.slots[grant.number].holder == grant.holder


def given_back(account: Account, grant: Grant, *, now: float, rules: Rules) -> Account:
    """Nothing was sent on this slot."""
    return _let_go(account, grant, slot.given_back(grant.slot), now=now, rules=rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended."""

    granted_at: float
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
        trips = (*account.round_trips, round(min(ending.round_trip, LONGEST_TRIP), 4))[-REMEMBERED:]
        account = account.model_copy(update={"round_trips": trips})
    if ending.was_throttled:
        pace = throttled(account.pace, now, granted_at=ending.granted_at, hint=ending.hint, slots=rules.limit)
        account = account.model_copy(update={"pace": pace})
    rested = slot.ended(ending.ended_at, was_answered=ending.was_answered)
    return _let_go(account, grant, rested, now=now, rules=rules)


def gone(account: Account, *, process: str) -> Account:
    """Nothing waits in this process any more."""
    others = {key: each for key, each in account.demands.items() if key != process}
    return account.model_copy(update={"demands": others})


def _heard(account: Account, demand: Demand, *, process: str, now: float, rules: Rules) -> Account:
    """The account with what this process says of itself, and without processes that fell silent."""
    account = current(account, now=now, rules=rules)
    demands = {key: each for key, each in account.demands.items() if key != process and now - each.seen_at < PRESENT}
    known = account.demands.get(process)
    is_old = known is None or known.model_copy(update={"seen_at": 0.0}) != demand or now - known.seen_at > PRESENT / 3
    demands[process] = demand.model_copy(update={"seen_at": now}) if is_old or known is None else known
    return account.model_copy(
        update={
            "demands": demands,
            "served": with_newcomers(account.served, demands.values(), last=account.last_turn),
            "lists_since": _lists_since(account, demands, now=now),
            "changed_at": now if is_old else account.changed_at,
        }
    )


def _lists_since(account: Account, demands: Mapping[str, Demand], *, now: float) -> float | None:
    if not any(demand.bulk for demand in demands.values()):
        return None
    return now if account.lists_since is None else account.lists_since


def _next_slot(account: Account, party: Party, *, now: float, rules: Rules) -> tuple[int, float]:
    """The slot that is free first, and when a call of that party may start on it."""
    number, at = min(
        free_slots(account, now=now, rules=rules),
        # Of two that are free at the same time, the one that nobody holds.
        key=lambda each: (max(now, each[1]), slot.is_held(account.slots[each[0]], now)),
    )
    at = max(at, account.pace.resumes_at)
    if party.lane is Lane.BULK:
        at = max(at, planned_start(account, now=now, rules=rules))
    return number, at


def _granted(account: Account, grant: Grant, *, process: str, now: float, rules: Rules) -> Account:
    demands = {**account.demands, process: account.demands[process].less_one(grant.party)}
    number = account.last_turn + STEP
    account = account.model_copy(
        update={
            "last_turn": number,
            "served": with_turn(account.served, grant.party, demands.values(), number=number),
            "lists_since": now if grant.party.lane is Lane.BULK else account.lists_since,
            "paced_at": after_start(account, grant.starts_at, now=now, rules=rules),
            "demands": demands,
        }
    )
    return _with_slots(account, {grant.number: grant.slot}, now)


def _let_go(account: Account, grant: Grant, left: Slot, *, now: float, rules: Rules) -> Account:
    account = current(account, now=now, rules=rules)
    if not is_held(account, grant):  # its lease ran out: the slot is somebody else's
        return account
    return _with_slots(account, {grant.number: left}, now)


def _with_slots(account: Account, changed: Mapping[int, Slot], now: float) -> Account:
    slots = tuple(changed.get(number, each) for number, each in enumerate(account.slots))
    return account.model_copy(update={"slots": slots, "changed_at": now})

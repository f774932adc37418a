"""What the API's calls are shared out with: who waits, how urgently, and for how long."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.models import LookupId


class Lane(StrEnum):
    """How urgent a call is: whoever waits for one answer goes before lists."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a lookup waits with for its turn at the API."""

    lookup_id: LookupId
    agent: str
    """Whose lookup it is: within a lane agents take turns, however much each of them asks."""
    lane: Lane = Lane.INTERACTIVE
    is_again: bool = False
    """Whether it had a turn before: then it goes before its agent's others."""

    def again(self) -> "Ticket":
        return replace(self, is_again=True)


@dataclass(slots=True)
class Call:
    """A call under way; whoever makes it writes on it what the quota learns from."""

    leaves_before: float = math.inf
    """Monotonic seconds: a request sent later would be one too many, so it must not be sent."""
    sent_at: float | None = None
    """When the request's first byte left, and"""
    answered_at: float | None = None
    """when the answer's first bytes were here: monotonic seconds; ``None``: not, or not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What somebody who waits for a turn can expect."""

    place: int
    """From 1: how many turns until theirs."""
    seconds: float
    """An estimate."""

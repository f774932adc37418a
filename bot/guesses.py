"""The guess guard: a verification code is a password. Pure: counts and times in, a decision out.

Nobody may try codes until one fits. The first few refused ones are free: people mistype. After those each refused one
makes the next attempt wait twice as long, or, where approvals are on, need one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bot.models import Lookup, Problem, Request
from bot.policy import Decision, Rule, Verdict

REMEMBERED = 86400.0
"""Seconds a refused code counts. Many times the longest wait: otherwise waiting once would earn a new handful. So one
after the other at most 34 codes are tried for one number in a day, of the million there are with six digits."""

FREE_FOR_NUMBER = 5
"""Refused codes that a number has free: nobody mistypes the same code more often."""

FREE_FOR_AGENT = 10
"""And an agent, over all numbers: whoever asks for many mistypes more often."""

FIRST_WAIT = 60.0
"""Seconds from the last free one; each further one doubles it."""

LONGEST_WAIT = 3600.0
"""Seconds. An agent with a customer on the phone comes back in an hour; a guesser needs years."""


class Suspect(StrEnum):
    """What refused codes are counted by."""

    NUMBER = "number"
    AGENT = "agent"


BOTH = frozenset(Suspect)

COUNTED_FOR: Mapping[Problem, frozenset[Suspect]] = {
    Problem.UNKNOWN_CODE: BOTH,
    Problem.BAD_REQUEST: BOTH,
    Problem.BAD_NUMBER: BOTH,
    Problem.NO_ID: BOTH,
    # In the wrong account every number is answered so: that must not make everybody wait.
    Problem.NOT_YOURS: frozenset({Suspect.NUMBER}),
}
"""Whom an answer counts for. What Alibaba Cloud answers to a wrong code is not documented, so every answer of its own
without an ID counts, unless it is certainly about the account, the credentials, the clock, the service or the limit. If
those counted, an administrator's mistake would make everybody wait. What is no answer counts for nobody."""

ABOUT_THE_CODE = frozenset({Problem.UNKNOWN_CODE, Problem.BAD_REQUEST})
"""After these an agent tries another code for the same number."""

FREE = {Suspect.NUMBER: FREE_FOR_NUMBER, Suspect.AGENT: FREE_FOR_AGENT}

WAITS = {Suspect.NUMBER: Problem.TOO_MANY_GUESSES, Suspect.AGENT: Problem.TOO_MANY_GUESSES_OF_AGENT}
"""What an attempt is rejected with while it has to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Refused codes of one number, since its last answer, or of one agent. Times are Unix seconds."""

    refused: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    under_way: int = 0
    """Calls without an answer yet."""
    called_at: float = 0.0
    """When the newest of those began."""


NONE = Guesses()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted against an attempt."""

    for_number: Guesses = NONE
    by_agent: Guesses = NONE

    def of(self, suspect: Suspect) -> Guesses:
        return self.for_number if suspect is Suspect.NUMBER else self.by_agent


class Wait(NamedTuple):
    """No code may be tried until then."""

    until: float
    """Unix seconds."""
    problem: Problem
    """Whether that is so for the number, or for the agent whichever number it is."""


class Chance(NamedTuple):
    """What somebody can do about a refused code."""

    left: int = 0
    """So many more codes can be tried at once."""
    wait: float = 0.0
    """Seconds until then, where none is left."""
    problem: Problem | None = None
    """Whose wait that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Somebody may be guessing codes."""

    entry: int
    """The number of the journal's entry about it."""
    request: Request
    lookup: Lookup
    """The one of the request whose refusal was one too many."""
    suspect: Suspect
    refused: int
    seconds: float
    """From the first refused code to this one."""


def waits(counts: Counts, *, now: float, approved_at: float | None = None) -> Wait | None:
    """Until when the next attempt has to wait; ``None``: it need not. Of two waits the longer one.

    ``approved_at``: when somebody approved this very attempt. They could know of what was refused until then.
    """
    found = [Wait(_end_of_wait(each, counts.of(each), approved_at=approved_at), WAITS[each]) for each in Suspect]
    return max((each for each in found if each.until > now), key=lambda each: each.until, default=None)


def wait_until(counts: Counts, *, now: float, approved_at: float | None = None) -> float | None:
    """The same, where it does not matter whose wait it is: Unix seconds."""
    found = waits(counts, now=now, approved_at=approved_at)
    return found.until if found else None


def chance(counts: Counts, *, now: float) -> Chance | None:
    """What is left to an agent for a number after a refused code, by both counts. ``None``: that is not certain, as
    while other calls are under way, or once a wait is over.
    """
    if found := waits(counts, now=now):
        return Chance(wait=found.until - now, problem=found.problem)
    left = min(FREE[each] - counts.of(each).refused for each in Suspect)
    is_certain = left > 0 and not any(counts.of(each).under_way for each in Suspect)
    return Chance(left) if is_certain else None


def is_over(counts: Counts) -> bool:
    """Whether more codes were refused than are free."""
    return any(counts.of(suspect).refused >= FREE[suspect] for suspect in Suspect)


def guard(decision: Decision, counts: Counts, *, now: float) -> Decision:
    """What the guard leaves of a policy's yes. Who needs approval needs no guard: somebody looks at each attempt."""
    if decision.verdict is not Verdict.MAY:
        return decision
    if decision.rule is Rule.TRUSTED and is_over(counts):
        return Decision(Verdict.MAY_WITH_APPROVAL, Rule.GUESSES)
    found = waits(counts, now=now)
    if found is None:
        return decision
    return Decision(Verdict.MAY_NOT, Rule.GUESSES, found.problem, found.until)


def _end_of_wait(suspect: Suspect, guesses: Guesses, *, approved_at: float | None) -> float:
    free = FREE[suspect]
    if guesses.refused < free:
        return 0.0
    if approved_at is not None:
        return 0.0 if approved_at >= guesses.last_at else guesses.last_at + _wait_after(guesses.refused - free)
    # What is under way may be refused, so from here on it counts as if it were when it began: attempts at once get no
    # further than one after the other. Before, it does not: a list has many under way, and all of them may be right.
    last_at = max(guesses.last_at, guesses.called_at) if guesses.under_way else guesses.last_at
    return last_at + _wait_after(guesses.refused + guesses.under_way - free)


def _wait_after(beyond: int) -> float:
    """Seconds, after so many refused codes beyond the free ones."""
    doublings = min(beyond, 30)  # far beyond the longest wait, and still a float
    return min(FIRST_WAIT * 2.0**doublings, LONGEST_WAIT)

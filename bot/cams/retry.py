"""Whether to ask again, and when. The operation only reads, so asking again after a lost answer is safe."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from bot.errors import ApiError
from bot.models import Problem

TIME_LIMIT = 20.0
"""Seconds after the first attempt's start in which another may begin: somebody is waiting in Slack."""


class Stop(StrEnum):
    """Why not to ask again."""

    NO_USE = "asking again is of no use"
    ATTEMPTS_SPENT = "attempts spent"
    TIME_SPENT = "time spent"


class Rule(NamedTuple):
    """How often a call is made, and how long it waits between.

    A pause is chosen at random up to so many seconds: callers that failed together do not come back together.
    """

    attempts: int
    """In all, the first included."""
    pause: float = 0.0
    """The most that the second one waits; each further one twice as long."""


# What is not in here is never asked again: a verification code could be guessed by asking.
RULES: Mapping[Problem, Rule] = {
    # No pause of its own: the quota, which sees the answer, makes everyone wait, once, and as long as the server says.
    Problem.THROTTLED: Rule(attempts=3),
    Problem.SERVICE_TROUBLE: Rule(attempts=3, pause=1.0),
    Problem.NO_ANSWER: Rule(attempts=3, pause=1.0),
    Problem.NO_RESOLVER: Rule(attempts=3, pause=1.0),
    Problem.NO_CONNECTION: Rule(attempts=3, pause=1.0),
    # Every attempt signs with a nonce of its own, so a second such answer is not about the nonce.
    Problem.NONCE_USED: Rule(attempts=2),
    # Each attempt asks the credential source anew. The environment has nothing newer to give, so with it the second
    # attempt fails like the first; a source that refreshes gets its one chance.
    Problem.TOKEN_EXPIRED: Rule(attempts=2),
}


def decide(error: ApiError, *, attempt: int, elapsed: float, chance: float) -> float | Stop:
    """After how many seconds to ask again, or why not to.

    ``attempt`` is the number of the last one, from 1, ``elapsed`` the seconds since the first one's start.

    A hint to wait is followed when it fits into the time limit, and one that does not ends it: to come back early
    helps nobody. A throttled call's hint is the quota's to follow, for everyone.
    """
    rule = RULES.get(error.problem)
    if rule is None:
        return Stop.NO_USE
    if attempt >= rule.attempts:
        return Stop.ATTEMPTS_SPENT
    hint = 0.0 if error.problem is Problem.THROTTLED else error.retry_after or 0.0
    seconds = max(chance * rule.pause * 2.0 ** (attempt - 1), hint)
    if elapsed + seconds >= TIME_LIMIT:
        return Stop.TIME_SPENT
    return seconds

"""Whether to ask again, and when. The operation only reads, so asking again after a lost answer is safe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ApiError
from bot.models import Problem

TIME_LIMIT = 20.0
"""Seconds after the first attempt's start in which another may begin: somebody is waiting in Slack."""


class Stop(StrEnum):
    """Why not to ask again."""

    NO_USE = "asking again is of no use"
    ATTEMPTS_SPENT = "attempts spent"
    TIME_SPENT = "time spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``attempts`` in all, the first included; ``pause`` makes seconds from the attempt's number and chance in 0..1."""

    attempts: int
    pause: Callable[[int, float], float]


def _no_pause(_attempt: int, _chance: float) -> float:
    return 0.0


def _backoff(attempt: int, chance: float) -> float:
    """Up to 1 s, then up to 2 s. Full jitter: callers that failed together do not come back together."""
    return chance * 2.0 ** (attempt - 1)


# What is not in here is never asked again: a verification code could be guessed by asking.
RULES: Mapping[Problem, Rule] = {
    # No pause of its own: the quota, which sees the answer, makes everyone wait, once, and as long as the server says.
    Problem.THROTTLED: Rule(attempts=3, pause=_no_pause),
    Problem.SERVICE_TROUBLE: Rule(attempts=3, pause=_backoff),
    Problem.NO_ANSWER: Rule(attempts=3, pause=_backoff),
    Problem.NO_RESOLVER: Rule(attempts=3, pause=_backoff),
    Problem.NO_CONNECTION: Rule(attempts=3, pause=_backoff),
    # Every attempt signs with a nonce of its own, so a second such answer is not about the nonce.
    Problem.NONCE_USED: Rule(attempts=2, pause=_no_pause),
    # Each attempt asks the credential source anew. The environment has nothing newer to give, so with it the second
    # attempt fails like the first; a source that refreshes gets its one chance.
    Problem.TOKEN_EXPIRED: Rule(attempts=2, pause=_no_pause),
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
    seconds = max(rule.pause(attempt, chance), hint)
    if elapsed + seconds >= TIME_LIMIT:
        return Stop.TIME_SPENT
    return seconds

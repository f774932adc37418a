"""Whether to ask again, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cams.retry import TIME_LIMIT, Stop, decide
from bot.errors import ApiError
from bot.models import Problem


def error_of(problem: Problem, *, retry_after: float | None = None) -> ApiError:
    return ApiError(problem, retry_after=retry_after)


NEVER_AGAIN = sorted(
    set(Problem)
    - {
        Problem.THROTTLED,
        Problem.SERVICE_TROUBLE,
        Problem.NO_ANSWER,
        Problem.NO_RESOLVER,
        Problem.NO_CONNECTION,
        Problem.NONCE_USED,
        Problem.TOKEN_EXPIRED,
    }
)

NO_USE, ATTEMPTS_SPENT, TIME_SPENT = Stop


@pytest.mark.parametrize(
    ("problem", "attempt", "elapsed", "chance", "retry_after", "decision"),
    [
        # throttled: the quota makes everyone wait, so whoever was throttled does not wait once more; three attempts
        (Problem.THROTTLED, 1, 0.1, 0.9, None, 0.0),
        (Problem.THROTTLED, 2, 2.0, 0.9, None, 0.0),
        (Problem.THROTTLED, 3, 4.0, 0.9, None, ATTEMPTS_SPENT),
        (Problem.THROTTLED, 1, 0.1, 0.9, 60.0, 0.0),
        (Problem.THROTTLED, 1, 20.0, 0.9, None, TIME_SPENT),
        # a hint is followed when it is longer than our own pause, and never shortens it
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.5, 4.0, 4.0),
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.5, 0.2, 0.5),
        # a hint that does not fit into the time limit ends it: to come back early helps nobody
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.5, 19.8, 19.8),
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.5, 19.9, TIME_SPENT),
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.5, 1e9, TIME_SPENT),
        # their trouble, or nothing heard: full jitter, doubling
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.0, None, 0.0),
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.9, None, 0.9),
        (Problem.SERVICE_TROUBLE, 2, 1.0, 0.9, None, 1.8),
        (Problem.SERVICE_TROUBLE, 3, 3.0, 0.9, None, ATTEMPTS_SPENT),
        (Problem.SERVICE_TROUBLE, 1, 0.1, 0.9, 3.0, 3.0),
        (Problem.NO_ANSWER, 1, 10.0, 0.5, None, 0.5),
        (Problem.NO_ANSWER, 2, 19.5, 0.5, None, TIME_SPENT),
        (Problem.NO_RESOLVER, 2, 1.0, 0.5, None, 1.0),
        (Problem.NO_RESOLVER, 3, 1.0, 0.5, None, ATTEMPTS_SPENT),
        (Problem.NO_CONNECTION, 1, 0.1, 0.5, None, 0.5),
        (Problem.NO_CONNECTION, 3, 1.0, 0.5, None, ATTEMPTS_SPENT),
        # 20 s after the first attempt, none begins
        (Problem.NO_ANSWER, 1, 19.9, 0.0, None, 0.0),
        (Problem.NO_ANSWER, 1, 20.0, 0.0, None, TIME_SPENT),
        # once more with a new nonce, once more with what the credential source gives then
        (Problem.NONCE_USED, 1, 0.1, 0.9, None, 0.0),
        (Problem.NONCE_USED, 2, 0.2, 0.9, None, ATTEMPTS_SPENT),
        (Problem.TOKEN_EXPIRED, 1, 0.1, 0.9, None, 0.0),
        (Problem.TOKEN_EXPIRED, 2, 0.2, 0.9, None, ATTEMPTS_SPENT),
    ],
)
def test_after_an_attempt(
    *, problem: Problem, attempt: int, elapsed: float, chance: float, retry_after: float | None, decision: float | Stop
) -> None:
    error = error_of(problem, retry_after=retry_after)
    assert decide(error, attempt=attempt, elapsed=elapsed, chance=chance) == decision


@pytest.mark.parametrize("problem", NEVER_AGAIN)
def test_a_no_is_never_asked_again(problem: Problem) -> None:
    # Even where the API gives a hint to wait: a verification code could be guessed by asking again.
    assert decide(error_of(problem, retry_after=1.0), attempt=1, elapsed=0.0, chance=0.0) == NO_USE


@given(
    problem=st.sampled_from(list(Problem)),
    attempt=st.integers(1, 100),
    elapsed=st.floats(0, 1000),
    chance=st.floats(0, 1),
    retry_after=st.none() | st.floats(0, 1e9),
)
def test_no_attempt_is_the_fourth_or_begins_after_the_limit(
    problem: Problem, attempt: int, elapsed: float, chance: float, retry_after: float | None
) -> None:
    decision = decide(error_of(problem, retry_after=retry_after), attempt=attempt, elapsed=elapsed, chance=chance)
    if isinstance(decision, float):
        assert attempt < 3
        assert decision >= 0
        assert elapsed + decision < TIME_LIMIT
        assert problem is Problem.THROTTLED or decision >= (retry_after or 0)

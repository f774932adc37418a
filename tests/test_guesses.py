"""The guess guard: a handful of refused codes is free, then attempts wait longer and longer, or need approval."""

from itertools import pairwise
from pathlib import Path

import pytest

from bot.guesses import (
    COUNTED_FOR,
    FIRST_WAIT,
    FREE,
    FREE_FOR_AGENT,
    FREE_FOR_NUMBER,
    LONGEST_WAIT,
    NONE,
    REMEMBERED,
    Chance,
    Counts,
    Guesses,
    Suspect,
    chance,
    guard,
    is_over,
    wait_until,
)
from bot.models import Problem, State
from bot.policy import YES, Decision, Rule, Verdict
from bot.states import STATE_AFTER

NOW = 1_800_000_000.0
MINUTE, HOUR = 60.0, 3600.0
MOST_IN_A_DAY = 34
N, A = FREE_FOR_NUMBER, FREE_FOR_AGENT

MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
TRUSTED = Decision(Verdict.MAY, Rule.TRUSTED)
NEEDS_APPROVAL = Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)
GUEST = Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, Problem.GUEST)


def counts(
    for_number: int = 0,
    by_agent: int = 0,
    *,
    ago: float = 0.0,
    number_calls: int = 0,
    agent_calls: int = 0,
    called: float = 0.0,
) -> Counts:
    """Refused codes, the last of them ``ago`` seconds; and calls under way, the last begun ``called`` seconds ago."""
    times = {"first_at": NOW - ago - MINUTE, "last_at": NOW - ago, "called_at": NOW - called}
    return Counts(
        for_number=Guesses(refused=for_number, under_way=number_calls, **times),
        by_agent=Guesses(refused=by_agent, under_way=agent_calls, **times),
    )


@pytest.mark.parametrize(
    ("counted", "minutes"),
    [
        (counts(), None),
        (counts(for_number=N - 1), None),
        (counts(for_number=N), 1),
        (counts(for_number=N + 1), 2),
        (counts(for_number=N + 2), 4),
        (counts(for_number=N + 5), 32),
        (counts(for_number=N + 6), 60),  # never longer than an hour
        (counts(for_number=10_000), 60),
        (counts(by_agent=A - 1), None),
        (counts(by_agent=A), 1),
        (counts(by_agent=A + 3), 8),
        (counts(for_number=N - 1, by_agent=A - 1), None),  # neither alone: they are not added up
        (counts(for_number=N + 1, by_agent=A + 3), 8),  # the longer wait
        (counts(for_number=N + 3, by_agent=A), 8),
        # What is under way counts once somebody is suspected, and not before.
        (counts(for_number=N - 1, number_calls=50), None),
        (counts(by_agent=A - 1, agent_calls=50), None),
        (counts(for_number=N, ago=5 * MINUTE, number_calls=1), 2),
        (counts(by_agent=A, ago=5 * MINUTE, agent_calls=3), 8),
    ],
)
def test_how_long_the_next_attempt_waits(counted: Counts, minutes: int | None) -> None:
    assert wait_until(counted, now=NOW) == (None if minutes is None else NOW + minutes * MINUTE)


@pytest.mark.parametrize(
    ("counted", "is_waiting"),
    [
        (counts(for_number=N, ago=MINUTE - 1), True),
        (counts(for_number=N, ago=MINUTE), False),
        (counts(for_number=N + 1, ago=2 * MINUTE - 1), True),
        (counts(for_number=N + 1, ago=2 * MINUTE), False),
        (counts(by_agent=10_000, ago=LONGEST_WAIT - 1), True),
        (counts(by_agent=10_000, ago=LONGEST_WAIT), False),
        # What is under way counts as if it were refused when it began: its process may be dead, and never tell.
        (counts(for_number=N, ago=HOUR, number_calls=1, called=2 * MINUTE - 1), True),
        (counts(for_number=N, ago=HOUR, number_calls=1, called=2 * MINUTE), False),
        (counts(by_agent=A, ago=HOUR, agent_calls=9, called=LONGEST_WAIT), False),
    ],
)
def test_the_wait_runs_from_the_last_refused_code_and_ends(counted: Counts, *, is_waiting: bool) -> None:
    assert (wait_until(counted, now=NOW) is not None) == is_waiting


@pytest.mark.parametrize(
    ("counted", "approved_ago", "is_waiting"),
    [
        (counts(for_number=N), 0.0, False),  # they could know of all that was refused
        (counts(for_number=N, by_agent=A), 0.0, False),
        (counts(for_number=N, number_calls=1), 0.0, False),
        (counts(for_number=N), 10.0, True),  # approved before the last one was refused
        (counts(by_agent=A), 10.0, True),
        (counts(for_number=N - 1), 10.0, False),
        (counts(for_number=N, ago=MINUTE), 10 * MINUTE, False),
    ],
)
def test_an_approval_covers_what_was_refused_before_it(
    counted: Counts, approved_ago: float, *, is_waiting: bool
) -> None:
    waits = wait_until(counted, now=NOW, approved_at=NOW - approved_ago)
    assert (waits is not None) == is_waiting


@pytest.mark.parametrize(
    ("decision", "counted", "guarded"),
    [
        (MAY, counts(), MAY),
        (YES, counts(), YES),
        (MAY, counts(for_number=N), Decision(Verdict.MAY_NOT, Rule.GUESSES, Problem.TOO_MANY_GUESSES, NOW + MINUTE)),
        (MAY, counts(for_number=N, ago=MINUTE), MAY),
        # Whoever runs the command line waits like anybody: a script there tries codes faster than any hand.
        (
            YES,
            counts(by_agent=A),
            Decision(Verdict.MAY_NOT, Rule.GUESSES, Problem.TOO_MANY_GUESSES_OF_AGENT, NOW + MINUTE),
        ),
        # Where approvals are on, the trusted lose the trust, until what was refused is forgotten.
        (TRUSTED, counts(), TRUSTED),
        (TRUSTED, counts(for_number=N), Decision(Verdict.MAY_WITH_APPROVAL, Rule.GUESSES)),
        (TRUSTED, counts(by_agent=A, ago=LONGEST_WAIT), Decision(Verdict.MAY_WITH_APPROVAL, Rule.GUESSES)),
        (NEEDS_APPROVAL, counts(for_number=N, by_agent=A), NEEDS_APPROVAL),
        (GUEST, counts(for_number=N, by_agent=A), GUEST),
    ],
)
def test_what_is_left_of_a_decision(decision: Decision, counted: Counts, guarded: Decision) -> None:
    assert guard(decision, counted, now=NOW) == guarded


@pytest.mark.parametrize(
    ("counted", "left"),
    [
        (counts(for_number=1), Chance(left=N - 1)),
        (counts(for_number=N - 1), Chance(left=1)),
        (counts(for_number=1, by_agent=A - 2), Chance(left=2)),  # the smaller of the two
        (counts(for_number=N), Chance(wait=MINUTE, problem=Problem.TOO_MANY_GUESSES)),
        (counts(for_number=1, by_agent=A), Chance(wait=MINUTE, problem=Problem.TOO_MANY_GUESSES_OF_AGENT)),
        (counts(for_number=N, by_agent=A + 1), Chance(wait=2 * MINUTE, problem=Problem.TOO_MANY_GUESSES_OF_AGENT)),
        # Nothing is said that may be untrue a moment later.
        (counts(for_number=2, agent_calls=1), None),
        (counts(for_number=N, ago=MINUTE), None),
    ],
)
def test_what_is_left_to_try(counted: Counts, left: Chance | None) -> None:
    assert chance(counted, now=NOW) == left


@pytest.mark.parametrize("suspect", Suspect)
def test_more_than_is_free_is_over(suspect: Suspect) -> None:
    def refused(count: int) -> Counts:
        return counts(for_number=count) if suspect is Suspect.NUMBER else counts(by_agent=count)

    assert [is_over(refused(FREE[suspect] + more)) for more in (-1, 0, 1)] == [False, True, True]


def test_waits_only_grow_and_nobody_gets_far_in_a_day() -> None:
    at, tried = NOW, [NOW]
    while at < NOW + 3 * REMEMBERED:
        remembered = [each for each in tried if each > at - REMEMBERED]
        guesses = Guesses(refused=len(remembered), first_at=remembered[0], last_at=remembered[-1])
        until = wait_until(Counts(for_number=guesses), now=at)
        at = until or at + 0.001  # as fast as it goes
        if until is None:
            tried.append(at)
    waits = [later - sooner for sooner, later in pairwise(tried) if sooner < NOW + REMEMBERED / 2]
    assert waits == sorted(waits)
    for start in tried:
        assert sum(start <= each < start + REMEMBERED for each in tried) <= MOST_IN_A_DAY


def test_every_answer_of_the_apis_own_counts_unless_it_is_certainly_about_something_else() -> None:
    about_something_else = {
        Problem.THROTTLED,
        Problem.SERVICE_TROUBLE,
        Problem.NONCE_USED,
        Problem.TOKEN_EXPIRED,
        Problem.NOT_SUBSCRIBED,
        Problem.NOT_AUTHORIZED,
        Problem.ACCOUNT_BLOCKED,
        Problem.NO_SUCH_OPERATION,
        Problem.BAD_CREDENTIALS,
        Problem.CLOCK_OFF,
    }
    no_answer = {
        Problem.UNREADABLE,
        Problem.NO_ANSWER,
        Problem.NOT_SENDABLE,
        Problem.NOT_TRUSTED,
        Problem.HOST_UNKNOWN,
        Problem.PROXY_REFUSED,
        Problem.NO_RESOLVER,
        Problem.NO_CONNECTION,
        Problem.NO_CREDENTIALS,
        Problem.INTERNAL,
    }
    called = {problem for problem, state in STATE_AFTER.items() if state in (State.FAILED, State.REFUSED)}
    assert set(COUNTED_FOR) == called - about_something_else - no_answer


def test_a_wrong_account_makes_no_agent_wait() -> None:
    assert {problem for problem, who in COUNTED_FOR.items() if Suspect.AGENT not in who} == {Problem.NOT_YOURS}
    assert all(Suspect.NUMBER in who for who in COUNTED_FOR.values())


def test_the_operations_page_gives_the_guards_numbers() -> None:
    page = " ".join((Path(__file__).parent.parent / "docs" / "operations.md").read_text().split())
    assert f"a number has {N} free, an agent {A} over all numbers" in page
    assert (REMEMBERED, FIRST_WAIT, LONGEST_WAIT) == (24 * HOUR, MINUTE, HOUR)
    assert "over the last 24 hours" in page
    assert "1 minute from the last refused code, then 2, 4, 8 and so on up to an hour" in page
    assert f"at most {MOST_IN_A_DAY} codes a day" in page


def test_the_page_for_agents_gives_them_in_both_languages() -> None:
    page = " ".join((Path(__file__).parent.parent / "docs" / "agents.md").read_text().split())
    assert f"after {N} wrong codes in 24 hours, for you after {A}" in page
    assert f"同一个号码输错 {N} 次后需要等待，同一个人输错 {A} 次后需要等待" in page


def test_nothing_counted_is_nothing_to_wait_for() -> None:
    assert (NONE.refused, wait_until(Counts(), now=NOW), is_over(Counts())) == (0, None, False)

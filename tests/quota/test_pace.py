"""The pace: fewer slots after a throttled answer, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quota.pace import (
    FIRST_PATIENCE,
    LONGEST_PATIENCE,
    LONGEST_PAUSE,
    NOT_ENOUGH,
    QUICKLY,
    TRUST_AFTER,
    Pace,
    advanced,
    throttled,
    trust,
)

FIRST = throttled(Pace(), 100.0, granted_at=99.0, hint=None, slots=10)


@pytest.mark.parametrize(
    ("hint", "pause"),
    [
        (None, 1.0),  # the server counts a second
        (0.2, 1.0),
        (7.0, 7.0),
        (60.0, LONGEST_PAUSE),
        (1e9, LONGEST_PAUSE),
    ],
)
def test_everyone_stops_for_as_long_as_the_server_says_up_to_a_ceiling(hint: float | None, pause: float) -> None:
    assert throttled(Pace(), 100.0, granted_at=99.0, hint=hint, slots=10).resumes_at == 100.0 + pause


def test_the_first_throttled_answer_takes_one_slot() -> None:
    assert FIRST.fewer == 1


def test_calls_that_were_under_way_take_no_more() -> None:
    for granted_at in (99.5, 99.9, 100.0):
        assert throttled(FIRST, 100.3, granted_at=granted_at, hint=None, slots=10).fewer == 1


def test_but_a_longer_hint_of_theirs_is_followed() -> None:
    assert throttled(FIRST, 100.3, granted_at=99.9, hint=9.0, slots=10).resumes_at == pytest.approx(109.3)


def test_another_one_soon_after_halves_what_is_used() -> None:
    again = throttled(FIRST, 101.5, granted_at=101.2, hint=None, slots=10)
    assert 10 - again.fewer == 4


def test_another_one_later_takes_one_more_slot() -> None:
    again = throttled(FIRST, 100.0 + NOT_ENOUGH + 1, granted_at=110.5, hint=None, slots=10)
    assert 10 - again.fewer == 8


def test_one_slot_is_always_left() -> None:
    pace = Pace()
    for second in range(20):
        pace = throttled(pace, 100.0 + second, granted_at=99.9 + second, hint=None, slots=3)
        assert 3 - pace.fewer >= 1


def test_the_way_back_is_quick_to_where_it_was_good_and_slow_from_there() -> None:
    halved = throttled(FIRST, 101.5, granted_at=101.2, hint=None, slots=10)
    good_at = halved.resumes_at + (halved.fewer - halved.fewer_when_good) * QUICKLY
    assert advanced(halved, good_at - 0.1).fewer > halved.fewer_when_good
    good = advanced(halved, good_at)
    assert good.fewer == good.fewer_when_good == 2
    assert advanced(good, good_at + good.patience - 0.1).fewer == 2
    assert advanced(good, good_at + good.patience).fewer == 1


def test_each_failed_try_doubles_the_time_to_the_next_up_to_a_ceiling() -> None:
    pace, now, waits = Pace(), 0.0, []
    for _ in range(8):  # a server that takes nine: all ten are tried, and that is too much
        pace = throttled(pace, now, granted_at=now - 0.1, hint=None, slots=10)
        waits.append(pace.patience)
        now = pace.changed_at + pace.patience
        assert advanced(pace, now - 0.1).fewer == 1
        assert advanced(pace, now).fewer == 0
    assert waits == [min(LONGEST_PATIENCE, FIRST_PATIENCE * 2**number) for number in range(1, 9)]


def test_in_time_all_of_it_comes_back() -> None:
    pace = FIRST
    assert advanced(pace, FIRST.changed_at + 3 * FIRST_PATIENCE).patience == 2 * FIRST_PATIENCE  # being tried
    assert advanced(pace, FIRST.changed_at + 4 * FIRST_PATIENCE).patience == FIRST_PATIENCE  # proved good
    for second in range(30):
        pace = throttled(pace, 100.0 + 5 * second, granted_at=99.9 + 5 * second, hint=None, slots=10)
    assert advanced(pace, 1e5).fewer == 0
    assert advanced(pace, 1e5).patience == FIRST_PATIENCE


@pytest.mark.parametrize(("after", "trusted"), [(0.0, 0.0), (TRUST_AFTER / 2, 0.5), (TRUST_AFTER, 1.0), (1e6, 1.0)])
def test_the_credit_goes_with_a_throttled_answer_and_comes_back_slowly(after: float, trusted: float) -> None:
    assert trust(FIRST, 100.0 + after) == trusted


def test_nobody_throttled_is_full_trust() -> None:
    assert trust(Pace(), 5.0) == 1.0


@given(
    slots=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 700), max_size=30),
)
def test_it_never_uses_more_than_there_is_nor_less_than_one(slots: int, gaps: list[float]) -> None:
    pace, now = Pace(), 1000.0
    for gap in gaps:
        now += gap
        pace = throttled(pace, now, granted_at=now - 0.05, hint=None, slots=slots)
        assert 1 <= slots - pace.fewer <= slots
        assert pace.fewer_when_good <= pace.fewer

"""The limit counts every one-second window, or calendar seconds where it is told to."""

import math
from collections import Counter
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.cams.window import Counting, FixedSeconds, SlidingWindow, open_window


class BruteForce:
    """The definition, word by word: looks at every call ever admitted."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.admitted: list[float] = []

    def admit(self, now: float) -> bool:
        is_free = sum(1 for at in self.admitted if now - at < 1.0) < self.calls
        if is_free:
            self.admitted.append(now)
        return is_free


@given(
    calls=st.integers(1, 5),
    gaps=st.lists(
        # Gaps that meet the window's edge exactly matter most: sums of eighths have no rounding.
        st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.875, 1.0, 1.125]) | st.floats(0, 2),
        max_size=60,
    ),
)
def test_it_decides_as_the_definition_does(calls: int, gaps: list[float]) -> None:
    window, oracle, now = SlidingWindow(calls=calls), BruteForce(calls), 0.0
    for gap in gaps:
        now += gap
        assert window.admit(now) == oracle.admit(now)


def test_ten_calls_before_a_full_second_and_ten_after_it_are_too_many() -> None:
    window = SlidingWindow(calls=10)
    admitted = [window.admit(now) for now in [0.9] * 10 + [1.1] * 10]
    assert admitted == [True] * 10 + [False] * 10


@pytest.mark.parametrize(("gap", "is_admitted"), [(0.999, False), (1.0, True)])
def test_a_slot_is_free_again_after_exactly_a_second(*, gap: float, is_admitted: bool) -> None:
    window = SlidingWindow(calls=1)
    window.admit(5.0)
    assert window.admit(5.0 + gap) is is_admitted


def test_a_throttled_call_uses_nothing_up() -> None:
    window = SlidingWindow(calls=1)
    assert [window.admit(now) for now in (0.0, 0.5, 0.9, 1.0)] == [True, False, False, True]


@given(calls=st.integers(1, 5), times=st.lists(st.floats(0, 5), max_size=60))
def test_fixed_seconds_admit_the_first_calls_of_each_second(calls: int, times: list[float]) -> None:
    window, seen = FixedSeconds(calls=calls), Counter[int]()
    for now in sorted(times):
        seen[math.floor(now)] += 1
        assert window.admit(now) == (seen[math.floor(now)] <= calls)


def test_twice_the_limit_gets_in_around_the_turn_of_a_fixed_second() -> None:
    window = FixedSeconds(calls=10)
    assert all(window.admit(now) for now in [0.9] * 10 + [1.0] * 10)
    assert not window.admit(1.9)


@given(
    counting=st.sampled_from(Counting),
    calls=st.integers(1, 3),
    times=st.lists(st.sampled_from([0.0, 0.125, 0.5, 0.875, 1.0, 1.125, 1.5, 2.0, 2.5, 3.0]), max_size=40),
)
def test_a_clock_that_goes_back_counts_as_one_that_stands_still(
    counting: Counting, calls: int, times: list[float]
) -> None:
    going_back, standing = open_window(counting, calls=calls), open_window(counting, calls=calls)
    for now, latest in zip(times, accumulate(times, max), strict=True):
        assert going_back.admit(now) == standing.admit(latest)


@pytest.mark.parametrize(("counting", "kind"), [(Counting.SLIDING, SlidingWindow), (Counting.FIXED, FixedSeconds)])
def test_each_way_of_counting_has_its_window(counting: Counting, kind: type) -> None:
    window = open_window(counting, calls=9)
    assert isinstance(window, kind)
    assert [window.admit(0.0) for _ in range(10)].count(True) == 9

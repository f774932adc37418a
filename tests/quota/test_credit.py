"""The credit, from the round trips seen."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quota.slots import REMEMBERED, WARM_UP, credit
from bot.sandbox.cams.latency import PROFILES

trips = st.lists(st.floats(0.001, 5), max_size=REMEMBERED)


def test_there_is_none_before_the_warm_ups_end() -> None:
    assert credit([0.1] * (WARM_UP - 1)) == 0.0
    assert credit([0.1] * WARM_UP) > 0.0


@given(trips)
def test_it_is_never_more_than_what_the_shortest_took_nor_less_than_nothing(round_trips: list[float]) -> None:
    assert 0.0 <= credit(round_trips) <= min(round_trips, default=0.0)


def test_on_a_steady_path_it_is_nearly_the_whole_round_trip() -> None:
    assert credit([0.2] * 50) == pytest.approx(0.2, rel=0.05)


def test_on_a_wild_path_there_is_none() -> None:
    assert credit([0.04 + 0.01 * number for number in range(60)]) == 0.0


def test_one_short_round_trip_is_enough_to_lower_it() -> None:
    assert credit([*[0.2] * 100, 0.1]) < 0.1


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_on_every_path_of_the_sandbox_it_hardly_ever_exceeds_what_two_legs_take(profile: str) -> None:
    # The way back of one call and the way there of the next are what the rest is shortened by. The first credit, from
    # the fewest round trips, is the most doubtful one.
    rng, path, too_large = random.Random(7), PROFILES[profile], 0
    for _ in range(300):
        seen = [path.there(rng) + path.back(rng) for _ in range(WARM_UP)]
        too_large += credit(seen) > path.back(rng) + path.there(rng)
    assert too_large <= 1


def test_fewer_round_trips_give_less_of_it() -> None:
    rng = random.Random(3)
    seen = [0.1 + rng.uniform(0, 0.01) for _ in range(REMEMBERED)]
    seen[0] = 0.1
    assert credit(seen[:WARM_UP]) < credit(seen)

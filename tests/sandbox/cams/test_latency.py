"""The profiles are what they say, and the same whenever they are drawn from the same chance."""

from itertools import pairwise
from random import Random
from statistics import median

import pytest

from bot.sandbox.cams.latency import PROFILES, Profile

DRAWS = 4000


def draw(profile: Profile, *, seed: int = 1) -> list[float]:
    chance = Random(seed)
    return [way for _ in range(DRAWS // 2) for way in (profile.there(chance), profile.back(chance))]


@pytest.mark.parametrize(
    ("name", "low", "middle", "high"),
    [
        ("calm", 0.001, 0.001, 0.001),
        ("local", 0.010, 0.035, 0.060),
        ("wide-area", 0.060, 0.066, 1.0),
        ("heavy", 0.020, 0.160, 0.300),
    ],
)
def test_each_way_is_within_its_bounds_and_around_its_middle(
    *, name: str, low: float, middle: float, high: float
) -> None:
    ways = draw(PROFILES[name])
    assert low <= min(ways)
    assert max(ways) <= high
    assert median(ways) == pytest.approx(middle, rel=0.05)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_floor_is_tight_and_never_undercut(profile: Profile) -> None:
    assert profile.floor <= min(draw(profile)) <= profile.floor + 0.001


def test_jitter_is_mostly_small_and_sometimes_large() -> None:
    jitter = sorted(way - PROFILES["wide-area"].floor for way in draw(PROFILES["wide-area"]))
    assert jitter[DRAWS // 2] < 0.010
    assert jitter[-DRAWS // 100] > 0.040  # one way in a hundred is late by more than a list's pace can hide


@pytest.mark.parametrize("name", ["local", "wide-area", "heavy"])
def test_the_same_chance_gives_the_same_ways(name: str) -> None:
    assert draw(PROFILES[name], seed=7) == draw(PROFILES[name], seed=7) != draw(PROFILES[name], seed=8)


def test_they_go_from_kind_to_unkind() -> None:
    spreads = [max(ways) - min(ways) for ways in map(draw, PROFILES.values())]
    assert spreads[0] == 0
    assert all(later > 0 for _, later in pairwise(spreads))

"""How many inputs each entrance gets, and how many it got.

``FUZZ=10000 .venv/bin/pytest tests/fuzz`` gives each as many; without it they are few each day, beginning where this
run's seed says, and ten thousand at night. An input is known by its number: the same number is the same input, whenever
and wherever it is made.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.amounts import IS_NIGHT, choose, scaled

WANTED = int(os.environ.get("FUZZ", "0"))

RUN: Counter[str] = Counter()
"""Inputs that were run, by entrance."""


BY_CHANCE = pytest.mark.more_at_night
"""Marks what is run on odd inputs, of which there are more at night."""

ARE_MANY = bool(WANTED or IS_NIGHT)
"""Whether there are so many that each kind of outcome must be among them: else the inputs are all of one kind."""

EACH_DAY = 5
"""Of what an entrance usually gets, a run by day gives one in so many."""

NIGHT = 10_000
"""What every entrance gets in a whole night."""


def amount(usual: int) -> int:
    if WANTED:
        return WANTED
    return scaled(NIGHT, least=usual) if IS_NIGHT else max(1, usual // EACH_DAY)


def first(entrance: str) -> int:
    """The number of the first input: at night from the beginning, by day somewhere in what a night runs through."""
    return 0 if WANTED or IS_NIGHT else choose(entrance).randrange(NIGHT)


def chances(entrance: str, *, usual: int) -> Iterator[tuple[int, random.Random]]:
    """For each input its number, and the chance it is made of."""
    begin = first(entrance)
    for number in range(begin, begin + amount(usual)):
        RUN[entrance] += 1
        yield number, random.Random(f"{entrance} {number}")


def generated(usual: int) -> settings:
    """For inputs that hypothesis makes; whoever uses it counts them in ``RUN``."""
    return settings(
        max_examples=amount(usual),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )

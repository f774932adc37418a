"""How many inputs each entrance gets, and how many it got.

``FUZZ=10000 .venv/bin/pytest tests/fuzz`` gives each as many; without it they are few, for every run of the tests.
An input is known by its number: the same number is the same input, whenever and wherever it is made.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

from hypothesis import HealthCheck, settings

WANTED = int(os.environ.get("FUZZ", "0"))

RUN: Counter[str] = Counter()
"""Inputs that were run, by entrance."""


def amount(usual: int) -> int:
    return WANTED or usual


def chances(entrance: str, *, usual: int) -> Iterator[tuple[int, random.Random]]:
    """For each input its number, and the chance it is made of."""
    for number in range(amount(usual)):
        RUN[entrance] += 1
        yield number, random.Random(f"{entrance} {number}")


def generated(usual: int) -> settings:
    """For inputs that hypothesis makes; whoever uses it counts them in ``RUN``."""
    return settings(
        max_examples=amount(usual),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )

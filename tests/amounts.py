"""How much the tests do: a part of what takes long each day, chosen by chance, and all of it at night.

``pytest`` runs the everyday suite. ``pytest -m nightly`` runs what is marked ``nightly``, and all of what is marked
``more_at_night``. ``NIGHTLY_SCALE=0.1`` does a tenth of what has no natural end; ``SEED=…`` repeats choices.
"""

import os
import secrets
from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

import pytest
from _pytest.mark import ParameterSet

T = TypeVar("T")

if "SEED" not in os.environ:  # the workers inherit it: all of them must choose alike
    os.environ["SEED"] = str(secrets.randbits(32))

SEED = os.environ["SEED"]
"""What this run's choices by chance are made of; the report ends with it."""

IS_NIGHT = bool(os.environ.get("IS_NIGHT"))
"""Whether this is the nightly run: ``tests/conftest.py`` sees to it before anything else is read, also in workers."""

SCALE = float(os.environ.get("NIGHTLY_SCALE", "1"))


def choose(what: str) -> Random:
    """The chance of this run for one purpose: it does not depend on what else was chosen before."""
    return Random(f"{SEED} {what}")


def each_day(part: T, *, at_night: T) -> T:
    """The one or the other, by what is run."""
    return at_night if IS_NIGHT else part


def scaled(wanted: int, *, least: int) -> int:
    """So many in a whole night; fewer in a shortened one, and never fewer than ``least``."""
    return max(least, round(wanted * SCALE))


def some_of(cases: Sequence[T], count: int, *, what: str) -> list[T]:
    """Some each day, by chance and in their order; all at night."""
    chosen = set(choose(what).sample(range(len(cases)), min(count, len(cases))))
    return [case for number, case in enumerate(cases) if IS_NIGHT or number in chosen]


def some_each_day(cases: Sequence[Any], count: int, *, what: str) -> list[ParameterSet]:
    """Cases for ``parametrize``: some run each day, chosen by chance, and all at night."""
    chosen = set(choose(what).sample(range(len(cases)), min(count, len(cases))))
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=[NIGHTLY] if IS_NIGHT or number not in chosen else []
        )
        for number, case in enumerate(cases)
    ]


NIGHTLY = pytest.mark.nightly

"""Stories told in virtual time."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.clocks import VirtualClock, run_in_virtual_time
from tests.store.engines import postgres_database, postgres_url, ready_schemas, sqlite_url

__all__ = ["postgres_database", "postgres_url", "ready_schemas", "sqlite_url"]


@pytest.fixture(scope="session")  # holds no state: hypothesis may use it for many examples
def in_virtual_time() -> Callable[[Callable[[VirtualClock], Awaitable[Any]]], Any]:
    """Runs ``story(clock)`` from time 0 on and returns what it returns."""
    return run_in_virtual_time

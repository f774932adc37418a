"""A store to test, whatever database is behind it, and short words for what goes into it."""

import itertools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.interfaces import Store
from bot.models import Actor, NewLookup, PhoneNumber, Through
from bot.store.sqlite import SqliteStore
from tests.clocks import SteppingClock

ANA = Actor(team_id="T0001", user_id="U0ANA", through=Through.SLACK)


OpenStore = Callable[..., Awaitable[Store]]


@pytest.fixture
def ana() -> Actor:
    return ANA


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def new() -> Callable[..., NewLookup]:
    """A lookup that Ana asks for, with a submission key of its own; a test states what matters to it."""
    keys = itertools.count()

    def make(**changes: Any) -> NewLookup:
        asked = NewLookup(
            agent=ANA,
            phone=PhoneNumber("8613800001234"),
            reason="",
            channel_id="C0001",
            submission_key=f"key {next(keys)}",
        )
        return replace(asked, **changes)

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phoneid.db"


@pytest.fixture(params=["sqlite"])
async def open_store(request: pytest.FixtureRequest, path: Path, clock: SteppingClock) -> AsyncIterator[OpenStore]:
    """Opens stores over one database, each as a process of its own would. Another backend is another parameter."""
    backends = {"sqlite": SqliteStore}
    opened = []

    async def open_one(**options: Any) -> Store:
        store = backends[request.param](path, **{"clock": clock, **options})
        opened.append(store)
        await store.open()
        return store

    yield open_one
    for store in opened:
        await store.aclose()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


@pytest.fixture
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the file, without any of our settings."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    yield connection
    connection.close()

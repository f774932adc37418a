"""Scenes for the scenarios."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Waits
from bot.sandbox.slack.installation import Installation
from tests.amounts import IS_NIGHT, NIGHTLY
from tests.clocks import SocketLoop
from tests.scenarios.databases import CHOSEN, CURRENT, Database, use_scene_engine
from tests.scenarios.scene import QUICK, TRANSPORTS, OpenScene, Scene, open_scene, with_bot
from tests.store.engines import database_url, postgres_database, postgres_url, ready_schemas, sqlite_url

__all__ = ["database_url", "postgres_database", "postgres_url", "ready_schemas", "sqlite_url"]
"""For scenes that are played on both engines, in real time: a server's clock is its own."""


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """No scene waits for time to pass, unless something else does that has only the real one."""
    is_real = item.get_closest_marker("real_time") is not None
    return {"real": asyncio.new_event_loop} if is_real else {"virtual": SocketLoop}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """At night each scene is played on a server, too, unless it is about a file."""
    if "scene_database" not in metafunc.fixturenames or "on_file" in metafunc.fixturenames:
        return
    if CHOSEN or IS_NIGHT:
        kinds = [CHOSEN] if CHOSEN else ["sqlite", pytest.param("postgres", marks=NIGHTLY)]
        metafunc.parametrize("scene_database", kinds, indirect=True)


@pytest.fixture
def on_file() -> None:
    """For what is about a file, or about what is far beneath the record."""


@pytest.fixture(autouse=True)
def scene_database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """Where the record of this test's scenes is."""
    is_there = getattr(request, "param", "sqlite") == "postgres"
    database = Database(tmp_path, request.getfixturevalue("postgres_database") if is_there else None)
    use_scene_engine(monkeypatch)
    CURRENT.append(database)
    yield database
    CURRENT.clear()


@pytest.fixture
def scene_with(tmp_path: Path) -> OpenScene:
    """Opens a scene with settings of a test's own, its bot running."""

    @asynccontextmanager
    async def open_with(
        *, is_http: bool = False, waits: Waits = QUICK, installation: Installation | None = None, **settings: str
    ) -> AsyncIterator[Scene]:
        async with (
            open_scene(tmp_path, is_http=is_http, settings=settings, installation=installation) as scene,
            with_bot(scene, waits=waits) as running,
        ):
            yield running

    return open_with


@pytest.fixture(params=TRANSPORTS)
async def scene(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    """The bot in the sandbox, at night once in each mode; at the end Slack must have nothing to complain about."""
    async with scene_with(is_http=request.param == "signed http") as running:
        yield running
        assert list(running.slack.complaints) == []

"""Scenes for the scenarios."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Waits
from tests.scenarios.scene import QUICK, TRANSPORTS, OpenScene, Scene, open_scene, with_bot


@pytest.fixture
def scene_with(tmp_path: Path) -> OpenScene:
    """Opens a scene with settings of a test's own, its bot running."""

    @asynccontextmanager
    async def open_with(*, is_http: bool = False, waits: Waits = QUICK, **settings: str) -> AsyncIterator[Scene]:
        async with (
            open_scene(tmp_path, is_http=is_http, settings=settings) as scene,
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

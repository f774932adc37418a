"""Scenes for the scenarios."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from bot import network
from bot.app import Waits
from bot.network import Network
from tests.clocks import SocketLoop
from tests.scenarios.scene import QUICK, TRANSPORTS, OpenScene, Scene, open_scene, with_bot


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """No scene waits for time to pass, unless something else does that has only the real one."""
    is_real = item.get_closest_marker("real_time") is not None
    return {"real": asyncio.new_event_loop} if is_real else {"virtual": SocketLoop}


@cache
def system_certificates() -> ssl.SSLContext | None:
    return Network.read({}).trust


@pytest.fixture(autouse=True)
def _certificates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bot reads some hundred of them twice, a fourth of a scene's work, and shows them to nobody here."""
    certificates, read_them = system_certificates(), network._trusted

    def trusted(environment: Mapping[str, str]) -> ssl.SSLContext | None:
        is_told = any(environment.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
        return read_them(environment) if is_told else certificates

    monkeypatch.setattr(network, "_trusted", trusted)


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

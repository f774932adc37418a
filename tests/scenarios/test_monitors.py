"""What monitors read of the whole bot, on a port of its own in both modes, and on PORT in HTTP mode."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bot.errors import SettingsError
from bot.models import State
from bot.store.schema import SCHEMA
from tests.scenarios.scene import OpenScene, Scene, entry, open_scene, with_bot

ON_ANY_PORT = {"PHONEID_HEALTH_PORT": "0"}


async def read(port: int | None, path: str, method: str = "GET") -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.request(method, f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def until_said(scene: Scene, port: int | None, words: str) -> tuple[int, str]:
    """What ``/readyz`` says as soon as it holds these words."""
    for _ in range(600):
        status, said = await read(port, "/readyz")
        if words in said:
            return status, said
        await scene.clock.sleep(0.1)
    pytest.fail(f"/readyz never said {words!r}, but: {said}")


@pytest.mark.parametrize(
    ("is_http", "slack"), [(False, "2 of 2 connections open"), (True, "ok (signed requests)")], ids=["socket", "http"]
)
async def test_the_port_for_monitors_answers_in_both_modes(
    scene_with: OpenScene,
    is_http: bool,  # noqa: FBT001 - a parameter of the test
    slack: str,
) -> None:
    async with scene_with(is_http=is_http, **ON_ANY_PORT) as scene:
        assert scene.bot
        for port in [scene.bot.health_port, scene.bot.port] if is_http else [scene.bot.health_port]:
            assert await read(port, "/healthz") == (200, "alive\n")
            status, said = await until_said(scene, port, slack)
            assert (status, said) == (200, f"ready\ndatabase: ok\nschema: ok ({SCHEMA})\nSlack: {slack}\n")
            assert (await read(port, "/readyz", "POST"))[0] == 405


async def test_without_the_setting_there_is_no_such_port(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        assert scene.bot
        assert scene.bot.health_port is None


async def test_what_kubernetes_says_of_a_service_is_no_port(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="tcp://10.0.0.1:80") as scene:
        assert scene.bot
        assert scene.bot.health_port is None


async def test_a_taken_port_for_monitors_is_a_sentence(tmp_path: Path, unused_tcp_port: int) -> None:
    async def nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    settings = {"PHONEID_HEALTH_PORT": str(unused_tcp_port)}
    async with (
        await asyncio.start_server(nothing, "127.0.0.1", unused_tcp_port),
        open_scene(tmp_path, settings=settings) as scene,
    ):
        with pytest.raises(SettingsError, match=f"on 127.0.0.1:{unused_tcp_port}: .* PHONEID_HEALTH_PORT\\."):
            async with with_bot(scene):
                raise AssertionError("it started")


async def test_while_it_stops_it_lives_and_is_not_ready(tmp_path: Path) -> None:
    slow = entry("The ID, after 3 seconds")
    async with open_scene(tmp_path, settings=ON_ANY_PORT) as scene:
        is_up, may_stop = asyncio.Event(), asyncio.Event()
        ports: list[int | None] = []

        async def run_and_stop() -> None:
            async with with_bot(scene) as running:
                assert running.bot
                ports.append(running.bot.health_port)
                is_up.set()
                await may_stop.wait()

        running = asyncio.create_task(run_and_stop())
        await is_up.wait()
        await scene.ask(slow)
        may_stop.set()
        await scene.clock.sleep(1.0)
        assert await read(ports[0], "/healthz") == (200, "alive\n")
        assert await read(ports[0], "/readyz") == (503, "not ready\nbot: stopping\n")
        await running
        assert [each.state for each in await scene.lookups()] == [State.ANSWERED]


async def test_the_port_for_monitors_takes_short_heads_only(scene_with: OpenScene) -> None:
    async with scene_with(**ON_ANY_PORT) as scene, aiohttp.ClientSession() as http:
        assert scene.bot
        for length, status in ((1500, 200), (3000, 400)):
            url = f"http://127.0.0.1:{scene.bot.health_port}/healthz"
            async with http.get(url, headers={"Accept": "x" * length}) as answer:
                assert answer.status == status

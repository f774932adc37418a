"""Strangers who hold connections to the bot's port: commands go on, and so does whoever watches over the bot."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from pathlib import Path

import aiohttp
import pytest

from bot.repeating import in_background
from bot.sandbox.cams.server import LocalCams
from bot.sandbox.slack.server import LocalSlack
from tests.amounts import IS_NIGHT, SCALE
from tests.scenarios import strangers as restless
from tests.scenarios.scene import OpenScene, Scene, entry, open_scene
from tests.test_cams_command import ask
from tests.test_serving import HELD, IDLE, ended

EVENTS = {name: sent.replace(b" / ", b" /slack/events ") for name, sent in HELD.items()}
HEALTH = {name: sent.replace(b" / ", b" /healthz ") for name, sent in IDLE.items()}
KINDS = EVENTS | HEALTH

ROOT = Path(__file__).parents[2]


async def hold(stack: AsyncExitStack, port: int, sent: bytes, *, times: int) -> list[asyncio.StreamReader]:
    readers = []
    for _ in range(times):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(writer.close)
        writer.write(sent)
        readers.append(reader)
    return readers


@asynccontextmanager
async def strangers(kind: str, port: int, *, times: int) -> AsyncIterator[None]:
    """So many who hold connections in this way."""
    if kind in KINDS:
        async with AsyncExitStack() as stack:
            await hold(stack, port, KINDS[kind], times=times)
            yield
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.scenarios.strangers", kind, str(port), str(times)), cwd=ROOT, stdout=PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"there\n"
        yield
    finally:
        process.kill()
        await process.communicate()


async def check_served(scene: Scene, port: int) -> None:
    """A signed command is acknowledged and its ID is there; readiness and health answer.

    In a whole night within a second; where minutes count and other tests run beside it, within Slack's limit.
    """
    began = scene.clock.monotonic()
    await scene.ask(entry("The ID"))
    await scene.answer(scene.ana, "The phone number ID")
    delivery = scene.slack.deliveries[0]
    assert delivery.is_acknowledged
    assert delivery.milliseconds < (1000 if IS_NIGHT and SCALE >= 1 else 3000)
    async with aiohttp.ClientSession() as session:
        for path in ("readyz", "healthz"):
            async with session.get(f"http://127.0.0.1:{port}/{path}") as response:
                assert response.status == 200
    assert scene.clock.monotonic() - began < 10


async def test_a_command_is_answered_while_strangers_hold_every_connection(scene_with: OpenScene) -> None:
    async with scene_with(is_http=True, PHONEID_CONNECTIONS="10") as scene, AsyncExitStack() as stack:
        assert scene.bot
        assert scene.bot.port
        held = [reader for sent in KINDS.values() for reader in await hold(stack, scene.bot.port, sent, times=10)]
        ending = [await stack.enter_async_context(in_background(ended(reader))) for reader in held]
        await check_served(scene, scene.bot.port)
        async with asyncio.timeout(5):
            for ended_one in islice(asyncio.as_completed(ending), len(held) - 10):  # by time alone fewer would be
                await ended_one


@pytest.mark.parametrize("sent", [b"command=/phoneid", b"payload=\xff"])
async def test_refusals_do_not_fill_the_log(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level("INFO")
    async with scene_with(is_http=True) as scene, aiohttp.ClientSession() as session:
        assert scene.slack.request_url
        caplog.clear()
        for _ in range(60):
            async with session.post(scene.slack.request_url, data=sent) as response:
                assert response.status == 401
    assert caplog.messages.count("request refused") == 20


@asynccontextmanager
async def limited(
    folder: Path, descriptors: int, *arguments: str, until: str, **environment: str
) -> AsyncIterator[list[bytes]]:
    """A command of ours with so many descriptors, from when a line of it holds ``until``; gives all lines it says."""
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", 'ulimit -n "$0" && exec "$@"', str(descriptors)),
        *(sys.executable, "-m", "bot", *arguments),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
    )
    said: list[bytes] = []
    is_up = asyncio.Event()

    async def listen() -> None:
        assert process.stdout
        async for line in process.stdout:
            said.append(line)
            if until in line.decode():
                is_up.set()

    listening = asyncio.create_task(listen())
    try:
        await asyncio.wait_for(is_up.wait(), 30)
        yield said
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) is not None
        await listening


async def answered_at(port: int, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/{path}") as response:
        assert response.status < 500


@pytest.mark.nightly
@pytest.mark.parametrize(("descriptors", "times"), [(256, 400), (1024, 2000)])
@pytest.mark.parametrize("kind", [*KINDS, *restless.KINDS])
async def test_with_few_descriptors_a_command_is_acknowledged_within_a_second(
    tmp_path: Path, unused_tcp_port: int, *, kind: str, descriptors: int, times: int
) -> None:
    port = unused_tcp_port
    async with (
        open_scene(tmp_path, is_http=True, settings={"PORT": str(port)}) as scene,
        limited(tmp_path, descriptors, "run", until="connected", **scene.environment) as said,
    ):
        await answered_at(port, "readyz")
        scene.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
        async with strangers(kind, port, times=times):
            await check_served(scene, port)
        assert len(said) < 100


@pytest.mark.nightly
@pytest.mark.parametrize("kind", HELD | IDLE)
async def test_the_local_api_answers_with_few_descriptors(tmp_path: Path, unused_tcp_port: int, kind: str) -> None:
    port = unused_tcp_port
    async with (
        limited(tmp_path, 256, "cams", "--port", str(port), until=f":{port}") as said,
        AsyncExitStack() as stack,
    ):
        await answered_at(port, "")
        await hold(stack, port, (HELD | IDLE)[kind], times=400)
        statuses, seconds = await ask(f"http://127.0.0.1:{port}", times=1)
        assert (statuses, seconds < 1) == ([200], True)
        assert len(said) < 100


@pytest.mark.parametrize("server", [LocalSlack, LocalCams])
async def test_the_sandboxes_answer_while_strangers_hold_every_connection(
    server: type[LocalSlack | LocalCams], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("bot.sandbox.slack.site", "bot.sandbox.cams.server"):
        monkeypatch.setattr(f"{module}.CONNECTIONS", 20)
    local = server()
    await local.start()
    port = int((local.base_url if isinstance(local, LocalSlack) else local.url).rpartition(":")[2])
    try:
        async with AsyncExitStack() as stack:
            for sent in (HELD | IDLE).values():
                await hold(stack, port, sent, times=30)
            async with asyncio.timeout(5):  # sooner than by the time that a request may take
                await answered_at(port, "api/auth.test")
    finally:
        await local.stop()

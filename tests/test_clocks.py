"""The loop of the scenes: time jumps, but past nothing that is still being done."""

import asyncio
import sys
import time
from collections.abc import Coroutine
from threading import Event
from typing import Any

from tests.clocks import LoopClock, SocketLoop

HOUR = 3600.0


def run(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=SocketLoop) as runner:
        runner.run(story)


def test_an_hour_is_over_at_once() -> None:
    async def story() -> None:
        clock = LoopClock()
        began = clock.now()
        await clock.sleep(HOUR)
        assert clock.now() - began == HOUR

    began = time.monotonic()
    run(story())
    assert time.monotonic() - began < HOUR / 10


def test_no_time_passes_while_a_thread_is_at_work() -> None:
    async def story() -> None:
        async with asyncio.timeout(HOUR):
            assert not await asyncio.to_thread(Event().wait, 0.2)
        assert asyncio.get_running_loop().time() == 0.0

    run(story())


def test_no_time_passes_while_something_is_on_its_way() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1))
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            async with asyncio.timeout(HOUR):
                writer.write(b"x")
                assert await reader.readexactly(1) == b"x"
            writer.close()
            assert asyncio.get_running_loop().time() == 0.0

    run(story())


def test_beside_another_process_time_is_real() -> None:
    async def story() -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
        async with asyncio.timeout(HOUR):
            assert await process.wait() == 0
        assert asyncio.get_running_loop().time() > 0.0

    run(story())

"""The loop of the scenes: time jumps, but past nothing that is still being done."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from threading import Event
from typing import Any

import pytest

from tests.clocks import LoopClock, SocketLoop, VirtualLoop

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


@pytest.mark.parametrize("loop", [SocketLoop, VirtualLoop])
def test_several_who_woke_a_moment_early_and_nap_for_the_rest_wake_in_time(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def let_others_go_first(times: int) -> None:
        for _ in range(times):
            await asyncio.sleep(0)

    async def nap(clock: LoopClock, *, until: float, number: int) -> None:
        await let_others_go_first(number)
        for _ in range(50):
            if clock.monotonic() >= until:
                return
            await clock.sleep(until - clock.monotonic())
            await let_others_go_first(2)  # so that there is always one of them who is awake
        raise AssertionError("it naps for ever")

    async def story() -> None:
        clock = LoopClock()
        await asyncio.gather(*(nap(clock, until=1e-10, number=number) for number in range(4)))

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(story())


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

"""Two bots behind a load balancer are replaced one after the other, while people go on asking: nobody notices."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import State
from bot.repeating import in_background
from bot.running import running_bot
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.answers import Success
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.delivery import Outcome
from bot.settings import BotSettings, read
from tests.scenarios.balancing import Balancer, open_balancer
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, QUICK, Scene, open_scene

EVERY = 0.2
"""Seconds between two commands."""

AS_IT_IS = replace(QUICK, leaving=5.0, finishing=15.0)

ENDS_WITHIN = 30.0
"""Seconds after which hosts kill."""

Stop = Callable[[], Awaitable[object]]


async def keep_asking(scene: Scene, book: Sequence[Entry], asked: list[Entry]) -> None:
    """Somebody asks for one number after the other, until this is cancelled."""
    asking = set[asyncio.Task[None]]()
    for each in book:
        asked.append(each)
        asking.add(asyncio.create_task(scene.ask(each)))
        await scene.clock.sleep(EVERY)
    raise AssertionError("there are not enough numbers")


async def until_ready(scene: Scene, balancer: Balancer, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(balancer.ready) != count:
            await scene.clock.sleep(0.1)


async def replace_each(
    scene: Scene, balancer: Balancer, start: Callable[[], Awaitable[Stop]], book: Sequence[Entry]
) -> list[Entry]:
    """Stop one, wait until its successor is ready, then the next. What was asked for meanwhile."""
    asked = list[Entry]()
    stops = [await start() for _ in range(2)]
    await until_ready(scene, balancer, 2)
    async with in_background(keep_asking(scene, book, asked)):
        for number in range(2):
            await scene.clock.sleep(1.0)
            started = scene.clock.monotonic()
            await stops[number]()
            assert scene.clock.monotonic() - started < ENDS_WITHIN
            stops.append(await start())
            await until_ready(scene, balancer, 2)
        await scene.clock.sleep(1.0)
    await check_nothing_is_lost(scene, asked)
    for stop in stops[2:]:
        await stop()
    return asked


async def check_nothing_is_lost(scene: Scene, asked: Sequence[Entry]) -> None:
    """Each command was acknowledged, is on record once, and has brought its ID to whoever asked."""
    ids = [str(reply.phone_number_id) for each in asked for reply in each.replies if isinstance(reply, Success)]

    def are_told() -> bool:
        places = ("support", scene.ana.dm)
        heard = "\n".join(message.text for place in places for message in scene.ana.sees(place))
        return all(each in heard for each in ids)

    await scene.slack.until(are_told, timeout=PATIENCE)
    assert Counter(each.outcome for each in scene.slack.deliveries) == {Outcome.ACKNOWLEDGED: len(asked)}
    recorded = await scene.lookups()
    assert Counter(each.phone.digits for each in recorded) == Counter(each.digits for each in asked)
    assert {each.state for each in recorded} == {State.ANSWERED}
    assert list(scene.slack.complaints) == []


async def test_two_bots_are_replaced_and_no_command_is_lost(tmp_path: Path) -> None:
    book = numbers(300)
    async with open_scene(tmp_path, is_http=True, book=book) as scene, open_balancer(scene.clock) as (balancer, url):
        scene.slack.request_url = url

        async def start() -> Stop:
            stack = AsyncExitStack()
            running = running_bot(read(BotSettings, scene.environment), waits=AS_IT_IS, clock=scene.clock)
            bot = await stack.enter_async_context(running)
            assert bot.port
            balancer.add(bot.port)
            return stack.aclose

        await replace_each(scene, balancer, start, book)


@pytest.mark.nightly
@pytest.mark.real_time
@pytest.mark.timeout(300)
async def test_two_processes_are_replaced_and_no_command_is_lost(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int], database_url: str
) -> None:
    book, bots = numbers(900), list[BotProcess]()
    settings = {"DATABASE_URL": database_url, "LOG_LEVEL": "WARNING"}
    async with (
        open_scene(tmp_path, is_http=True, book=book, settings=settings) as scene,
        open_balancer(scene.clock) as (balancer, url),
    ):
        scene.slack.request_url = url

        async def start() -> Stop:
            port = unused_tcp_port_factory()
            bots.append(BotProcess(folder=tmp_path))
            await bots[-1].start_with({**scene.environment, "PORT": str(port)})
            balancer.add(port)
            return bots[-1].stop

        try:
            asked = await replace_each(scene, balancer, start, book)
            assert [await bot.wait() for bot in bots] == [0] * 4
        finally:
            for bot in bots:
                await bot.kill()
        waits = sorted(each.milliseconds for each in scene.slack.deliveries)
        sys.stdout.write(
            f"{len(asked)} commands; acknowledged after {waits[len(waits) // 2]:.0f} ms, {waits[-1]:.0f} at most\n"
        )

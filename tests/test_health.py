"""Readiness is remembered for a moment, however many ask, and false before the start is over and from the stop on."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import ClientSession, web

from bot.health import ANSWERING, REMEMBERED, Health, Part, routes
from bot.serving import HttpServer
from tests.clocks import SteppingClock

GOOD = Part("Slack", is_good=True, words="ok")
BAD = Part("Slack", is_good=False, words="0 of 2 connections open")


class Database:
    """Counts how often it is asked, and can be broken or hang."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_good = True
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.breaks: Exception | None = None

    async def look(self) -> Sequence[Part]:
        self.asked += 1
        await self.may_answer.wait()
        if self.breaks:
            raise self.breaks
        return [Part("database", is_good=self.is_good, words="ok" if self.is_good else "cannot be used")]


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def health(clock: SteppingClock) -> AsyncIterator[Health]:
    made = Health(clock)
    yield made
    await made.aclose()


@pytest.fixture
async def port(health: Health) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes(routes(health))
    server = HttpServer(app, access_log=None)
    await server.start("127.0.0.1", 0)
    yield server.address[1]
    await server.stop()


async def is_ready(health: Health) -> bool:
    return all(each.is_good for each in await health.parts())


async def test_it_is_not_ready_until_it_has_begun_and_from_its_end_on(health: Health, database: Database) -> None:
    assert [each.words for each in await health.parts()] == ["starting"]
    health.begin(database.look, lambda: GOOD)
    assert await is_ready(health)
    health.end()
    assert [each.words for each in await health.parts()] == ["stopping"]


async def test_however_many_ask_the_database_is_asked_once_a_second(
    health: Health, database: Database, clock: SteppingClock
) -> None:
    health.begin(database.look, lambda: GOOD)
    await asyncio.gather(*(health.parts() for _ in range(50)))
    clock.time += REMEMBERED / 2
    await health.parts()
    assert database.asked == 1
    clock.time += REMEMBERED
    await asyncio.gather(*(health.parts() for _ in range(50)))
    assert database.asked == 2


async def test_what_is_not_good_any_more_is_known_a_second_later(
    health: Health, database: Database, clock: SteppingClock
) -> None:
    health.begin(database.look, lambda: GOOD)
    assert await is_ready(health)
    database.is_good = False
    clock.time += REMEMBERED
    assert not await is_ready(health)


async def test_the_link_to_slack_is_looked_at_each_time(health: Health, database: Database) -> None:
    found = [GOOD, BAD, GOOD]
    health.begin(database.look, found.pop)
    assert [await is_ready(health) for _ in range(3)] == [True, False, True]


@pytest.mark.virtual_time
async def test_a_database_that_hangs_is_asked_once_and_said_to_be_silent(
    health: Health, database: Database, clock: SteppingClock
) -> None:
    database.may_answer.clear()
    health.begin(database.look, lambda: GOOD)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        clock.time += 10 * REMEMBERED
        assert (await health.parts())[0].words == "does not respond"
    assert asyncio.get_running_loop().time() - began == pytest.approx(3 * ANSWERING)
    assert database.asked == 1
    database.may_answer.set()
    await asyncio.sleep(0.1)
    assert await is_ready(health)


async def test_a_look_that_breaks_is_not_ready_and_the_next_one_is_another_chance(
    health: Health, database: Database, clock: SteppingClock
) -> None:
    health.begin(database.look, lambda: GOOD)
    database.breaks = ZeroDivisionError()
    assert (await health.parts())[0].words == "cannot be used"
    database.breaks = None
    clock.time += REMEMBERED
    assert await is_ready(health)


async def test_each_part_has_a_line(health: Health, database: Database, port: int) -> None:
    health.begin(database.look, lambda: BAD)
    async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
        assert (answer.status, await answer.text()) == (
            503,
            "not ready\ndatabase: ok\nSlack: 0 of 2 connections open\n",
        )


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("PUT", 405)])
async def test_only_reading_is_answered(port: int, method: str, status: int) -> None:
    async with ClientSession() as http, http.request(method, f"http://127.0.0.1:{port}/healthz") as answer:
        assert answer.status == status

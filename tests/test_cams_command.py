"""``phoneid cams``: what it is told about the network and the limit is what its clients meet."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cams.protocol import request_body
from bot.cams.signing import Acs3Auth, Credentials
from bot.cams.transport import Stopwatch, exchange, open_http
from bot.clock import SystemClock
from bot.models import PhoneNumber
from bot.sandbox.cams.latency import PROFILES
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.tickets import Call
from tests.shell import Shell

GOOD = request_body(PhoneNumber("8613800001234"), SecretStr("208312"))


@asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[str]:
    """``phoneid cams`` at a free port; gives its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "cams", "--port", "0", *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(20):
            first = await process.stdout.readline()
        yield first.decode().removeprefix("The simulated Alibaba Cloud API: ").strip()
    finally:
        process.terminate()
        await process.communicate()


async def ask(url: str, *, times: int) -> tuple[Sequence[int], float]:
    """The answers' statuses, and how many seconds all of it took."""
    credentials = Credentials(
        access_key_id=SANDBOX_ACCOUNT.access_key_id,
        access_key_secret=SANDBOX_ACCOUNT.access_key_secret,
        security_token=None,
    )
    clock = SystemClock()
    auth, watch = Acs3Auth(credentials=lambda: credentials, clock=clock), Stopwatch(clock, Call())
    async with open_http(url) as http:
        began = time.monotonic()
        statuses = [(await exchange(http, GOOD, auth=auth, stopwatch=watch)).status for _ in range(times)]
        return statuses, time.monotonic() - began


async def test_without_options_ten_calls_get_in_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as url:
        statuses, seconds = await ask(url, times=11)
    assert seconds < 1, "too slow a machine to say"
    assert statuses == [200] * 10 + [400]


async def test_limit_and_network_are_as_told(tmp_path: Path) -> None:
    options = ("--latency", "wide-area", "--qps", "1", "--count", "sliding")
    async with running(tmp_path, *options) as url:
        statuses, seconds = await ask(url, times=2)
    assert seconds >= 4 * PROFILES["wide-area"].floor
    assert statuses == [200, 400]


async def seconds_between_two_admitted(url: str) -> float:
    """Asks without a break, of a server that admits one call a second."""
    admitted: list[float] = []
    while len(admitted) < 2:
        statuses, _ = await ask(url, times=1)
        admitted += [time.monotonic()] * statuses.count(200)
    return admitted[1] - admitted[0]


async def test_it_counts_calendar_seconds_if_told_to(tmp_path: Path) -> None:
    # The first call comes at any time, the second is admitted when the calendar's second turns.
    for _ in range(4):  # one time in thirty the first one comes just after a turn, and shows nothing
        async with running(tmp_path, "--qps", "1", "--count", "fixed") as url, asyncio.timeout(10):
            if await seconds_between_two_admitted(url) < 0.97:
                return
    pytest.fail("no call got in before a whole second had passed")


async def test_it_counts_every_second_otherwise(tmp_path: Path) -> None:
    async with running(tmp_path, "--qps", "1") as url, asyncio.timeout(10):
        assert await seconds_between_two_admitted(url) > 0.97


@pytest.mark.parametrize("arguments", [("--latency", "none"), ("--qps", "0"), ("--count", "all")])
async def test_what_it_does_not_know_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = await Shell(tmp_path, {}).run("cams", *arguments)
    assert (ran.status, ran.out) == (2, "")

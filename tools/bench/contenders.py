"""Who competes: ways to keep to ten calls a second, each as its own documentation recommends.

All but the official SDK are a limiter in front of the same client: httpx, our signing, and our retry policy, which asks
again one to two seconds after a throttled answer. Packages are imported when they compete: the tests need none of them.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.clock import SystemClock
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.tickets import Call, Ticket
from tools.bench.ours import OURS, open_quota

PHONE, CODE = "8613800001234", "208312"
"""Always answered with an ID."""

AT_ONCE = 40
"""Calls under way where no limiter holds them back: as many as our client's pool has connections."""

PASSING = frozenset({Problem.THROTTLED, Problem.NO_ANSWER, Problem.SERVICE_TROUBLE})


class NotAnswered(Exception):
    """This call brought no answer, and may bring one later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What one process of a contender is given."""

    url: str
    shared: Path
    """A folder that all processes of the contender have in common."""
    database: str
    """The URL of one that they have in common, where the contender wants one."""
    qps: int
    processes: int
    index: int

    @property
    def own_qps(self) -> int:
        """This process's part of the limit, where it cannot be shared: 3, 3, 2 and 2 of ten."""
        return split(self.qps, [1] * self.processes)[self.index]


def split(whole: int, weights: list[int]) -> list[int]:
    """``whole`` in parts like ``weights``; what does not come out even goes to the first ones."""
    parts = [whole * weight // sum(weights) for weight in weights]
    return [part + (index < whole - sum(parts)) for index, part in enumerate(parts)]


Granted = Callable[[], Awaitable[None]]
"""To be called when a call may begin, before it does."""

Ask = Callable[[Ticket, Granted], Awaitable[None]]
"""One call, answered; raises ``NotAnswered``."""

Turns = Callable[[Ticket, Granted], Callable[[], AbstractAsyncContextManager[Call]]]
"""Makes the turns that the attempts of one call take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    open: Callable[[Seat], AbstractAsyncContextManager[Ask]]
    is_shared: bool = False
    """Whether several processes keep one limit together; if not, each gets its part, and as much of the work."""


@asynccontextmanager
async def _through_client(seat: Seat, turns: Turns) -> AsyncIterator[Ask]:
    credentials = Credentials(
        access_key_id=SANDBOX_ACCOUNT.access_key_id,
        access_key_secret=SANDBOX_ACCOUNT.access_key_secret,
        security_token=None,
    )
    async with open_http(seat.url) as http:
        client = CamsClient(http, credentials=lambda: credentials, clock=SystemClock())

        async def ask(ticket: Ticket, granted: Granted) -> None:
            turn = turns(ticket, granted)
            try:
                await client.get_phone_number_id(PhoneNumber(PHONE), SecretStr(CODE), turn=turn)
            except ApiError as error:
                if error.problem not in PASSING:
                    raise
                raise NotAnswered from error

        yield ask


def _first(acquire: Callable[[], Awaitable[object]]) -> Turns:
    """Turns that begin when ``acquire`` returns; whose they are does not matter to it."""

    def turns(_ticket: Ticket, granted: Granted) -> Callable[[], AbstractAsyncContextManager[Call]]:
        @asynccontextmanager
        async def turn() -> AsyncIterator[Call]:
            await acquire()
            await granted()
            yield Call()

        return turn

    return _pausing(turns)


def _pausing(turns: Turns) -> Turns:
    """The same turns, after a throttled call one to two seconds later.

    Our client leaves that pause to the quota, and a limiter knows nothing of answers.
    """

    def paused(ticket: Ticket, granted: Granted) -> Callable[[], AbstractAsyncContextManager[Call]]:
        turn, was_throttled = turns(ticket, granted), False

        @asynccontextmanager
        async def pause_and_turn() -> AsyncIterator[Call]:
            nonlocal was_throttled
            if was_throttled:
                await asyncio.sleep(1 + random.random())
            async with turn() as call:
                try:
                    yield call
                except ApiError as error:
                    was_throttled = error.problem is Problem.THROTTLED
                    raise

        return pause_and_turn

    return paused


@asynccontextmanager
async def _open_ours(seat: Seat) -> AsyncIterator[Ask]:
    async with open_quota(seat.database, seat.qps) as quota:

        def turns(ticket: Ticket, granted: Granted) -> Callable[[], AbstractAsyncContextManager[Call]]:
            @asynccontextmanager
            async def turn() -> AsyncIterator[Call]:
                async with quota.turn(ticket, before=_nothing) as call:
                    await granted()
                    yield call

            return turn

        async with _through_client(seat, turns) as ask:
            yield ask


async def _nothing() -> None:
    """What the bot records before a call is measured with the database."""


@asynccontextmanager
async def _open_pyrate_limiter(seat: Seat) -> AsyncIterator[Ask]:
    """Several processes of one machine: a SQLite file with a file lock, as its README says."""
    from pyrate_limiter import Duration, limiter_factory

    if seat.processes == 1:
        limiter = limiter_factory.create_inmemory_limiter(seat.qps, Duration.SECOND)
    else:
        path = str(seat.shared / "pyrate.db")
        limiter = limiter_factory.create_sqlite_limiter(seat.qps, Duration.SECOND, db_path=path, use_file_lock=True)
    with limiter:
        async with _through_client(seat, _first(limiter.try_acquire_async)) as ask:
            yield ask


@asynccontextmanager
async def _open_aiolimiter(seat: Seat) -> AsyncIterator[Ask]:
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(seat.own_qps, 1)
    async with _through_client(seat, _first(limiter.acquire)) as ask:
        yield ask


@asynccontextmanager
async def _open_limits(seat: Seat) -> AsyncIterator[Ask]:
    """It says whether a call is within the limit and when there is room again; to wait is left to its user.

    Processes share a limit through Redis, Memcached or MongoDB only, and here is none.
    """
    from limits import RateLimitItemPerSecond
    from limits.aio.storage import MemoryStorage
    from limits.aio.strategies import MovingWindowRateLimiter

    limiter, item = MovingWindowRateLimiter(MemoryStorage()), RateLimitItemPerSecond(seat.own_qps)
    line = asyncio.Lock()  # one asks at a time, so that hundreds do not wake for each free place

    async def acquire() -> None:
        async with line:
            while not await limiter.hit(item, "cams"):
                stats = await limiter.get_window_stats(item, "cams")
                await asyncio.sleep(max(0.001, stats.reset_time - time.time()))

    async with _through_client(seat, _first(acquire)) as ask:
        yield ask


@asynccontextmanager
async def _open_without_limiter(seat: Seat) -> AsyncIterator[Ask]:
    pool = asyncio.Semaphore(AT_ONCE)  # httpx can be asked for more; with hundreds it is busy with its own queue

    def turns(_ticket: Ticket, granted: Granted) -> Callable[[], AbstractAsyncContextManager[Call]]:
        @asynccontextmanager
        async def turn() -> AsyncIterator[Call]:
            async with pool:
                await granted()
                yield Call()

        return turn

    async with _through_client(seat, _pausing(turns)) as ask:
        yield ask


@asynccontextmanager
async def _open_sdk(seat: Seat) -> AsyncIterator[Ask]:
    """Its async client as it comes: no limiter, no retries of its own, a new connection for each call."""
    from alibabacloud_cams20200606.client import Client  # type: ignore[import-untyped] # the SDK ships no types
    from alibabacloud_cams20200606.models import GetPreValidatePhoneIdRequest  # type: ignore[import-untyped] # as above
    from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped] # as above
    from darabonba.exceptions import DaraException  # type: ignore[import-untyped] # as above

    client = Client(
        Config(
            access_key_id=SANDBOX_ACCOUNT.access_key_id,
            access_key_secret=SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
            protocol="http",
            endpoint=seat.url.removeprefix("http://"),
            no_proxy="127.0.0.1",
        )
    )

    request, pool = GetPreValidatePhoneIdRequest(phone_number=PHONE, verify_code=CODE), asyncio.Semaphore(AT_ONCE)

    async def ask(_ticket: Ticket, granted: Granted) -> None:
        async with pool:
            await granted()
            try:
                await client.get_pre_validate_phone_id_async(request)
            except DaraException as error:
                raise NotAnswered from error

    yield ask


CONTENDERS: Mapping[str, Contender] = {
    **dict.fromkeys(OURS, Contender(open=_open_ours, is_shared=True)),
    "pyrate-limiter": Contender(open=_open_pyrate_limiter, is_shared=True),
    "aiolimiter": Contender(open=_open_aiolimiter),
    "limits": Contender(open=_open_limits),
    "no limiter": Contender(open=_open_without_limiter),
    "official SDK": Contender(open=_open_sdk),
}
"""By name, ours first."""

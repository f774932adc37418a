"""Doubles for what the client is given: time, turns, credentials, and an API on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.tickets import Call
from tests.clocks import SteppingClock


class FakeTurns:
    """Turns that are free at once, and what passed through them."""

    def __init__(self, diary: list[str]) -> None:
        self.errors: list[BaseException] = []
        self.calls: list[Call] = []
        self._diary = diary

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Call]:
        self._diary.append("turn begins")
        call = Call()
        self.calls.append(call)
        try:
            yield call
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self._diary.append("turn ends")


@pytest.fixture
def diary() -> list[str]:
    """What happened, in order, as the doubles saw it."""
    return []


@pytest.fixture
def clock(diary: list[str]) -> SteppingClock:
    return SteppingClock(on_nap=lambda: diary.append("sleep"))


@pytest.fixture
def turns(diary: list[str]) -> FakeTurns:
    return FakeTurns(diary)


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(access_key_id=SANDBOX_ACCOUNT.access_key_id, access_key_secret=SANDBOX_ACCOUNT.access_key_secret)


@pytest.fixture
async def api(clock: SteppingClock) -> AsyncIterator[LocalCams]:
    """The local API on the test's clock, with room for any number of calls in a moment that does not pass."""
    server = LocalCams(clock=clock, qps=1000)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(api: LocalCams, clock: SteppingClock, credentials: Credentials) -> AsyncIterator[CamsClient]:
    """The real client against the local API; it waits for a silent one only as long as a test can."""
    async with open_http(api.url, read_seconds=0.2) as http:
        yield CamsClient(http, credentials=lambda: credentials, clock=clock, chance=lambda: 0.5)


@pytest.fixture
async def client_of(
    clock: SteppingClock, credentials: Credentials
) -> AsyncIterator[Callable[[httpx.AsyncBaseTransport], CamsClient]]:
    """Makes a client over a given transport."""
    opened: list[httpx.AsyncClient] = []

    def make(transport: httpx.AsyncBaseTransport) -> CamsClient:
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://cams.test"))
        return CamsClient(
            opened[-1], credentials=lambda: credentials, clock=clock, chance=lambda: 0.5, exchange_seconds=0.2
        )

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture
def code() -> SecretStr:
    return SecretStr("208312")

"""A role's credentials come from Alibaba Cloud's own package, are renewed in time, and are told to nobody."""

import asyncio
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.credentials import RENEWED_EVERY, SOUGHT_EVERY, RoleCredentials, open_role
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.clock import SystemClock
from bot.errors import ApiError, CredentialsUnavailable, SettingsError
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.server import LocalCams
from bot.sandbox.cams.verification import Account
from bot.texts.problems import Side
from tests.cams.conftest import FakeTurns
from tests.clocks import SteppingClock
from tests.english import PROBLEMS

PHONE = PhoneNumber("8613800001234")
SECRET, TOKEN = "secret-of-the-stand-in", "token-of-the-stand-in"


class CredentialsServer:
    """Stands in for what gives a container its role's credentials: each time another key, with so much time left."""

    def __init__(self) -> None:
        self.asked = 0
        self.third, self.fifth = asyncio.Event(), asyncio.Event()
        self.lasts = timedelta(hours=1)
        self.status = 200
        self.fails: float = math.inf
        """So many answers have the status; then they are good."""
        self.key: Callable[[int], tuple[str, str]] = lambda asked: (f"STS.key{asked}", SECRET)

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.asked == 3:
            self.third.set()
        if self.asked == 5:
            self.fifth.set()
        key_id, secret = self.key(self.asked)
        given = {
            "Code": "Success",
            "AccessKeyId": key_id,
            "AccessKeySecret": secret,
            "SecurityToken": TOKEN,
            "Expiration": (datetime.now(UTC) + self.lasts).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return web.json_response(given, status=self.status if self.asked <= self.fails else 200)


@pytest.fixture
def server() -> CredentialsServer:
    return CredentialsServer()


@pytest.fixture
async def role(server: CredentialsServer) -> AsyncIterator[dict[str, str]]:
    app = web.Application()
    app.add_routes([web.get("/credentials", server.answer)])
    async with TestServer(app, host="127.0.0.1") as running:
        yield {"type": "credentials_uri", "credentials_uri": str(running.make_url("/credentials"))}


async def test_they_are_fetched_and_not_again_while_there_is_time(
    server: CredentialsServer, role: dict[str, str]
) -> None:
    credentials = RoleCredentials(role)
    for _ in range(3):
        await credentials.renew()
    assert credentials.current() == Credentials(
        access_key_id="STS.key1", access_key_secret=SecretStr(SECRET), security_token=SecretStr(TOKEN)
    )
    assert server.asked == 1


async def test_those_that_run_out_soon_are_replaced(server: CredentialsServer, role: dict[str, str]) -> None:
    server.lasts = timedelta(minutes=14)
    credentials = RoleCredentials(role)
    await credentials.renew()
    await credentials.renew()
    assert credentials.current().access_key_id == "STS.key2"


async def test_where_none_come_the_old_ones_stay_and_no_answer_is_quoted(
    server: CredentialsServer, role: dict[str, str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    server.lasts = timedelta(minutes=14)
    credentials = RoleCredentials(role)
    await credentials.renew()
    server.status = 500
    with caplog.at_level(logging.DEBUG), pytest.raises(CredentialsUnavailable) as raised:
        await credentials.renew()
    assert credentials.current().access_key_id == "STS.key1"
    told = f"{raised.value} {capfd.readouterr()} {caplog.text}"
    assert SECRET not in told
    assert TOKEN not in told


@pytest.mark.parametrize("status", [403, 404])
async def test_where_they_are_refused_the_start_stops(
    server: CredentialsServer, role: dict[str, str], status: int
) -> None:
    server.status = status
    with pytest.raises(SettingsError, match=rf"could not get credentials for the role: .*refused \(HTTP {status}\)"):
        async with open_role(role, SteppingClock()):
            pytest.fail("it opened")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_away_is_asked_again_and_calls_say_so_until_it_answers(
    server: CredentialsServer, role: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.status, server.fails, server.lasts = status, 2, timedelta(minutes=14)
    clock = SteppingClock()
    async with open_role(role, clock) as current:
        with pytest.raises(ApiError) as none_yet:
            current()
        assert none_yet.value.result.problem is Problem.NO_CREDENTIALS
        assert none_yet.value.cause == f"the credentials service answered HTTP {status}"
        await server.fifth.wait()
        assert current().access_key_id.startswith("STS.key")
    assert set(clock.naps) == {SOUGHT_EVERY, RENEWED_EVERY}
    told = [each for each in caplog.records if each.name == "bot.cams.credentials"]
    assert {(each.levelname, each.message) for each in told} == {("WARNING", "no role credentials")}


async def test_a_service_that_nobody_reaches_does_not_stop_the_start(unused_tcp_port: int) -> None:
    role = {"type": "credentials_uri", "credentials_uri": f"http://127.0.0.1:{unused_tcp_port}/credentials"}
    async with open_role(role, SystemClock()) as current:
        with pytest.raises(ApiError) as none_yet:
            current()
    assert none_yet.value.cause == "the credentials service cannot be reached"


async def test_a_call_before_there_are_any_ends_in_words_for_the_administrator_and_nothing_is_sent(
    server: CredentialsServer, role: dict[str, str], turns: FakeTurns, clock: SteppingClock
) -> None:
    server.status = 503
    api = LocalCams(clock=clock)
    await api.start()
    try:
        async with open_http(api.url) as http, open_role(role, SystemClock()) as current:
            client = CamsClient(http, credentials=current, clock=clock)
            with pytest.raises(ApiError) as none_yet:
                await client.get_phone_number_id(PHONE, SecretStr("208312"), turn=turns.turn)
        assert none_yet.value.result.problem is Problem.NO_CREDENTIALS
        assert PROBLEMS[Problem.NO_CREDENTIALS].turn is Side.ADMIN
        assert api.calls == []
    finally:
        await api.stop()


OIDC = {
    "type": "oidc_role_arn",
    "role_arn": "acs:ram::1:role/phoneid",
    "oidc_provider_arn": "acs:ram::1:oidc-provider/ack",
    "oidc_token_file_path": "/nowhere/token",
    "role_session_name": "phoneid",
}


@pytest.mark.parametrize(
    ("other", "said"),
    [(OIDC, "Check ALIBABA_CLOUD_OIDC_TOKEN_FILE"), ({"type": "nothing"}, "cannot use the settings")],
    ids=["no file", "no such role"],
)
async def test_settings_that_the_package_cannot_use_stop_the_start(other: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        async with open_role(other, SteppingClock()):
            pytest.fail("it opened")


async def test_a_missing_package_stops_the_start(role: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials.client", None)
    with pytest.raises(SettingsError, match=r"pip install '\.\[alibaba\]'"):
        async with open_role(role, SteppingClock()):
            pytest.fail("it opened")


async def test_calls_go_on_with_the_new_ones_without_a_new_start(
    server: CredentialsServer, role: dict[str, str], turns: FakeTurns, clock: SteppingClock
) -> None:
    """The first key is one that the API does not know."""
    server.lasts = timedelta(minutes=14)
    server.key = lambda asked: (f"STS.key{asked}", SECRET)
    account = Account(access_key_id="STS.key2", access_key_secret=SecretStr(SECRET), security_token=SecretStr(TOKEN))
    api = LocalCams(accounts=[account], clock=clock)
    await api.start()
    try:
        async with open_http(api.url) as http:
            credentials = RoleCredentials(role)
            client = CamsClient(http, credentials=credentials.current, clock=clock)
            await credentials.renew()
            with pytest.raises(ApiError) as refused:
                await client.get_phone_number_id(PHONE, SecretStr("208312"), turn=turns.turn)
            assert refused.value.result.problem is Problem.BAD_CREDENTIALS
            await credentials.renew()
            answered = await client.get_phone_number_id(PHONE, SecretStr("208312"), turn=turns.turn)
            assert answered.phone_number_id
    finally:
        await api.stop()


async def test_they_are_renewed_while_the_bot_runs(server: CredentialsServer, role: dict[str, str]) -> None:
    server.lasts = timedelta(minutes=14)
    clock = SteppingClock()
    async with open_role(role, clock) as current:
        await server.third.wait()
        assert current().access_key_id.startswith("STS.key")
    assert set(clock.naps) == {RENEWED_EVERY}

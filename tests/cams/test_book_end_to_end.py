"""Every number of the book, through the real client, over a real socket."""

from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.cams.transport import open_http
from bot.clock import SystemClock
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.cams.verification import Account
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.cams.conftest import FakeTurns

CODES = {entry.digits: entry.code for entry in BOOK}

ANSWERS = [  # number, ID, calls it takes
    ("8613800001234", "920155500012345", 1),
    ("12025550101", "pvn-7Q3xK9_demo", 1),
    ("12025550105", "920155500010500", 2),
    ("12025550108", "920155500010800", 1),
    ("12025550116", "920155500011600", 2),
]

REFUSALS = [  # number, problem, code, HTTP status, calls it takes
    ("12025550102", Problem.NOT_SUBSCRIBED, "Product.Unsubscript", 400, 1),
    ("12025550103", Problem.NOT_AUTHORIZED, "Ram.PermissionDeny", 400, 1),
    ("12025550104", Problem.THROTTLED, "System.LimitControl", 400, 3),
    ("12025550106", Problem.NOT_YOURS, "Unknown.ResourceOwnerId", 400, 1),
    ("12025550107", Problem.BAD_NUMBER, "InvalidParameter.PhoneNumberError", 400, 1),
    ("12025550109", Problem.NO_ANSWER, None, None, 3),
    ("12025550110", Problem.SERVICE_TROUBLE, None, 502, 3),
    ("12025550111", Problem.SERVICE_TROUBLE, None, 500, 3),
    ("12025550112", Problem.NO_ANSWER, None, None, 3),
    ("12025550113", Problem.NOT_YOURS, "Unknown.ResourceOwnerId", 200, 1),
    ("12025550114", Problem.NO_ID, "OK", 200, 1),
    ("12025550115", Problem.UNKNOWN_CODE, None, 400, 1),
]


def test_these_tables_hold_the_whole_book() -> None:
    assert {row[0] for row in ANSWERS} | {row[0] for row in REFUSALS} == set(CODES)
    assert len(CODES) == len(BOOK)


@pytest.mark.parametrize(("digits", "phone_number_id", "calls"), ANSWERS)
async def test_a_number_with_an_id_gets_it(
    *, digits: str, phone_number_id: str, calls: int, client: CamsClient, api: LocalCams, turns: "FakeTurns"
) -> None:
    code = SecretStr(CODES[digits])
    answer = await client.get_phone_number_id(PhoneNumber(digits), code, turn=turns.turn)
    assert (answer.phone_number_id, answer.http_status) == (phone_number_id, 200)
    assert [call.phone for call in api.calls] == [digits] * calls


@pytest.mark.parametrize(("digits", "problem", "api_code", "http_status", "calls"), REFUSALS)
async def test_a_number_without_one_gets_its_reason(
    *,
    digits: str,
    problem: Problem,
    api_code: str | None,
    http_status: int | None,
    calls: int,
    client: CamsClient,
    api: LocalCams,
    turns: "FakeTurns",
) -> None:
    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PhoneNumber(digits), SecretStr(CODES[digits]), turn=turns.turn)
    error = caught.value
    assert (error.problem, error.code, error.http_status) == (problem, api_code, http_status)
    assert len(api.calls) == calls


@pytest.mark.parametrize(
    ("digits", "code", "problem"),
    [
        ("8613800001234", "208313", Problem.UNKNOWN_CODE),
        ("12025550101", "4217", Problem.UNKNOWN_CODE),  # its zeros are part of it
        ("12025550199", "208312", Problem.NOT_YOURS),  # a number like any other, but not in the book
        ("12025", "208312", Problem.BAD_NUMBER),
    ],
)
async def test_a_wrong_pair_is_refused_and_not_asked_again(
    *, digits: str, code: str, problem: Problem, client: CamsClient, api: LocalCams, turns: "FakeTurns"
) -> None:
    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PhoneNumber(digits), SecretStr(code), turn=turns.turn)
    assert (caught.value.problem, len(api.calls)) == (problem, 1)


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        (ApiTrouble.DOWN, Problem.NO_ANSWER),
        (ApiTrouble.THROTTLED, Problem.THROTTLED),
        (ApiTrouble.HANG, Problem.NO_ANSWER),
        (ApiTrouble.ARREARS, Problem.ACCOUNT_BLOCKED),
        (ApiTrouble.FAILING, Problem.SERVICE_TROUBLE),
        (ApiTrouble.CLOCK, Problem.CLOCK_OFF),
    ],
)
async def test_a_trouble_overrules_the_book(
    *, trouble: ApiTrouble, problem: Problem, client: CamsClient, api: LocalCams, turns: "FakeTurns", code: SecretStr
) -> None:
    api.trouble = trouble
    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PhoneNumber("8613800001234"), code, turn=turns.turn)
    assert caught.value.problem is problem
    api.trouble = ApiTrouble.NONE
    await client.get_phone_number_id(PhoneNumber("8613800001234"), code, turn=turns.turn)


async def test_a_reset_is_seen_as_one(client: CamsClient, turns: "FakeTurns") -> None:
    with pytest.raises(ApiError) as caught:
        await client.get_phone_number_id(PhoneNumber("12025550112"), SecretStr("394462"), turn=turns.turn)
    assert isinstance(caught.value.__cause__, httpx.ReadError)
    causes: list[BaseException] = [caught.value]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    assert isinstance(causes[-1], ConnectionResetError)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Credentials(access_key_id="nobody", access_key_secret=SecretStr("x")), Problem.BAD_CREDENTIALS),
        (
            Credentials(access_key_id=SANDBOX_ACCOUNT.access_key_id, access_key_secret=SecretStr("wrong")),
            Problem.BAD_CREDENTIALS,
        ),
        (Credentials(access_key_id="temporary", access_key_secret=SecretStr("secret")), Problem.BAD_CREDENTIALS),
        (
            Credentials(
                access_key_id="temporary", access_key_secret=SecretStr("secret"), security_token=SecretStr("old")
            ),
            Problem.TOKEN_EXPIRED,
        ),
    ],
)
async def test_wrong_credentials_are_refused(
    given: Credentials, problem: Problem, clock: SteppingClock, turns: "FakeTurns", code: SecretStr
) -> None:
    with pytest.raises(ApiError) as caught:
        await ask_with(given, clock, turns, code)
    assert caught.value.problem is problem


async def test_temporary_credentials_are_accepted(clock: SteppingClock, turns: "FakeTurns", code: SecretStr) -> None:
    given = Credentials(
        access_key_id="temporary", access_key_secret=SecretStr("secret"), security_token=SecretStr("current")
    )
    await ask_with(given, clock, turns, code)


async def ask_with(given: Credentials, clock: SteppingClock, turns: "FakeTurns", code: SecretStr) -> None:
    temporary = Account(
        access_key_id="temporary", access_key_secret=SecretStr("secret"), security_token=SecretStr("current")
    )
    api = LocalCams(accounts=[SANDBOX_ACCOUNT, temporary], clock=clock)
    await api.start()
    try:
        async with open_http(api.url) as http:
            client = CamsClient(http, credentials=lambda: given, clock=clock)
            await client.get_phone_number_id(PhoneNumber("8613800001234"), code, turn=turns.turn)
    finally:
        await api.stop()


async def test_a_clock_that_is_off_is_told_from_bad_credentials(
    api: LocalCams, credentials: Credentials, turns: "FakeTurns", code: SecretStr
) -> None:
    async with open_http(api.url) as http:  # the API's clock is years ahead of the machine's or behind it
        client = CamsClient(http, credentials=lambda: credentials, clock=SystemClock())
        with pytest.raises(ApiError) as caught:
            await client.get_phone_number_id(PhoneNumber("8613800001234"), code, turn=turns.turn)
    assert caught.value.problem is Problem.CLOCK_OFF

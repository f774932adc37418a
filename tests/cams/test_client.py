"""One lookup's calls: turns, signatures, retries, logs."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.client import CamsClient
from bot.cams.signing import Credentials
from bot.errors import ApiError
from bot.interfaces import PhoneIdApi
from bot.models import PhoneNumber, Problem, Result
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.cams.conftest import FakeTurns

PHONE = PhoneNumber("8613800001234")
R0, R1 = "90E63D28-E31D-1EB2-8939-A94866410000", "90E63D28-E31D-1EB2-8939-A94866410001"
OK = {"RequestId": R1, "Code": "OK", "Message": "None", "Data": {"PhoneNumberId": "920155500012345"}}

MakeClient = Callable[[httpx.AsyncBaseTransport], CamsClient]


class Script(httpx.AsyncBaseTransport):
    """Answers with one response after another and keeps what it was sent."""

    def __init__(self, *responses: httpx.Response, diary: list[str] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._responses = list(responses)
        self._diary = [] if diary is None else diary

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._diary.append("request")
        self.requests.append(request)
        return self._responses.pop(0)


def response(status: int, fields: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    # As a stream: httpx takes a response made of ``content`` for one that was read already.
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(fields).encode()), headers=headers)


def refusal(code: str, **headers: str) -> httpx.Response:
    return response(400, {"RequestId": R0, "Code": code, "Message": "No."}, headers)


def ok() -> httpx.Response:
    return response(200, OK, {})


def test_it_is_the_api_the_use_cases_want(client_of: MakeClient) -> None:
    api: PhoneIdApi = client_of(Script())
    assert api is not None


async def test_the_request_is_the_documented_one(client_of: MakeClient, turns: "FakeTurns", code: SecretStr) -> None:
    script = Script(ok())
    answer = await client_of(script).get_phone_number_id(PHONE, code, turn=turns.turn)

    assert answer == Result(phone_number_id="920155500012345", api_code="OK", request_id=R1, http_status=200)
    (request,) = script.requests
    assert (request.method, str(request.url)) == ("POST", "http://cams.test/")
    assert request.content == b"PhoneNumber=8613800001234&VerifyCode=208312"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-acs-action"] == "GetPreValidatePhoneId"
    assert request.headers["x-acs-version"] == "2020-06-06"
    assert request.headers["x-acs-date"] == "2027-01-15T08:00:00Z"


async def test_each_attempt_is_signed_in_its_own_turn_and_waits_outside_of_it(
    diary: list[str], clock: SteppingClock, credentials: Credentials, turns: "FakeTurns", code: SecretStr
) -> None:
    def nonce() -> str:
        diary.append("sign")
        return f"nonce-{len(diary)}"

    script = Script(refusal("ServiceUnavailable"), refusal("InternalError"), ok(), diary=diary)
    async with httpx.AsyncClient(transport=script, base_url="http://cams.test") as http:
        client = CamsClient(http, credentials=lambda: credentials, clock=clock, chance=lambda: 0.5, nonce=nonce)
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)

    attempt = ["turn begins", "sign", "request", "turn ends"]
    assert diary == [*attempt, "sleep", *attempt, "sleep", *attempt]
    assert clock.naps == [0.5, 1.0]
    dates = [request.headers["x-acs-date"] for request in script.requests]
    assert dates == ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z", "2027-01-15T08:00:01Z"]
    assert len({request.headers["x-acs-signature-nonce"] for request in script.requests}) == 3
    assert len({request.headers["authorization"] for request in script.requests}) == 3


async def test_the_quota_sees_the_throttled_call(client_of: MakeClient, turns: "FakeTurns", code: SecretStr) -> None:
    client = client_of(Script(refusal("System.LimitControl"), ok()))
    await client.get_phone_number_id(PHONE, code, turn=turns.turn)
    (error,) = turns.errors
    assert isinstance(error, ApiError)
    assert error.problem is Problem.THROTTLED


async def test_a_hint_to_wait_is_followed(
    client_of: MakeClient, clock: SteppingClock, turns: "FakeTurns", code: SecretStr
) -> None:
    busy = refusal("ServiceUnavailable", **{"x-acs-retry-after": "4000"})
    await client_of(Script(busy, ok())).get_phone_number_id(PHONE, code, turn=turns.turn)
    assert clock.naps == [4.0]


@pytest.mark.parametrize(
    ("api_code", "attempts"),
    [
        ("Throttling.User", 3),
        ("InternalError", 3),
        ("SignatureNonceUsed", 2),
        ("InvalidSecurityToken.Expired", 2),
        ("Unknown.ResourceOwnerId", 1),
        ("VerifyCode.Incorrect", 1),
    ],
)
async def test_the_last_attempts_error_is_raised(
    api_code: str, attempts: int, client_of: MakeClient, turns: "FakeTurns", code: SecretStr
) -> None:
    script = Script(*[refusal(api_code) for _ in range(5)])
    with pytest.raises(ApiError) as caught:
        await client_of(script).get_phone_number_id(PHONE, code, turn=turns.turn)
    assert (caught.value, len(script.requests)) == (turns.errors[-1], attempts)


async def test_after_an_expired_token_the_source_is_asked_for_a_new_one(
    clock: SteppingClock, turns: "FakeTurns", code: SecretStr
) -> None:
    tokens = iter(["old", "new"])

    def credentials() -> Credentials:
        return Credentials(
            access_key_id="key", access_key_secret=SecretStr("secret"), security_token=SecretStr(next(tokens))
        )

    script = Script(refusal("InvalidSecurityToken.Expired"), ok())
    async with httpx.AsyncClient(transport=script, base_url="http://cams.test") as http:
        client = CamsClient(http, credentials=credentials, clock=clock)
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)
    assert [request.headers["x-acs-security-token"] for request in script.requests] == ["old", "new"]


async def test_a_cancelled_lookup_ends_at_once_and_gives_its_turn_back(
    client_of: MakeClient, diary: list[str], turns: "FakeTurns", code: SecretStr
) -> None:
    is_sent = asyncio.Event()

    async def hang(_request: httpx.Request) -> httpx.Response:
        is_sent.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing ends this wait")

    client = client_of(httpx.MockTransport(hang))
    task = asyncio.create_task(client.get_phone_number_id(PHONE, code, turn=turns.turn))
    await asyncio.wait_for(is_sent.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert diary == ["turn begins", "turn ends"]


class TestLogs:
    def facts(self, caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, Any]]]:
        return [(record.getMessage(), vars(record)["facts"]) for record in caplog.records if record.name == "bot.cams"]

    async def test_each_attempt_is_one_event_with_its_facts(
        self, client_of: MakeClient, turns: "FakeTurns", code: SecretStr, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        client = client_of(Script(refusal("Throttling.User"), ok()))
        await client.get_phone_number_id(PHONE, code, turn=turns.turn)

        assert self.facts(caplog) == [
            (
                "call returned no ID",
                {
                    "attempt": 1,
                    "problem": "throttled",
                    "api_code": "Throttling.User",
                    "request_id": R0,
                    "http_status": 400,
                    "milliseconds": 0,
                },
            ),
            (
                "call answered",
                {"attempt": 2, "api_code": "OK", "request_id": R1, "http_status": 200, "milliseconds": 0},
            ),
        ]

    async def test_the_last_event_says_why_nobody_asks_again(
        self, client_of: MakeClient, turns: "FakeTurns", code: SecretStr, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(ApiError):
            await client_of(Script(refusal("NoPermission"))).get_phone_number_id(PHONE, code, turn=turns.turn)
        assert self.facts(caplog)[-1] == ("no more retries", {"attempt": 1, "reason": "asking again is of no use"})

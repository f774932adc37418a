"""The local API on its socket: shapes, order of checks, troubles, and an end that is quick."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.sandbox.cams.server import BROKEN, LocalCams
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.cams.window import Counting
from bot.sandbox.inspector import Inspector, Wire
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.sandbox.cams.conftest import Signer

Start = Callable[..., Awaitable[LocalCams]]


class LateClock(SteppingClock):
    """The machine was started in the middle of a second."""

    def monotonic(self) -> float:
        return self.time - 0.5


async def post(api: LocalCams, signer: "Signer", **changes: Any) -> httpx.Response:
    """A signed request, as the SDK's signer made it."""
    sent = signer.sign(host=api.url.removeprefix("http://"), **changes)
    url = f"{api.url}{sent.path}" + (f"?{sent.query}" if sent.query else "")
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        return await http.request(sent.method, url, headers=list(sent.headers), content=sent.body)


def form(phone: str, code: str) -> bytes:
    return f"PhoneNumber={phone}&VerifyCode={code}".encode()


class TestShapes:
    async def test_a_success_is_as_documented(self, start: Start, signer: "Signer") -> None:
        answer = await post(await start(), signer)
        fields = answer.json()
        request_id = fields.pop("RequestId")
        assert answer.status_code == 200
        assert request_id == str(uuid.UUID(request_id)).upper()
        assert fields == {
            "Code": "OK",
            "Message": "None",
            "Data": {"PhoneNumberId": "920155500012345", "PhoneNumber": "8613800001234"},
        }

    @pytest.mark.parametrize(
        ("phone", "api_code", "code"),
        [
            ("12025550102", "Product.Unsubscript", "310294"),
            ("12025550103", "Ram.PermissionDeny", "771530"),
            ("12025550104", "System.LimitControl", "642088"),
            ("12025550106", "Unknown.ResourceOwnerId", "556012"),
        ],
    )
    async def test_the_four_documented_errors_are_http_400(
        self, *, phone: str, api_code: str, code: str, start: Start, signer: "Signer"
    ) -> None:
        answer = await post(await start(), signer, body=form(phone, code))
        fields = answer.json()
        assert (answer.status_code, fields["Code"]) == (400, api_code)
        assert fields.keys() >= {"RequestId", "HostId", "Code", "Message", "Recommend"}
        assert ("AccessDeniedDetail" in fields) == (api_code == "Ram.PermissionDeny")

    async def test_an_ok_without_an_id_has_data_all_the_same(self, start: Start, signer: "Signer") -> None:
        answer = await post(await start(), signer, body=form("12025550114", "158840"))
        assert answer.json()["Data"] == {"PhoneNumber": "12025550114"}

    async def test_a_proxys_page_is_no_json(self, start: Start, signer: "Signer") -> None:
        answer = await post(await start(), signer, body=form("12025550110", "869031"))
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
        assert "<html>" in answer.text


class TestParameters:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "MissingPhoneNumber"),
            (b"VerifyCode=208312", "MissingPhoneNumber"),
            (b"PhoneNumber=&VerifyCode=208312", "MissingPhoneNumber"),
            (b"PhoneNumber=8613800001234", "MissingVerifyCode"),
            (form("%2B8613800001234", "208312"), "InvalidParameter.PhoneNumberError"),
            (form("12", "208312"), "InvalidParameter.PhoneNumberError"),
            (form("12025550199", "208312"), "Unknown.ResourceOwnerId"),
            (form("8613800001234", "208313"), "VerifyCode.Incorrect"),
            (b"\xff=\xfe", "MissingPhoneNumber"),
        ],
    )
    async def test_they_are_checked_one_after_another(
        self, body: bytes, code: str, start: Start, signer: "Signer"
    ) -> None:
        answer = await post(await start(), signer, body=body)
        assert (answer.status_code, answer.json()["Code"]) == (400, code)

    async def test_in_the_query_string_they_are_not_there(self, start: Start, signer: "Signer") -> None:
        query = {"PhoneNumber": "8613800001234", "VerifyCode": "208312"}
        answer = await post(await start(), signer, body=b"", query=query)
        assert answer.json()["Code"] == "MissingPhoneNumber"

    async def test_a_reply_that_comes_in_turn_begins_again_after_the_last(self, start: Start, signer: "Signer") -> None:
        api = await start()
        for _ in range(4):
            await post(api, signer, body=form("12025550116", "991204"))
        assert [call.api_code for call in api.calls] == ["InternalError", "OK"] * 2

    async def test_a_throttled_entry_says_when_to_come_back(self, start: Start, signer: "Signer") -> None:
        answer = await post(await start(), signer, body=form("12025550105", "918273"))
        assert answer.headers["x-acs-retry-after"] == "1500"


class TestOrder:
    async def test_what_is_not_signed_never_reaches_the_book(self, start: Start) -> None:
        api = await start()
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(api.url, data={"PhoneNumber": "8613800001234", "VerifyCode": "208312"})
        assert (answer.status_code, answer.json()["Code"]) == (400, "IncompleteSignature")

    async def test_the_eleventh_call_in_a_second_is_throttled(
        self, start: Start, signer: "Signer", clock: SteppingClock
    ) -> None:
        api = await start()
        for _ in range(11):
            await post(api, signer)
        assert [call.api_code for call in api.calls] == ["OK"] * 10 + ["Throttling.User"]
        clock.time += 1
        assert (await post(api, signer)).status_code == 200

    async def test_a_call_that_is_not_signed_does_not_use_up_the_limit(self, start: Start, signer: "Signer") -> None:
        api = await start(qps=1)
        await post(api, signer, changed={"x-acs-version": "2000-01-01"})
        assert (await post(api, signer)).status_code == 200

    async def test_it_counts_calendar_seconds_where_it_is_told_to(self, start: Start, signer: "Signer") -> None:
        clock = LateClock()
        api = await start(qps=1, counting=Counting.FIXED, clock=clock)
        clock.time += 0.9
        for later in (0.0, 0.1, 0.8):  # at .9, at the full second, and at .8 of that
            clock.time += later
            await post(api, signer)
        assert [call.api_code for call in api.calls] == ["OK", "OK", "Throttling.User"]

    async def test_a_call_counts_when_it_arrives_not_when_it_was_sent(
        self, start: Start, signer: "Signer", clock: SteppingClock
    ) -> None:
        ways = iter([0.9, 0.0])
        api = await start(qps=1, latency_there=lambda: next(ways))
        await post(api, signer)  # sent a second before the next, and there a tenth of one
        clock.time += 0.1
        assert (await post(api, signer)).json()["Code"] == "Throttling.User"

    async def test_flow_control_comes_before_the_parameters(self, start: Start, signer: "Signer") -> None:
        api = await start(qps=1)
        answers = [await post(api, signer, body=b"") for _ in range(2)]
        assert [answer.json()["Code"] for answer in answers] == ["MissingPhoneNumber", "Throttling.User"]


class TestTroubles:
    async def test_slow_takes_three_seconds_and_answers(
        self, start: Start, signer: "Signer", clock: SteppingClock
    ) -> None:
        api = await start()
        api.trouble = ApiTrouble.SLOW
        assert (await post(api, signer)).status_code == 200
        assert clock.naps == [3.0]

    async def test_throttled_throttles_each_call(self, start: Start, signer: "Signer") -> None:
        api = await start()
        api.trouble = ApiTrouble.THROTTLED
        assert (await post(api, signer)).json()["Code"] == "System.LimitControl"

    async def test_down_closes_without_a_word(self, start: Start, signer: "Signer") -> None:
        api = await start()
        api.trouble = ApiTrouble.DOWN
        with pytest.raises(httpx.RemoteProtocolError):
            await post(api, signer)
        assert [call.api_code for call in api.calls] == [None]

    async def test_a_reset_is_a_real_one(self, start: Start, signer: "Signer") -> None:
        api = await start()
        with pytest.raises(httpx.ReadError):
            await post(api, signer, body=form("12025550112", "394462"))

    def test_each_trouble_has_a_label_of_its_own(self) -> None:
        assert len({trouble.label for trouble in ApiTrouble}) == len(ApiTrouble)

    async def test_hanging_requests_end_with_the_server(self, start: Start, signer: "Signer") -> None:
        is_seen = asyncio.Event()

        def note() -> float:
            is_seen.set()
            return 0.0

        api = await start(latency_there=note)
        api.trouble = ApiTrouble.HANG
        hanging = asyncio.create_task(post(api, signer))
        await asyncio.wait_for(is_seen.wait(), 5)
        assert not hanging.done()
        await asyncio.wait_for(api.stop(), 2)
        with pytest.raises(httpx.RemoteProtocolError):
            await asyncio.wait_for(hanging, 2)


class TestLife:
    async def test_it_listens_on_the_loopback_only(self, start: Start) -> None:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", (await start()).url)

    async def test_before_its_start_it_is_nowhere(self) -> None:
        with pytest.raises(RuntimeError):
            _ = LocalCams().url

    async def test_it_can_be_stopped_twice_and_started_again(self, start: Start, signer: "Signer") -> None:
        api = await start()
        await api.stop()
        await api.stop()
        await api.start()
        assert (await post(api, signer)).status_code == 200

    async def test_latency_is_spent_each_way_and_the_call_arrives_between(
        self, start: Start, signer: "Signer", clock: SteppingClock
    ) -> None:
        api = await start(latency_there=lambda: 0.25, latency_back=lambda: 0.5)
        began = clock.time
        await post(api, signer)
        assert clock.naps == [0.25, 0.5]
        assert [call.arrived_at - began for call in api.calls] == [0.25]

    async def test_what_breaks_in_the_sandbox_does_not_look_like_an_answer(
        self, start: Start, signer: "Signer", caplog: pytest.LogCaptureFixture
    ) -> None:
        def break_down() -> float:
            raise ZeroDivisionError

        answer = await post(await start(latency_there=break_down), signer)
        assert (answer.status_code, answer.headers["x-sandbox-broken"]) == (500, "yes")
        assert answer.text.startswith(BROKEN)
        assert "ZeroDivisionError" in caplog.text


class TestInspector:
    async def test_a_request_and_its_answer_are_kept_as_they_were(self, start: Start, signer: "Signer") -> None:
        inspector = Inspector()
        answer = await post(await start(inspector=inspector), signer)
        (exchange,) = inspector.entries()
        assert (exchange.wire, exchange.status) == (Wire.BOT_TO_API, 200)
        assert exchange.response == answer.json()
        assert exchange.request["parameters"] == {"PhoneNumber": "8613800001234", "VerifyCode": "208312"}
        assert exchange.request["headers"]["x-acs-action"] == "GetPreValidatePhoneId"
        assert (exchange.request["method"], exchange.request["path"]) == ("POST", "/")

    async def test_a_request_without_an_answer_is_kept_too(self, start: Start, signer: "Signer") -> None:
        inspector = Inspector()
        with pytest.raises(httpx.ReadError):
            await post(await start(inspector=inspector), signer, body=form("12025550112", "394462"))
        (exchange,) = inspector.entries()
        assert (exchange.status, exchange.response) == (None, None)

    async def test_a_request_whose_caller_gave_up_is_kept_at_once(self, start: Start, signer: "Signer") -> None:
        is_seen, is_kept = asyncio.Event(), asyncio.Event()

        def note() -> float:
            is_seen.set()
            return 0.0

        inspector = Inspector()
        inspector.listen(is_kept.set)
        api = await start(inspector=inspector, latency_there=note)
        api.trouble = ApiTrouble.HANG
        caller = asyncio.create_task(post(api, signer))
        await asyncio.wait_for(is_seen.wait(), 5)
        caller.cancel()
        await asyncio.wait_for(is_kept.wait(), 5)
        assert [exchange.status for exchange in inspector.entries()] == [None]


class TestAccount:
    @pytest.mark.parametrize(
        ("trouble", "code"),
        [
            (ApiTrouble.FORBIDDEN, "Forbidden.RAM"),
            (ApiTrouble.UNSUBSCRIBED, "Product.Unsubscript"),
            (ApiTrouble.ARREARS, "InsufficientBalance"),
            (ApiTrouble.THROTTLED, "System.LimitControl"),
        ],
    )
    async def test_how_the_account_stands_is_told_only_to_whoever_signs_rightly(
        self, trouble: ApiTrouble, code: str, start: Start, signer: "Signer"
    ) -> None:
        api = await start()
        api.trouble = trouble
        assert (await post(api, signer)).json()["Code"] == code
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(api.url)).json()["Code"] == "IncompleteSignature"

    async def test_a_deleted_key_is_known_to_nobody(self, start: Start, signer: "Signer") -> None:
        api = await start()
        api.trouble = ApiTrouble.DELETED
        answer = await post(api, signer)
        assert (answer.status_code, answer.json()["Code"]) == (404, "InvalidAccessKeyId.NotFound")

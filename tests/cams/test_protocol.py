"""Bytes out and bytes in, without a wire."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cams.protocol import decipher, request_body
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem, Result

REQUEST_ID = "90E63D28-E31D-1EB2-8939-A9486641AAAA"
CODE = SecretStr("208312")


def answer(**changes: Any) -> bytes:
    """A success, changed where a test says so; ``...`` takes a field away."""
    fields = {
        "RequestId": REQUEST_ID,
        "Code": "OK",
        "Message": "None",
        "Data": {"PhoneNumberId": "920155500012345", "PhoneNumber": "8613800001234"},
    } | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def refusal(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        decipher(status=status, headers=headers or {}, body=body, code=CODE)
    return caught.value


class TestRequestBody:
    def test_it_is_the_documented_form(self) -> None:
        assert (
            request_body(PhoneNumber("8613800001234"), CODE).get_secret_value()
            == b"PhoneNumber=8613800001234&VerifyCode=208312"
        )

    def test_a_space_is_percent_encoded(self) -> None:
        body = request_body(PhoneNumber("12025550101"), SecretStr("1 +&=")).get_secret_value()
        assert body.endswith(b"VerifyCode=1%20%2B%26%3D")

    @given(code=st.text(min_size=1))
    def test_whatever_the_code_is_it_arrives_as_it_was(self, code: str) -> None:
        body = request_body(PhoneNumber("12025550101"), SecretStr(code)).get_secret_value().decode()
        assert parse_qs(body, strict_parsing=True) == {"PhoneNumber": ["12025550101"], "VerifyCode": [code]}


class TestAnswers:
    def test_ok_with_an_id_is_an_answer(self) -> None:
        assert decipher(status=200, headers={}, body=answer(), code=CODE) == Result(
            phone_number_id="920155500012345", api_code="OK", request_id=REQUEST_ID, http_status=200
        )

    @pytest.mark.parametrize("phone_number_id", ["0012", "pvn-7Q3xK9_demo", "two words", "920208312012345", "9" * 128])
    def test_the_id_is_passed_on_untouched(self, phone_number_id: str) -> None:
        body = answer(Data={"PhoneNumberId": phone_number_id})
        assert decipher(status=200, headers={}, body=body, code=CODE).phone_number_id == phone_number_id

    @pytest.mark.parametrize("padded", [" 920155500012345 ", "920155500012345\n", "\t920155500012345"])
    def test_blanks_around_an_id_are_no_part_of_it(self, padded: str) -> None:
        body = answer(Data={"PhoneNumberId": padded})
        assert decipher(status=200, headers={}, body=body, code=CODE).phone_number_id == "920155500012345"

    def test_message_is_no_sign_of_success_or_failure(self) -> None:
        body = answer(Message="something went wrong")
        assert decipher(status=200, headers={}, body=body, code=CODE).phone_number_id == "920155500012345"

    def test_an_answer_without_a_request_id_is_an_answer(self) -> None:
        assert decipher(status=200, headers={}, body=answer(RequestId=...), code=CODE).request_id is None


class TestRefusals:
    @pytest.mark.parametrize(
        "data",
        [
            ...,
            None,
            {},
            [],
            "920155500012345",
            {"PhoneNumberId": None},
            {"PhoneNumberId": ""},
            {"PhoneNumberId": "  "},
            {"PhoneNumberId": 920155500012345},  # a number may have lost its zeros: no ID is better than a wrong one
            {"PhoneNumberId": True},
            {"PhoneNumberId": ["920155500012345"]},
            {"phonenumberid": "920155500012345"},
        ],
    )
    def test_ok_without_an_id_is_a_failure(self, data: Any) -> None:
        error = refusal(answer(Data=data))
        assert (error.problem, error.request_id, error.code) == (Problem.NO_ID, REQUEST_ID, "OK")

    @pytest.mark.parametrize(
        "phone_number_id",
        [
            "9" * 129,
            "9" * 5000,
            "9201555\n00012345",  # would look like a second line of a log
            "9201555\x1b[2J00012345",
            "9201555\u202e00012345",  # shown in another order than it is
            "9201555\u200b00012345",  # copied with what nobody sees
            "\u3164",  # a letter that looks like nothing
            "9201555\u0435\uff10\u0660",  # letters and digits that look like others
            "208312",
            "x208312",  # somebody's echo
            "code=208312",
        ],
    )
    def test_what_cannot_be_shown_as_it_is_is_no_id(self, phone_number_id: str) -> None:
        error = refusal(answer(Data={"PhoneNumberId": phone_number_id}))
        assert (error.problem, error.request_id, error.code) == (Problem.NO_ID, REQUEST_ID, "OK")

    @pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 503])
    def test_the_code_decides_whatever_the_status(self, status: int) -> None:
        error = refusal(answer(Code="Product.Unsubscript"), status=status)
        assert (error.problem, error.http_status, error.code) == (
            Problem.NOT_SUBSCRIBED,
            status,
            "Product.Unsubscript",
        )

    @pytest.mark.parametrize(
        ("status", "problem"),
        [(302, Problem.NO_ID), (400, Problem.NO_ID), (429, Problem.THROTTLED), (500, Problem.SERVICE_TROUBLE)],
    )
    def test_an_ok_under_an_error_status_is_no_id(self, status: int, problem: Problem) -> None:
        assert refusal(answer(), status=status).problem is problem

    def test_an_unknown_code_is_passed_on_with_its_request_id(self) -> None:
        error = refusal(answer(Code="VerifyCode.Odd"), status=400)
        assert (error.problem, error.code, error.request_id) == (Problem.UNKNOWN_CODE, "VerifyCode.Odd", REQUEST_ID)

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_an_unknown_code_of_a_server_in_trouble_is_its_trouble(self, status: int) -> None:
        error = refusal(answer(Code="Odd.Timeout"), status=status)
        assert (error.problem, error.code) == (Problem.SERVICE_TROUBLE, "Odd.Timeout")

    def test_small_initials_are_read_too(self) -> None:
        body = json.dumps({"code": "Throttling.User", "message": "Later.", "requestId": REQUEST_ID}).encode()
        error = refusal(body, status=400)
        assert (error.problem, error.code, error.request_id) == (Problem.THROTTLED, "Throttling.User", REQUEST_ID)

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (502, b"<html><h1>502 Bad Gateway</h1></html>", Problem.SERVICE_TROUBLE),
            (500, b"", Problem.SERVICE_TROUBLE),
            (200, b"", Problem.UNREADABLE),
            (200, answer()[:-7], Problem.UNREADABLE),
            (200, answer() + answer(), Problem.UNREADABLE),
            (200, b"\xff\xfe", Problem.UNREADABLE),
            (200, b"null", Problem.UNREADABLE),
            (200, b'"OK"', Problem.UNREADABLE),
            (200, b"[" * 100_000, Problem.UNREADABLE),
            (200, b'{"Code":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Problem.UNREADABLE),
            (200, b'{"Code":"OK","Deep":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, Problem.UNREADABLE),
            (403, b'{"message": "Forbidden"}', Problem.UNREADABLE),  # a proxy that speaks JSON
            (200, answer(Code=..., RequestId="r-1"), Problem.UNREADABLE),
            (200, answer(Code=200, RequestId=...), Problem.UNREADABLE),
            (429, b"slow down", Problem.THROTTLED),
        ],
    )
    def test_what_has_no_readable_code_is_told_by_its_status(self, status: int, body: bytes, problem: Problem) -> None:
        error = refusal(body, status=status)
        assert (error.problem, error.http_status) == (problem, status)

    @pytest.mark.parametrize(
        "changes",
        [
            {"Code": ...},
            {"Code": None},
            {"Code": 200},
            {"Code": {"a": 1}},
            {"Code": ""},
            {"Code": "", "RequestId": ...},
            {"Code": "a\nb", "RequestId": ...},  # would look like a second line of a log
            {"Code": "a" * 101, "RequestId": ...},
            {"Code": "Gr\u00fc\u00dfe"},
            {"Code": "two words"},
        ],
    )
    def test_a_no_of_the_apis_own_may_be_about_the_code_whatever_it_calls_it(self, changes: dict[str, Any]) -> None:
        error = refusal(answer(Data=..., **changes))
        assert (error.problem, error.code) == (Problem.UNKNOWN_CODE, None)

    def test_fields_of_wrong_types_do_not_hide_the_code(self) -> None:
        error = refusal(answer(Code="Ram.PermissionDeny", Message={"a": 1}, RequestId=7, Data="x"), status=400)
        assert (error.problem, error.code, error.request_id) == (Problem.NOT_AUTHORIZED, "Ram.PermissionDeny", None)

    def test_what_it_says_of_accounts_is_not_read(self) -> None:
        error = refusal(
            answer(Code="Ram.PermissionDeny", AccessDeniedDetail={"AuthPrincipalOwnerId": "1000000000000001"})
        )
        assert "1000000000000001" not in f"{error!r} {vars(error)}"

    @given(body=st.binary())
    def test_no_bytes_raise_anything_else(self, body: bytes) -> None:
        assert refusal(body).problem is Problem.UNREADABLE


class TestRetryHint:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("1500", 1.5),
            (" 60000 ", 60.0),
            ("1", 0.001),
            ("0", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("inf", None),
            ("٣", None),  # a digit, but not of ASCII
            ("9" * 5000, None),  # more than int() takes
        ],
    )
    def test_milliseconds_become_seconds(self, header: str, seconds: float | None) -> None:
        error = refusal(answer(Code="Throttling"), headers={"x-acs-retry-after": header})
        assert error.retry_after == seconds


class TestEchoes:
    @pytest.mark.parametrize(
        "echo",
        [
            "Bad.208312",
            "Bad.208-312",
            "Bad.213802",
            "Bad.MjA4MzEy",
            "Bad.208",
            "Bad.\u0662\u0660\u0668",
            "InvalidParameter.312",
        ],
    )
    def test_a_code_that_holds_any_form_of_it_is_not_kept(self, echo: str) -> None:
        error = refusal(answer(Code=echo, Message="208312"), status=400)
        assert error.code is None
        assert error.problem in {Problem.UNKNOWN_CODE, Problem.BAD_REQUEST}

    def test_a_uuid_that_holds_the_digits_by_chance_stays_whole(self) -> None:
        by_chance = "90E63D28-E31D-1EB2-8939-A94208312AAA"
        assert refusal(answer(Code="Bad", RequestId=by_chance)).request_id == by_chance

    @pytest.mark.parametrize(
        "request_id",
        [
            "208312",
            "r-1",
            f"{{{REQUEST_ID}}}",
            REQUEST_ID.replace("-", ""),
            f"{REQUEST_ID}\n",
            f"urn:uuid:{REQUEST_ID}",
        ],
    )
    def test_a_request_id_of_any_other_form_is_not_kept(self, request_id: str) -> None:
        assert refusal(answer(Code="Bad", RequestId=request_id)).request_id is None
        body = answer(RequestId=request_id)
        assert decipher(status=200, headers={}, body=body, code=CODE).request_id is None

    def test_the_error_keeps_no_other_that_holds_the_body(self) -> None:
        error = refusal(b'{"Message": "208312')
        assert error.__cause__ is None
        assert error.__context__ is None

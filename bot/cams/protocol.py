"""``GetPreValidatePhoneId`` without the wire: the request's bytes, and what the answer's bytes mean.

https://api.alibabacloud.com/api/cams/2020-06-06/GetPreValidatePhoneId
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
)

from bot.cams.echoes import holds_form, tells_code
from bot.cams.failures import problem_of_code, problem_of_status
from bot.cams.signing import percent_encoded
from bot.errors import ApiError
from bot.models import PhoneNumber, Problem, Result

HEADERS: Mapping[str, str] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # an answer has 200 bytes; and a small compressed body could unpack to gigabytes
    "Content-Type": "application/x-www-form-urlencoded",
    "x-acs-action": "GetPreValidatePhoneId",
    "x-acs-version": "2020-06-06",
}

MAX_BODY_BYTES = 1024 * 1024
"""More than this is not an answer: a real one has about 200 bytes."""

MAX_ID = 128
"""Longest ID believed, in characters; it goes into the record and Slack."""

_CODE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _text_or_none(value: Any) -> str | None:
    # A field of another type is a field that is not there. A number is not made into text: an ID that came as a number
    # may have lost its leading zeros or its last digits on the way, and a wrong ID is worse than none.
    return value if isinstance(value, str) else None


def _object_or_none(value: Any) -> Any:
    return value if isinstance(value, dict) else None


Text = Annotated[str | None, BeforeValidator(_text_or_none)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    phone_number_id: Text = Field(default=None, alias="PhoneNumberId")


class _Envelope(BaseModel):
    """What is read of an answer. ``Message`` is free text that may hold anything, the code too, and
    ``AccessDeniedDetail`` names accounts and principals: both are left out on purpose."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # Alibaba's gateways write some errors with small initials; its SDK reads both.
    code: Text = Field(default=None, validation_alias=AliasChoices("Code", "code"))
    request_id: Text = Field(default=None, validation_alias=AliasChoices("RequestId", "requestId"))
    data: Annotated[_Data | None, BeforeValidator(_object_or_none)] = Field(default=None, alias="Data")


def request_body(phone: PhoneNumber, code: SecretStr) -> SecretBytes:
    """The form body. Parameters go here and not into the URL, which proxies write to their logs."""
    form = f"PhoneNumber={phone.digits}&VerifyCode={percent_encoded(code.get_secret_value())}"
    return SecretBytes(form.encode("ascii"))


def decipher(*, status: int, headers: Mapping[str, str], body: bytes, code: SecretStr) -> Result:
    """The ID in an answer. Raises ``ApiError`` for every other answer; it holds no form of ``code``.

    ``headers`` are looked up by their lower-case names.
    """
    envelope = _parse(body)
    phone_number_id = _phone_number_id(envelope)
    request_id = envelope.request_id if _REQUEST_ID.fullmatch(envelope.request_id or "") else None
    # An OK under an error status says nothing.
    if envelope.code == "OK" and 200 <= status < 300 and phone_number_id and not tells_code(phone_number_id, code):
        return Result(phone_number_id=phone_number_id, api_code="OK", request_id=request_id, http_status=status)
    api_code = envelope.code or ""
    raise ApiError(
        _problem(envelope, status, is_named=request_id is not None),
        code=api_code if _CODE.fullmatch(api_code) and not holds_form(api_code, code) else None,
        request_id=request_id,
        http_status=status,
        retry_after=_retry_after(headers),
    )


def _parse(body: bytes) -> _Envelope:
    """What can be read of a body; nothing of it when it is no JSON object.

    pydantic's error is not chained: it holds the body, which may echo the verification code. Its parser has a depth
    limit of its own, so deep nesting is an error like any other.
    """
    try:
        return _Envelope.model_validate_json(body)
    except ValidationError:
        return _Envelope()


def _phone_number_id(envelope: _Envelope) -> str:
    """The ID that was sent, without the blanks around it; empty when there is none that can be shown as it is."""
    sent = (envelope.data.phone_number_id or "").strip() if envelope.data else ""
    return sent if len(sent) <= MAX_ID and sent.isascii() and sent.isprintable() else ""


def _problem(envelope: _Envelope, status: int, *, is_named: bool) -> Problem:
    """What an answer without an ID means. One of the API's own has a ``Code``, or a name for the request."""
    known = problem_of_code(envelope.code or "")
    if known is not Problem.UNKNOWN_CODE:
        return known
    if by_status := problem_of_status(status):
        return by_status
    if envelope.code == "OK":
        return Problem.NO_ID
    return Problem.UNKNOWN_CODE if envelope.code is not None or is_named else Problem.UNREADABLE


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. The header counts milliseconds; what is no positive whole number is no hint, as in Alibaba's SDK."""
    hint = headers.get("x-acs-retry-after", "").strip()
    if not (hint.isascii() and hint.isdecimal() and len(hint) <= 12):
        return None
    return int(hint) / 1000 or None

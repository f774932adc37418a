"""``GetPreValidatePhoneId`` without the wire: the request's bytes, and what the answer's bytes mean.

https://api.alibabacloud.com/api/cams/2020-06-06/GetPreValidatePhoneId
"""

import uuid
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

from bot.cams.failures import NO_ID, UNREADABLE, Failure, failure_of_code, failure_of_status
from bot.cams.redaction import redact
from bot.cams.signing import percent_encoded
from bot.errors import ApiError
from bot.models import MASK, Answer, PhoneNumber

HEADERS: Mapping[str, str] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # an answer has 200 bytes; and a small compressed body could unpack to gigabytes
    "Content-Type": "application/x-www-form-urlencoded",
    "x-acs-action": "GetPreValidatePhoneId",
    "x-acs-version": "2020-06-06",
}

MAX_BODY_BYTES = 1024 * 1024
"""More than this is not an answer: a real one has about 200 bytes."""

MAX_MESSAGE = 1000
MAX_NAME = 128
"""Longest ``Code``, ``RequestId`` or ID believed, in characters; they go into logs, the record and Slack."""


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
    """What is read of an answer. ``AccessDeniedDetail`` is left out on purpose: it names accounts and principals."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # Alibaba's gateways write some errors with small initials; its SDK reads both.
    code: Text = Field(default=None, validation_alias=AliasChoices("Code", "code"))
    message: Text = Field(default=None, validation_alias=AliasChoices("Message", "message"))
    request_id: Text = Field(default=None, validation_alias=AliasChoices("RequestId", "requestId"))
    data: Annotated[_Data | None, BeforeValidator(_object_or_none)] = Field(default=None, alias="Data")


def request_body(phone: PhoneNumber, code: SecretStr) -> SecretBytes:
    """The form body. Parameters go here and not into the URL, which proxies write to their logs."""
    form = f"PhoneNumber={phone.digits}&VerifyCode={percent_encoded(code.get_secret_value())}"
    return SecretBytes(form.encode("ascii"))


def decipher(*, status: int, headers: Mapping[str, str], body: bytes, code: SecretStr) -> Answer:
    """The ID in an answer. Raises ``ApiError`` for every other answer, with ``code`` taken out of what it says.

    ``headers`` are looked up by their lower-case names.
    """
    envelope = _parse(body)
    phone_number_id = _phone_number_id(envelope)
    is_echo = redact(phone_number_id, code) == MASK
    if _is_ok(envelope, status) and _readable(phone_number_id) and not is_echo:
        request_id = _request_id(envelope.request_id, code) or ""
        return Answer(phone_number_id=phone_number_id, request_id=request_id, http_status=status)
    raise _error(_failure(envelope, status), envelope, status=status, headers=headers, code=code)


def too_long(status: int) -> ApiError:
    """What to raise for a body over ``MAX_BODY_BYTES``, of which the rest was not read."""
    return ApiError(UNREADABLE.problem, side=UNREADABLE.side, may_retry=UNREADABLE.may_retry, http_status=status)


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
    """The ID that was sent, without the blanks around it; empty when there is none."""
    sent = envelope.data.phone_number_id if envelope.data else None
    return (sent or "").strip()


def _is_ok(envelope: _Envelope, status: int) -> bool:
    return envelope.code == "OK" and 200 <= status < 300  # an OK under an error status says nothing


def _failure(envelope: _Envelope, status: int) -> Failure:
    if _is_ok(envelope, status):
        return UNREADABLE if _phone_number_id(envelope) else NO_ID
    api_code = _readable(envelope.code)
    return failure_of_status(status) if api_code is None or api_code == "OK" else failure_of_code(api_code)


def _error(
    failure: Failure, envelope: _Envelope, *, status: int, headers: Mapping[str, str], code: SecretStr
) -> ApiError:
    api_code = _readable(envelope.code)
    return ApiError(
        failure.problem,
        side=failure.side,
        may_retry=failure.may_retry,
        code=None if api_code is None else redact(api_code, code),
        # Cut after the masking: half a code at the cut would not be recognised.
        message=None if envelope.message is None else redact(envelope.message, code)[:MAX_MESSAGE],
        request_id=_request_id(envelope.request_id, code),
        http_status=status,
        retry_after=_retry_after(headers),
    )


def _readable(name: str | None) -> str | None:
    return name if name and len(name) <= MAX_NAME and name.isprintable() else None


def _request_id(request_id: str | None, code: SecretStr) -> str | None:
    """A UUID stays as it is: six digits in one are there by chance, and Alibaba's support needs it whole.

    Anything else could be an echo, and is treated as one.
    """
    readable = _readable(request_id)
    if readable is None:
        return None
    try:
        uuid.UUID(readable)
    except ValueError:
        return redact(readable, code)
    return readable


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. The header counts milliseconds; what is no positive whole number is no hint, as in Alibaba's SDK."""
    hint = headers.get("x-acs-retry-after", "").strip()
    if not (hint.isascii() and hint.isdecimal() and len(hint) <= 12):
        return None
    return int(hint) / 1000 or None

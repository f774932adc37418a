"""One real lookup's request and answer without what is secret, to be held against the sandbox's."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr

from bot.cams.echoes import holds_form
from bot.cams.recording import Exchange
from bot.models import MASK, PhoneNumber
from bot.texts.numbers import hidden

SHOWN = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "date",
        "host",
        "server",
        "user-agent",
        "x-acs-action",
        "x-acs-date",
        "x-acs-retry-after",
        "x-acs-version",
    }
)
"""Headers that tell nothing secret. Of any other the name is shown: a length, or the hash of so short a body, would
tell the code."""

_AUTHORIZATION = re.compile(r"(Credential|Signature)=([^,]+)")
_ALWAYS_HIDDEN = frozenset({"PhoneNumberId", "VerifyCode"})
_DENIED = "AccessDeniedDetail"
_DENIED_SHOWN = frozenset({"AuthAction", "AuthPrincipalType", "NoPermissionType", "PolicyType"})
"""What tells whom the account is made of is not among them, nor what only its owner can decode."""
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TELLING = re.compile(
    r"acs:\S+"  # an account's user, role or policy
    r"|(?<![a-z])(user|role|group|provider)/\S+"  # the same without what it begins with
    r"|\S+@\S+"
    r"|[A-Za-z0-9+/=_-]{40,}"  # a token, a hash from which a code could be found, an encoded message
    r"|\d(?:[ .-]?\d){3,}",  # four digits in a row: a number, an ID, an account's, half of a code
    re.IGNORECASE,
)
"""What is hidden in any text."""


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What an exchange was made with."""

    phone: PhoneNumber
    code: SecretStr = field(repr=False)
    sent: re.Pattern[str] = field(repr=False)
    """The AccessKey ID, the token and the signature, in a text that repeats them."""


def redacted(exchange: Exchange, phone: PhoneNumber, code: SecretStr) -> dict[str, Any]:
    """An exchange without the code, the key, the signature, the middle of the number and the ID."""
    request = exchange.request
    form = dict(parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True))
    secrets = _Secrets(phone, code, _sent_with(request.headers))
    return {
        "request": {
            "method": request.method,
            "path": request.url.path,
            "headers": _headers(request.headers),
            "body": {name: _value(name, value, secrets) for name, value in form.items()},
        },
        "answer": {
            "status": exchange.status,
            "headers": _headers(exchange.headers),
            "body": _body(exchange.body, secrets),
        },
    }


def fields(record: Mapping[str, Any], *, at: str = "") -> Iterator[str]:
    """Where values stand in a record, and of which kind each is: what is the same of two that have one shape."""
    for name, value in record.items():
        here = f"{at}.{name}" if at else name
        if isinstance(value, Mapping):
            yield from fields(value, at=here)
        else:
            yield f"{here}: {type(value).__name__}"


def _sent_with(headers: Mapping[str, str]) -> re.Pattern[str]:
    words = [value for _, value in _AUTHORIZATION.findall(headers["authorization"])]
    words.append(headers.get("x-acs-security-token", ""))
    return re.compile("|".join(re.escape(word) for word in words if word), re.IGNORECASE)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): _header(name.lower(), value) for name, value in headers.items()}


def _header(name: str, value: str) -> str:
    if name == "authorization":
        return _AUTHORIZATION.sub(rf"\1={MASK}", value)
    return value if name in SHOWN else MASK


def _body(body: bytes, secrets: _Secrets) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return MASK  # no answer of the API's: a proxy's page, which may hold anything
    return _value("", answer, secrets)


def _value(name: str, value: Any, secrets: _Secrets) -> Any:
    if name in _ALWAYS_HIDDEN:
        return MASK
    if name == _DENIED:
        return _denied(value, secrets)
    if isinstance(value, dict):
        return {_text(key, secrets): _value(key, each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(name, each, secrets) for each in value]
    if name == "PhoneNumber":
        return hidden(secrets.phone) if value == secrets.phone.digits else MASK
    return _scalar(value, secrets)


def _scalar(value: Any, secrets: _Secrets) -> Any:
    if isinstance(value, str):
        return value if _REQUEST_ID.fullmatch(value) else _text(value, secrets)
    return value if value is None or isinstance(value, bool) else 0  # a number could be any of them


def _denied(detail: Any, secrets: _Secrets) -> Any:
    if not isinstance(detail, dict):
        return MASK
    return {
        _text(name, secrets): _text(value, secrets) if name in _DENIED_SHOWN and isinstance(value, str) else MASK
        for name, value in detail.items()
    }


def _text(text: str, secrets: _Secrets) -> str:
    if holds_form(text, secrets.code):
        return MASK
    return _TELLING.sub(MASK, secrets.sent.sub(MASK, text))

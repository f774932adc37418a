"""One real lookup's request and answer without what is secret, to be held against the sandbox's."""

import json
import re
from collections.abc import Iterator, Mapping
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

_AUTHORIZATION = re.compile(r"(Credential|Signature)=[^,]+")
_ALWAYS_HIDDEN = frozenset({"PhoneNumberId", "VerifyCode", "AuthPrincipalOwnerId", "AuthPrincipalDisplayName"})
_REQUEST_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DIGITS = re.compile(r"\d(?:[ .-]?\d){3,}")
"""Four in a row: a number, an ID, an account's, half of a code."""


def redacted(exchange: Exchange, phone: PhoneNumber, code: SecretStr) -> dict[str, Any]:
    """An exchange without the code, the key, the signature, the middle of the number and the ID."""
    request = exchange.request
    form = dict(parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True))
    return {
        "request": {
            "method": request.method,
            "path": request.url.path,
            "headers": _headers(request.headers),
            "body": {name: _value(name, value, phone, code) for name, value in form.items()},
        },
        "answer": {
            "status": exchange.status,
            "headers": _headers(exchange.headers),
            "body": _body(exchange.body, phone, code),
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


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): _header(name.lower(), value) for name, value in headers.items()}


def _header(name: str, value: str) -> str:
    if name == "authorization":
        return _AUTHORIZATION.sub(rf"\1={MASK}", value)
    return value if name in SHOWN else MASK


def _body(body: bytes, phone: PhoneNumber, code: SecretStr) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return MASK  # no answer of the API's: a proxy's page, which may hold anything
    return _value("", answer, phone, code)


def _value(name: str, value: Any, phone: PhoneNumber, code: SecretStr) -> Any:
    if isinstance(value, dict):
        return {_text(key, code): _value(key, each, phone, code) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(name, each, phone, code) for each in value]
    if name in _ALWAYS_HIDDEN:
        return MASK
    if name == "PhoneNumber":
        return hidden(phone) if value == phone.digits else MASK
    if isinstance(value, str):
        return value if _REQUEST_ID.fullmatch(value) else _text(value, code)
    return value if value is None or isinstance(value, bool) else 0  # a number could be any of them


def _text(text: str, code: SecretStr) -> str:
    return MASK if holds_form(text, code) else _DIGITS.sub(MASK, text)

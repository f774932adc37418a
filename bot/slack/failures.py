"""Whatever the SDK, the HTTP client or a proxy makes of a call that fails, as a ``SlackError``: in this one place."""

import json
import math
import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackBusy, SlackError, SlackForbidden, SlackRefused, SlackUnauthorised, SlackUnreachable

RESPONSE_URL = "response_url"
"""What errors call an answer to a response URL, which belongs to no method."""

TOKEN_REFUSED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_disabled",
        "token_expired",
        "token_revoked",
        "user_removed_from_team",
    }
)
"""Slack's words for a token it does not take."""

FORBIDDEN = frozenset(
    {
        "access_denied",
        "accesslimited",
        "deprecated_endpoint",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "method_deprecated",
        "missing_scope",
        "no_permission",
        "permission_denied",
        "plan_upgrade_required",
        "team_access_not_granted",
        "two_factor_setup_required",
    }
)
"""Slack's words for what an administrator has to allow, whomever or whatever a call is about."""

BUSY = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})
"""Slack's words for being asked too often."""

IN_TROUBLE = frozenset({"migration_in_progress", "request_timeout", "service_unavailable", "team_added_to_org"})
"""Slack's words, beside those that end in ``_error``, for its own state: the same call may work soon."""

WEBHOOK_WORDS = frozenset(
    {
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "expired_url",
        "invalid_blocks",
        "invalid_payload",
        "invalid_token",
        "message_not_found",
        "no_active_hooks",
        "no_service",
        "no_service_id",
        "no_team",
        "no_text",
        "used_url",
        "user_not_found",
    }
)
"""With these, as text and not as JSON, webhooks refuse. A proxy may answer with any other text."""

CLOSED_AT_LEAST, CLOSED_AT_MOST, CLOSED_BY_DEFAULT = 1.0, 3600.0, 30.0
"""Seconds to leave Slack alone after a 429; the last where it does not say how many in a way that can be read."""


COUNTED_APART = (TOKEN_REFUSED | FORBIDDEN | IN_TROUBLE | WEBHOOK_WORDS) | {
    "expired_trigger_id",
    "hash_conflict",
    "is_archived",
    "not_found",
    "not_in_channel",
}
"""Slack's words under which its errors are counted: not any word that may come, for each is kept for ever."""


class AnswerTooLong(aiohttp.ClientError):
    """More came than Slack ever answers: a packed answer of a few kilobytes may be gigabytes long."""


FOREIGN_ERRORS = (aiohttp.ClientError, OSError, ValueError, AttributeError, RecursionError)
"""What escapes the SDK besides its own error. The last three come of bodies that are not what it expects."""


def counted_as(error: SlackError) -> str:
    """The word under which an error is counted."""
    if isinstance(error, SlackBusy):
        return "ratelimited"
    code: str = getattr(error, "code", "")
    if isinstance(error, SlackUnreachable) and code not in IN_TROUBLE:
        return "internal_error" if code else "unreachable"
    return code if code in COUNTED_APART else "other"


def answered(method: str, answer: Any) -> SlackError:
    """An answer that the SDK took for a failure. Where its body is no JSON, it is the HTTP client's own response."""
    if isinstance(answer, AsyncSlackResponse):
        return _translated(method, answer.status_code, answer.data, answer.headers)
    return _translated(method, answer.status, None, answer.headers)


def _translated(method: str, status: int, data: Any, headers: Mapping[str, str]) -> SlackError:
    answered = data if isinstance(data, dict) else {}
    code = _word(answered.get("error"))
    if status == 429 or code in BUSY:
        # The Web API says it in a header, webhooks in the body.
        return SlackBusy(method, _seconds_in(headers.get("Retry-After") or answered.get("retry_after")))
    if not code:
        return SlackUnreachable(method, f"HTTP {status}, not Slack's answer", arrived=True)
    if code in IN_TROUBLE or code.endswith("_error") or status >= 500:
        return SlackUnreachable(method, code, arrived=True, code=code)
    if code in FORBIDDEN:
        kind: type[SlackRefused] = SlackForbidden
    else:
        kind = SlackUnauthorised if code in TOKEN_REFUSED else SlackRefused
    needed, provided = (_word(answered.get(name)) for name in ("needed", "provided"))
    return kind(method, code, needed=needed, provided=provided, details=_details_in(answered))


def not_taken(status: int, text: bytes, headers: Mapping[str, str]) -> SlackError | None:
    """Why a response URL did not take what it was sent; ``None``: it did."""
    data = _object_in(text) or _word_alone_in(text)
    is_taken = status == HTTPStatus.OK and data.get("ok") is not False
    return None if is_taken else _translated(RESPONSE_URL, status, data, headers)


def unanswered(method: str, error: Exception) -> SlackUnreachable:
    """A failure without an answer. Never the error's own text: it may quote an address, a proxy's password, a body."""
    if cause := _not_arrived(error):
        return SlackUnreachable(method, cause, arrived=False)
    kind = type(error).__name__
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return SlackUnreachable(method, f"HTTP {error.status}", arrived=True)
    if isinstance(error, AnswerTooLong):
        return SlackUnreachable(method, "its answer is longer than any of Slack's", arrived=True)
    if isinstance(error, TimeoutError):
        return SlackUnreachable(method, "no answer in time", arrived=True)
    if isinstance(error, aiohttp.ClientError | OSError):
        return SlackUnreachable(method, f"connection lost ({kind})", arrived=True)
    return SlackUnreachable(method, f"cannot be sent or read ({kind})", arrived=True)


def _not_arrived(error: Exception) -> str | None:
    """Why a request has surely not left; ``None``: it may have."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} is not known"  # Slack's, or the proxy's
    if isinstance(error, aiohttp.ClientHttpProxyError) and error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "the proxy wants a user and a password"
    return next((cause for kinds, cause in _NOT_ARRIVED if isinstance(error, kinds)), None)


_NOT_ARRIVED: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (aiohttp.ClientHttpProxyError, "the proxy refuses"),
    (aiohttp.ClientProxyConnectionError, "the proxy does not answer"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not trusted"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "no TLS"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ConnectionTimeoutError, "no connection in time"),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), "its address is no URL"),
)
"""How a request ends that has surely not left, the narrower kinds of error first."""


def _word(value: Any) -> str:
    """Slack's error word, or names of scopes; empty for anything else in their place, an object or a sentence."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.:,-]{1,300}", value) else ""


def _seconds_in(retry_after: Any) -> float:
    try:
        seconds = float(retry_after)
    except (ValueError, TypeError):  # a date, which HTTP allows, or nothing
        return CLOSED_BY_DEFAULT
    return min(CLOSED_AT_MOST, max(CLOSED_AT_LEAST, seconds)) if math.isfinite(seconds) else CLOSED_BY_DEFAULT


def _details_in(answer: Mapping[str, Any]) -> tuple[str, ...]:
    metadata = answer.get("response_metadata")
    details = (metadata.get("messages") if isinstance(metadata, dict) else None) or answer.get("errors")
    return tuple(map(_detail, details)) if isinstance(details, list) else ()


def _detail(detail: Any) -> str:
    """``blocks.validate`` tells where something is wrong and what; other methods tell a sentence."""
    if isinstance(detail, dict) and {"pointer", "message"} <= detail.keys():
        return f"{detail['pointer'] or '/'}: {detail['message']}"
    return str(detail)


def _object_in(text: bytes) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _word_alone_in(text: bytes) -> dict[str, Any]:
    word = text.decode("ascii", "replace").strip()
    return {"ok": False, "error": word} if word in WEBHOOK_WORDS else {}

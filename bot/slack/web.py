"""Slack's Web API, its errors translated once.

Whatever the SDK, the HTTP client or a proxy makes of a call that fails, it leaves here as a ``SlackError``. Mistakes of
ours (a wrong argument) stay what they are.
"""

import asyncio
import json
import math
import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SlackBusy, SlackError, SlackForbidden, SlackRefused, SlackUnauthorised, SlackUnreachable
from bot.interfaces import Clock
from bot.network import Network
from bot.timekeeping import Witness

T = TypeVar("T")

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

FOREIGN_ERRORS = (aiohttp.ClientError, OSError, ValueError, AttributeError, RecursionError)
"""What escapes the SDK besides its own error. The last three come of bodies that are not what it expects."""


class Web(AsyncWebClient):
    """Slack's Web API over one shared session. Every method ends in ``api_call``, so this is the one place to fail."""

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        session: aiohttp.ClientSession,
        network: Network,
        clock: Clock,
        seconds: float,
    ) -> None:
        """``seconds`` is how long an answer is waited for."""
        # No retry: it would send a message twice, and use up the 3 seconds of a trigger id.
        super().__init__(token=token, base_url=base_url, session=session, ssl=network.trust, retry_handlers=[])
        self.proxy = network.proxy_for(self.base_url)  # the SDK has read the environment in its own manner
        self.network = network
        self._http = session
        self.clock = clock
        self._seconds = seconds
        self._closed_until: dict[tuple[str, str], float] = {}
        self.witness = Witness(clock)

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method. Raises ``SlackError``; while Slack wants to be left alone, without asking it."""
        closing = _closing_of(api_method, arguments)
        self._check_open(api_method, closing)
        try:
            # The client's own timeout counts only in sessions that the client itself opens.
            async with asyncio.timeout(self._seconds):
                answer = await super().api_call(api_method, **arguments)
            self.witness.note(answer.headers.get("Date"))
            if isinstance(answer.data, dict):
                return answer
            translated = _answered(api_method, answer)  # bytes, which the SDK takes for an archive and for success
        except SlackApiError as error:
            self.witness.note(error.response.headers.get("Date"))
            translated = _answered(api_method, error.response)
        except FOREIGN_ERRORS as error:
            translated = unanswered(api_method, error)
        if isinstance(translated, SlackBusy):
            self._close(closing, translated.retry_after)
        raise translated

    async def respond(self, response_url: str, body: Mapping[str, Any]) -> None:
        """Answer where somebody typed or clicked. Raises ``SlackError``.

        The SDK's client for this takes no status for a failure, and opens a session of its own.
        """
        if not (_SLACKS_OWN.fullmatch(response_url) or _is_of(response_url, self.base_url)):
            raise SlackUnreachable(RESPONSE_URL, "no address of Slack's", arrived=False)
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.post(
                    response_url,
                    json=dict(body),
                    proxy=self.network.proxy_for(response_url),
                    ssl=self.network.trust,
                    allow_redirects=False,
                ) as answer,
            ):
                text = await answer.read()
        except FOREIGN_ERRORS as error:
            raise unanswered(RESPONSE_URL, error) from None
        data = _object_in(text) or _word_alone_in(text)
        if answer.status != 200 or data.get("ok") is False:
            raise _translated(RESPONSE_URL, answer.status, data, answer.headers)

    async def connect(self, url: str, *, heartbeat: float, closing: float) -> aiohttp.ClientWebSocketResponse:
        """Open a websocket, whose other end must answer a ping every ``heartbeat`` seconds. Raises as aiohttp does."""
        timeout = aiohttp.ClientWSTimeout(ws_close=closing)
        proxy, trust = self.network.proxy_for(url), self.network.trust
        return await self._http.ws_connect(url, heartbeat=heartbeat, timeout=timeout, proxy=proxy, ssl=trust)

    def _check_open(self, method: str, closing: tuple[str, str]) -> None:
        rest = self._closed_until.get(closing, 0.0) - self.clock.monotonic()
        if rest > 0:
            raise SlackBusy(method, rest)

    def _close(self, closing: tuple[str, str], seconds: float) -> None:
        now = self.clock.monotonic()
        for open_again in [each for each, until in self._closed_until.items() if until <= now]:
            del self._closed_until[open_again]
        self._closed_until[closing] = now + seconds


def part(answer: AsyncSlackResponse, name: str, kind: type[T]) -> T:
    """What an answer holds under a name. Raises ``SlackUnreachable`` where it does not: then it is not Slack's."""
    data = answer.data
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        method = answer.api_url.rpartition("/")[2]
        raise SlackUnreachable(method, f"malformed answer (no {name})", arrived=True)
    return value


def _closing_of(method: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """What Slack closes together: a method, and of those that send messages each channel for itself."""
    if not method.startswith("chat."):
        return method, ""
    sent = arguments.get("json") or arguments.get("params") or arguments.get("data") or {}
    return method, str(sent.get("channel", ""))


def _answered(method: str, answer: Any) -> SlackError:
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


def unanswered(method: str, error: Exception) -> SlackUnreachable:
    """A failure without an answer. Never the error's own text: it may quote an address, a proxy's password, a body."""
    if cause := _not_arrived(error):
        return SlackUnreachable(method, cause, arrived=False)
    kind = type(error).__name__
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return SlackUnreachable(method, f"HTTP {error.status}", arrived=True)
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
    return tuple(map(str, details)) if isinstance(details, list) else ()


def _object_in(text: bytes) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _word_alone_in(text: bytes) -> dict[str, Any]:
    word = text.decode("ascii", "replace").strip()
    return {"ok": False, "error": word} if word in WEBHOOK_WORDS else {}


_SLACKS_OWN = re.compile(r"https://(?:[a-z0-9-]+\.)*slack(?:-gov)?\.com/[!-~]*", re.IGNORECASE)
"""No user, no port and no backslash before the path: readers of URLs disagree about what host these leave."""


def _is_of(url: str, base_url: str) -> bool:
    """Whether an address is the configured Slack's: a local one, or a gateway."""
    scheme, _, rest = base_url.partition("://")
    return re.fullmatch(re.escape(f"{scheme}://{rest.partition('/')[0]}/") + "[!-~]*", url) is not None

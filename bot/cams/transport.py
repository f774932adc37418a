"""The wire to Alibaba Cloud: bytes out, bytes back, and httpx's errors as ours, each with its cause for the log."""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx
from pydantic import SecretBytes

from bot.cams.protocol import HEADERS, MAX_BODY_BYTES
from bot.errors import ApiError
from bot.interfaces import Clock
from bot.models import Problem
from bot.network import Network
from bot.tickets import Call

FOREIGN_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""The roots of httpx's exceptions; every class it exports is one of these or below."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
"""For the first attempt. The next one waits twice as long: an API that is slow now would be asked twice for nothing."""
EXCHANGE_SECONDS = 20.0
"""For one exchange as a whole. The read timeout starts again with each byte, so it alone would let one trickle on."""

# These two are our own mistakes, and the same request would make them again.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)

_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)

FIRST_BYTE_OUT = "http11.send_request_headers.started"
FIRST_BYTES_BACK = "http11.receive_response_headers.complete"
"""Events of httpcore's (https://www.encode.io/httpcore/extensions/#trace)."""


class Stopwatch:
    """Notes on a call when it left and when its answer came, as httpcore tells it: give it as ``trace`` extension.

    Raises ``ApiError`` instead of letting a call leave that is too late for its slot.

    From inside the connection: with the time to open one, which the next call does not need, a round trip would seem
    three times as long as it is, and the credit taken from it would break the limit.
    """

    def __init__(self, clock: Clock, call: Call) -> None:
        self._clock = clock
        self._call = call

    async def __call__(self, event: str, _facts: Mapping[str, Any]) -> None:
        if event == FIRST_BYTE_OUT:
            self._call.sent_at = self._clock.monotonic()
            if self._call.sent_at > self._call.leaves_before:  # connecting took long, or the machine stood still
                raise ApiError(Problem.NO_ANSWER, cause="not sent: too late for its turn")
        elif event == FIRST_BYTES_BACK:
            self._call.answered_at = self._clock.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer as it came; ``headers`` are found by their lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)  # it may echo the verification code


def open_http(url: str, *, read_seconds: float = READ_SECONDS) -> httpx.AsyncClient:
    """The connections to the API at ``url``, kept alive between calls. Whoever opens them closes them.

    Raises ``SettingsError`` when the environment's proxies or certificates cannot be used.
    """
    network = Network.read()
    proxy = network.proxy_for(url)
    return httpx.AsyncClient(
        base_url=url,
        headers={"User-Agent": f"phoneid-bot/{release()}"},
        # The pool is larger than the quota, so waiting for a connection means that connections are stuck.
        timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=40, max_keepalive_connections=20, keepalive_expiry=30),
        follow_redirects=False,  # a redirect would carry the verification code to a host nobody chose
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # one could carry a code on to the next call
        verify=network.trust,
        proxy=httpx.Proxy(proxy, ssl_context=network.trust if proxy.startswith("https:") else None) if proxy else None,
    )


async def exchange(
    http: httpx.AsyncClient,
    body: SecretBytes,
    *,
    auth: httpx.Auth,
    seconds: float = EXCHANGE_SECONDS,
    is_again: bool = False,
    stopwatch: Stopwatch,
) -> Reply:
    """Send one request and take its answer. Raises ``ApiError`` when there is none, or one too long to be one.

    Whoever asks again (``is_again``) waits longer.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream(
                "POST",
                "/",
                content=body.get_secret_value(),
                headers=HEADERS,
                auth=auth,
                timeout=_longer(http.timeout) if is_again else http.timeout,
                extensions={"trace": stopwatch},
            ) as response,
        ):
            return Reply(status=response.status_code, headers=response.headers, body=await _read(response))
    except httpx.RemoteProtocolError:
        pass  # its text quotes what came, which may echo the code: it is not even chained
    except (*FOREIGN_ERRORS, TimeoutError) as error:
        problem, cause = _problem_of(error)
        raise ApiError(problem, cause=cause) from error
    raise ApiError(Problem.NO_ANSWER, cause="what came is no HTTP")


def _longer(timeout: httpx.Timeout) -> httpx.Timeout:
    return httpx.Timeout(**{**timeout.as_dict(), "read": timeout.read and 2 * timeout.read})


async def _read(response: httpx.Response) -> bytes:
    # Raw: a body that is compressed although none was asked for is not unpacked, whatever its size would be.
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise ApiError(Problem.UNREADABLE, http_status=response.status_code)
    return bytes(received)


def release() -> str:
    try:
        return version("phoneid-bot")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"


def _problem_of(error: Exception) -> tuple[Problem, str]:
    """What an error on the wire means, and its cause, which quotes no address and no password."""
    if isinstance(error, httpx.ProxyError):
        status = str(error)[:3]  # then come the proxy's own words
        cause = f"the proxy answered {status}" if status.isdecimal() else "the proxy refused"
        return (Problem.NO_CONNECTION if status.startswith("5") else Problem.PROXY_REFUSED), cause
    if isinstance(error, httpx.ConnectError):
        return next(filter(None, map(_unconnected, _chain(error))), (Problem.NO_CONNECTION, "no connection"))
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Problem.NO_ANSWER, "no connection in time"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Problem.NO_ANSWER, "no answer in time"
    kind = type(error).__name__
    if isinstance(error, httpx.TransportError) and not isinstance(error, _LASTING):
        return Problem.NO_ANSWER, f"connection lost ({kind})"
    return Problem.NOT_SENDABLE, kind


def _unconnected(error: BaseException) -> tuple[Problem, str] | None:
    """The same for one link of an error's chain; ``None``: it does not say why there is no connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return Problem.NOT_TRUSTED, f"certificate not trusted: {error.verify_message}"
        case ssl.SSLError() if not isinstance(error, _CUT):
            return Problem.NOT_TRUSTED, f"no TLS: {error.reason}"
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return Problem.NO_RESOLVER, "the DNS does not respond"
        case socket.gaierror():
            return Problem.HOST_UNKNOWN, "the host's name is not known"
        case OSError(errno=int(number)):
            is_cut = isinstance(error, _CUT)
            return Problem.NO_CONNECTION, "cut during the TLS handshake" if is_cut else os.strerror(number).lower()
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of; where several addresses were tried, each one's."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__

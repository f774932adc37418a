"""The wire to Alibaba Cloud: bytes out, bytes back, and httpx's errors as ours."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx
from pydantic import SecretBytes

from bot.cams.causes import failure_of
from bot.cams.failures import NO_ANSWER
from bot.cams.protocol import HEADERS, MAX_BODY_BYTES, too_long
from bot.network import Network

FOREIGN_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""The roots of httpx's exceptions; every class it exports is one of these or below."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
"""For the first attempt. The next one waits twice as long: an API that is slow now would be asked twice for nothing."""
EXCHANGE_SECONDS = 20.0
"""For one exchange as a whole. The read timeout starts again with each byte, so it alone would let one trickle on."""


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
        headers={"User-Agent": f"phoneid-bot/{_release()}"},
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
    stopwatch: Callable[[str, Mapping[str, Any]], Awaitable[None]],
) -> Reply:
    """Send one request and take its answer. Raises ``ApiError`` when there is none, or one too long to be one.

    Whoever asks again (``is_again``) waits longer.
    ``stopwatch`` hears what happens on the wire meanwhile (https://www.encode.io/httpcore/extensions/#trace).
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
        failure, cause = failure_of(error)
        raise failure.as_error(cause=cause) from error
    raise NO_ANSWER.as_error(cause="what came is no HTTP")


def _longer(timeout: httpx.Timeout) -> httpx.Timeout:
    return httpx.Timeout(**{**timeout.as_dict(), "read": timeout.read and 2 * timeout.read})


async def _read(response: httpx.Response) -> bytes:
    # Raw: a body that is compressed although none was asked for is not unpacked, whatever its size would be.
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise too_long(response.status_code)
    return bytes(received)


def _release() -> str:
    try:
        return version("phoneid-bot")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"

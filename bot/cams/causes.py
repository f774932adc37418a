"""Why no answer came: httpx's errors as failures of ours, each with its cause for the log.

Where the same call would meet the same thing again (a certificate, an unknown host, a proxy's login) there is one try.
"""

import os
import socket
import ssl
from collections.abc import Iterator

import httpx

from bot.cams.failures import (
    HOST_UNKNOWN,
    NO_ANSWER,
    NO_CONNECTION,
    NO_RESOLVER,
    NOT_SENDABLE,
    NOT_TRUSTED,
    PROXY_REFUSED,
    Failure,
)

# These two are our own mistakes, and the same request would make them again.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)

_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def failure_of(error: Exception) -> tuple[Failure, str]:
    """What an error on the wire means, and its cause, which quotes no address and no password."""
    if isinstance(error, httpx.ProxyError):
        status = str(error)[:3]  # then come the proxy's own words
        cause = f"the proxy answered {status}" if status.isdecimal() else "the proxy refused"
        return (NO_CONNECTION if status.startswith("5") else PROXY_REFUSED), cause
    if isinstance(error, httpx.ConnectError):
        return next(filter(None, map(_unconnected, _chain(error))), (NO_CONNECTION, "no connection"))
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return NO_ANSWER, "no connection in time"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return NO_ANSWER, "no answer in time"
    kind = type(error).__name__
    if isinstance(error, httpx.TransportError) and not isinstance(error, _LASTING):
        return NO_ANSWER, f"connection lost ({kind})"
    return NOT_SENDABLE, kind


def _unconnected(error: BaseException) -> tuple[Failure, str] | None:
    """The same for one link of an error's chain; ``None``: it does not say why there is no connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return NOT_TRUSTED, f"certificate not trusted: {error.verify_message}"
        case ssl.SSLError() if not isinstance(error, _CUT):
            return NOT_TRUSTED, f"no TLS: {error.reason}"
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return NO_RESOLVER, "the DNS does not respond"
        case socket.gaierror():
            return HOST_UNKNOWN, "the host's name is not known"
        case OSError(errno=int(number)):
            is_cut = isinstance(error, _CUT)
            return NO_CONNECTION, "cut during the TLS handshake" if is_cut else os.strerror(number).lower()
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of; where several addresses were tried, each one's."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__

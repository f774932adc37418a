"""ACS3-HMAC-SHA256, the signature that tells Alibaba Cloud who asks and that nothing was changed on the way.

https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from bot.interfaces import Clock

ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One RAM user's key, in visible ASCII; ``security_token`` only for temporary (STS) credentials."""

    access_key_id: str
    access_key_secret: SecretStr
    security_token: SecretStr | None = None


def percent_encoded(text: str) -> str:
    """RFC 3986: everything but ``A-Z a-z 0-9 - _ . ~`` is encoded, a space as ``%20``."""
    return quote(text, safe="~")


def canonical_request(
    *, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> str:
    """The text both sides derive from a request. ``path`` is as sent; only the headers that are signed go in."""
    signed = _signed_headers(headers)
    return "\n".join(
        [
            method,
            path,
            "&".join(f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in sorted(query.items())),
            "".join(f"{name}:{value}\n" for name, value in signed.items()),
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def string_to_sign(canonical: str) -> str:
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def authorization(
    canonical: str, headers: Mapping[str, str], *, access_key_id: str, access_key_secret: SecretStr
) -> str:
    """The ``Authorization`` header of a request with these headers, among which may be some that are never signed."""
    key = access_key_secret.get_secret_value().encode()
    signature = hmac.new(key, string_to_sign(canonical).encode(), hashlib.sha256).hexdigest()
    names = ";".join(_signed_headers(headers))
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={names},Signature={signature}"


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The documented set, sorted. ``user-agent`` and ``accept`` are left out, as proxies rewrite them."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    return {
        name: lower[name] for name in sorted(lower) if name in {"host", "content-type"} or name.startswith("x-acs-")
    }


def new_nonce() -> str:
    return secrets.token_hex(16)


class Acs3Auth(httpx.Auth):
    """Signs each request at the moment it is sent.

    A date is good for 15 minutes and a nonce for one use, so a repeated request gets new ones, and so does its
    signature. ``credentials`` is asked each time, so that a source that refreshes them can be plugged in.
    """

    requires_request_body = True

    def __init__(
        self, *, credentials: Callable[[], Credentials], clock: Clock, nonce: Callable[[], str] = new_nonce
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._nonce = nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        credentials = self._credentials()
        self._stamp(request, credentials.security_token)
        headers = request.headers  # Host is among them, with a port that is not the default, as it will be sent
        canonical = canonical_request(
            method=request.method,
            path=request.url.raw_path.partition(b"?")[0].decode("ascii"),
            query=dict(request.url.params),
            headers=headers,
            body=request.content,
        )
        request.headers["Authorization"] = authorization(
            canonical,
            headers,
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
        )
        yield request

    def _stamp(self, request: httpx.Request, security_token: SecretStr | None) -> None:
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        request.headers["x-acs-date"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        request.headers["x-acs-signature-nonce"] = self._nonce()
        request.headers["x-acs-content-sha256"] = hashlib.sha256(request.content).hexdigest()
        request.headers.pop("x-acs-security-token", None)  # a repeated request may carry the last one's
        if security_token is not None:
            request.headers["x-acs-security-token"] = security_token.get_secret_value()

"""Checks a request's signature the way the real gateway does, independently of the bot that made it.

https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from pydantic import SecretStr

from bot.sandbox.cams.answers import UNKNOWN_KEY, Refusal

WINDOW_SECONDS = 15 * 60
"""How far a request's date may be from the server's, and how long a nonce is remembered."""

FORM = "application/x-www-form-urlencoded"
ACTION, VERSION = "GetPreValidatePhoneId", "2020-06-06"

_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<key>[^,\s]+),"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+),Signature=(?P<signature>[0-9a-f]{64})"
)
_ALWAYS_SIGNED = (
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A key the local API knows. Temporary keys have a token, which every request must carry."""

    access_key_id: str
    access_key_secret: SecretStr
    security_token: SecretStr | None = None
    is_active: bool = True
    """Whether its owner left it switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request as it came. ``headers`` are pairs, names in lower case, in the order sent; ``query`` is raw."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header's value; ``None`` when it is not there, or there more than once and so means nothing."""
        values = [value for sent, value in self.headers if sent == name]
        return values[0].strip() if len(values) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What ``Authorization`` says."""

    access_key_id: str
    signed: tuple[str, ...]
    signature: str


class Verifier:
    """Says what is wrong with a request. Remembers the nonces of those with nothing wrong."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._nonces: dict[tuple[str, str], float] = {}

    def refusal(self, request: SentRequest, *, now: float) -> Refusal | None:
        """The first thing wrong with ``request`` at ``now`` (Unix seconds), or ``None``."""
        claim = _claim(request)
        if claim is None:
            return _incomplete("Authorization")
        account = self._accounts.get(claim.access_key_id)
        if account is None:
            return UNKNOWN_KEY
        if not account.is_active:
            return Refusal(code="InvalidAccessKeyId.Inactive", message="Specified access key is disabled.", status=403)
        return (
            _check_operation(request)
            or _check_signed_headers(request, claim)
            or _check_date(request, now)
            or _check_token(request, account)
            or _check_signature(request, claim, account)
            or self._check_nonce(request, claim, now)  # last: a forged request must not use up a nonce
        )

    def _check_nonce(self, request: SentRequest, claim: _Claim, now: float) -> Refusal | None:
        while self._nonces and now - next(iter(self._nonces.values())) >= WINDOW_SECONDS:  # the oldest come first
            del self._nonces[next(iter(self._nonces))]
        seen = (claim.access_key_id, request.header("x-acs-signature-nonce") or "")
        if seen in self._nonces:
            return Refusal(code="SignatureNonceUsed", message="Specified signature nonce was used already.")
        self._nonces[seen] = now
        return None


def access_key_id(request: SentRequest) -> str:
    """Who a verified request is from."""
    claim = _claim(request)
    assert claim is not None
    return claim.access_key_id


def _claim(request: SentRequest) -> _Claim | None:
    match = _AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if match is None:
        return None
    return _Claim(access_key_id=match["key"], signed=tuple(match["headers"].split(";")), signature=match["signature"])


def _incomplete(name: str) -> Refusal:
    return Refusal(code="IncompleteSignature", message=f"The request signature does not conform to standards: {name}.")


def _check_operation(request: SentRequest) -> Refusal | None:
    if request.method != "POST":
        return Refusal(code="UnsupportedHTTPMethod", message="This http method is not supported.", status=405)
    operation = (request.path, request.header("x-acs-action"), request.header("x-acs-version"))
    if operation != ("/", ACTION, VERSION):
        return Refusal(code="InvalidAction.NotFound", message="Specified api is not found.", status=404)
    if (request.header("content-type") or "").partition(";")[0].strip().lower() != FORM:
        # Our name for it: what the real service says is not documented.
        return Refusal(code="UnsupportedContentType", message=f"The parameters are to be sent as {FORM}.", status=415)
    return None


def _check_signed_headers(request: SentRequest, claim: _Claim) -> Refusal | None:
    names = {name for name, _ in request.headers}
    must = set(_ALWAYS_SIGNED) | {name for name in names if name.startswith("x-acs-") or name == "content-type"}
    for name in sorted(must | set(claim.signed)):
        if name not in claim.signed or request.header(name) is None:
            return _incomplete(name)
    if list(claim.signed) != sorted(set(claim.signed)):
        return _incomplete("SignedHeaders must be sorted")
    return None


def _check_date(request: SentRequest, now: float) -> Refusal | None:
    try:
        sent = datetime.strptime(request.header("x-acs-date") or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return Refusal(code="InvalidTimeStamp.Format", message="Specified time stamp is not well formatted.")
    if abs(now - sent.timestamp()) > WINDOW_SECONDS:
        return Refusal(code="InvalidTimeStamp.Expired", message="Specified time stamp is expired.")
    return None


def _check_token(request: SentRequest, account: Account) -> Refusal | None:
    sent = request.header("x-acs-security-token")
    if account.security_token is None:
        if sent is None:
            return None
        return Refusal(
            code="InvalidSecurityToken.MismatchWithAccessKey",
            message="Specified SecurityToken mismatch with the AccessKey.",
        )
    if sent is None:
        return Refusal(code="MissingSecurityToken", message="SecurityToken is mandatory for this action.")
    if not _is_same(sent, account.security_token.get_secret_value()):
        return Refusal(code="InvalidSecurityToken.Expired", message="Specified SecurityToken is expired.")
    return None


def _check_signature(request: SentRequest, claim: _Claim, account: Account) -> Refusal | None:
    payload = hashlib.sha256(request.body).hexdigest()
    digest = hashlib.sha256(_canonical(request, claim.signed, payload).encode()).hexdigest()
    key = account.access_key_secret.get_secret_value().encode()
    expected = hmac.digest(key, f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256").hex()
    if _is_same(claim.signature, expected) and _is_same(request.header("x-acs-content-sha256") or "", payload):
        return None
    return Refusal(code="SignatureDoesNotMatch", message="Specified signature is not matched with our calculation.")


def _canonical(request: SentRequest, signed: tuple[str, ...], payload: str) -> str:
    pairs = sorted(parse_qsl(request.query, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    lines = "".join(f"{name}:{request.header(name)}\n" for name in signed)
    return f"{request.method}\n{request.path}\n{query}\n{lines}\n{';'.join(signed)}\n{payload}"


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())

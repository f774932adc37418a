"""Time for the local API, and requests signed by the official SDK's signer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from alibabacloud_tea_openapi.utils import Utils  # type: ignore[import-untyped] # the SDK ships no types

from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.cams.verification import Account, SentRequest
from tests.clocks import SteppingClock


class Signer:
    """Makes requests that verify. Each has a nonce of its own."""

    def __init__(self, clock: SteppingClock) -> None:
        self._clock = clock
        self._count = 0

    def sign(
        self,
        *,
        account: Account = SANDBOX_ACCOUNT,
        body: bytes = b"PhoneNumber=8613800001234&VerifyCode=208312",
        method: str = "POST",
        path: str = "/",
        host: str = "127.0.0.1:1",
        query: dict[str, str] | None = None,
        without: str = "",
        changed: Mapping[str, str] | None = None,
    ) -> SentRequest:
        """A request signed as the SDK does it, over headers that are ``changed``, and ``without`` one."""
        headers = self._headers(account, body=body, host=host) | dict(changed or {})
        headers.pop(without, None)
        request = SimpleNamespace(method=method, pathname=path, query=query or {}, headers=headers)
        payload = hashlib.sha256(body).hexdigest()
        authorization = Utils.get_authorization(
            request,
            "ACS3-HMAC-SHA256",
            payload,
            account.access_key_id,
            account.access_key_secret.get_secret_value(),
        )
        return SentRequest(
            method=method,
            path=path,
            query="&".join(f"{name}={value}" for name, value in (query or {}).items()),
            headers=(*headers.items(), ("authorization", authorization)),
            body=body,
        )

    def _headers(self, account: Account, *, body: bytes, host: str) -> dict[str, str]:
        self._count += 1
        headers = {
            "host": host,
            "accept": "application/json",
            "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11 Core/0.4 TeaDSL/2",
            "content-type": "application/x-www-form-urlencoded",
            "x-acs-action": "GetPreValidatePhoneId",
            "x-acs-version": "2020-06-06",
            "x-acs-date": datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": f"nonce-{self._count}",
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        if account.security_token is not None:
            headers["x-acs-security-token"] = account.security_token.get_secret_value()
            headers["x-acs-accesskey-id"] = account.access_key_id
        return headers


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def signer(clock: SteppingClock) -> Signer:
    return Signer(clock)


@pytest.fixture
async def start(clock: SteppingClock) -> AsyncIterator[Callable[..., object]]:
    """Starts local APIs on the test's clock and stops them after the test."""
    started: list[LocalCams] = []

    async def start_one(**parameters: object) -> LocalCams:
        api = LocalCams(**({"clock": clock} | parameters))  # type: ignore[arg-type] # a test names what it changes
        await api.start()
        started.append(api)
        return api

    yield start_one
    for api in started:
        await asyncio.wait_for(api.stop(), 5)

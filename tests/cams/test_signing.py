"""The signature: published examples, the official SDK's signer, and what is fresh in each request."""

import hashlib
import json
import string
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.utils import Utils  # type: ignore[import-untyped] # the SDK ships no types
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.cams.signing import Acs3Auth, Credentials, authorization, canonical_request, string_to_sign
from tests.clocks import SteppingClock

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "acs3-vectors.json").read_text())

UNRESERVED = string.ascii_letters + string.digits + "-_.~"
HEADER_TEXT = st.text(string.ascii_letters + string.digits + string.punctuation + " ")
SIGNED_NAMES = st.sampled_from(["Host", "content-type"]) | st.text("abcxyz-", min_size=1).map("x-acs-{}".format)


def url_of(vector: dict[str, Any]) -> httpx.URL:
    return httpx.URL(f"https://{vector['signed_headers']['host']}{vector['path']}", params=vector["query"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
class TestKnownAnswers:
    def test_the_canonical_request_and_its_hash_are_the_published_ones(self, vector: dict[str, Any]) -> None:
        canonical = canonical_request(
            method=vector["method"],
            path=vector["path"],
            query=vector["query"],
            headers=vector["signed_headers"],
            body=vector["body"].encode(),
        )
        assert canonical == vector["canonical_request"]
        assert string_to_sign(canonical) == f"ACS3-HMAC-SHA256\n{vector['hashed_canonical_request']}"

    def test_the_authorization_is_the_published_one(self, vector: dict[str, Any]) -> None:
        signed = authorization(
            vector["canonical_request"],
            vector["signed_headers"],
            access_key_id=vector["access_key_id"],
            access_key_secret=SecretStr(vector["access_key_secret"]),
        )
        assert signed == vector["authorization"]

    def test_a_request_that_went_through_the_auth_carries_it(
        self, vector: dict[str, Any], clock: SteppingClock
    ) -> None:
        headers = dict(vector["signed_headers"])
        clock.time = _seconds(headers.pop("x-acs-date"))
        nonce = headers.pop("x-acs-signature-nonce")
        credentials = Credentials(
            access_key_id=vector["access_key_id"], access_key_secret=SecretStr(vector["access_key_secret"])
        )
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock, nonce=lambda: nonce)
        request = httpx.Request(vector["method"], url_of(vector), headers=headers, content=vector["body"].encode())

        assert next(auth.sync_auth_flow(request)).headers["authorization"] == vector["authorization"]


def _seconds(date: str) -> float:
    return datetime.fromisoformat(date).timestamp()


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.text(UNRESERVED + "/%").map("/{}".format),
    # Names only of unreserved characters: the SDK encodes the values of a query and forgets the names.
    query=st.dictionaries(st.text(UNRESERVED, min_size=1), st.text()),
    headers=st.dictionaries(SIGNED_NAMES, HEADER_TEXT),
    body=st.binary(),
    key_id=st.text(UNRESERVED, min_size=1),
    secret=st.text(min_size=1),
)
def test_the_signature_equals_the_official_sdks(
    *, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, key_id: str, secret: str
) -> None:
    request = SimpleNamespace(method=method, pathname=path, query=query, headers=headers)
    payload = hashlib.sha256(body).hexdigest()
    theirs = Utils.get_authorization(request, "ACS3-HMAC-SHA256", payload, key_id, secret)

    canonical = canonical_request(method=method, path=path, query=query, headers=headers, body=body)
    ours = authorization(canonical, headers, access_key_id=key_id, access_key_secret=SecretStr(secret))

    assert ours == theirs


def test_names_in_a_query_are_encoded_too() -> None:
    canonical = canonical_request(method="GET", path="/", query={"a b": "ü/~"}, headers={}, body=b"")
    assert canonical.splitlines()[2] == "a%20b=%C3%BC%2F~"


@given(unsigned=st.dictionaries(st.sampled_from(["Accept", "User-Agent", "Connection", "Content-Length"]), HEADER_TEXT))
def test_headers_a_proxy_may_rewrite_do_not_enter_the_signature(unsigned: dict[str, str]) -> None:
    headers = {"host": "cams.test", "x-acs-action": "GetPreValidatePhoneId"}
    parts: dict[str, Any] = {"method": "POST", "path": "/", "query": {}, "body": b""}
    assert canonical_request(headers=headers | unsigned, **parts) == canonical_request(headers=headers, **parts)


class TestAcs3Auth:
    def test_the_same_request_sent_again_is_signed_anew(self, clock: SteppingClock, credentials: Credentials) -> None:
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        request = httpx.Request("POST", "https://cams.test/", content=b"a=b")
        stamps = []
        for _ in range(2):
            sent = next(auth.sync_auth_flow(request))
            stamps.append(
                [sent.headers[name] for name in ("x-acs-date", "x-acs-signature-nonce", "authorization")],
            )
            clock.time += 1

        assert all(first != second for first, second in zip(*stamps, strict=True))

    def test_nonces_are_not_used_twice(self, clock: SteppingClock, credentials: Credentials) -> None:
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        nonces = {
            next(auth.sync_auth_flow(httpx.Request("POST", "https://cams.test/"))).headers["x-acs-signature-nonce"]
            for _ in range(1000)
        }
        assert len(nonces) == 1000

    def test_the_hash_is_of_the_very_bytes_sent(self, clock: SteppingClock, credentials: Credentials) -> None:
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        sent = next(auth.sync_auth_flow(httpx.Request("POST", "https://cams.test/", content=b"\x00\xff")))
        assert sent.headers["x-acs-content-sha256"] == hashlib.sha256(b"\x00\xff").hexdigest()

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://cams.test/", "cams.test"),
            ("https://cams.test:443/", "cams.test"),  # the default port is not sent
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ],
    )
    def test_the_host_signed_is_the_host_header_sent(
        self, url: str, host: str, clock: SteppingClock, credentials: Credentials
    ) -> None:
        auth = Acs3Auth(credentials=lambda: credentials, clock=clock)
        sent = next(auth.sync_auth_flow(httpx.Request("POST", url)))
        headers = {**sent.headers, "host": host}
        expected = authorization(
            canonical_request(method="POST", path="/", query={}, headers=headers, body=b""),
            headers,
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
        )
        assert (sent.headers["host"], sent.headers["authorization"]) == (host, expected)

    def test_each_request_is_signed_with_what_the_source_gives_then(self, clock: SteppingClock) -> None:
        source = iter(
            [
                Credentials(
                    access_key_id="first", access_key_secret=SecretStr("one"), security_token=SecretStr("token")
                ),
                Credentials(access_key_id="second", access_key_secret=SecretStr("two")),
            ]
        )
        auth = Acs3Auth(credentials=lambda: next(source), clock=clock)
        request = httpx.Request("POST", "https://cams.test/")

        sent = next(auth.sync_auth_flow(request))
        assert sent.headers["x-acs-security-token"] == "token"
        assert "Credential=first," in sent.headers["authorization"]
        assert "x-acs-security-token" in sent.headers["authorization"]

        sent = next(auth.sync_auth_flow(request))
        assert "Credential=second," in sent.headers["authorization"]
        assert "x-acs-security-token" not in sent.headers

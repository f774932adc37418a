"""Whatever is signed cannot be changed, and whatever must be signed is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from bot.sandbox.cams.verification import WINDOW_SECONDS, Account, SentRequest, Verifier
from tests.clocks import SteppingClock

if TYPE_CHECKING:
    from tests.sandbox.cams.conftest import Signer

TEMPORARY = Account(
    access_key_id="temporary", access_key_secret=SecretStr("secret"), security_token=SecretStr("current")
)
NOW = 1_800_000_000.0
SIGNED = (
    "host",
    "accept",
    "user-agent",
    "content-type",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
    "x-acs-security-token",
    "x-acs-accesskey-id",
)
VECTORS = Path(__file__).parents[2] / "cams" / "data" / "acs3-vectors.json"


def verifier() -> Verifier:
    return Verifier({account.access_key_id: account for account in (SANDBOX_ACCOUNT, TEMPORARY)})


def code_of(request: SentRequest, *, now: float = NOW) -> str | None:
    refusal = verifier().refusal(request, now=now)
    return None if refusal is None else refusal.code


def with_header(request: SentRequest, name: str, value: str) -> SentRequest:
    assert name in dict(request.headers)
    return replace(
        request, headers=tuple((sent, value if sent == name else before) for sent, before in request.headers)
    )


def test_what_the_sdks_signer_signed_verifies(signer: "Signer") -> None:
    assert code_of(signer.sign()) is None


def test_a_temporary_key_verifies_with_its_token(signer: "Signer") -> None:
    assert code_of(signer.sign(account=TEMPORARY)) is None


def test_a_request_that_signs_only_what_is_documented_verifies() -> None:
    vectors: list[dict[str, Any]] = json.loads(VECTORS.read_text())
    vector = next(vector for vector in vectors if vector["name"] == "minimal-ak")
    account = Account(access_key_id=vector["access_key_id"], access_key_secret=SecretStr(vector["access_key_secret"]))
    request = SentRequest(
        method="POST",
        path="/",
        query="",
        headers=(*vector["signed_headers"].items(), ("authorization", vector["authorization"]), ("accept", "*/*")),
        body=vector["body"].encode(),
    )
    at = 1_767_323_045.0  # 2026-01-02T03:04:05Z
    assert Verifier({account.access_key_id: account}).refusal(request, now=at) is None


class TestChanges:
    @pytest.mark.parametrize("name", SIGNED)
    def test_no_signed_header_can_be_changed(self, name: str, signer: "Signer") -> None:
        request = signer.sign(account=TEMPORARY)
        assert code_of(with_header(request, name, dict(request.headers)[name] + "x")) is not None

    @pytest.mark.parametrize("name", SIGNED)
    def test_no_signed_header_can_be_taken_away(self, name: str, signer: "Signer") -> None:
        request = signer.sign(account=TEMPORARY)
        kept = tuple(pair for pair in request.headers if pair[0] != name)
        assert code_of(replace(request, headers=kept)) is not None

    @pytest.mark.parametrize("name", SIGNED)
    def test_no_signed_header_can_be_sent_twice(self, name: str, signer: "Signer") -> None:
        request = signer.sign(account=TEMPORARY)
        twice = (*request.headers, (name, dict(request.headers)[name]))
        assert code_of(replace(request, headers=twice)) is not None

    @pytest.mark.parametrize(
        ("name", "value"),
        [  # each would be right in another request: only the signature tells
            ("host", "127.0.0.1:2"),
            ("x-acs-date", "2027-01-15T08:00:01Z"),
            ("x-acs-signature-nonce", "another"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("accept", "*/*"),
            ("user-agent", "proxy"),
        ],
    )
    def test_a_change_that_looks_right_does_not_match(self, name: str, value: str, signer: "Signer") -> None:
        assert code_of(with_header(signer.sign(), name, value)) == "SignatureDoesNotMatch"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"body": b"PhoneNumber=8613800001235&VerifyCode=208312"}, "SignatureDoesNotMatch"),
            ({"body": b""}, "SignatureDoesNotMatch"),
            ({"query": "a=b"}, "SignatureDoesNotMatch"),
            ({"method": "PUT"}, "UnsupportedHTTPMethod"),
            ({"path": "/other"}, "InvalidAction.NotFound"),
        ],
    )
    def test_the_rest_of_the_request_cannot_be_changed(
        self, changes: dict[str, Any], code: str, signer: "Signer"
    ) -> None:
        assert code_of(replace(signer.sign(), **changes)) == code

    def test_a_body_with_a_new_hash_does_not_match(self, signer: "Signer") -> None:
        other = signer.sign(body=b"PhoneNumber=12025550101&VerifyCode=004217")
        changed = replace(signer.sign(), body=other.body)
        digest = dict(other.headers)["x-acs-content-sha256"]
        assert code_of(with_header(changed, "x-acs-content-sha256", digest)) == "SignatureDoesNotMatch"

    def test_a_wrong_hash_that_was_signed_does_not_match(self, signer: "Signer") -> None:
        assert code_of(signer.sign(changed={"x-acs-content-sha256": "0" * 64})) == "SignatureDoesNotMatch"

    def test_another_secret_does_not_match(self, signer: "Signer") -> None:
        forged = replace(SANDBOX_ACCOUNT, access_key_secret=SecretStr("guessed"))
        assert code_of(signer.sign(account=forged)) == "SignatureDoesNotMatch"

    # The signer only counts its nonces, and this test gives its own: one signer for all examples is as good as many.
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_no_byte_of_what_is_signed_can_be_changed(self, data: st.DataObject, signer: "Signer") -> None:
        request = signer.sign(account=TEMPORARY, changed={"x-acs-signature-nonce": "nonce"})
        parts = dict(request.headers) | {"method": request.method, "path": request.path, "body": request.body.decode()}
        part = data.draw(st.sampled_from(sorted(parts)))
        at = data.draw(st.integers(0, len(parts[part]) - 1))
        character = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
        assume(parts[part][at] != character)
        assert code_of(changed(request, part, parts[part][:at] + character + parts[part][at + 1 :])) is not None


def changed(request: SentRequest, part: str, value: str) -> SentRequest:
    if part == "body":
        return replace(request, body=value.encode())
    if part == "method":
        return replace(request, method=value)
    return replace(request, path=value) if part == "path" else with_header(request, part, value)


class TestRules:
    @pytest.mark.parametrize(
        "name",
        [
            "host",
            "content-type",
            "x-acs-action",
            "x-acs-version",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
        ],
    )
    def test_what_must_be_signed_and_is_not_is_incomplete(self, name: str, signer: "Signer") -> None:
        request = signer.sign(without=name)
        value = dict(signer.sign().headers)[name]
        sent = replace(request, headers=(*request.headers, (name, value)))
        assert code_of(sent) == "IncompleteSignature"

    def test_an_acs_header_added_later_is_incomplete(self, signer: "Signer") -> None:
        request = signer.sign()
        added = replace(request, headers=(*request.headers, ("x-acs-extra", "1")))
        assert code_of(added) == "IncompleteSignature"

    @pytest.mark.parametrize("name", ["accept", "user-agent"])
    def test_what_need_not_be_signed_may_be_left_out(self, name: str, signer: "Signer") -> None:
        assert code_of(signer.sign(without=name)) is None

    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            "Bearer x",
            "ACS3-HMAC-SHA256 Credential=SandboxAccessKeyId",
            "ACS3-HMAC-SM3 Credential=SandboxAccessKeyId,SignedHeaders=host,Signature=" + "0" * 64,
            "ACS3-HMAC-SHA256 Credential=SandboxAccessKeyId,SignedHeaders=host,Signature=zz",
        ],
    )
    def test_an_authorization_of_another_form_is_incomplete(self, authorization: str, signer: "Signer") -> None:
        assert code_of(with_header(signer.sign(), "authorization", authorization)) == "IncompleteSignature"

    def test_an_unknown_key_is_not_found(self, signer: "Signer") -> None:
        stranger = Account(access_key_id="stranger", access_key_secret=SecretStr("secret"))
        assert code_of(signer.sign(account=stranger)) == "InvalidAccessKeyId.NotFound"

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"x-acs-action": "SendChatappMessage"}, "InvalidAction.NotFound"),
            ({"x-acs-version": "2020-06-07"}, "InvalidAction.NotFound"),
            ({"content-type": "application/json"}, "UnsupportedContentType"),
            ({"content-type": "application/x-www-form-urlencoded;charset=UTF-8"}, None),
            ({"x-acs-date": "15 Jan 2027"}, "InvalidTimeStamp.Format"),
            ({"x-acs-security-token": "unneeded"}, "InvalidSecurityToken.MismatchWithAccessKey"),
        ],
    )
    def test_a_signed_header_must_be_right_as_well(
        self, headers: dict[str, str], code: str | None, signer: "Signer"
    ) -> None:
        assert code_of(signer.sign(changed=headers)) == code

    @pytest.mark.parametrize(
        ("headers", "without", "code"),
        [
            ({}, "x-acs-security-token", "MissingSecurityToken"),
            ({"x-acs-security-token": "old"}, "", "InvalidSecurityToken.Expired"),
        ],
    )
    def test_a_temporary_key_needs_its_token(
        self, headers: dict[str, str], without: str, code: str, signer: "Signer"
    ) -> None:
        assert code_of(signer.sign(account=TEMPORARY, without=without, changed=headers)) == code

    @pytest.mark.parametrize(
        ("seconds", "code"),
        [
            (WINDOW_SECONDS, None),
            (WINDOW_SECONDS + 1, "InvalidTimeStamp.Expired"),
            (-WINDOW_SECONDS, None),
            (-WINDOW_SECONDS - 1, "InvalidTimeStamp.Expired"),
        ],
    )
    def test_a_date_is_good_for_15_minutes_either_way(self, seconds: float, code: str | None, signer: "Signer") -> None:
        assert code_of(signer.sign(), now=NOW + seconds) == code


class TestNonces:
    def test_a_request_sent_again_is_refused(self, signer: "Signer") -> None:
        gate, request = verifier(), signer.sign()
        assert gate.refusal(request, now=NOW) is None
        refusal = gate.refusal(request, now=NOW + 1)
        assert refusal is not None
        assert refusal.code == "SignatureNonceUsed"

    def test_a_nonce_signed_again_is_refused_for_15_minutes(self, signer: "Signer", clock: SteppingClock) -> None:
        gate, codes = verifier(), []
        for seconds in (0, WINDOW_SECONDS - 1, WINDOW_SECONDS):
            clock.time = NOW + seconds
            refusal = gate.refusal(signer.sign(changed={"x-acs-signature-nonce": "same"}), now=clock.time)
            codes.append(None if refusal is None else refusal.code)
        assert codes == [None, "SignatureNonceUsed", None]

    def test_a_forged_request_does_not_use_a_nonce_up(self, signer: "Signer") -> None:
        gate, request = verifier(), signer.sign()
        assert gate.refusal(replace(request, body=b"forged"), now=NOW) is not None
        assert gate.refusal(request, now=NOW) is None

    def test_two_keys_may_use_the_same_nonce(self, signer: "Signer") -> None:
        gate = verifier()
        for account in (SANDBOX_ACCOUNT, TEMPORARY):
            assert (
                gate.refusal(signer.sign(account=account, changed={"x-acs-signature-nonce": "same"}), now=NOW) is None
            )


def test_a_disabled_key_is_told_before_its_signature_is_looked_at(signer: "Signer") -> None:
    disabled = replace(SANDBOX_ACCOUNT, is_active=False)
    refusal = Verifier({disabled.access_key_id: disabled}).refusal(signer.sign(body=b"x"), now=NOW)
    assert refusal
    assert refusal.code == "InvalidAccessKeyId.Inactive"

"""``phoneid doctor --live``: a lookup like any other, and a file about it that holds nothing secret."""

import json
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.cams.recording import Exchange
from bot.doctor.live import fields, redacted
from bot.models import MASK, PhoneNumber
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from tests.canaries import found_in
from tests.cli.conftest import Desk
from tests.scenarios.scene import entry
from tests.shell import Ran

GOOD, ECHO, FORBIDDEN = (
    entry("The ID"),
    entry("An unknown error that repeats the verification code"),
    entry("Ram.PermissionDeny"),
)

DOCUMENTED = {"RequestId: str", "Code: str", "Message: str", "Data.PhoneNumberId: str", "Data.PhoneNumber: str"}
"""The success that Alibaba Cloud documents, by its fields."""


async def live(desk: Desk, asked: Any) -> tuple[Ran, Path, dict[str, Any]]:
    ran = await desk.shell.run("doctor", "--live", asked.phone, typed=f"{asked.code}\n")
    (path,) = desk.shell.folder.glob("phoneid-live-*.json")
    return ran, path, json.loads(path.read_text())


async def test_it_is_a_lookup_on_record_and_a_file_for_its_owner_alone(desk: Desk) -> None:
    ran, path, record = await live(desk, GOOD)
    assert ran.status == 0
    assert desk.asked() == [GOOD.digits]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert record["reference"] in (await desk.shell.run("log")).out
    assert str(path) in ran.out


async def test_what_the_sandbox_answers_has_the_documented_fields_and_no_others(desk: Desk) -> None:
    _, _, record = await live(desk, GOOD)
    (exchange,) = record["exchanges"]
    assert set(fields(exchange["answer"]["body"])) == DOCUMENTED
    assert exchange["answer"]["status"] == 200
    assert set(fields(exchange["request"]["body"])) == {"PhoneNumber: str", "VerifyCode: str"}
    assert {
        "host",
        "accept",
        "content-type",
        "authorization",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    } <= exchange["request"]["headers"].keys()


@pytest.mark.parametrize("asked", [GOOD, ECHO, FORBIDDEN], ids=["an ID", "an echo", "accounts"])
async def test_nothing_secret_is_in_it(desk: Desk, asked: Any) -> None:
    _, path, record = await live(desk, asked)
    text = path.read_text()
    assert found_in(text.encode(), [asked.code]) == []
    secrets = (
        asked.digits,
        asked.digits[4:-4],
        "920155500012345",
        SANDBOX_ACCOUNT.access_key_id,
        SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "1000000000000001",
        "2000000000000002",
    )
    assert not [each for each in secrets if each in text]
    headers = record["exchanges"][0]["request"]["headers"]
    assert headers["authorization"].startswith(f"ACS3-HMAC-SHA256 Credential={MASK},SignedHeaders=")
    assert headers["authorization"].endswith(f"Signature={MASK}")
    assert headers["x-acs-content-sha256"] == MASK  # of so short a body it would tell the code
    assert record["exchanges"][0]["request"]["body"]["VerifyCode"] == MASK


async def test_the_code_is_no_argument_and_the_checks_are_another_matter(desk: Desk) -> None:
    ran = await desk.shell.run("doctor", "--live", GOOD.phone, GOOD.code)
    assert ran.status == 2
    assert GOOD.code not in ran.err
    assert (await desk.shell.run("doctor", "--live", GOOD.phone, "--json")).status == 2
    assert desk.asked() == []


async def test_no_id_is_exit_code_1_and_written_down_too(desk: Desk) -> None:
    ran, _, record = await live(desk, FORBIDDEN)
    assert ran.status == 1
    assert record["exchanges"][0]["answer"]["body"]["Code"] == "Ram.PermissionDeny"
    assert "grant this user the action" in ran.err


KEY_ID, TOKEN, SIGNATURE = "STS.Invented0Key", "an.invented.token", "0a1b2c3d" * 8
ENCODED = "AQFohtp4aIbaSW52ZW50ZWQ/"
REPEATED = {
    "a key": f"Specified access key {KEY_ID} is not found.",
    "a key in small letters": f"key: {KEY_ID.lower()}",
    "a token": f"The security token {TOKEN} is malformed.",
    "a signature": f"The signature {SIGNATURE} is not ours.",
    "a hash of the code": f"server CanonicalRequest is [POST x-acs-content-sha256:{'9f86d081' * 8}]",
    "a user": "acs:ram::1000000000000001:user/jane.doe@corp may not do this",
    "a user alone": "user/jane.doe may not do this",
    "an address": "<jane.doe@corp.example> may not do this",
    "an encoded message": f"EncodedDiagnosticMessage:{ENCODED * 3}",
}


@pytest.mark.parametrize("message", REPEATED.values(), ids=REPEATED)
def test_what_a_message_repeats_is_hidden_in_it(message: str) -> None:
    text = json.dumps(recorded({"Code": "Refused", "Message": message, "Recommend": [message]}))
    assert MASK in recorded({"Message": message})["answer"]["body"]["Message"]
    for secret in (KEY_ID, TOKEN, SIGNATURE, ENCODED, "jane", "corp", "9f86d081"):
        assert secret.lower() not in text.lower()


def test_of_why_it_is_denied_only_what_names_nobody_is_shown() -> None:
    detail = {
        "AuthAction": "cams:GetPreValidatePhoneId",
        "AuthPrincipalDisplayName": "jane.doe",
        "AuthPrincipalType": "SubUser",
        "EncodedDiagnosticMessage": ENCODED,
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": {"Name": "jane"},
        "Whatever": "comes",
    }
    shown = recorded({"AccessDeniedDetail": detail})["answer"]["body"]["AccessDeniedDetail"]
    assert shown == {
        **dict.fromkeys(detail, MASK),
        "AuthAction": "cams:GetPreValidatePhoneId",
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
    }


def recorded(answer: dict[str, Any]) -> dict[str, Any]:
    """The record of an exchange with this answer."""
    headers = {
        "authorization": f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders=host,Signature={SIGNATURE}",
        "x-acs-security-token": TOKEN,
    }
    request = httpx.Request("POST", "https://cams.example", headers=headers, data={"VerifyCode": "208312"})
    exchange = Exchange(request=request, status=403, headers=httpx.Headers(), body=json.dumps(answer).encode())
    return redacted(exchange, PhoneNumber("8613800001234"), SecretStr("208312"))

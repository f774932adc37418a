"""Alibaba Cloud's own client takes the local API for the real one."""

import asyncio
from typing import Any

import pytest
from alibabacloud_cams20200606.client import Client  # type: ignore[import-untyped] # the SDK ships no types
from alibabacloud_cams20200606.models import GetPreValidatePhoneIdRequest  # type: ignore[import-untyped] # as above
from alibabacloud_tea_openapi.exceptions import ClientException  # type: ignore[import-untyped] # as above
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped] # as above
from pydantic import SecretStr

from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.cams.verification import Account

TEMPORARY = Account(
    access_key_id="temporary", access_key_secret=SecretStr("secret"), security_token=SecretStr("current")
)


@pytest.fixture
async def api() -> Any:
    """On the machine's clock: the SDK has no other."""
    server = LocalCams(accounts=[SANDBOX_ACCOUNT, TEMPORARY])
    await server.start()
    yield server
    await server.stop()


def client(api: LocalCams, account: Account) -> Any:
    token = account.security_token
    return Client(
        Config(
            access_key_id=account.access_key_id,
            access_key_secret=account.access_key_secret.get_secret_value(),
            security_token=None if token is None else token.get_secret_value(),
            protocol="http",
            endpoint=api.url.removeprefix("http://"),
            no_proxy="127.0.0.1",
        )
    )


def request(phone: str = "8613800001234", code: str = "208312") -> Any:
    return GetPreValidatePhoneIdRequest(phone_number=phone, verify_code=code)


@pytest.mark.parametrize("account", [SANDBOX_ACCOUNT, TEMPORARY], ids=["long-term key", "temporary key"])
class TestOfficialSdk:
    async def test_it_gets_the_id(self, account: Account, api: LocalCams) -> None:
        ask = client(api, account).get_pre_validate_phone_id
        answer = await asyncio.wait_for(asyncio.to_thread(ask, request()), 20)
        assert (answer.status_code, answer.body.code) == (200, "OK")
        assert answer.body.data.phone_number_id == "920155500012345"

    async def test_it_gets_the_id_asynchronously(self, account: Account, api: LocalCams) -> None:
        answer = await asyncio.wait_for(client(api, account).get_pre_validate_phone_id_async(request()), 20)
        assert answer.body.data.phone_number_id == "920155500012345"

    async def test_it_understands_a_refusal(self, account: Account, api: LocalCams) -> None:
        ask = client(api, account).get_pre_validate_phone_id_async
        with pytest.raises(ClientException) as caught:
            await asyncio.wait_for(ask(request("12025550103", "771530")), 20)
        assert (caught.value.status_code, caught.value.code) == (400, "Ram.PermissionDeny")
        assert caught.value.access_denied_detail["AuthPrincipalType"] == "SubUser"

    async def test_its_signature_is_really_checked(self, account: Account, api: LocalCams) -> None:
        forged = Account(
            access_key_id=account.access_key_id,
            access_key_secret=SecretStr("guessed"),
            security_token=account.security_token,
        )
        with pytest.raises(ClientException) as caught:
            await asyncio.wait_for(client(api, forged).get_pre_validate_phone_id_async(request()), 20)
        assert caught.value.code == "SignatureDoesNotMatch"

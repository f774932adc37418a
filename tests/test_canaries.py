"""The search for canaries finds them: a search that finds nothing proves nothing unless it could have."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.canaries import CANARY, forms_of, found_in

SECRETS = [CANARY, "208312", "xoxb-invented-7Q3xK9"]


@pytest.mark.parametrize("secret", SECRETS)
def test_each_form_is_found_in_the_middle_of_something(secret: str) -> None:
    for name, form in forms_of(secret).items():
        assert name in found_in(b"before " + form + b" after", [secret])
        assert name in found_in(b"before " + form.upper() + b" after", [secret])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(3))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_base64_is_found_wherever_the_secret_stands_in_it(secret: str, before: int, after: int, encoding: str) -> None:
    text = "x" * before + secret + "y" * after
    assert found_in(base64.b64encode(text.encode(encoding)), [secret])
    assert found_in(base64.urlsafe_b64encode(text.encode(encoding)), [secret])


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"code": CANARY}).encode(),
        json.dumps(json.dumps({"code": CANARY})).encode(),
        quote(f"code={CANARY}").encode(),
        repr(CANARY.encode()).encode(),
        repr(list(CANARY.encode())).encode(),
        repr(list(CANARY)).encode(),
        "".join(f"%{byte:02X}" for byte in CANARY.encode()).encode(),
        CANARY.encode("utf-16"),
        CANARY.encode().hex(":").replace(":", " ").encode(),
    ],
)
def test_what_programs_write_is_found(written: bytes) -> None:
    assert found_in(written)


def test_what_is_not_there_is_not_found() -> None:
    assert found_in(b"73019285 73019 2 84 NzMwMTgyODU=") == []

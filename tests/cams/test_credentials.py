"""Credentials show no secret, and take none that would show later."""

import pytest
from pydantic import SecretStr

from bot.cams.credentials import Credentials


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(
        Credentials(
            access_key_id="key", access_key_secret=SecretStr("hush-secret"), security_token=SecretStr("hush-token")
        )
    )
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("key_id", "secret", "token"),
    [
        ("", "secret", None),
        ("key,id", "secret", None),  # would end the Credential in the header
        ("key", "", None),
        ("key", "hush\n", None),
        ("key", "hüsh", None),
        ("key", "secret", ""),
        ("key", "secret", "hush\r\nx-acs-action: other"),  # would start another header
    ],
)
def test_what_a_header_cannot_carry_is_refused_without_being_quoted(
    key_id: str, secret: str, token: str | None
) -> None:
    with pytest.raises(ValueError, match="visible ASCII") as caught:
        Credentials(
            access_key_id=key_id,
            access_key_secret=SecretStr(secret),
            security_token=None if token is None else SecretStr(token),
        )
    assert "hush" not in repr(caught.value)

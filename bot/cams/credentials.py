"""The key the bot signs with."""

from dataclasses import dataclass

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One RAM user's key; ``security_token`` only for temporary (STS) credentials.

    Raises ``ValueError``, without the value, for what a header cannot carry: the HTTP library's own error would quote
    the header.
    """

    access_key_id: str
    access_key_secret: SecretStr
    security_token: SecretStr | None = None

    def __post_init__(self) -> None:
        if not _is_visible_ascii(self.access_key_id) or "," in self.access_key_id:  # a comma ends it in Authorization
            raise ValueError("an access key id is visible ASCII characters without a comma")
        if not _is_visible_ascii(self.access_key_secret.get_secret_value()):
            raise ValueError("an access key secret is visible ASCII characters")
        if self.security_token is not None and not _is_visible_ascii(self.security_token.get_secret_value()):
            raise ValueError("a security token is visible ASCII characters")


def _is_visible_ascii(text: str) -> bool:
    return text != "" and all("!" <= character <= "~" for character in text)

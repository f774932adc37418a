"""What the app and Slack know each other by. Invented, and random so that nothing can hard-code it."""

from dataclasses import dataclass
from random import Random, SystemRandom

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An installed app's tokens and secrets."""

    bot_token: SecretStr
    app_token: SecretStr
    signing_secret: SecretStr
    verification_token: SecretStr
    """The deprecated ``token`` field of payloads."""

    @classmethod
    def invent(cls, random: Random | None = None) -> "Credentials":
        """Fresh ones, marked as the sandbox's own."""
        source = random or SystemRandom()
        return cls(
            bot_token=SecretStr(f"xoxb-sandbox-{source.getrandbits(96):024x}"),
            app_token=SecretStr(f"xapp-sandbox-{source.getrandbits(96):024x}"),
            signing_secret=SecretStr(f"{source.getrandbits(128):032x}"),
            verification_token=SecretStr(f"sandbox{source.getrandbits(64):016x}"),
        )

"""What the app and Slack know each other by. Invented, and random so that nothing can hard-code it."""

from dataclasses import dataclass
from random import Random, SystemRandom

from pydantic import SecretStr

from bot.sandbox.slack.people import APP_ID, OTHER_APP_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An installed app's tokens and secrets."""

    bot_token: SecretStr
    app_token: SecretStr
    signing_secret: SecretStr
    other_app_token: SecretStr
    """Another app's of the same workspace: Slack takes it, and sends it nothing of ours."""
    verification_token: SecretStr
    """The deprecated ``token`` field of payloads."""

    @classmethod
    def invent(cls, random: Random | None = None) -> "Credentials":
        """Fresh ones, marked as the sandbox's own."""
        source = random or SystemRandom()
        return cls(
            bot_token=SecretStr(f"xoxb-sandbox-{source.getrandbits(96):024x}"),
            app_token=_app_token(APP_ID, source),
            signing_secret=SecretStr(f"{source.getrandbits(128):032x}"),
            other_app_token=_app_token(OTHER_APP_ID, source),
            verification_token=SecretStr(f"sandbox{source.getrandbits(64):016x}"),
        )


def _app_token(app_id: str, source: Random) -> SecretStr:
    """In Slack's form, which names the app."""
    return SecretStr(f"xapp-1-{app_id}-{source.getrandbits(40):013}-{source.getrandbits(256):064x}")

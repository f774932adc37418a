"""Response URLs: five answers within thirty minutes to whoever did something, wherever they did it."""

from dataclasses import dataclass, replace
from random import Random

from bot.interfaces import Clock
from bot.sandbox.slack.refusals import Refusal

LIFETIME = 30 * 60.0
"""Seconds."""
MOST_USES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrl:
    """Whom an answer is for, and where it goes."""

    user_id: str
    channel_id: str
    message_ts: str | None
    """The message the interaction was in; a command has none."""
    issued_at: float
    uses: int = 0


class ResponseUrls:
    """The response URLs given out, by path."""

    def __init__(self, *, clock: Clock, random: Random, owner: str) -> None:
        """``owner`` stands in the paths, if there is one."""
        self._owner = f"{owner}/" if owner else ""
        self.base_url = ""
        """Of the server, without a slash at its end; known once it listens."""
        self._clock = clock
        self._random = random
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, *, user_id: str, channel_id: str, message_ts: str | None = None) -> str:
        kind = "commands" if message_ts is None else "actions"
        path = f"/{kind}/{self._owner}{self._random.getrandbits(128):032x}"
        self._issued[path] = ResponseUrl(
            user_id=user_id, channel_id=channel_id, message_ts=message_ts, issued_at=self._clock.now()
        )
        return f"{self.base_url}{path}"

    def use(self, path: str) -> ResponseUrl:
        """Count one use. Raises ``Refusal`` when the URL is unknown, too old or used up."""
        issued = self._issued.get(path)
        if issued is None or self._clock.now() - issued.issued_at > LIFETIME:
            raise Refusal("expired_url")
        if issued.uses >= MOST_USES:
            raise Refusal("used_url")
        self._issued[path] = replace(issued, uses=issued.uses + 1)
        return issued

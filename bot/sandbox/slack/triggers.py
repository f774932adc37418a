"""Trigger ids: each interaction brings one, good for one modal within three seconds."""

from dataclasses import dataclass
from random import Random

from bot.interfaces import Clock
from bot.sandbox.slack.refusals import Refusal

LIFETIME = 3.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Who did something, and in which view if it was in one."""

    user_id: str
    view_id: str | None
    issued_at: float


class Triggers:
    """The trigger ids given out."""

    def __init__(self, *, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._issued: dict[str, Trigger] = {}
        self._exchanged: set[str] = set()

    def issue(self, user_id: str, *, view_id: str | None = None) -> str:
        trigger_id = (
            f"{len(self._issued) + 1:012d}.{self._random.getrandbits(40):012d}.{self._random.getrandbits(128):032x}"
        )
        self._issued[trigger_id] = Trigger(user_id=user_id, view_id=view_id, issued_at=self._clock.now())
        return trigger_id

    def exchange(self, trigger_id: object) -> Trigger:
        """Whose it is; it is used up now. Raises ``Refusal`` when it is unknown, used or too old."""
        trigger = self._issued.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None or not isinstance(trigger_id, str):
            raise Refusal("invalid_trigger_id")
        if trigger_id in self._exchanged:
            raise Refusal("exchanged_trigger_id")
        if self._clock.now() - trigger.issued_at > LIFETIME:
            raise Refusal("expired_trigger_id")
        self._exchanged.add(trigger_id)
        return trigger

"""What Slack sent to the bot, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.sandbox.slack.blockkit import JsonObject


class DeliveryKind(StrEnum):
    """What a payload is, in the names of Socket Mode's envelopes."""

    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    EVENT = "events_api"


class Outcome(StrEnum):
    """What became of a delivery."""

    ACKNOWLEDGED = "acknowledged"
    LATE = "late"
    """No answer in time; Slack shows ``operation_timeout``."""
    REFUSED = "refused"
    """An HTTP status other than 200; Slack shows ``dispatch_failed``."""
    UNREACHABLE = "unreachable"
    """Nobody was there; Slack shows ``dispatch_failed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One payload on its way to the bot."""

    number: int
    kind: DeliveryKind
    title: str
    payload: JsonObject
    outcome: Outcome
    response: Any = None
    """What the acknowledgement carried: a JSON object, or ``None`` for an empty one."""
    milliseconds: float
    """How long the answer, or the want of one, took."""

    @property
    def is_acknowledged(self) -> bool:
        return self.outcome is Outcome.ACKNOWLEDGED

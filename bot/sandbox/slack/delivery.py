"""What Slack sent to the bot, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

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
    """No answer in time; Slack says ``operation_timeout``."""
    REFUSED = "refused"
    """An HTTP status other than 200; Slack says ``dispatch_failed``."""
    UNREACHABLE = "unreachable"
    """Nobody was there; Slack says ``dispatch_failed``."""

    @property
    def retry_reason(self) -> str:
        """Slack's word for it, beside an event that is sent again."""
        return {Outcome.LATE: "http_timeout", Outcome.REFUSED: "http_error"}.get(self, "connection_failed")

    @property
    def error(self) -> str:
        """Slack's word for it, in what it tells the user."""
        return "operation_timeout" if self is Outcome.LATE else "dispatch_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One payload on its way to the bot."""

    number: int
    kind: DeliveryKind
    title: str
    payload: JsonObject
    outcome: Outcome
    response: Any = None
    """What the acknowledgement carried: a JSON object, text, or ``None`` when it was empty."""
    milliseconds: float
    """How long the answer, or the want of one, took."""

    @property
    def is_acknowledged(self) -> bool:
        return self.outcome is Outcome.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot said to one payload; ``sent`` and ``received`` are what really went over the wire."""

    outcome: Outcome
    response: Any = None
    status: int | None = None
    sent: Any = field(default=None, repr=False)
    received: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A payload ready to go, the same each time it goes: ``body`` and ``headers`` are those of signed HTTP."""

    kind: DeliveryKind
    title: str
    payload: JsonObject
    body: bytes
    headers: dict[str, str]
    attempt: int = 0
    """Of an event: how often it was sent before."""


class Transport(Protocol):
    """A way to the bot."""

    async def carry(self, parcel: Parcel) -> Answer: ...


class Nowhere:
    """No way to the bot: nothing is sent."""

    async def carry(self, _parcel: Parcel) -> Answer:
        return Answer(Outcome.UNREACHABLE)

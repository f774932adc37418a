"""What the local Slack and the local API saw, in order, as the bot really sent it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Wire(StrEnum):
    """Between whom something went."""

    SLACK_TO_BOT = "Slack → bot"
    BOT_TO_SLACK = "bot → Slack"
    BOT_TO_API = "bot → API"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer. ``at`` is Unix seconds; ``request`` and ``response`` are JSON values."""

    number: int
    at: float
    wire: Wire
    title: str
    request: Any
    response: Any
    status: int | None
    milliseconds: float | None


class Inspector:
    """Keeps the newest exchanges and tells its listeners of each."""

    def __init__(self, *, keep: int = 1000) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=keep)
        self._listeners: list[Callable[[], None]] = []
        self._count = 0

    def record(
        self,
        wire: Wire,
        title: str,
        *,
        at: float,
        request: Any,
        response: Any = None,
        status: int | None = None,
        milliseconds: float | None = None,
    ) -> None:
        self._count += 1
        self._exchanges.append(
            Exchange(
                number=self._count,
                at=at,
                wire=wire,
                title=title,
                request=request,
                response=response,
                status=status,
                milliseconds=milliseconds,
            )
        )
        for listener in self._listeners:
            listener()

    def entries(self, *, after: int = 0) -> list[Exchange]:
        """The kept exchanges numbered above ``after``, oldest first."""
        return [exchange for exchange in self._exchanges if exchange.number > after]

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each new exchange."""
        self._listeners.append(listener)

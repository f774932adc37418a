"""How long a round trip takes on the wire, for the quota's credit."""

from collections.abc import Mapping
from typing import Any

from bot.cams.failures import NO_ANSWER
from bot.interfaces import Clock
from bot.tickets import Call

FIRST_BYTE_OUT = "http11.send_request_headers.started"
FIRST_BYTES_BACK = "http11.receive_response_headers.complete"


class Stopwatch:
    """Notes on a call when it left and when its answer came, as httpcore tells it: give it as ``trace`` extension.

    Raises ``ApiError`` instead of letting a call leave that is too late for its slot.

    From inside the connection: with the time to open one, which the next call does not need, a round trip would seem
    three times as long as it is, and the credit taken from it would break the limit.
    """

    def __init__(self, clock: Clock, call: Call) -> None:
        self._clock = clock
        self._call = call

    async def __call__(self, event: str, _facts: Mapping[str, Any]) -> None:
        if event == FIRST_BYTE_OUT:
            self._call.sent_at = self._clock.monotonic()
            if self._call.sent_at > self._call.leaves_before:  # connecting took long, or the machine stood still
                raise NO_ANSWER.as_error(cause="not sent: too late for its turn")
        elif event == FIRST_BYTES_BACK:
            self._call.answered_at = self._clock.monotonic()

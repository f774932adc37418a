"""Refuses a signed request that came before: Bolt checks signature and age, not whether it has seen it."""

import logging
from collections.abc import Awaitable, Callable

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.interfaces import Clock

log = logging.getLogger(__name__)

SIGNATURES_LIVE = 600.0
"""Seconds a signature is remembered. Slack's window is 5 minutes either way, so an older one is refused by its age."""


class Replays:
    """Remembers the signatures of the last minutes. Slack signs every delivery anew, its own retries included."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    async def refuse(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Bolt middleware; it runs after the signature was verified. Socket Mode requests carry no signature."""
        for signature in req.headers.get("x-slack-signature", [])[:1] if req.mode == "http" else []:
            if not self._is_new(signature):
                log.warning("replayed request refused")
                return BoltResponse(status=401, body={"error": "replayed request"})
        return await next()

    def _is_new(self, signature: str) -> bool:
        now = self._clock.monotonic()
        for seen in [seen for seen, at in self._seen.items() if now - at > SIGNATURES_LIVE]:
            del self._seen[seen]
        is_new = signature not in self._seen
        self._seen[signature] = now
        return is_new

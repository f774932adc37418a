"""What nobody listens for: acknowledged, and answered in words where somebody waits. It came of another manifest."""

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.interfaces import Clock
from bot.logs import Hourly
from bot.slack.gate import refuse_malformed
from bot.slack.listeners.boundary import Body, Boundary, in_view
from bot.slack.payloads import sender_of
from bot.texts import asking as texts

log = logging.getLogger(__name__)

NOBODY_WAITS = frozenset({"event_callback", "view_closed", "app_rate_limited"})


class Unknown:
    """Listens for what is left."""

    def __init__(self, boundary: Boundary, clock: Clock) -> None:
        self._boundary = boundary
        self._hourly = Hourly(clock)

    def register(self, app: AsyncApp) -> None:
        app.error(self.on_error)

    async def on_error(self, error: Exception, body: Body) -> BoltResponse:
        """Bolt's answer where nobody listens, or where a payload made it raise."""
        if not isinstance(error, BoltUnhandledRequestError):
            return await refuse_malformed(error)
        self.note(*_names(body))
        kind = body.get("type")
        if kind == "block_suggestion":
            return BoltResponse(status=200, body={"options": []})
        if kind == "view_submission":
            shown = await self._boundary.in_words_of(body, in_view(texts.FORM_OUTDATED))
            return BoltResponse(status=200, body=shown)
        if kind not in NOBODY_WAITS:
            self._boundary.tell(sender_of(body), texts.NOT_KNOWN)
        return BoltResponse(status=200, body="")

    def note(self, kind: Any, name: Any) -> None:
        """Log it, once an hour; nothing of what was typed."""
        facts = {"kind": _word(kind), "name": _word(name)}
        self._hourly.log(log, logging.WARNING, "unknown kind of payload", **facts)


def _names(body: Body) -> tuple[Any, Any]:
    """The kind of a payload, and what the manifest that it comes of calls it."""
    event, view = body.get("event"), body.get("view")
    named: Any = body.get("callback_id") or body.get("command")
    named = named or (event.get("type") if isinstance(event, dict) else None)
    named = named or (view.get("callback_id") if isinstance(view, dict) else None)
    return body.get("type") or "command", named


def _word(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"/?[A-Za-z][A-Za-z_-]{0,40}", value) else "-"

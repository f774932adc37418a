"""Slack's ways of showing and telling: windows, messages, and answers where somebody typed or clicked.

Each is tried once. What must arrive is in the outbox, which tries again.
"""

import logging
from enum import StrEnum

from bot.errors import SlackError, SlackRefused, SlackUnauthorised
from bot.models import MessageRef
from bot.slack.blocks import Message, View
from bot.slack.web import Web, part

log = logging.getLogger(__name__)


class Shown(StrEnum):
    """What became of showing something in a window or a message that is there."""

    YES = "yes"
    GONE = "gone"
    """Slack does not take it: the window was closed, the message was deleted."""
    NOT_NOW = "not now"
    """Slack could not be asked, was too busy, or does not take our token at present."""


class Messenger:
    """Shows views and sends messages."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def open_view(self, trigger_id: str, view: View) -> None:
        """Open a window. Raises ``SlackError``: a trigger id lives for 3 seconds only."""
        await self._web.views_open(trigger_id=trigger_id, view=view)

    async def update_view(self, view_id: str, view: View) -> Shown:
        """Show something else in an open window."""
        try:
            await self._web.views_update(view_id=view_id, view=view)
        except SlackError as error:
            return _not_shown("window not updated", error)
        return Shown.YES

    async def post(self, place: str, message: Message) -> MessageRef | None:
        """Send a message to a channel, or to a person by their user id. Where it is, for ``update``.

        ``None`` when Slack did not take it.
        """
        try:
            posted = await self._web.chat_postMessage(
                channel=place, text=message.text, blocks=message.blocks, unfurl_links=False, unfurl_media=False
            )
            return MessageRef(part(posted, "channel", str), part(posted, "ts", str))
        except SlackError as error:
            log.warning("message not sent", extra={"facts": {"place": place, "error": error.reason}})
            return None

    async def update(self, ref: MessageRef, message: Message) -> Shown:
        """Make a message that was sent say something else."""
        try:
            await self._web.chat_update(
                channel=ref.channel_id, ts=ref.ts, text=message.text, blocks=message.blocks, parse="none"
            )
        except SlackError as error:
            return _not_shown("message not updated", error)
        return Shown.YES

    async def respond(self, response_url: str, message: Message) -> bool:
        """Answer where somebody typed or clicked, for their eyes only. Whether that still works."""
        # Said outright: the answer to a click in an ephemeral message must be a message of its own.
        body = {
            "text": message.text,
            "blocks": message.blocks,
            "response_type": "ephemeral",
            "replace_original": False,
        }
        try:
            await self._web.respond(response_url, body)
        except SlackError as error:
            log.info("reply not taken", extra={"facts": {"error": error.reason}})
            return False
        return True

    async def tell(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        """Tell one person, where they asked if that still works, else by direct message. Whether Slack took it."""
        if response_url and await self.respond(response_url, message):
            return True
        return await self.post(user_id, message) is not None


def _not_shown(event: str, error: SlackError) -> Shown:
    log.info(event, extra={"facts": {"error": error.reason}})
    # A token that is refused says nothing about the window or the message.
    is_final = isinstance(error, SlackRefused) and not isinstance(error, SlackUnauthorised)
    return Shown.GONE if is_final else Shown.NOT_NOW

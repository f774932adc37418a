"""Slack's ways of showing and telling: windows, messages, and answers where somebody typed or clicked.

Each is tried once. What must arrive is in the outbox, which tries again.
"""

import logging
from collections.abc import Awaitable
from enum import StrEnum

from bot.errors import SlackError
from bot.models import MessageRef
from bot.slack.blocks import Message, View
from bot.slack.readers import Readers
from bot.slack.web import Web, part

log = logging.getLogger(__name__)


class Shown(StrEnum):
    """What became of showing or telling something."""

    YES = "yes"
    GONE = "gone"
    """Slack never takes it: the window was closed, the message was deleted, the person left or takes no messages."""
    NOT_NOW = "not now"
    """Slack could not be asked, was too busy, or does not take our token at present."""


class Messenger:
    """Shows views and sends messages, in the words of each ``reader``: a person by their user id, or a channel."""

    def __init__(self, web: Web, readers: Readers) -> None:
        self._web = web
        self._readers = readers

    async def open_view(self, trigger_id: str, view: View, *, reader: str) -> None:
        """Open a window. Raises ``SlackError``: a trigger id lives for 3 seconds only."""
        language = await self._readers.of(reader)
        await self._web.views_open(trigger_id=trigger_id, view=language.of(view))

    async def update_view(self, view_id: str, view: View, *, reader: str) -> Shown:
        """Show something else in an open window."""
        language = await self._readers.of(reader)
        updating = self._web.views_update(view_id=view_id, view=language.of(view))
        return await _shown(updating, otherwise="window not updated")

    async def post(self, place: str, message: Message) -> MessageRef | Shown:
        """Send a message to a channel, or to a person by their user id. Where it is, for ``update``, or why nowhere."""
        language = await self._readers.of(place)
        try:
            posted = await self._web.chat_postMessage(
                channel=place,
                text=language.markup(message.text),
                blocks=language.of(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
            )
            return MessageRef(part(posted, "channel", str), part(posted, "ts", str), sent_to=place)
        except SlackError as error:
            log.warning("message not sent", extra={"facts": {"place": place, "error": error.reason}})
            return _why_not(error)

    async def update(self, ref: MessageRef, message: Message) -> Shown:
        """Make a message that was sent say something else."""
        is_direct = ref.channel_id.startswith("D")
        language = await self._readers.of(ref.sent_to if is_direct else ref.channel_id)
        updating = self._web.chat_update(
            channel=ref.channel_id,
            ts=ref.ts,
            text=language.markup(message.text),
            blocks=language.of(message.blocks),
            parse="none",
        )
        return await _shown(updating, otherwise="message not updated")

    async def respond(self, response_url: str, message: Message, *, reader: str) -> Shown:
        """Answer where somebody typed or clicked, for their eyes only."""
        language = await self._readers.of(reader)
        # Said outright: the answer to a click in an ephemeral message must be a message of its own.
        body = {
            "text": language.markup(message.text),
            "blocks": language.of(message.blocks),
            "response_type": "ephemeral",
            "replace_original": False,
        }
        return await _shown(self._web.respond(response_url, body), otherwise="reply failed")

    async def tell(self, user_id: str, message: Message, *, response_url: str = "", in_person: bool = False) -> Shown:
        """Tell one person, where they asked if that still works, else by direct message.

        ``in_person``: the direct message is first, and the answer where they asked only for whoever gets none.
        """
        replied = Shown.GONE
        if response_url and not in_person:
            replied = await self.respond(response_url, message, reader=user_id)
            if replied is Shown.YES:
                return Shown.YES
        posted = await self.post(user_id, message)
        if isinstance(posted, MessageRef):
            return Shown.YES
        if response_url and in_person and posted is Shown.GONE:
            return await self.respond(response_url, message, reader=user_id)
        return Shown.NOT_NOW if Shown.NOT_NOW in (posted, replied) else Shown.GONE


async def _shown(call: Awaitable[object], *, otherwise: str) -> Shown:
    """What became of a call; ``otherwise`` is what the log says if it fails."""
    try:
        await call
    except SlackError as error:
        log.info(otherwise, extra={"facts": {"error": error.reason}})
        return _why_not(error)
    return Shown.YES


def _why_not(error: SlackError) -> Shown:
    # A token that is refused says nothing about the window, the message or the person.
    return Shown.GONE if error.is_final else Shown.NOT_NOW

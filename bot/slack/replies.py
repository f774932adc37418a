"""Getting words to one person: the window they filled in, where they typed, or a direct message."""

import logging
from enum import StrEnum

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SlackError
from bot.interfaces import Clock
from bot.models import Card
from bot.slack.refusals import is_passing, reason_of
from bot.slack.views import Message, View

log = logging.getLogger(__name__)


NETWORK_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError, TypeError)
"""How a call ends that brought no answer of Slack's. The last three come out of the SDK itself, for a body that is not
what it expects: a proxy's page, or nothing."""

TELL_AGAIN_AFTER = (2.0, 10.0, 60.0)
"""Seconds before each further try to tell an outcome, when Slack takes it neither way."""


TELLING = 150.0
"""Seconds one telling may take; then the sweeper of any process tries anew."""


class Shown(StrEnum):
    """What became of showing something in a window or a message that is there."""

    YES = "yes"
    GONE = "gone"
    """Slack does not take it: the window was closed, the message was deleted."""
    NOT_NOW = "not now"
    """Slack could not be asked, or was too busy."""


class Replies:
    """Slack's ways of telling one person something."""

    def __init__(self, client: AsyncWebClient, *, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def open_view(self, trigger_id: str, view: View) -> None:
        """Open a window. Raises ``SlackError``: a trigger id lives for 3 seconds only."""
        try:
            await self._client.views_open(trigger_id=trigger_id, view=view)
        except SlackApiError as error:
            raise SlackError(reason_of(error) or "no answer") from error
        except NETWORK_ERRORS as error:
            raise SlackError("no answer") from error

    async def update_view(self, view_id: str, view: View) -> Shown:
        """Show something else in an open window."""
        try:
            await self._client.views_update(view_id=view_id, view=view)
        except SlackApiError as error:
            reason = reason_of(error)
            log.info("window not updated", extra={"facts": {"error": reason}})
            return Shown.NOT_NOW if reason is None or is_passing(reason) else Shown.GONE
        except NETWORK_ERRORS:
            log.exception("window not updated")
            return Shown.NOT_NOW
        return Shown.YES

    async def tell(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        """Tell one person, where they asked if that still works, else by direct message; again for a while if need be.

        ``False`` when Slack took it no way.
        """
        for again_after in TELL_AGAIN_AFTER:
            if await self.mention(user_id, message, response_url=response_url):
                return True
            await self._clock.sleep(again_after)
        return await self.mention(user_id, message, response_url=response_url)

    async def mention(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        """Tell once; whether it worked."""
        if response_url and await self.respond(response_url, message):
            return True
        return await self._send_directly(user_id, message)

    async def _send_directly(self, user_id: str, message: Message) -> bool:
        return await self.post(user_id, message) is not None

    async def post(self, user_id: str, message: Message) -> Card | None:
        """Send a direct message. Where it is now, for ``update``; ``None`` when Slack did not take it."""
        try:
            # A user id as the channel is the direct message between the app and that person.
            posted = await self._client.chat_postMessage(
                channel=user_id, text=message.text, blocks=message.blocks, unfurl_links=False, unfurl_media=False
            )
            return Card(str(posted["channel"]), str(posted["ts"]))
        except SlackApiError as error:
            log.warning("direct message not taken", extra={"facts": {"error": reason_of(error)}})
        except (*NETWORK_ERRORS, KeyError):
            log.exception("direct message not taken")
        return None

    async def update(self, posted: Card, message: Message) -> Shown:
        """Make a message that was sent say something else."""
        try:
            await self._client.chat_update(
                channel=posted.channel_id, ts=posted.ts, text=message.text, blocks=message.blocks, parse="none"
            )
        except SlackApiError as error:
            reason = reason_of(error)
            log.info("message not updated", extra={"facts": {"error": reason}})
            return Shown.NOT_NOW if reason is None or is_passing(reason) else Shown.GONE
        except NETWORK_ERRORS:
            log.exception("message not updated")
            return Shown.NOT_NOW
        return Shown.YES

    async def respond(self, response_url: str, message: Message) -> bool:
        """Tell where somebody typed or clicked, for their eyes only; whether that still works."""
        webhook = AsyncWebhookClient(
            response_url,
            session=self._client.session,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
            logger=logging.getLogger("slack_sdk.webhook"),
        )
        try:
            # Said outright: the answer to a click in an ephemeral message must be a message of its own.
            response = await webhook.send(
                text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
            )
        except NETWORK_ERRORS:  # the direct message is the other way
            log.exception("reply not taken")
            return False
        if response.status_code != 200:  # the client never raises for a status
            log.info("reply not taken", extra={"facts": {"http_status": response.status_code}})
            return False
        return True

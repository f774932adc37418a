"""Getting words to one person: the window they filled in, where they typed, or a direct message."""

import logging

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SlackError
from bot.slack.views import Message, View

log = logging.getLogger(__name__)


class Replies:
    """Slack's ways of telling one person something. Each says whether it worked; ``tell`` tries them in turn."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def open_view(self, trigger_id: str, view: View) -> str:
        """Open a window and return its id. Raises ``SlackError``: a trigger id lives for 3 seconds only."""
        try:
            return str((await self._client.views_open(trigger_id=trigger_id, view=view))["view"]["id"])
        except SlackApiError as error:
            raise SlackError(error.response["error"]) from error

    async def update_view(self, view_id: str, view: View) -> bool:
        """Show something else in an open window. ``False`` when it was closed, or Slack did not take it."""
        try:
            await self._client.views_update(view_id=view_id, view=view)
        except SlackApiError as error:
            log.info("window not updated", extra={"facts": {"error": error.response["error"]}})
            return False
        except Exception:  # a boundary to the network: there are further ways to tell
            log.exception("window not updated")
            return False
        return True

    async def tell(self, user_id: str, message: Message, *, response_url: str = "") -> None:
        """Tell one person, where they asked if that still works, else by direct message. Raises ``SlackError``."""
        if response_url and await self._respond(response_url, message):
            return
        try:
            # A user id as the channel is the direct message between the app and that person.
            await self._client.chat_postMessage(
                channel=user_id, text=message.text, blocks=message.blocks, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            raise SlackError(error.response["error"]) from error

    async def _respond(self, response_url: str, message: Message) -> bool:
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
        except Exception:  # a boundary to the network: the direct message is the other way
            log.exception("reply not taken")
            return False
        if response.status_code != 200:  # the client never raises for a status
            log.info("reply not taken", extra={"facts": {"http_status": response.status_code}})
            return False
        return True

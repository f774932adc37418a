"""Events: what Slack tells of the app itself. It tells one again when its acknowledgement came late or got lost."""

from slack_bolt.async_app import AsyncApp

from bot.slack.bot_token import BotToken
from bot.slack.listeners.boundary import Ack, Body, Boundary
from bot.slack.payloads import Happened, parse

MOST_REMEMBERED = 1000
"""Events: far more than Slack sends in the six minutes in which it repeats one."""


class Events:
    """Listens for the end of the app's access."""

    def __init__(self, boundary: Boundary, token: BotToken) -> None:
        self._boundary = boundary
        self._token = token
        self._seen: dict[str, None] = {}

    def register(self, app: AsyncApp) -> None:
        app.event("app_uninstalled")(self.on_event)
        app.event("tokens_revoked")(self.on_event)

    async def on_event(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body):
            happened = parse(Happened, body)
            await ack()
            is_about_us = happened.event.type == "app_uninstalled" or self._token.is_of(happened.event.tokens.bot)
            if self._is_new(happened.event_id) and is_about_us:
                # Told is not enough to end for: Slack itself is asked.
                self._boundary.start_unwatched(self._token.is_good())

    def _is_new(self, event_id: str) -> bool:
        """By the event's id: what number of try it is, is not told everywhere."""
        if event_id in self._seen:
            return False
        self._seen[event_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

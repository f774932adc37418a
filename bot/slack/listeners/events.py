"""Events: what Slack tells of the app itself. It tells one again when its acknowledgement came late or got lost."""

from slack_bolt.async_app import AsyncApp

from bot.slack.bot_token import BotToken
from bot.slack.jobs import Jobs
from bot.slack.listeners.boundary import Ack, Body, Boundary
from bot.slack.payloads import Happened, parse
from bot.slack.remembered import Latest


class Events:
    """Listens for the end of the app's access."""

    def __init__(self, boundary: Boundary, jobs: Jobs, token: BotToken) -> None:
        self._boundary = boundary
        self._jobs = jobs
        self._token = token
        self._seen: Latest[str, None] = Latest()

    def register(self, app: AsyncApp) -> None:
        app.event("app_uninstalled")(self.on_event)
        app.event("tokens_revoked")(self.on_event)

    async def on_event(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body) as reply:
            happened = parse(Happened, body)
            await reply()
            is_about_us = happened.event.type == "app_uninstalled" or self._token.is_of(happened.event.tokens.bot)
            # By the event's id: what number of try it is, is not told everywhere.
            is_new = happened.event_id not in self._seen
            self._seen[happened.event_id] = None
            if is_new and is_about_us:
                # Told is not enough to end for: Slack itself is asked.
                self._jobs.start(self._token.is_good())

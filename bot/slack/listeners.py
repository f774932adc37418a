"""The Bolt app: every listener acknowledges at once and hands the rest over. None ever raises.

A listener that raised would lose its acknowledgement (Bolt erases it), and the user would see a timeout.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.slack import form, views
from bot.slack.desk import Desk, Reaction
from bot.slack.jobs import Jobs, new_reference
from bot.slack.payloads import Click, Origin, PayloadError, PayloadType, Shortcut, SlashCommand, Submission, parse
from bot.slack.replays import Replays
from bot.texts import asking

log = logging.getLogger(__name__)

Ack = Callable[..., Awaitable[object]]
Body = Mapping[str, Any]


def build_app(desk: Desk, jobs: Jobs, *, client: AsyncWebClient, signing_secret: str, clock: Clock) -> AsyncApp:
    """The app with its listeners, ready to be connected in either mode."""
    # Bolt gives its loggers the level of the one it is handed; left alone it would take the root's, DEBUG included.
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)  # it warns that our client is used and not SLACK_BOT_TOKEN: the client holds it
    app = AsyncApp(client=client, signing_secret=signing_secret, logger=logger, name="phoneid")
    logger.setLevel(logging.INFO)
    app.use(Replays(clock).refuse)
    listen = _Listeners(desk, jobs)
    app.command(asking.COMMAND)(listen.command)
    app.shortcut(views.SHORTCUT)(listen.shortcut)
    app.view(form.CALLBACK)(listen.submission)
    app.action(views.OPEN_FORM)(listen.open_form)
    app.action(views.TRY_AGAIN)(listen.try_again)
    app.action(re.compile(".*"))(listen.unknown_click)  # no click is ever silent
    return app


class _Listeners:
    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        self._desk = desk
        self._jobs = jobs

    async def command(self, ack: Ack, body: Body) -> None:
        await self._react(ack, SlashCommand, body, self._desk.on_command, broken=_broken_message)

    async def shortcut(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Shortcut, body, self._desk.on_shortcut, broken=_nothing)

    async def submission(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Submission, body, self._desk.on_submission, broken=_broken_view)

    async def open_form(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_open_form, broken=_nothing)

    async def try_again(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_try_again, broken=_nothing)

    async def unknown_click(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_unknown_click, broken=_nothing)

    async def _react(
        self,
        ack: Ack,
        kind: type[PayloadType],
        body: Body,
        on: Callable[[PayloadType], Reaction],
        *,
        broken: Callable[[str], dict[str, Any]],
    ) -> None:
        """Decide what to acknowledge, do so, and start the work. The one boundary between Slack and our errors."""
        try:
            reaction = on(parse(kind, body))
        except Exception as error:  # a boundary: whatever broke, Slack must get its acknowledgement
            reference = new_reference()
            is_shape = isinstance(error, PayloadError)
            facts = {"reference": reference, "kind": kind.__name__, "why": str(error) if is_shape else None}
            log.error("payload not handled", extra={"facts": facts}, exc_info=None if is_shape else error)
            await ack(**broken(reference))
            return
        await ack(**reaction.ack)
        if reaction.work and reaction.tell:
            self._jobs.start(reaction.work, tell=reaction.tell)


def _broken_message(reference: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": asking.broken(reference)}


def _broken_view(reference: str) -> dict[str, Any]:
    return {"response_action": "update", "view": views.trouble(Origin(), asking.broken(reference))}


def _nothing(_: str) -> dict[str, Any]:
    return {}

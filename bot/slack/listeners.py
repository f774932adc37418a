"""The Bolt app: every listener acknowledges at once and hands the rest over. None ever raises.

A listener that raised would lose its acknowledgement (Bolt erases it), and the user would see a timeout.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.slack import approval_views, cards, form, history, list_form, list_views, views
from bot.slack.approval_desk import ApprovalDesk
from bot.slack.connection import Identity
from bot.slack.desk import Desk, Reaction
from bot.slack.gate import refuse_malformed
from bot.slack.jobs import Job, Jobs, new_reference
from bot.slack.list_desk import ListDesk
from bot.slack.payloads import (
    Click,
    Origin,
    PayloadError,
    PayloadType,
    Sender,
    Shortcut,
    SlashCommand,
    Submission,
    parse,
    sender_of,
)
from bot.slack.replays import Replays
from bot.slack.replies import Replies
from bot.slack.views import Message
from bot.texts import asking

log = logging.getLogger(__name__)

RECORDING = 1.0
"""Seconds an acknowledgement may wait for the record: Slack waits for 3 in all."""

NAME = "phoneid"
"""Bolt names loggers after it."""

Ack = Callable[..., Awaitable[object]]
Body = Mapping[str, Any]


class Tell(Protocol):
    """Tells one person something, by the response URL if there is one, else directly. Whether Slack took it."""

    async def __call__(self, user_id: str, message: Message, *, response_url: str) -> bool: ...


def build_app(
    desk: Desk,
    approval_desk: ApprovalDesk,
    list_desk: ListDesk,
    jobs: Jobs,
    *,
    client: AsyncWebClient,
    signing_secret: str,
    clock: Clock,
    identity: Identity,
) -> AsyncApp:
    """The app with its listeners, ready to be connected in either mode."""
    # Bolt gives its loggers the level of the one it is handed; left alone it would take the root's, DEBUG included.
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)  # it warns that it will not look for a token: the client holds it
    app = AsyncApp(
        client=client,
        authorize=_authorize(identity, client),
        signing_secret=signing_secret,
        logger=logger,
        name=NAME,
    )
    logger.setLevel(logging.INFO)
    app.error(refuse_malformed)
    app.use(Replays(clock).refuse)
    listen = Listeners(desk, approval_desk, list_desk, jobs, tell=Replies(client, clock=clock).tell)
    app.command(asking.COMMAND)(listen.command)
    app.shortcut(views.SHORTCUT)(listen.shortcut)
    app.view(form.CALLBACK)(listen.submission)
    app.view(form.APPROVAL_CALLBACK)(listen.submission)
    app.action(views.OPEN_FORM)(listen.open_form)
    app.action(views.TRY_AGAIN)(listen.try_again)
    app.action(history.OLDER)(listen.older)
    for action_id, on in listen.buttons():
        app.action(action_id)(on)
    for callback_id in (list_form.CALLBACK, list_form.APPROVAL_CALLBACK, list_form.CODES_CALLBACK):
        app.view(callback_id)(listen.list_submission)
    app.view(approval_views.DENIAL)(listen.denial)
    app.view(approval_views.CODE_FORM)(listen.code)
    app.action(re.compile(".*"))(listen.unknown_click)  # no click is ever silent
    return app


def _authorize(identity: Identity, client: AsyncWebClient) -> Callable[[], Awaitable[AuthorizeResult]]:
    """Who we are, as found out at the start: Bolt would ask Slack before the first acknowledgement."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
            bot_token=client.token,
        )

    return authorize


class Listeners:
    """One for each thing people do. What cannot be handled still gets its acknowledgement, and its sender words."""

    def __init__(self, desk: Desk, approval_desk: ApprovalDesk, list_desk: ListDesk, jobs: Jobs, *, tell: Tell) -> None:
        self._desk = desk
        self._approval_desk = approval_desk
        self._list_desk = list_desk
        self._jobs = jobs
        self._tell = tell

    async def command(self, ack: Ack, body: Body) -> None:
        await self._react(ack, SlashCommand, body, self._desk.on_command, broken=_broken_message)

    async def shortcut(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Shortcut, body, self._desk.on_shortcut)

    async def submission(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Submission, body, self._desk.on_submission, broken=_broken_view)

    def buttons(self) -> Iterator[tuple[str, Callable[[Ack, Body], Awaitable[None]]]]:
        """The buttons of requests that need approval, and of lists: action id and listener."""
        desk, lists = self._approval_desk, self._list_desk
        for action_id, on in (
            (cards.APPROVE, desk.on_approve),
            (cards.DENY, desk.on_deny),
            (cards.DETAILS, desk.on_details),
            (approval_views.WITHDRAW, desk.on_withdraw),
            (approval_views.ENTER_CODE, desk.on_enter_code),
            (approval_views.SHOW_ID, desk.on_show_id),
            (approval_views.ENTER_CODES, lists.on_enter_codes),
            (cards.LIST_DETAILS, lists.on_details),
            (views.OPEN_LIST, lists.on_open_form),
            (list_views.LIST_AGAIN, lists.on_again),
            (list_views.STOP, lists.on_stop),
            (list_views.SHOW_RESULTS, lists.on_results),
        ):
            yield action_id, self._clicked(on)

    def _clicked(self, on: Callable[[Click], Reaction]) -> Callable[[Ack, Body], Awaitable[None]]:
        async def listen(ack: Ack, body: Body) -> None:
            await self._react(ack, Click, body, on)

        return listen

    async def denial(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Submission, body, self._approval_desk.on_denial, broken=_broken_view)

    async def code(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Submission, body, self._approval_desk.on_code, broken=_broken_view)

    async def list_submission(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Submission, body, self._list_desk.on_submission, broken=_broken_view)

    async def open_form(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_open_form)

    async def try_again(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_try_again)

    async def older(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_older)

    async def unknown_click(self, ack: Ack, body: Body) -> None:
        await self._react(ack, Click, body, self._desk.on_unknown_click)

    async def _react(
        self,
        ack: Ack,
        kind: type[PayloadType],
        body: Body,
        on: Callable[[PayloadType], Reaction],
        *,
        broken: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        """Decide what to acknowledge, do so, and start the work. The one boundary between Slack and our errors.

        ``broken`` is the acknowledgement that says so; without one it shows nothing, and the sender gets a message.
        """
        try:
            reaction = on(parse(kind, body))
        except Exception as error:  # a boundary: whatever broke, Slack must get its acknowledgement
            reference = new_reference()
            is_shape = isinstance(error, PayloadError)
            facts = {"reference": reference, "kind": kind.__name__, "why": str(error) if is_shape else None}
            log.error("payload not handled", extra={"facts": facts}, exc_info=None if is_shape else error)
            await ack(**(broken(reference) if broken else {}))
            sender = sender_of(body)
            if not broken and (sender.user_id or sender.response_url):
                self._jobs.start(Job(partial(self._tell_broken, sender, reference), _tell_no_further))
            return
        if reaction.job and reaction.recorded:
            await _first_of(self._jobs.start(reaction.job), reaction.recorded)
            await ack(**reaction.ack)
            return
        await ack(**reaction.ack)
        if reaction.job:
            self._jobs.start(reaction.job)

    async def _tell_broken(self, sender: Sender, reference: str) -> None:
        message = views.sentence(asking.broken(reference), with_form_button=True)
        if not await self._tell(sender.user_id, message, response_url=sender.response_url):
            log.error("user not told", extra={"facts": {"reference": reference}})


async def _first_of(working: asyncio.Task[None], recorded: asyncio.Event) -> None:
    """Wait until something is recorded or the work is over; not so long that Slack gives up."""
    recording = asyncio.create_task(recorded.wait())
    try:
        await asyncio.wait({working, recording}, timeout=RECORDING, return_when=asyncio.FIRST_COMPLETED)
    finally:
        recording.cancel()


def _broken_message(reference: str) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": asking.broken(reference)}


def _broken_view(reference: str) -> dict[str, Any]:
    return {"response_action": "update", "view": views.trouble(Origin(), asking.broken(reference))}


async def _tell_no_further(_error: Exception, _reference: str) -> None:
    """Telling was the job; when even that broke, the log has it."""

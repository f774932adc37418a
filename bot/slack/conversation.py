"""Answering one person: where they are, in words, and with the form or window they asked for."""

import asyncio
import logging

from bot.access import Access
from bot.errors import (
    ChangeUnknown,
    NotPossible,
    SlackBusy,
    SlackError,
    SlackForbidden,
    SlackRefused,
    SlackUnauthorised,
    SlackUnreachable,
    StoreUnavailable,
)
from bot.interfaces import Clock
from bot.models import Problem
from bot.outbox import Outbox
from bot.policy import Decision, Policy, Rule, Verdict
from bot.slack import buttons, forms, views
from bot.slack.blocks import Message, View
from bot.slack.context import Context
from bot.slack.jobs import new_reference
from bot.slack.messenger import Messenger, Shown
from bot.slack.payloads import Sender
from bot.slack.windows import Windows
from bot.texts import asking, problems
from bot.texts import requests as texts
from bot.texts.problems import PROBLEMS
from bot.texts.said import Plain

log = logging.getLogger(__name__)

BEFORE_THE_FORM = 1.0
"""Seconds to find out whether somebody may ask before the form opens anyway: its trigger id lives for 3 in all."""

UNDECIDED = Decision(Verdict.MAY, Rule.NO_APPROVALS)
"""Slack did not say in time who somebody is: they get the form, and the submission is decided again."""


class Conversation:
    """Every click gets an answer."""

    def __init__(
        self,
        *,
        access: Access,
        outbox: Outbox,
        messenger: Messenger,
        windows: Windows,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._access = access
        self._outbox = outbox
        self._messenger = messenger
        self._windows = windows
        self._policy = policy
        self._clock = clock

    async def tell(self, context: Context, message: Message) -> bool:
        """Tell them where they are, for their eyes only, else by direct message. Whether Slack took it."""
        message, response_url = buttons.in_workspace(message, context.workspace), context.origin.response_url
        return await self._messenger.tell(context.actor.user_id, message, response_url=response_url) is Shown.YES

    async def tell_sender(self, sender: Sender, sentence: Plain) -> None:
        """The same for whoever sent a payload that could not be read."""
        message = views.sentence(sentence, with_form_button=True)
        told = await self._messenger.tell(sender.user_id, message, response_url=sender.response_url)
        if told is not Shown.YES:
            log.error("message to user failed", extra={"facts": {"user": sender.user_id}})

    async def say(self, context: Context, sentence: Plain) -> None:
        """Say one thing, in the window or else where they are, with a button that opens the form."""
        if await self._show(context, views.trouble(context.origin, sentence)):
            return
        await self.tell(context, views.sentence(sentence, with_form_button=True))

    async def tell_failed(self, context: Context, error: Exception, reference: str) -> None:
        """Tell whoever waits that what they wanted is not possible, or that something of ours broke."""
        context.recording.settle()  # first: nothing is left that an acknowledgement could wait for
        if isinstance(error, NotPossible):
            await self.tell_why_not(context, error)
            return
        said = _what_failed(error, reference)
        await self.say(context, said)
        if context.submitted_at:  # its acknowledgement may still be on its way, and be painted over this
            await self.show_after_submission(context, views.trouble(context.origin, said))

    async def tell_why_not(self, context: Context, error: NotPossible) -> None:
        """Tell somebody why what they clicked is not possible, and draw the cards of a decided request anew.

        A copy that still had the button was an old one; after forgetting, all of them are. So is one that does not show
        how many codes were refused.
        """
        await self.tell(context, _why_not(error))
        is_old = error.problem is Problem.CARD_OUTDATED
        if error.request and (is_old or error.request.approval.decided_at is not None):
            try:
                await self._outbox.redraw(error.request.id, context.card, sent_to=context.actor.user_id)
            except StoreUnavailable:  # they are told all the same, and the next click tries it again
                log.exception("cards not updated", extra={"facts": {"request": error.request.id}})

    async def open_form(self, context: Context, filling: forms.Filling, *, by_shortcut: bool = False) -> None:
        """Open the form, filled in as far as known; or say why this person gets none.

        A shortcut does not say where it was used: on a whole organisation it names somebody's first workspace.
        """
        try:
            async with asyncio.timeout(BEFORE_THE_FORM):
                if by_shortcut:
                    found = await self._access.find_workspace(context.actor, context.workspace)
                    context = context.in_workspace(found)
                decision = await self._access.decide(context.actor, filling.phones, workspace=context.workspace)
        except TimeoutError:
            decision = UNDECIDED
        await self.open_form_for(context, decision, filling)

    async def open_form_for(self, context: Context, decision: Decision, filling: forms.Filling) -> None:
        """The same for somebody about whom it is decided."""
        view = self.form(context, decision, filling)
        if await self._show(context, view):
            return
        await self.open_window(context, view, is_form=True)

    def form(self, context: Context, decision: Decision, filling: forms.Filling) -> View:
        """The form, or why there is none for this person."""
        if decision.wait_until is not None and decision.problem:
            wait = max(0.0, decision.wait_until - self._clock.now())
            return views.refusal(context.origin, problems.too_many_guesses(wait, decision.problem))
        if decision.problem:
            return views.refusal(context.origin, PROBLEMS[decision.problem])
        needs_approval = decision.verdict is Verdict.MAY_WITH_APPROVAL
        approvers = views.names(self._policy.approvers) if needs_approval else None
        return forms.build(context.origin, filling, approvers=approvers)

    async def open_window(self, context: Context, view: View, *, is_form: bool = False) -> None:
        """Open a window for what somebody clicked; if it cannot be, say why, and how to get the form if it is that."""
        try:
            await self._messenger.open_view(context.trigger_id, view, reader=context.actor.user_id)
        except SlackError as error:
            too_late = asking.FORM_TOO_LATE if is_form else texts.WINDOW_TOO_LATE
            said = _why_not_opened(error, context, too_late=too_late)
            await self.tell(context, views.sentence(said, with_form_button=is_form))

    async def show_after_submission(self, context: Context, view: View) -> None:
        """Show this in the window of the form that was submitted, whatever overtakes what."""
        if context.view_id:
            reader, submitted_at = context.actor.user_id, context.submitted_at
            await self._windows.show_after_submission(context.view_id, view, reader=reader, submitted_at=submitted_at)

    async def _show(self, context: Context, view: View) -> bool:
        """Whether it is shown in the window they did it in."""
        reader = context.actor.user_id
        return bool(context.view_id) and await self._windows.show(context.view_id, view, reader=reader)


def _what_failed(error: Exception, reference: str) -> Plain:
    match error:
        case ChangeUnknown():
            return asking.perhaps_recorded(reference)
        case StoreUnavailable():
            return asking.not_recorded(reference)
    return asking.broken(reference)


TRIGGER_SPENT = frozenset(
    {"exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id", "trigger_exchanged", "trigger_expired"}
)
"""Slack's words for a click that is too long ago to open a window."""


def _why_not_opened(error: SlackError, context: Context, *, too_late: Plain) -> Plain:
    """What to say where Slack opened no window. Only of a click that is too old is it true that it came too late."""
    log.info("window not opened", extra={"facts": {"error": error.reason}})
    match error:
        case SlackBusy():
            return asking.slack_busy(error.retry_after)
        case SlackUnreachable():
            return asking.SLACK_AWAY
        case SlackUnauthorised() | SlackForbidden():
            return asking.SLACK_FORBIDS
        case SlackRefused(code=code) if code in TRIGGER_SPENT or not context.trigger_id:
            return too_late
        case SlackRefused(code="push_limit_reached"):
            return asking.TOO_MANY_WINDOWS
    reference = new_reference()
    log.error("window refused", extra={"facts": {"reference": reference, "error": error.reason}})
    return asking.broken(reference)


def _why_not(error: NotPossible) -> Message:
    if error.request is None:
        return views.sentence(asking.NOT_IN_THIS_RECORD)
    if error.wait is not None and error.problem:
        return views.wait(error.request, error.wait, error.problem)
    if error.problem:
        return views.sentence(problems.in_full(PROBLEMS[error.problem]))
    return views.became(error.request)

"""What the bot does about each thing people do in Slack: what to acknowledge at once, and which errand to run after."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.entry.command import TypedKind, read_command
from bot.models import LookupId, NewLookup, PhoneNumber
from bot.slack import form, views
from bot.slack.errands import Errands
from bot.slack.history import History
from bot.slack.jobs import Job
from bot.slack.list_errands import ListErrands
from bot.slack.payloads import Click, Origin, Shortcut, SlashCommand, Submission
from bot.slack.visits import Visit, of_click
from bot.texts import approvals, asking


@dataclass(frozen=True, slots=True)
class Reaction:
    """The acknowledgement Slack gets within 3 seconds, and the work after it."""

    ack: dict[str, Any] = field(default_factory=dict)
    job: Job | None = None
    recorded: asyncio.Event | None = None
    """The acknowledgement waits for this, a little while: what Slack has our word for must not die with the process."""


class Desk:
    """The front of the house. Every ``on_…`` is quick: it reads, and sends somebody on an errand."""

    def __init__(self, errands: Errands, history: History, list_errands: ListErrands, *, region: str | None) -> None:
        self._errands = errands
        self._history = history
        self._list_errands = list_errands
        self._region = region

    def on_command(self, command: SlashCommand) -> Reaction:
        typed = read_command(command.text.get_secret_value(), region=self._region)
        visit = Visit(actor=command.actor, origin=command.origin, trigger_id=command.trigger_id)
        if typed.kind in (TypedKind.HELP, TypedKind.UNREADABLE):
            return Reaction(ack=_message(views.usage(is_unreadable=typed.kind is TypedKind.UNREADABLE)))
        if typed.kind is TypedKind.NUMBER_AND_CODE and typed.number and typed.code:
            new = _new_lookup(visit, typed.number, key=f"command:{command.trigger_id}")
            return self._record(visit, partial(self._errands.answer_command, visit, new, typed.code))
        if typed.kind is TypedKind.WHY:
            return self._send(visit, partial(self._errands.explain, visit))
        if typed.kind is TypedKind.HISTORY:
            return self._send(visit, partial(self._history.show, visit))
        if typed.kind is TypedKind.LIST:
            return self._send(visit, partial(self._list_errands.open_form, visit))
        notice = asking.NUMBER_UNCERTAIN if typed.kind is TypedKind.UNCERTAIN else None
        return self._open(visit, form.Filling(phone=typed.number, notice=notice))

    def on_shortcut(self, shortcut: Shortcut) -> Reaction:
        return self._open(Visit(actor=shortcut.actor, origin=Origin(), trigger_id=shortcut.trigger_id))

    def on_submission(self, submission: Submission) -> Reaction:
        read = form.read(submission, region=self._region)
        if isinstance(read, form.Mistakes):
            return Reaction(ack={"response_action": "errors", "errors": read.by_block})
        visit = Visit(actor=submission.actor, origin=submission.view.origin, view_id=submission.view.id)
        new = _new_lookup(visit, read.phone, key=submission.key, reason=read.reason)
        ack = {"response_action": "update", "view": _progress(submission, read.phone)}
        return self._record(visit, partial(self._errands.answer_form, visit, new, read.code), ack=ack)

    def on_open_form(self, click: Click) -> Reaction:
        return self._open(of_click(click))

    def on_try_again(self, click: Click) -> Reaction:
        visit = of_click(click)
        return self._send(visit, partial(self._errands.reopen_form, visit, LookupId(click.action.value)))

    def on_older(self, click: Click) -> Reaction:
        visit = of_click(click)
        return self._send(visit, partial(self._history.show_older, visit, LookupId(click.action.value)))

    def on_unknown_click(self, click: Click) -> Reaction:
        visit = of_click(click)
        return self._send(visit, partial(self._errands.say, visit, asking.NOTHING_THERE))

    def _open(self, visit: Visit, filling: form.Filling = form.EMPTY) -> Reaction:
        return self._send(visit, partial(self._errands.open_form, visit, filling))

    def _record(
        self, visit: Visit, work: Callable[[], Awaitable[None]], *, ack: dict[str, Any] | None = None
    ) -> Reaction:
        return replace(self._send(visit, work), ack=ack or {}, recorded=visit.recorded)

    def _send(self, visit: Visit, work: Callable[[], Awaitable[None]]) -> Reaction:
        return Reaction(job=Job(work, partial(self._errands.tell_broken, visit)))


def _progress(submission: Submission, phone: PhoneNumber) -> views.View:
    origin = submission.view.origin
    if submission.view.callback_id == form.APPROVAL_CALLBACK:
        return views.notice(origin, approvals.asking_for_approval(phone))
    return views.progress(origin, phone)


def _new_lookup(visit: Visit, phone: PhoneNumber, *, key: str, reason: str = "") -> NewLookup:
    return NewLookup(
        agent=visit.actor, phone=phone, reason=reason, channel_id=visit.origin.channel_id, submission_key=key
    )


def _message(message: views.Message) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}

"""What the bot does about each thing people do to a request that needs approval."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot.entry.fields import read_code, read_reason
from bot.errors import EntryError
from bot.models import LookupId
from bot.slack import approval_views, views
from bot.slack.desk import Reaction
from bot.slack.errands import Errands
from bot.slack.jobs import Job
from bot.slack.payloads import Click, Submission
from bot.slack.requests import Requests
from bot.slack.visits import Visit, of_click
from bot.texts import approvals as texts
from bot.texts import asking

Work = Callable[[Visit, LookupId], Awaitable[object]]


class ApprovalDesk:
    """Every ``on_…`` is quick: it reads, and sends somebody on an errand."""

    def __init__(self, requests: Requests, errands: Errands) -> None:
        self._requests = requests
        self._errands = errands

    def on_approve(self, click: Click) -> Reaction:
        return self._send(click, self._requests.approve)

    def on_deny(self, click: Click) -> Reaction:
        return self._send(click, self._requests.open_denial)

    def on_details(self, click: Click) -> Reaction:
        return self._send(click, self._requests.show_details)

    def on_withdraw(self, click: Click) -> Reaction:
        return self._send(click, self._requests.withdraw)

    def on_enter_code(self, click: Click) -> Reaction:
        return self._send(click, self._requests.open_code_form)

    def on_show_id(self, click: Click) -> Reaction:
        return self._send(click, self._requests.show_id)

    def on_denial(self, submission: Submission) -> Reaction:
        field = submission.field(approval_views.REASON)
        try:
            reason = read_reason(field.text.get_secret_value())
        except EntryError as error:
            return _mistake(field.block_id, asking.ENTRY_MISTAKES[error.mistake])
        if not reason:
            return _mistake(field.block_id, texts.DENY_REASON_MISSING)
        visit = _visit(submission)
        return self._react(visit, partial(self._requests.deny, visit, submission.view.lookup_id, reason))

    def on_code(self, submission: Submission) -> Reaction:
        field = submission.field(approval_views.CODE)
        try:
            code = read_code(field.text.get_secret_value())
        except EntryError as error:
            return _mistake(field.block_id, asking.ENTRY_MISTAKES[error.mistake])
        visit = _visit(submission)
        return self._react(
            visit,
            partial(self._errands.enter_code, visit, submission.view.lookup_id, code),
            ack={"response_action": "update", "view": views.notice(visit.origin, texts.ASKING_NOW)},
        )

    def _send(self, click: Click, work: Work) -> Reaction:
        visit = of_click(click)
        return self._react(visit, partial(work, visit, LookupId(click.action.value)))

    def _react(
        self, visit: Visit, work: Callable[[], Awaitable[object]], *, ack: dict[str, Any] | None = None
    ) -> Reaction:
        return Reaction(ack=ack or {}, job=Job(work, partial(self._errands.tell_broken, visit)))


def _visit(submission: Submission) -> Visit:
    return Visit(actor=submission.actor, origin=submission.view.origin, view_id=submission.view.id)


def _mistake(block_id: str, sentence: str) -> Reaction:
    return Reaction(ack={"response_action": "errors", "errors": {block_id: sentence}})

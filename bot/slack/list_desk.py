"""What the bot does about each thing people do with lists of numbers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from bot.models import LookupId
from bot.slack import list_form, list_views, views
from bot.slack.desk import Reaction
from bot.slack.errands import Errands
from bot.slack.form import Mistakes
from bot.slack.jobs import Job
from bot.slack.list_errands import ListErrands
from bot.slack.payloads import Click, Submission
from bot.slack.visits import Visit, of_click
from bot.texts import approvals


class ListDesk:
    """Every ``on_…`` is quick: it reads, and sends somebody on an errand."""

    def __init__(self, list_errands: ListErrands, errands: Errands, *, region: str | None) -> None:
        self._list_errands = list_errands
        self._errands = errands
        self._region = region

    def on_open_form(self, click: Click) -> Reaction:
        visit = of_click(click)
        return self._react(visit, partial(self._list_errands.open_form, visit))

    def on_again(self, click: Click) -> Reaction:
        return self._send(click, self._list_errands.ask_again)

    def on_stop(self, click: Click) -> Reaction:
        return self._send(click, self._list_errands.stop)

    def on_results(self, click: Click) -> Reaction:
        return self._send(click, self._list_errands.show_results)

    def on_details(self, click: Click) -> Reaction:
        return self._send(click, self._list_errands.show_details)

    def on_enter_codes(self, click: Click) -> Reaction:
        return self._send(click, self._list_errands.open_code_form)

    def on_submission(self, submission: Submission) -> Reaction:
        read = list_form.read(submission, region=self._region)
        if isinstance(read, Mistakes):
            return Reaction(ack={"response_action": "errors", "errors": read.by_block})
        visit = Visit(actor=submission.actor, origin=submission.view.origin, view_id=submission.view.id)
        work: Callable[[], Awaitable[object]]
        if submission.view.callback_id == list_form.CODES_CALLBACK:
            work = partial(self._list_errands.enter_codes, visit, submission.view.lookup_id, read)
        else:
            work = partial(self._list_errands.answer_form, visit, read, submission.key)
        ack = {"response_action": "update", "view": _progress(submission, read)}
        return replace(self._react(visit, work), ack=ack, recorded=visit.recorded)

    def _send(self, click: Click, work: Callable[[Visit, LookupId], Awaitable[object]]) -> Reaction:
        visit = of_click(click)
        return self._react(visit, partial(work, visit, LookupId(click.action.value)))

    def _react(self, visit: Visit, work: Callable[[], Awaitable[object]]) -> Reaction:
        return Reaction(job=Job(work, partial(self._errands.tell_broken, visit)))


def _progress(submission: Submission, read: list_form.Filled) -> views.View:
    origin = submission.view.origin
    if submission.view.callback_id == list_form.APPROVAL_CALLBACK:
        return views.notice(origin, approvals.asking_for_approval_of(len(read.listed)))
    return list_views.starting(origin, len(read.listed))

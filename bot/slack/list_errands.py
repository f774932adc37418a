"""The work after the acknowledgement, for lists: open forms, ask, stop, show."""

import logging
from collections.abc import Sequence
from functools import partial

from bot.errors import NotPossible
from bot.interfaces import Clock
from bot.lists import Lists, Progress
from bot.lookups import Lookups
from bot.models import Lookup, LookupId, NewLookup, State
from bot.policy import Action, Decision, Policy, Verdict
from bot.slack import approval_views, list_form, list_views, views
from bot.slack.errands import Errands
from bot.slack.list_runs import ListRuns, Window
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.requests import Requests
from bot.slack.visits import Visit
from bot.slack.windows import Windows
from bot.texts import lists as texts
from bot.texts import problems

log = logging.getLogger(__name__)


class ListErrands:
    """Each does one thing somebody asked for about a list, to the end."""

    def __init__(
        self,
        *,
        lists: Lists,
        lookups: Lookups,
        runs: ListRuns,
        requests: Requests,
        errands: Errands,
        people: People,
        replies: Replies,
        windows: Windows,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._lists = lists
        self._lookups = lookups
        self._runs = runs
        self._requests = requests
        self._errands = errands
        self._people = people
        self._replies = replies
        self._windows = windows
        self._policy = policy
        self._clock = clock

    async def open_form(self, visit: Visit, filling: list_form.Filling = list_form.EMPTY) -> None:
        """Open the form, filled in as far as known; or say why this person gets none."""
        decision = await self._errands.decide_soon(visit.actor)
        await self._errands.open_window(visit, self._form(visit, decision, filling))

    async def ask_again(self, visit: Visit, lookup_id: LookupId) -> None:
        """Open the form with those numbers of an earlier list of theirs that have no ID. No code was ever kept."""
        lookup = await self._lookups.find(lookup_id, user_id=visit.actor.user_id, team_id=visit.actor.team_id)
        if lookup is None or lookup.place is None:
            await self._errands.say(visit, texts.GONE)
            return
        listed = await self._lists.read(lookup)
        left = [each.phone for each in listed if each.state is not State.ANSWERED and not each.is_forgotten]
        if not left and any(each.is_forgotten for each in listed):
            await self._errands.say(visit, texts.FORGOTTEN)
            return
        filling = list_form.Filling(phones=left, reason=list_views.reason_of(listed))
        await self.open_form(visit, filling)

    async def answer_form(self, visit: Visit, filled: list_form.Filled, key: str) -> None:
        """Ask for a list, or for its approval, and show in the form's window how that went on. The message stays."""
        window = self._window(visit)
        decision = await self._errands.decide_list(visit.actor, [each.phone for each in filled.listed])
        if notice := _lacks(decision, filled):
            phones = [each.phone for each in filled.listed]
            again = list_form.Filling(phones=phones, reason=filled.reason, notice=notice)
            visit.recorded.set()
            await self._show(window, self._form(visit, decision, again))
            return
        news = [_new_lookup(visit, filled, number, key) for number in range(len(filled.listed))]
        listed, is_new = await self._lists.accept(news, decision, [each.code for each in filled.listed])
        visit.recorded.set()
        if not is_new:
            if _is_settled(listed):  # while it runs, whoever runs it goes on showing it
                await self._show(window, _as_it_is(visit, listed))
        elif decision.verdict is Verdict.MAY:
            codes = [each.code for each in filled.listed if each.code]
            await self._runs.run([*zip(listed, codes, strict=True)], window=window)
        elif decision.verdict is Verdict.MAY_WITH_APPROVAL:
            await self._requests.announce(visit, listed[0])
            await self._show(window, approval_views.receipt_window(visit.origin, listed[0]))
        else:
            await self._errands.tell_outcome(listed[0], visit.origin)
            await self._show(window, views.refusal(visit.origin, problems.explain(listed[0])))

    async def stop(self, visit: Visit, lookup_id: LookupId) -> None:
        """End what of their list was not called yet. Whoever runs it shows what came of that, if anything did."""
        standing = await self._people.standing(visit.actor)
        try:
            if await self._lists.stop(lookup_id, actor=visit.actor, standing=standing):
                return
            said = texts.NOTHING_TO_STOP
        except NotPossible as error:
            why = problems.PROBLEMS[error.problem] if error.problem else None
            said = f"{why.what} {why.next}" if why else texts.TOO_LATE
        await self._replies.tell(visit.actor.user_id, views.sentence(said), response_url=visit.origin.response_url)

    async def show_results(self, visit: Visit, lookup_id: LookupId) -> None:
        """Show what became of each number once more, from the record, privately; journalled."""
        if listed := await self._check(Action.SHOW_RESULTS, visit, lookup_id):
            await self._lists.record_showing([each for each in listed if each.result.phone_number_id], visit.actor)
            await self._requests.open_window(visit, list_views.results(visit.origin, listed))

    async def show_details(self, visit: Visit, lookup_id: LookupId) -> None:
        """Show an approver the full numbers, privately; journalled."""
        if listed := await self._check(Action.SEE_DETAILS, visit, lookup_id):
            await self._lists.record_showing([each for each in listed if not each.is_forgotten], visit.actor)
            await self._requests.open_window(visit, list_views.details(visit.origin, listed))

    async def open_code_form(self, visit: Visit, lookup_id: LookupId) -> None:
        """Ask for the codes of an approved list."""
        if listed := await self._check(Action.ENTER_CODE, visit, lookup_id):
            await self._requests.open_window(visit, list_form.build_codes(visit.origin, listed))

    async def enter_codes(self, visit: Visit, lookup_id: LookupId, filled: list_form.Filled) -> None:
        """Use an approval, now that the codes are here."""
        window = self._window(visit)
        visit.recorded.set()  # the request is; whoever comes too late finds it approved still
        lookup = await self._requests.check_entering(visit, lookup_id)
        if lookup is None or lookup.place is None:
            await self._show(window, await self._instead(visit, lookup_id))
            return
        listed = await self._lists.read(lookup)
        by_phone = {each.phone: each.code for each in filled.listed if each.code}
        if by_phone.keys() != {each.phone for each in listed}:  # the form said otherwise: it was tampered with
            await self._show(window, list_form.build_codes(visit.origin, listed))
            return
        codes = {each.id: by_phone[each.phone] for each in listed}
        if not await self._requests.use_list(lookup, codes, window=window):
            await self._show(window, await self._instead(visit, lookup_id))

    async def _instead(self, visit: Visit, lookup_id: LookupId) -> views.View:
        """What to show when codes could not be used: the list, if they were before."""
        lookup = await self._lookups.find(lookup_id, user_id=visit.actor.user_id, team_id=visit.actor.team_id)
        listed = await self._lists.read(lookup) if lookup and lookup.place else []
        if listed and listed[0].state not in (State.AWAITING, State.APPROVED):
            return _as_it_is(visit, listed)
        return views.notice(visit.origin, texts.NOT_ENTERED)

    async def _check(self, action: Action, visit: Visit, lookup_id: LookupId) -> list[Lookup] | None:
        return await self._requests.attempt(visit, partial(self._lists.check, action, lookup_id, actor=visit.actor))

    def _form(self, visit: Visit, decision: Decision, filling: list_form.Filling) -> views.View:
        if refusal := self._errands.refusal(visit, decision):
            return refusal
        needs_approval = decision.verdict is Verdict.MAY_WITH_APPROVAL
        approvers = approval_views.names(self._policy.approvers) if needs_approval else None
        return list_form.build(visit.origin, filling, approvers=approvers)

    def _window(self, visit: Visit) -> Window:
        return Window(view_id=visit.view_id or "", origin=visit.origin, submitted_at=self._clock.monotonic())

    async def _show(self, window: Window, view: views.View) -> None:
        await self._windows.show_after_submission(window.view_id, view, submitted_at=window.submitted_at)


def _lacks(decision: Decision, filled: list_form.Filled) -> str | None:
    """What a form lacks that was opened before the policy became what it is now."""
    if decision.verdict is Verdict.MAY_WITH_APPROVAL and not filled.reason:
        return texts.CODES_NOT_YET
    if decision.verdict is Verdict.MAY and not all(each.code for each in filled.listed):
        return texts.CODES_NEEDED
    return None


def _new_lookup(visit: Visit, filled: list_form.Filled, number: int, key: str) -> NewLookup:
    return NewLookup(
        agent=visit.actor,
        phone=filled.listed[number].phone,
        reason=filled.reason,
        channel_id=visit.origin.channel_id,
        submission_key=f"{key}:{number + 1}",
    )


def _is_settled(listed: Sequence[Lookup]) -> bool:
    return Progress(listed=listed).is_over or listed[0].state is State.AWAITING


def _as_it_is(visit: Visit, listed: Sequence[Lookup]) -> views.View:
    now = Progress(listed=listed)
    if listed[0].state is State.AWAITING:
        return approval_views.receipt_window(visit.origin, listed[0])
    return list_views.results(visit.origin, listed) if now.is_over else list_views.progress(visit.origin, now)

"""The work after the acknowledgement: look up, open forms, and see that whoever asked gets words."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pydantic import SecretStr

from bot.errors import SlackError, StoreUnavailable
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Actor, Lookup, LookupId, NewLookup, PhoneNumber, State
from bot.policy import Decision, Policy, Rule, Verdict, decide
from bot.slack import approval_views, form, views
from bot.slack.payloads import Origin
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.requests import Requests
from bot.slack.visits import Visit
from bot.slack.waiting_room import WaitingRoom
from bot.slack.windows import Windows
from bot.texts import approvals, asking, problems

log = logging.getLogger(__name__)

BEFORE_THE_FORM = 1.0
"""Seconds to find out whether somebody may ask before the form opens anyway: its trigger id lives for 3 in all."""

UNDECIDED = Decision(Verdict.MAY, Rule.NO_APPROVALS)
"""Slack did not say in time who somebody is: they get the form, and the submission is decided again."""


class Errands:
    """Each does one thing somebody asked for, to the end."""

    def __init__(
        self,
        *,
        lookups: Lookups,
        requests: Requests,
        people: People,
        replies: Replies,
        windows: Windows,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._room = WaitingRoom(lookups=lookups, replies=replies, clock=clock)
        self._lookups = lookups
        self._requests = requests
        self._people = people
        self._replies = replies
        self._windows = windows
        self._policy = policy
        self._clock = clock

    async def answer_command(self, visit: Visit, new: NewLookup, code: SecretStr) -> None:
        """Look up, and tell how it ended where the command was typed; or open the form that asks for approval."""
        decision = await self.decide(visit.actor, new.phone)
        if decision.verdict is Verdict.MAY_WITH_APPROVAL:
            await self._open(visit, decision, form.Filling(phone=new.phone, notice=approvals.CODE_NOT_YET))
            return
        lookup = await self._accept(visit, new, decision)
        if lookup is None:
            return
        if lookup.state is not State.REJECTED:
            lookup = await self._room.run_typed(visit, lookup, code)
        await self.tell_outcome(lookup, visit.origin)

    async def answer_form(self, visit: Visit, new: NewLookup, code: SecretStr | None) -> None:
        """Look up, or ask for approval, and show in the form's window how that ended. The message stays."""
        submitted_at = self._clock.monotonic()
        decision = await self.decide(visit.actor, new.phone)
        view_id = visit.view_id or ""
        again = form.Filling(phone=new.phone, reason=new.reason)
        if decision.verdict is Verdict.MAY_WITH_APPROVAL and not new.reason:
            view = self._form(visit, decision, replace(again, notice=approvals.CODE_NOT_YET))
        elif decision.verdict is Verdict.MAY_WITH_APPROVAL:
            asked = await self._requests.ask(visit, new, decision, code)
            view = approval_views.receipt_window(visit.origin, asked)
        elif decision.verdict is Verdict.MAY and code is None:
            view = self._form(visit, decision, replace(again, notice=asking.CODE_NEEDED))
        else:
            lookup = await self._accept(visit, new, decision)
            if lookup is None:
                return
            if lookup.state is not State.REJECTED and code:
                lookup = await self._room.run_in_window(visit, lookup, code)
            await asyncio.gather(
                self.tell_outcome(lookup, visit.origin),
                self._windows.show_after_submission(
                    view_id, views.outcome(visit.origin, lookup), submitted_at=submitted_at
                ),
            )
            return
        visit.recorded.set()
        await self._windows.show_after_submission(view_id, view, submitted_at=submitted_at)

    async def enter_code(self, visit: Visit, lookup_id: LookupId, code: SecretStr) -> None:
        """Use an approval, now that the code is here, and show in the code's window how that ended."""
        submitted_at = self._clock.monotonic()

        async def show(lookup: Lookup | None) -> None:
            view = approval_views.used_window(visit.origin, lookup)
            await self._windows.show_after_submission(visit.view_id or "", view, submitted_at=submitted_at)

        lookup = await self._requests.check_entering(visit, lookup_id)
        if lookup:
            await self._requests.use(lookup, code, run=partial(self._room.run_in_window, visit), show=show)
        else:  # perhaps it was used already: Slack delivers a form twice
            await show(await self._lookups.find(lookup_id, user_id=visit.actor.user_id, team_id=visit.actor.team_id))

    async def open_form(self, visit: Visit, filling: form.Filling) -> None:
        """Open the form, filled in as far as known; or say why this person gets none."""
        await self._open(visit, await self.decide_soon(visit.actor, filling.phone), filling)

    async def reopen_form(self, visit: Visit, lookup_id: LookupId) -> None:
        """Open the form for the number of an earlier lookup of theirs. Its code was never kept."""
        lookup = await self._lookups.find(lookup_id, user_id=visit.actor.user_id, team_id=visit.actor.team_id)
        if lookup is None:
            await self.say(visit, asking.GONE)
        elif lookup.is_forgotten:
            await self.say(visit, asking.FORGOTTEN)
        else:
            await self.open_form(visit, form.Filling(phone=lookup.phone, reason=lookup.reason))

    async def say(self, visit: Visit, sentence: str) -> None:
        """Say one thing, in the window or else where they are, with a button that opens the form."""
        if visit.view_id and await self._windows.show(visit.view_id, views.trouble(visit.origin, sentence)):
            return
        await self._tell(visit, views.sentence(sentence, with_form_button=True))

    async def explain(self, visit: Visit) -> None:
        """Say what the policy means for this person."""
        standing = await self._people.standing(visit.actor)
        decision = await self._lookups.guard(decide(visit.actor, standing, self._policy), visit.actor)
        approvers = self._policy.approvers
        may_decide = approvers.holds(visit.actor, standing)
        wait = self._seconds_until(decision.wait_until)
        await self._tell(visit, approval_views.why(decision, may_decide=may_decide, approvers=approvers, wait=wait))

    async def tell_untold(self, lookup: Lookup) -> None:
        """Tell everyone concerned how a lookup stands whose process could not."""
        await self._requests.tell_everyone(lookup)

    async def tell_broken(self, visit: Visit, error: Exception, reference: str) -> None:
        """Tell whoever waits that something of ours broke."""
        visit.recorded.set()  # first: an acknowledgement would be painted over what is said now
        is_store = isinstance(error, StoreUnavailable)
        await self.say(visit, asking.not_recorded(reference) if is_store else asking.broken(reference))

    async def tell_outcome(self, lookup: Lookup, origin: Origin) -> None:
        """Tell an agent how their lookup stands, and remember that they know."""
        await self._requests.tell_and_remember(lookup, origin)

    async def _accept(self, visit: Visit, new: NewLookup, decision: Decision) -> Lookup | None:
        """The lookup as recorded; ``None`` when its submission was received before, and its answer goes elsewhere."""
        lookup, is_new = await self._lookups.accept(new, decision)
        visit.recorded.set()
        return lookup if is_new else None

    async def _open(self, visit: Visit, decision: Decision, filling: form.Filling) -> None:
        await self.open_window(visit, self._form(visit, decision, filling))

    async def open_window(self, visit: Visit, view: views.View) -> None:
        """Show a form in the window they are in, or else in a new one."""
        if visit.view_id and await self._windows.show(visit.view_id, view):
            return
        try:
            await self._replies.open_view(visit.trigger_id, view)
        except SlackError as error:
            log.info("form not opened", extra={"facts": {"error": error.reason}})
            await self._tell(visit, views.sentence(asking.FORM_TOO_LATE, with_form_button=True))

    def refusal(self, visit: Visit, decision: Decision) -> views.View | None:
        """Why there is no form for this person; ``None`` when there is one."""
        if (wait := self._seconds_until(decision.wait_until)) is not None:
            return views.refusal(visit.origin, problems.too_many_guesses(wait))
        return views.refusal(visit.origin, problems.PROBLEMS[decision.problem]) if decision.problem else None

    def _form(self, visit: Visit, decision: Decision, filling: form.Filling) -> views.View:
        if refusal := self.refusal(visit, decision):
            return refusal
        needs_approval = decision.verdict is Verdict.MAY_WITH_APPROVAL
        approvers = approval_views.names(self._policy.approvers) if needs_approval else None
        return form.build(visit.origin, filling, approvers=approvers)

    async def _tell(self, visit: Visit, message: views.Message) -> None:
        await self._replies.tell(visit.actor.user_id, message, response_url=visit.origin.response_url)

    async def decide_soon(self, actor: Actor, phone: PhoneNumber | None = None) -> Decision:
        """Whether somebody may ask, for whether to open a form: its submission is decided again."""
        try:
            return await asyncio.wait_for(self.decide(actor, phone), BEFORE_THE_FORM)
        except TimeoutError:
            return UNDECIDED

    async def decide(self, actor: Actor, phone: PhoneNumber | None = None) -> Decision:
        """Whether somebody may ask, for this number if it is known."""
        return await self._lookups.guard(await self._policy_for(actor), actor, phone)

    async def decide_list(self, actor: Actor, phones: Sequence[PhoneNumber]) -> Decision:
        """Whether somebody may ask for a list."""
        return await self._lookups.guard_list(await self._policy_for(actor), actor, phones)

    async def _policy_for(self, actor: Actor) -> Decision:
        return decide(actor, await self._people.standing(actor), self._policy)

    def _seconds_until(self, moment: float | None) -> float | None:
        return None if moment is None else max(0.0, moment - self._clock.now())

"""What people look at again: their own requests, IDs, results, details, and what the policy means for them."""

import asyncio
from contextlib import suppress

from bot.access import Access
from bot.audit import LogQuery
from bot.errors import StoreUnavailable
from bot.interfaces import Clock
from bot.models import Lookup, LookupId, Problem, Request, RequestId, State
from bot.policy import UNCERTAIN, Action, Decision, Policy, Rule, Verdict
from bot.requests import Requests
from bot.slack import buttons, forms, pages, views
from bot.slack.blocks import Message
from bot.slack.context import Context
from bot.slack.conversation import Conversation
from bot.store import search
from bot.store.names import split_lookup_id
from bot.store.record import Record
from bot.texts import asking as texts
from bot.texts import problems
from bot.texts import requests as request_texts
from bot.texts.problems import PROBLEMS
from bot.texts.said import Plain

BEFORE_HELP = 0.5
"""Seconds to find out who reads the help before it says what holds for most."""


class Showing:
    """Shows what is recorded. What is shown once more is first in the journal. Raises ``NotPossible``."""

    def __init__(
        self,
        *,
        record: Record,
        access: Access,
        requests: Requests,
        conversation: Conversation,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._record = record
        self._access = access
        self._requests = requests
        self._conversation = conversation
        self._policy = policy
        self._clock = clock

    async def explain(self, context: Context) -> None:
        """Say what the policy means for this person."""
        standing = await self._access.standing(context.actor, context.workspace)
        decision = await self._access.decide(context.actor, standing=standing)
        approvers = self._policy.approvers
        is_approver = approvers.holds(context.actor, standing)
        wait = None if decision.wait_until is None else max(0.0, decision.wait_until - self._clock.now())
        message = pages.why(decision, is_approver=is_approver, approvers=approvers, wait=wait)
        await self._conversation.tell(context, message)

    async def help(self, context: Context, *, is_unreadable: bool = False) -> Message:
        """How to ask, for this person. It is an acknowledgement, so who they are is waited for only shortly: of whom
        that is not known, the settings' rule is told.
        """
        decision = await self._decided_soon(context)
        wait = None if decision.wait_until is None else max(0.0, decision.wait_until - self._clock.now())
        message = pages.help_page(decision, approvers=self._policy.approvers, wait=wait, is_unreadable=is_unreadable)
        return buttons.in_workspace(message, context.workspace)

    async def _decided_soon(self, context: Context) -> Decision:
        with suppress(TimeoutError, StoreUnavailable):
            async with asyncio.timeout(BEFORE_HELP):
                decision = await self._access.decide(context.actor, workspace=context.workspace)
                if decision.problem not in UNCERTAIN:
                    return decision
        if self._policy.needs_approval:
            return Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)
        return Decision(Verdict.MAY, Rule.NO_APPROVALS)

    async def history(self, context: Context) -> None:
        """Somebody's own latest lookups."""
        await self._conversation.tell(context, await self._page(context, before=None))

    async def older(self, context: Context, value: str) -> None:
        """Those before a lookup of theirs."""
        request_id, _ = split_lookup_id(value)
        own = await self._access.own(request_id, context.actor)
        if own is None:
            message = views.sentence(await self._why_gone(request_id), with_form_button=True)
            await self._conversation.tell(context, message)
            return
        await self._conversation.tell(context, await self._page(context.about(own), before=LookupId(value)))

    async def id_again(self, context: Context, value: str) -> None:
        """Show an ID once more, privately."""
        request_id, position = split_lookup_id(value)
        request = await self._access.check(Action.SHOW_ID, request_id, actor=context.actor)
        lookup = next((each for each in request.lookups if each.position == position), None)
        if lookup is None:  # no button of ours says so
            raise await self._access.forbidden(Action.SHOW_ID, context.actor, Problem.NOT_YOUR_REQUEST, request)
        if lookup.result.phone_number_id:
            now = await self._requests.record_showing(request, [lookup], actor=context.actor)
            (lookup,) = [each for each in now.lookups if each.position == lookup.position]
        await self._conversation.open_window(context, views.lookup_outcome(context.origin, lookup))

    async def results(self, context: Context, value: str) -> None:
        """Show what became of each number once more, from the record and without a new call, privately."""
        request = await self._access.check(Action.SHOW_RESULTS, RequestId(value), actor=context.actor)
        shown = [each for each in request.lookups if each.result.phone_number_id]
        request = await self._requests.record_showing(request, shown, actor=context.actor)
        await self._conversation.open_window(context, views.outcome(context.origin, request))

    async def details(self, context: Context, value: str) -> None:
        """Show an approver the full numbers, privately."""
        request = await self._access.check(Action.SEE_DETAILS, RequestId(value), actor=context.actor)
        shown = [each for each in request.lookups if not each.is_forgotten]
        request = await self._requests.record_showing(request, shown, actor=context.actor)
        await self._conversation.open_window(context, pages.details(context.origin, request))

    async def form_again(self, context: Context, value: str) -> None:
        """Open the form with those numbers of an earlier request of theirs that have no ID. No code was ever kept."""
        request_id, position = split_lookup_id(value)
        request = await self._access.own(request_id, context.actor)
        if request is None:
            await self._conversation.say(context, await self._why_gone(request_id))
            return
        asked = _asked_again(request, position if "/" in value else None)
        left = tuple(each.phone for each in asked if each.state is not State.ANSWERED and not each.is_forgotten)
        if not left and any(each.is_forgotten for each in asked):
            await self._conversation.say(context, request_texts.forgotten(request))
            return
        is_several = not request.is_single and "/" not in value
        await self._conversation.open_form(
            context.about(request), forms.Filling(phones=left, reason=request.reason, is_several=is_several)
        )

    async def _why_gone(self, request_id: RequestId) -> Plain:
        """Of a request that is not this person's, or not here at all."""
        return texts.GONE if await self._access.find(request_id) else texts.NOT_IN_THIS_RECORD

    async def _page(self, context: Context, *, before: LookupId | None) -> Message:
        # Whoever was an agent may look back; guests and other workspaces' people may not, as ever.
        decision = await self._access.decide(context.actor, workspace=context.workspace)
        if decision.rule is Rule.NOT_A_MEMBER and decision.problem:
            return views.sentence(problems.in_full(PROBLEMS[decision.problem]))
        # Of this workspace alone: what they asked for in another one is not shown here.
        agent = context.agent
        query = LogQuery(limit=pages.PAGE + 1, user_id=agent.user_id, team_id=agent.team_id, before=before)
        return pages.history(await self._record.read(search.search, query), is_first=before is None)


def _asked_again(request: Request, position: int | None) -> list[Lookup]:
    """All numbers of a request, or only the one that a button was about."""
    return [each for each in request.lookups if position in (None, each.position)]

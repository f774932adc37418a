"""Requests that need approval, in Slack: asked for, decided, used, and everyone concerned told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from pydantic import SecretStr

from bot.approvals import Approvals
from bot.errors import NotPossible, SlackError, StoreUnavailable
from bot.lists import Codes, Lists
from bot.lookups import Lookups
from bot.models import Lookup, LookupId, NewLookup, Problem, State
from bot.policy import Action, Decision, Policy, decide, is_final
from bot.slack import approval_views, views
from bot.slack.cards import Cards
from bot.slack.list_runs import ListRuns, Window
from bot.slack.payloads import Origin
from bot.slack.people import People
from bot.slack.replies import TELLING, Replies
from bot.slack.views import Message, View
from bot.slack.visits import Visit
from bot.texts import approvals as texts
from bot.texts import problems

log = logging.getLogger(__name__)

T = TypeVar("T")
Run = Callable[[Lookup, SecretStr], Awaitable[Lookup]]
Show = Callable[[Lookup], Awaitable[None]]


class Requests:
    """Everything people do about a request that needs approval. Every click gets an answer."""

    def __init__(
        self,
        *,
        approvals: Approvals,
        lookups: Lookups,
        lists: Lists,
        runs: ListRuns,
        cards: Cards,
        people: People,
        replies: Replies,
        policy: Policy,
    ) -> None:
        self._approvals = approvals
        self._lookups = lookups
        self._lists = lists
        self._runs = runs
        self._cards = cards
        self._people = people
        self._replies = replies
        self._policy = policy
        self._origins: dict[LookupId, Origin] = {}
        """Where requests came from, for the answer where it was asked; after a restart the direct message is left."""

    # --- the agent ---

    async def ask(self, visit: Visit, new: NewLookup, decision: Decision, code: SecretStr | None) -> Lookup:
        """Ask for approval. The receipt also goes to where it was asked."""
        lookup, is_new = await self._approvals.ask(new, decision, code)
        visit.recorded.set()
        if is_new:
            await self.announce(visit, lookup)
        return lookup

    async def announce(self, visit: Visit, lookup: Lookup) -> None:
        """Ask those who decide, and give the agent the receipt where they asked."""
        if lookup.place is None:  # how a list ended is behind a button of its own message
            self._origins[lookup.id] = visit.origin
        with self._lookups.telling(lookup.id):
            await self._ask_to_decide(visit, lookup)

    async def _ask_to_decide(self, visit: Visit, lookup: Lookup) -> None:
        is_posted = await self._cards.post(lookup)
        if not is_posted:
            await self._mention(visit, views.sentence(texts.NOBODY_REACHED))
        if await self._mention(visit, approval_views.receipt(lookup)) and is_posted:
            await self._remember_told(lookup)

    async def withdraw(self, visit: Visit, lookup_id: LookupId) -> None:
        """Take one's own request back."""
        lookup = await self.attempt(visit, partial(self._approvals.withdraw, lookup_id, actor=visit.actor))
        if lookup:
            await self.tell_everyone(lookup)

    async def open_code_form(self, visit: Visit, lookup_id: LookupId) -> None:
        """Ask for the code of an approved request."""
        await self._open(Action.ENTER_CODE, visit, lookup_id, approval_views.code_form)

    async def check_entering(self, visit: Visit, lookup_id: LookupId) -> Lookup | None:
        """The approved request, if its codes may be entered now; else its agent is told why not."""
        check = partial(self._approvals.check, Action.ENTER_CODE, lookup_id, actor=visit.actor)
        lookup = await self.attempt(visit, check)
        if lookup and (problem := await self._problem_of_agent(lookup)):
            await self._approvals.forbid(Action.ENTER_CODE, visit.actor, lookup.id, problem)
            await self._tell(visit, views.sentence(problems.PROBLEMS[problem].what))
            return None
        if lookup and (wait := await self._wait_of(lookup)):  # the approval stays: it can be used after the wait
            await self._approvals.forbid(Action.ENTER_CODE, visit.actor, lookup.id, Problem.TOO_MANY_GUESSES)
            await self._tell(visit, approval_views.wait(lookup, wait))
            return None
        return lookup

    async def show_id(self, visit: Visit, lookup_id: LookupId) -> None:
        """Show an ID once more, privately; journalled."""
        await self._open(Action.SHOW_ID, visit, lookup_id, views.outcome, is_showing=True)

    async def tell(self, lookup: Lookup, origin: Origin) -> bool:
        """Tell an agent how their lookup stands. Whether Slack took it.

        What needed approval is told by direct message: it may come hours later, and must not get lost.
        """
        if lookup.state is State.AWAITING:
            is_posted = await self._cards.are_posted(lookup) or await self._cards.post(lookup)
            return is_posted and await self._replies.tell(lookup.agent.user_id, approval_views.receipt(lookup))
        # Of a list some may have been asked while the guess guard rejected others, this one among them.
        if lookup.place and (lookup.state in texts.ASKED or lookup.result.wait_until is not None):
            return await self._runs.tell(lookup)
        asked_from = self._origins.pop(lookup.id, origin) if is_final(lookup.state) else origin
        if not approval_views.has_ended_message(lookup):
            response_url = "" if lookup.approval else asked_from.response_url
            return await self._replies.tell(
                lookup.agent.user_id, views.outcome_message(lookup), response_url=response_url
            )
        if not await self._replies.tell(lookup.agent.user_id, approval_views.ended(lookup)):
            return False
        if lookup.state is State.ANSWERED and asked_from.response_url:
            await self._replies.respond(asked_from.response_url, views.outcome_message(lookup))
        return True

    async def tell_and_remember(self, lookup: Lookup, origin: Origin) -> None:
        """Tell an agent how their lookup stands, and remember that they know."""
        is_told = False
        with self._lookups.telling(lookup.id):
            with suppress(TimeoutError):
                async with asyncio.timeout(TELLING):
                    is_told = await self.tell(lookup, origin)
            if is_told:
                await self._remember_told(lookup)
            else:  # the sweeper tries again
                log.error("outcome not told", extra={"facts": {"lookup": lookup.id}})

    async def _remember_told(self, lookup: Lookup) -> None:
        try:
            await self._lookups.told(lookup)
        except StoreUnavailable:  # they do know; hearing it once more does no harm, hearing that it failed would
            log.exception("telling not remembered", extra={"facts": {"lookup": lookup.id}})

    # --- the approver ---

    async def approve(self, visit: Visit, lookup_id: LookupId) -> None:
        """Approve; with the code at hand the call is made, else the agent is asked for it."""
        lookup = await self.attempt(visit, partial(self._approvals.check, Action.APPROVE, lookup_id, actor=visit.actor))
        if lookup is None:
            return
        if problem := await self._problem_of_agent(lookup):
            await self._approvals.forbid(Action.APPROVE, visit.actor, lookup.id, problem)
            await self._tell(visit, views.sentence(texts.AGENT_MAY_NOT_ASK))
            return
        approved = await self.attempt(visit, partial(self._approvals.approve, lookup_id, actor=visit.actor))
        if approved:
            # A card that Slack is slow to take must not keep the agent waiting.
            await asyncio.gather(self._cards.redraw(approved.id), self.use(approved))

    async def open_denial(self, visit: Visit, lookup_id: LookupId) -> None:
        """Ask an approver for the reason."""
        await self._open(Action.DENY, visit, lookup_id, approval_views.denial_form)

    async def deny(self, visit: Visit, lookup_id: LookupId, reason: str) -> None:
        """Deny; the agent reads the reason."""
        lookup = await self.attempt(visit, partial(self._approvals.deny, lookup_id, actor=visit.actor, reason=reason))
        if lookup:
            await self.tell_everyone(lookup)

    async def show_details(self, visit: Visit, lookup_id: LookupId) -> None:
        """Show an approver the full number, privately; journalled."""
        await self._open(Action.SEE_DETAILS, visit, lookup_id, approval_views.details, is_showing=True)

    # --- time ---

    async def overdue(self) -> list[Callable[[], Awaitable[object]]]:
        """End what nobody decided on or used in time; find what to remind of, and cards that are not true any more.

        Gives the work that follows.
        """
        ended = [partial(self.tell_everyone, lookup) for lookup in await self._approvals.expire()]
        waiting = [partial(self._cards.post, lookup, is_reminder=True) for lookup in await self._approvals.remind()]
        stale = [partial(self._cards.redraw, lookup_id) for lookup_id in await self._cards.stale()]
        return [*ended, *waiting, *stale]

    # --- shared ---

    async def use_list(
        self, lookup: Lookup, codes: Codes | None = None, *, window: Window | None = None
    ) -> Lookup | None:
        """Ask for an approved list, or its agent for the codes. ``None`` when somebody was quicker."""
        try:
            asked = await self._lists.use(lookup, codes)
        except NotPossible:  # as below
            return None
        if asked is None:
            await self.tell_everyone(lookup)
            return lookup
        listed = await self._runs.run(asked, window=window)
        await self._cards.redraw(lookup.id)
        return listed[0]

    async def use(
        self, lookup: Lookup, code: SecretStr | None = None, *, run: Run | None = None, show: Show | None = None
    ) -> None:
        """Ask for what was approved, or its agent for the code. ``show`` is given a single lookup as it then stands."""
        if lookup.place:
            await self.use_list(lookup)
            return
        try:
            used = await self._approvals.use(lookup, code)
        except NotPossible as error:  # the agent entered the code elsewhere in this very moment, or time ran out
            if show:
                await show(error.lookup or lookup)
            return
        ended = await (run or self._lookups.run)(*used) if used else lookup
        await asyncio.gather(self.tell_everyone(ended), *([show(ended)] if show else []))

    async def tell_everyone(self, lookup: Lookup) -> None:
        """Everyone concerned gets to know: whoever sees a card, and the agent."""
        await asyncio.gather(self._cards.redraw(lookup.id), self.tell_and_remember(lookup, Origin()))

    async def _wait_of(self, lookup: Lookup) -> float | None:
        """For how long (seconds) the guess guard keeps an approved request, or any number of a list, from its call."""
        asked = await self._lists.read(lookup) if lookup.place else [lookup]
        waits = [wait for each in asked if (wait := await self._lookups.wait_of(each))]
        return max(waits, default=None)

    async def _problem_of_agent(self, lookup: Lookup) -> Problem | None:
        """Why whoever asked may not ask any more: they may have become a guest while the request waited."""
        return decide(lookup.agent, await self._people.standing(lookup.agent), self._policy).problem

    async def attempt(self, visit: Visit, do: Callable[..., Awaitable[T]]) -> T | None:
        """Do what somebody clicked, or tell them why not."""
        try:
            return await do(standing=await self._people.standing(visit.actor))
        except NotPossible as error:
            await self._tell(visit, _why_not(error))
            if error.lookup:
                await self._cards.redraw(error.lookup.id)  # a card that still had buttons was an old one
            return None

    async def _open(
        self,
        action: Action,
        visit: Visit,
        lookup_id: LookupId,
        build: Callable[[Origin, Lookup], View],
        *,
        is_showing: bool = False,
    ) -> None:
        lookup = await self.attempt(visit, partial(self._approvals.check, action, lookup_id, actor=visit.actor))
        if lookup is None:
            return
        if is_showing:  # first: what is not in the journal is not shown
            await self._approvals.record_showing(lookup, visit.actor)
        await self.open_window(visit, build(visit.origin, lookup))

    async def open_window(self, visit: Visit, view: View) -> None:
        """Open a window for what somebody clicked."""
        try:
            await self._replies.open_view(visit.trigger_id, view)
        except SlackError as error:
            log.info("window not opened", extra={"facts": {"error": error.reason}})
            await self._tell(visit, views.sentence(texts.WINDOW_TOO_LATE))

    async def _tell(self, visit: Visit, message: Message) -> None:
        await self._replies.tell(visit.actor.user_id, message, response_url=visit.origin.response_url)

    async def _mention(self, visit: Visit, message: Message) -> bool:
        return await self._replies.mention(visit.actor.user_id, message, response_url=visit.origin.response_url)


def _why_not(error: NotPossible) -> Message:
    if error.problem:
        explanation = problems.PROBLEMS[error.problem]
        return views.sentence(f"{explanation.what} {explanation.next}")
    if error.lookup:
        return approval_views.outcome(error.lookup)
    return views.sentence(texts.no_button("is not there any more"))

"""Who may do what with whose request, decided in one place and anew for each thing somebody does."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

from bot import guesses, policy
from bot.audit import Event
from bot.errors import NotPossible, StoreUnavailable
from bot.guesses import Chance
from bot.interfaces import Clock, People, Timekeeper
from bot.logs import Hourly
from bot.mentioned import mention
from bot.models import Actor, ApprovalState, PhoneNumber, Problem, Request, RequestId, State
from bot.policy import Action, Decision, Policy, Standing, Verdict
from bot.store import guesses as counts
from bot.store import journal
from bot.store import requests as store
from bot.store.names import REFERENCE
from bot.store.record import Record
from bot.workspaces import workspace_of

log = logging.getLogger(__name__)

FRESH = 10.0
"""Seconds that an answer of Slack's may be old by which somebody decides: whoever left decides nothing."""

_OVERDUE = {ApprovalState.AWAITING: ApprovalState.EXPIRED, ApprovalState.APPROVED: ApprovalState.LAPSED}
"""What becomes of an approval beyond its time."""


class Access:
    """Holds what somebody wants to do against the policy, the guess guard, and what the database says now."""

    def __init__(self, *, record: Record, people: People, policy: Policy, clock: Clock, time: Timekeeper) -> None:
        self._record = record
        self._people = people
        self._policy = policy
        self._clock = clock
        self._time = time
        self._hourly = Hourly(clock)

    @property
    def most_open(self) -> int:
        """How many requests of one agent may wait at a time."""
        return self._policy.open_requests

    async def standing(self, person: Actor, workspace: str) -> Standing:
        """What somebody is to a workspace."""
        return await self._people.standing(person, workspace)

    async def find_workspace(self, person: Actor, workspace: str) -> str:
        """Where somebody does what does not say it for certain."""
        return await self._people.find_workspace(person, workspace)

    async def decide(
        self,
        agent: Actor,
        phones: Sequence[PhoneNumber] = (),
        *,
        workspace: str | None = None,
        standing: Standing | None = None,
    ) -> Decision:
        """Whether somebody may ask in a workspace, for these numbers if they are known, and whether that must be
        approved.

        A number that only has to wait after refused codes keeps no others from being asked: among several it alone is
        rejected when the request is accepted. One that the agent has under way is guarded against nothing: asking
        again joins it, and tries no code.
        """
        decided = policy.decide(agent, standing or await self._people.standing(agent, workspace), self._policy)
        if decided.verdict is not Verdict.MAY:
            return decided
        counted = await self._record.read(counts.counts, agent, phones)
        under_way = await self._record.read(store.under_way, agent, phones)
        now = self._clock.now()
        guarded = [guesses.guard(decided, counted.against(each), now=now) for each in phones if each not in under_way]
        if len(phones) == 1 and guarded:
            return guarded[0]
        for_all = decided if under_way else guesses.guard(decided, counted.against(None), now=now)
        return next((each for each in guarded if each.verdict is Verdict.MAY_WITH_APPROVAL), for_all)

    async def chance(self, request: Request) -> Chance | None:
        """What is left to an agent after a wrong code for one number. ``None``: no code was wrong, the next one needs
        an approval, or it is not certain.
        """
        of = request.lookup if request.is_single else None
        if self._policy.needs_approval or of is None or of.result.problem not in guesses.ABOUT_THE_CODE:
            return None
        try:
            counted = await self._record.read(counts.counts, request.agent, (of.phone,))
        except StoreUnavailable:
            return None
        return guesses.chance(counted.against(of.phone), now=counted.at)

    async def find(self, request_id: RequestId) -> Request | None:
        """A request as it is."""
        return await self._record.read(store.find, request_id)

    async def own(self, request_id: RequestId, agent: Actor) -> Request | None:
        """An agent's own request; ``None`` for one that is not theirs as for one that is not there."""
        request = await self.find(request_id)
        return request if request and request.agent.is_same_person(agent) else None

    async def check(self, action: Action, request_id: RequestId, *, actor: Actor) -> Request:
        """The request, if this person may do that to it now.

        Raises ``NotPossible``, and journals it, when there is no such request, they may not, or it is too late.
        """
        mention("request", request_id)
        request = await self.find(request_id)
        if request is None:
            # It may have been asked for through another bot, with the same tokens and another database.
            self._hourly.log(log, logging.WARNING, "request not in this database", action=action.value)
            named = {"reference": request_id} if re.fullmatch(REFERENCE, request_id, re.ASCII) else {}
            await self._note_forbidden(action, actor, Problem.NOT_YOUR_REQUEST, None, **named)
            raise NotPossible(Problem.NOT_YOUR_REQUEST, None)
        is_decision = action in policy.DECISIONS
        agent, rules, within = request.agent, self._policy, FRESH if is_decision else None
        standing = await self._people.standing(actor, workspace_of(agent), within=within)
        if problem := policy.problem_with(action, actor=actor, standing=standing, agent=agent, policy=rules):
            raise await self.forbidden(action, actor, problem, request)
        if request.approval.state is ApprovalState.NOT_NEEDED and action in policy.ABOUT_APPROVALS:
            raise await self.forbidden(action, actor, Problem.NOT_YOUR_REQUEST, request)
        in_time = await self.as_of_now(request)
        if in_time is None:
            raise await self.forbidden(action, actor, Problem.CLOCK_UNSURE, request)
        if request.is_forgotten or not policy.is_possible(action, in_time):
            raise await self.forbidden(action, actor, None, in_time)
        return request

    async def problem_of_agent(self, request: Request, *, within: float | None = None) -> Problem | None:
        """Why whoever asked may not ask any more: they may have become a guest while the request waited."""
        standing = await self._people.standing(request.agent, workspace_of(request.agent), within=within)
        return policy.decide(request.agent, standing, self._policy).problem

    async def as_of_now(self, request: Request) -> Request | None:
        """The request as the sweeper, who may just not have come by yet, will leave it and tell everyone concerned.

        ``None``: its time is over by a clock that cannot be believed, so it neither goes on nor ends.
        """
        approval = request.approval
        to_state = _OVERDUE.get(approval.state)
        if not to_state or approval.expires_at is None or not request.is_any(State.HELD):
            return request
        moment = await self._time.moment()
        if approval.expires_at > moment.latest:
            return request
        return replace(request, approval=replace(approval, state=to_state)) if moment.is_trusted else None

    async def too_late(self, action: Action, actor: Actor, moved: Request | None) -> NotPossible:
        """The error to raise when it is not possible any more, once that is in the journal."""
        in_time = moved and await self.as_of_now(moved)
        problem = Problem.CLOCK_UNSURE if moved and not in_time else None
        return await self.forbidden(action, actor, problem, in_time or moved)

    async def forbidden(
        self, action: Action, actor: Actor, problem: Problem | None, request: Request | None
    ) -> NotPossible:
        """The error to raise, once it is in the journal."""
        await self.forbid(action, actor, problem, request)
        return NotPossible(problem, request)

    async def forbid(self, action: Action, actor: Actor, problem: Problem | None, request: Request | None) -> None:
        """Record that somebody tried what they may not do, or came too late for (``None``)."""
        await self._note_forbidden(action, actor, problem, request)

    async def _note_forbidden(
        self, action: Action, actor: Actor, problem: Problem | None, request: Request | None, **more: str
    ) -> None:
        why = problem.value if problem else "too late"
        request_id = request.id if request else None
        facts = {"action": action.value, "why": why, **more}
        await self._record.change(journal.note, Event.FORBIDDEN, actor=actor, request=request_id, facts=facts)
        log.info("action refused", extra={"facts": {"request": request_id, **facts}})

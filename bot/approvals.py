"""The use case: somebody else decides first. Once, for good, and whatever happens to the process."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from bot import policy
from bot.errors import LookupMoved, NotPossible, RecordDamaged
from bot.guesses import Tally
from bot.interfaces import Clock, Store
from bot.lookups import Lookups
from bot.models import Actor, Event, LogQuery, Lookup, LookupId, NewLookup, Problem, State, Through
from bot.policy import Action, Decision, Policy, Standing
from bot.vault import Vault

log = logging.getLogger(__name__)

BOT = Actor(team_id="-", user_id="bot", through=Through.BOT)
"""Who ends what nobody ended in time."""

NEED_NO_APPROVAL = frozenset({Action.SHOW_ID, Action.SEE_DETAILS, Action.STOP, Action.SHOW_RESULTS})
"""What can be done to a lookup that nobody had to approve."""

ABOUT_ALL = frozenset({Action.SEE_DETAILS, Action.SHOW_RESULTS})
"""What can be done to a list of which this number was forgotten: the others may be there."""

LATELY = 7 * 86400.0
"""Seconds over which an approver is told how often somebody, and a number, was asked for."""

_OVERDUE = {State.AWAITING: State.EXPIRED, State.APPROVED: State.LAPSED}
"""What becomes of a lookup beyond its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How often was asked for in the last ``LATELY`` seconds, this request included."""

    by_agent: int
    for_number: int
    refused: Tally = field(default_factory=Tally)
    """Codes, over the time that the guess guard remembers; of a list's numbers, for the one with the most."""


class Approvals:
    """Everything about a lookup before it may be asked.

    A lookup that stands in a list stands for the list: what is done to one is done to all of them, or to none.
    """

    def __init__(
        self, *, store: Store, lookups: Lookups, vault: Vault, policy: Policy, seconds: float, clock: Clock
    ) -> None:
        """``seconds``: how long a decision is waited for, and again how long an approval is good for."""
        self._store = store
        self._lookups = lookups
        self._vault = vault
        self._policy = policy
        self._seconds = seconds
        self._clock = clock

    async def ask(self, new: NewLookup, decision: Decision, code: SecretStr | None) -> tuple[Lookup, bool]:
        """Record a request that awaits approval. A code given now waits in memory."""
        expires_at = self._clock.now() + self._seconds
        lookup, is_new = await self._lookups.accept(new, decision, expires_at=expires_at)
        if is_new and code:
            self._vault.keep(lookup.id, code, until=expires_at)
        return lookup, is_new

    async def check(self, action: Action, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> Lookup:
        """The lookup, if this person may do that to it now.

        Raises ``NotPossible``, and journals it, when there is no such lookup, they may not, or it is too late.
        """
        lookup = await self._store.find(lookup_id)
        if lookup is None:
            await self.forbid(action, actor, None, Problem.NOT_YOUR_REQUEST)
            raise NotPossible(Problem.NOT_YOUR_REQUEST, None)
        if problem := policy.problem_with(action, actor=actor, standing=standing, lookup=lookup, policy=self._policy):
            await self.forbid(action, actor, lookup_id, problem)
            raise NotPossible(problem, lookup)
        if lookup.approval is None and action not in NEED_NO_APPROVAL:  # there was nothing to decide
            await self.forbid(action, actor, lookup_id, Problem.NOT_YOUR_REQUEST)
            raise NotPossible(Problem.NOT_YOUR_REQUEST, lookup)
        in_time = self._as_of_now(lookup)
        is_gone = lookup.is_forgotten and not (lookup.place and action in ABOUT_ALL)
        if is_gone or not policy.is_possible(action, in_time.state):
            await self.forbid(action, actor, lookup_id, None)
            raise NotPossible(None, in_time)
        return lookup

    async def approve(self, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> Lookup:
        """Approve; from now on the approval is good for as long as it was waited for. Raises ``NotPossible``."""
        expires_at = self._clock.now() + self._seconds
        return await self._end_waiting(
            Action.APPROVE, State.APPROVED, lookup_id, actor=actor, standing=standing, expires_at=expires_at
        )

    async def deny(self, lookup_id: LookupId, *, actor: Actor, standing: Standing, reason: str) -> Lookup:
        """Deny, with the reason the agent will read. Raises ``NotPossible``."""
        return await self._end_waiting(
            Action.DENY, State.DENIED, lookup_id, actor=actor, standing=standing, reason=reason
        )

    async def withdraw(self, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> Lookup:
        """Take one's own request back. Raises ``NotPossible``."""
        return await self._end_waiting(Action.WITHDRAW, State.WITHDRAWN, lookup_id, actor=actor, standing=standing)

    async def use(self, lookup: Lookup, code: SecretStr | None = None) -> tuple[Lookup, SecretStr] | None:
        """Turn an approval into a queued lookup and its code; ``None`` when there is no code yet.

        Raises ``NotPossible`` when somebody was quicker.
        """
        code = code or self._vault.take(lookup.id)
        if code is None or lookup.place:  # one code is no list's
            return None
        (queued,) = await self._move(lookup, State.QUEUED, actor=lookup.agent)
        return queued, code

    async def use_list(
        self, listed: Sequence[Lookup], codes: Mapping[LookupId, SecretStr] | None = None
    ) -> list[tuple[Lookup, SecretStr]] | None:
        """Turn the approval of a list into queued lookups and their codes; ``None`` when a code is not there yet.

        Raises ``NotPossible`` when somebody was quicker.
        """
        if listed[0].state is not State.APPROVED:
            raise NotPossible(None, listed[0])
        kept = codes or self._vault.take_all([each.id for each in listed])
        if kept is None or not all(each.id in kept for each in listed):
            return None
        queued = await self._move(listed[0], State.QUEUED, actor=listed[0].agent)
        return [(each, kept[each.id]) for each in queued]

    async def record_showing(self, lookup: Lookup, actor: Actor) -> None:
        """Record that an ID, or a full number, is about to be shown once more."""
        await self._store.note(Event.SHOWN, actor=actor, lookup_id=lookup.id)

    async def lately(self, lookup: Lookup) -> Lately:
        since = lookup.created_at - LATELY
        by_agent = await self._store.search(LogQuery(limit=1000, user_id=lookup.agent.user_id, since=since))
        for_number = await self._store.search(LogQuery(limit=1000, phone=lookup.phone, since=since))
        asked = await self._store.read_list(lookup.place.batch_id) if lookup.place else [lookup]
        tallies = [await self._store.tally(each.agent, each.phone) for each in asked]
        refused = max(tallies, key=lambda tally: tally.for_number.refused)
        return Lately(by_agent=len(by_agent), for_number=len(for_number), refused=refused)

    async def expire(self) -> list[Lookup]:
        """End what nobody decided on or used in time. Whoever gets a lookup from here tells everyone concerned."""
        await self._forget_codes()
        ended = []
        for lookup in await self._store.due():
            try:
                ended.append((await self._move(lookup, _OVERDUE[lookup.state], actor=BOT))[0])
            except NotPossible:  # decided, used or swept by somebody else in this very moment
                continue
            except RecordDamaged:  # edited by hand; the others must not wait for it
                log.exception("approval not ended", extra={"facts": {"lookup": lookup.id}})
        return ended

    async def remind(self) -> list[Lookup]:
        """Lookups halfway to their expiry that nobody was reminded of; each is returned once, to one process."""
        return await self._store.claim_reminders(asked_before=self._clock.now() - self._seconds / 2)

    async def _forget_codes(self) -> None:
        """Forget what is not needed any more: another process may have denied, or been given the code anew."""
        self._vault.forget_expired()
        for lookup_id in self._vault.lookup_ids:
            lookup = await self._store.find(lookup_id)
            if lookup is None or lookup.state not in (State.AWAITING, State.APPROVED):
                self._vault.take(lookup_id)

    async def _end_waiting(
        self,
        action: Action,
        to_state: State,
        lookup_id: LookupId,
        *,
        actor: Actor,
        standing: Standing,
        reason: str | None = None,
        expires_at: float | None = None,
    ) -> Lookup:
        lookup = await self.check(action, lookup_id, actor=actor, standing=standing)
        try:
            moved = await self._move(lookup, to_state, actor=actor, reason=reason, expires_at=expires_at)
        except NotPossible:
            await self.forbid(action, actor, lookup_id, None)
            raise
        if policy.is_final(to_state):
            for each in moved:
                self._vault.take(each.id)
        return moved[0]

    def _as_of_now(self, lookup: Lookup) -> Lookup:
        """The lookup as the sweeper, who may just not have come by yet, will leave it and tell everyone concerned."""
        to_state = _OVERDUE.get(lookup.state)
        if to_state and lookup.approval and lookup.approval.expires_at <= self._clock.now():
            return replace(lookup, state=to_state)
        return lookup

    async def _move(
        self,
        lookup: Lookup,
        to_state: State,
        *,
        actor: Actor,
        reason: str | None = None,
        expires_at: float | None = None,
    ) -> list[Lookup]:
        """The lookup as it then is, or the list that it stands for."""
        policy.check_transition(lookup.state, to_state)
        try:
            if lookup.place:
                moved = await self._store.move_list(
                    lookup.place.batch_id,
                    from_state=lookup.state,
                    to_state=to_state,
                    actor=actor,
                    reason=reason,
                    expires_at=expires_at,
                )
            else:
                one = await self._store.move(
                    lookup.id,
                    from_state=lookup.state,
                    to_state=to_state,
                    actor=actor,
                    reason=reason,
                    expires_at=expires_at,
                )
                moved = [one]
        except LookupMoved as error:
            raise NotPossible(None, error.current) from None
        log.info("approval moved", extra={"facts": {"lookup": lookup.id, "state": to_state, "by": actor.user_id}})
        return moved

    async def forbid(self, action: Action, actor: Actor, lookup_id: LookupId | None, problem: Problem | None) -> None:
        """Record that somebody tried what they may not do, or came too late for (``None``)."""
        why = problem.value if problem else "too late"
        await self._store.note(
            Event.FORBIDDEN, actor=actor, lookup_id=lookup_id, facts={"action": action.value, "why": why}
        )
        log.info("action refused", extra={"facts": {"lookup": lookup_id, "action": action.value, "why": why}})

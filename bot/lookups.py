"""The use case: ask for one number's ID, and know how it ended, whatever happens."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import SecretStr

from bot import guesses, policy
from bot.errors import LookupMoved
from bot.interfaces import Clock, PhoneIdApi, Quota, Store
from bot.models import Actor, Lookup, LookupId, NewLookup, PhoneNumber, Result, State
from bot.tickets import Lane, Outlook
from bot.trips import Trip, result_of

log = logging.getLogger(__name__)

STARTS_IN = {
    policy.Verdict.MAY: State.QUEUED,
    policy.Verdict.MAY_WITH_APPROVAL: State.AWAITING,
    policy.Verdict.MAY_NOT: State.REJECTED,
}
"""The state a lookup starts in, by what was decided."""


class Lookups:
    """Takes lookups in, runs them, and records each change."""

    def __init__(self, *, store: Store, api: PhoneIdApi, quota: Quota, clock: Clock) -> None:
        self._store = store
        self._api = api
        self._quota = quota
        self._clock = clock
        self._calls: dict[LookupId, asyncio.Task[Result]] = {}
        self._telling: Counter[LookupId] = Counter()
        self._is_stopping = False

    async def accept(
        self, new: NewLookup, decision: policy.Decision, *, expires_at: float | None = None
    ) -> tuple[Lookup, bool]:
        """Record what was asked for: queued, awaiting approval until ``expires_at``, or rejected.

        Rejected too when by now too many codes were refused. ``False`` when this submission was recorded before.
        """
        state = STARTS_IN[decision.verdict]
        policy.check_transition(None, state)
        lookup, is_new = await self._store.accept(
            new,
            state=state,
            problem=decision.problem,
            expires_at=expires_at if state is State.AWAITING else None,
            wait_until=decision.wait_until,
        )
        log.info("lookup accepted", extra={"facts": {"lookup": lookup.id, "state": lookup.state, "new": is_new}})
        return lookup, is_new

    async def guard(self, decision: policy.Decision, agent: Actor, phone: PhoneNumber | None = None) -> policy.Decision:
        """What the guess guard leaves of a policy's yes to this agent, for this number if it is known."""
        tally = await self._store.tally(agent, phone)
        return guesses.guard(decision, tally, now=self._clock.now())

    async def guard_list(
        self, decision: policy.Decision, agent: Actor, phones: Sequence[PhoneNumber]
    ) -> policy.Decision:
        """The same for a list as a whole: one number for which approval is needed makes all of it need it.

        A number that only has to wait does not make the others wait: it alone is rejected when the list is accepted.
        """
        for phone in phones:
            guarded = await self.guard(decision, agent, phone)
            if guarded.verdict is policy.Verdict.MAY_WITH_APPROVAL:
                return guarded
        return await self.guard(decision, agent)

    async def wait_of(self, lookup: Lookup) -> float | None:
        """For how long (seconds) the guess guard keeps an approved lookup from being called; ``None``: it does not."""
        tally, now = await self._store.tally(lookup.agent, lookup.phone), self._clock.now()
        approved_at = lookup.approval.decided_at if lookup.approval else None
        until = guesses.wait_until(tally, now=now, approved_at=approved_at)
        return None if until is None else until - now

    async def wait_of_agent(self, agent: Actor) -> float | None:
        """For how long (seconds) the guess guard lets an agent ask for no number at all; ``None``: it does not."""
        tally, now = await self._store.tally(agent, None), self._clock.now()
        until = guesses.wait_until(tally, now=now)
        return None if until is None else until - now

    async def has_guessed(self, agent: Actor) -> bool:
        """Whether an agent has used up the refused codes that are free: then only one at a time may be asked."""
        return guesses.is_over(await self._store.tally(agent, None))

    async def run(self, lookup: Lookup, code: SecretStr, *, lane: Lane = Lane.INTERACTIVE) -> Lookup:
        """Ask the API for a queued lookup and return the lookup as it ended; one that has ended is left as it is.

        Raises ``StoreUnavailable`` when the outcome cannot be recorded: an ID that is not in the record is not shown.
        """
        if policy.is_final(lookup.state):  # say rejected by the guess guard, among others of a list
            return lookup
        trip = Trip(lookup, lane, store=self._store, quota=self._quota, clock=self._clock)
        call = asyncio.create_task(trip.ask(self._api, code))
        self._calls[lookup.id] = call
        try:
            if self._is_stopping:
                call.cancel()
            await asyncio.wait({call})
            return await trip.end(result_of(call, trip))
        except LookupMoved as moved:  # somebody, say the sweeper, ended it first: theirs is how it ended
            if moved.current is None:
                raise
            return moved.current
        finally:
            # Until here the lookup runs in this process, and its lease is renewed.
            del self._calls[lookup.id]
            call.cancel()
            await asyncio.wait({call})

    def interrupt(self) -> None:
        """Break off what runs, for a stop that cannot wait; each ``run`` then returns its lookup as interrupted."""
        self._is_stopping = True
        for call in self._calls.values():
            call.cancel()

    def drop(self, ended: Iterable[LookupId]) -> None:
        """Wait no longer for what the record says has ended; each ``run`` then returns its lookup as it ended.

        Whoever ended it may have been another process: here it would wait for a turn that nobody needs.
        """
        for lookup_id in ended:
            if call := self._calls.get(lookup_id):
                call.cancel()

    async def find(self, lookup_id: LookupId, *, user_id: str, team_id: str) -> Lookup | None:
        """An agent's own lookup; ``None`` for one that is not theirs as for one that is not there."""
        lookup = await self._store.find(lookup_id)
        if lookup is None or (lookup.agent.user_id, lookup.agent.team_id) != (user_id, team_id):
            return None
        return lookup

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """What whoever waits for this lookup can expect; ``None`` when it does not wait for its turn."""
        return self._quota.outlook(lookup_id)

    @contextmanager
    def telling(self, *lookup_ids: LookupId) -> Iterator[None]:
        """While inside, telling how these lookups stand is this process's; if it dies, it is the next one's."""
        self._telling.update(lookup_ids)
        try:
            yield
        finally:
            self._telling -= Counter(lookup_ids)

    async def renew(self) -> None:
        """Keep what this process runs or tells its own for another lease."""
        await self._store.renew([*{*self._calls, *self._telling}])

    async def sweep(self) -> list[Lookup]:
        """End what dead processes left behind. Returns the lookups whose agents the caller is to tell."""
        abandoned = await self._store.interrupt_abandoned([*self._calls])
        if abandoned:
            log.warning("abandoned lookups interrupted", extra={"facts": {"count": abandoned}})
        return [lookup for lookup in await self._store.claim_untold() if lookup.id not in self._telling]

    async def told(self, lookup: Lookup) -> None:
        """Remember that a lookup's agent knows how it stands: nobody has to tell them any more.

        Where the lookup stands for a list, they know it of all of it.
        """
        if lookup.place is None:
            await self._store.told(lookup.id, lookup.state)
        else:
            has_ended = policy.is_final(lookup.state)
            listed = await self._store.read_list(lookup.place.batch_id)
            await self._store.told_list(
                [each for each in listed if each.state is lookup.state or (has_ended and policy.is_final(each.state))]
            )

"""The use case: ask for one number's ID, and know how it ended, whatever happens."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from pydantic import SecretStr

from bot import guesses, policy
from bot.errors import ApiError, LookupMoved, StoreUnavailable, TooManyGuesses
from bot.interfaces import Clock, PhoneIdApi, Quota, Store
from bot.models import Actor, Lookup, LookupId, NewLookup, PhoneNumber, Problem, Result, State
from bot.tickets import Call, Lane, Outlook, Ticket

log = logging.getLogger(__name__)

RECORD_AGAIN_AFTER = (0.2, 1.0, 3.0)
"""Seconds before each further try to record an outcome: a lost outcome is a lost lookup."""

STATE_AFTER: Mapping[Problem, State] = {
    # No word from the API about the number, or none that helps.
    Problem.THROTTLED: State.FAILED,
    Problem.SERVICE_TROUBLE: State.FAILED,
    Problem.NO_ANSWER: State.FAILED,
    Problem.UNREADABLE: State.FAILED,
    Problem.NO_ID: State.FAILED,
    Problem.NOT_SENDABLE: State.FAILED,
    Problem.INTERNAL: State.FAILED,
    # The API said no.
    Problem.NONCE_USED: State.REFUSED,
    Problem.TOKEN_EXPIRED: State.REFUSED,
    Problem.NOT_SUBSCRIBED: State.REFUSED,
    Problem.NOT_AUTHORIZED: State.REFUSED,
    Problem.NOT_YOURS: State.REFUSED,
    Problem.BAD_NUMBER: State.REFUSED,
    Problem.BAD_REQUEST: State.REFUSED,
    Problem.BAD_CREDENTIALS: State.REFUSED,
    Problem.CLOCK_OFF: State.REFUSED,
    Problem.UNKNOWN_CODE: State.REFUSED,
    # The process did.
    Problem.PROCESS_ENDED: State.INTERRUPTED,
    # Nobody was asked.
    Problem.NOT_ALLOWED: State.REJECTED,
    Problem.GUEST: State.REJECTED,
    Problem.OUTSIDER: State.REJECTED,
    Problem.WHO_UNKNOWN: State.REJECTED,
    Problem.NOT_AN_APPROVER: State.REJECTED,
    Problem.OWN_REQUEST: State.REJECTED,
    Problem.NOT_YOUR_REQUEST: State.REJECTED,
    Problem.TOO_MANY_GUESSES: State.REJECTED,
}
"""The state each problem ends a lookup in."""


_STATE_AFTER = {
    policy.Verdict.MAY: State.QUEUED,
    policy.Verdict.MAY_WITH_APPROVAL: State.AWAITING,
    policy.Verdict.MAY_NOT: State.REJECTED,
}


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
        state = _STATE_AFTER[decision.verdict]
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

    async def wait_of(self, lookup: Lookup) -> float | None:
        """For how long (seconds) the guess guard keeps an approved lookup from being called; ``None``: it does not."""
        tally, now = await self._store.tally(lookup.agent, lookup.phone), self._clock.now()
        approved_at = lookup.approval.decided_at if lookup.approval else None
        until = guesses.wait_until(tally, now=now, approved_at=approved_at)
        return None if until is None else until - now

    async def run(self, lookup: Lookup, code: SecretStr, *, lane: Lane = Lane.INTERACTIVE) -> Lookup:
        """Ask the API for a queued lookup and return the lookup as it ended; one that has ended is left as it is.

        Raises ``StoreUnavailable`` when the outcome cannot be recorded: an ID that is not in the record is not shown.
        """
        if policy.is_final(lookup.state):  # say rejected by the guess guard, among others of a list
            return lookup
        trip = _Trip(lookup, lane, store=self._store, quota=self._quota, clock=self._clock)
        call = asyncio.create_task(trip.ask(self._api, code))
        self._calls[lookup.id] = call
        try:
            if self._is_stopping:
                call.cancel()
            await asyncio.wait({call})
            return await trip.end(_result_of(call, trip))
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
    def telling(self, lookup_id: LookupId) -> Iterator[None]:
        """While inside, telling how this lookup stands is this process's; if it dies, it is the next one's."""
        self._telling[lookup_id] += 1
        try:
            yield
        finally:
            self._telling[lookup_id] -= 1
            self._telling += Counter()  # drops what is at zero

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
        """Remember that a lookup's agent knows how it ended: nobody has to tell them any more."""
        await self._store.told(lookup.id, lookup.state)


class _Trip:
    """One lookup's way to the API and back: counts its attempts and records its states."""

    def __init__(self, lookup: Lookup, lane: Lane, *, store: Store, quota: Quota, clock: Clock) -> None:
        self._lookup = lookup
        self._ticket = Ticket(lookup_id=lookup.id, agent=f"{lookup.agent.team_id} {lookup.agent.user_id}", lane=lane)
        self._store = store
        self._quota = quota
        self._clock = clock
        self._attempts = 0
        self._started: float | None = None

    @property
    def lookup_id(self) -> LookupId:
        return self._lookup.id

    async def ask(self, api: PhoneIdApi, code: SecretStr) -> Result:
        try:
            answer = await api.get_phone_number_id(self._lookup.phone, code, turn=self._turn)
        except ApiError as error:
            return self.result(
                problem=error.problem, api_code=error.code, request_id=error.request_id, http_status=error.http_status
            )
        return self.result(
            phone_number_id=answer.phone_number_id,
            api_code="OK",
            request_id=answer.request_id,
            http_status=answer.http_status,
        )

    def result(
        self,
        *,
        problem: Problem | None = None,
        phone_number_id: str | None = None,
        api_code: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        wait_until: float | None = None,
    ) -> Result:
        started = self._started
        return Result(
            problem=problem,
            phone_number_id=phone_number_id,
            api_code=api_code,
            request_id=request_id,
            http_status=http_status,
            milliseconds=None if started is None else round((self._clock.monotonic() - started) * 1000),
            attempts=self._attempts,
            wait_until=wait_until,
        )

    async def end(self, result: Result) -> Lookup:
        state = _state_after(result)
        for again_after in (*RECORD_AGAIN_AFTER, None):
            try:
                await self._move_from_where_it_is(state, result)
                break
            except StoreUnavailable:
                log.exception("outcome not recorded", extra={"facts": {"lookup": self._lookup.id}})
                if again_after is None:
                    raise
                await self._clock.sleep(again_after)
        facts = {"lookup": self._lookup.id, "state": state, "problem": result.problem, "attempts": result.attempts}
        log.info("lookup ended", extra={"facts": facts})
        return self._lookup

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[Call]:
        async with self._quota.turn(self._ticket, before=self._record_calling) as call:
            self._ticket = self._ticket.again()
            if self._started is None:
                self._started = self._clock.monotonic()
            self._attempts += 1
            yield call

    async def _record_calling(self) -> None:
        if self._lookup.state is State.QUEUED:
            await self._move(State.CALLING)

    async def _move_from_where_it_is(self, to_state: State, result: Result) -> None:
        try:
            await self._move(to_state, result)
        except LookupMoved as moved:
            # A call broken off while the store was moving it on does not know that the store got there.
            if moved.current is None or policy.is_final(moved.current.state):
                raise
            self._lookup = moved.current
            await self._move(to_state, result)

    async def _move(self, to_state: State, result: Result | None = None) -> None:
        policy.check_transition(self._lookup.state, to_state)
        self._lookup = await self._store.move(
            self._lookup.id,
            from_state=self._lookup.state,
            to_state=to_state,
            actor=self._lookup.agent,
            result=result,
        )


def _result_of(call: asyncio.Task[Result], trip: _Trip) -> Result:
    if call.cancelled():
        return trip.result(problem=Problem.PROCESS_ENDED)
    error = call.exception()
    if error is None:
        return call.result()
    if isinstance(error, LookupMoved):
        raise error
    if isinstance(error, TooManyGuesses):
        return trip.result(problem=Problem.TOO_MANY_GUESSES, wait_until=error.until)
    log.error("lookup broke", extra={"facts": {"lookup": trip.lookup_id}}, exc_info=error)
    return trip.result(problem=Problem.INTERNAL)


def _state_after(result: Result) -> State:
    return STATE_AFTER[result.problem] if result.problem else State.ANSWERED

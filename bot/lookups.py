"""The use case: ask for one number's ID, and know how it ended, whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot import policy
from bot.errors import ApiError, LookupMoved, StoreUnavailable
from bot.interfaces import Clock, PhoneIdApi, Quota, Store
from bot.models import Lane, Lookup, LookupId, NewLookup, Outlook, Problem, Result, State, Ticket

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
    # The process ended, or its agent stopped the list.
    Problem.PROCESS_ENDED: State.INTERRUPTED,
    Problem.STOPPED: State.INTERRUPTED,
    # Nobody was asked.
    Problem.NOT_ALLOWED: State.REJECTED,
    Problem.GUEST: State.REJECTED,
    Problem.OUTSIDER: State.REJECTED,
    Problem.WHO_UNKNOWN: State.REJECTED,
    Problem.NOT_AN_APPROVER: State.REJECTED,
    Problem.OWN_REQUEST: State.REJECTED,
    Problem.NOT_YOUR_REQUEST: State.REJECTED,
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
        self._is_stopping = False

    async def accept(
        self, new: NewLookup, decision: policy.Decision, *, expires_at: float | None = None
    ) -> tuple[Lookup, bool]:
        """Record what was asked for: queued, awaiting approval until ``expires_at``, or rejected.

        ``False`` when this submission was recorded before.
        """
        state = _STATE_AFTER[decision.verdict]
        policy.check_transition(None, state)
        lookup, is_new = await self._store.accept(
            new, state=state, problem=decision.problem, expires_at=expires_at if state is State.AWAITING else None
        )
        log.info("lookup accepted", extra={"facts": {"lookup": lookup.id, "state": lookup.state, "new": is_new}})
        return lookup, is_new

    async def run(self, lookup: Lookup, code: SecretStr, *, lane: Lane = Lane.INTERACTIVE) -> Lookup:
        """Ask the API for a queued lookup and return the lookup as it ended.

        Raises ``StoreUnavailable`` when the outcome cannot be recorded: an ID that is not in the record is not shown.
        """
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

    async def renew(self) -> None:
        """Keep what runs in this process its own for another lease."""
        await self._store.renew([*self._calls])

    async def sweep(self) -> list[Lookup]:
        """End what dead processes left behind. Returns the lookups whose agents the caller is to tell."""
        abandoned = await self._store.interrupt_abandoned([*self._calls])
        if abandoned:
            log.warning("abandoned lookups interrupted", extra={"facts": {"count": abandoned}})
        return await self._store.claim_untold()

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
    async def _turn(self) -> AsyncIterator[None]:
        async with self._quota.turn(self._ticket, before=self._record_calling):
            if self._started is None:
                self._started = self._clock.monotonic()
            self._attempts += 1
            yield

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
    log.error("lookup broke", extra={"facts": {"lookup": trip.lookup_id}}, exc_info=error)
    return trip.result(problem=Problem.INTERNAL)


def _state_after(result: Result) -> State:
    return STATE_AFTER[result.problem] if result.problem else State.ANSWERED

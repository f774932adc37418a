"""One lookup's way to the API and back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot import policy
from bot.errors import ApiError, LookupMoved, StoreUnavailable, TooManyGuesses
from bot.interfaces import Clock, PhoneIdApi, Quota, Store
from bot.models import Lookup, LookupId, Problem, Result, State
from bot.tickets import Call, Lane, Ticket

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
    Problem.TOO_MANY_GUESSES: State.REJECTED,
}
"""The state each problem ends a lookup in."""


class Trip:
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


def result_of(call: asyncio.Task[Result], trip: Trip) -> Result:
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

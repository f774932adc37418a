"""The use case: call Alibaba Cloud for one queued number, and record how that ended, whatever happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import NamedTuple

from pydantic import SecretStr

from bot.errors import ApiError, DatabaseGone, LookupMoved, StoreUnavailable, TooManyGuesses
from bot.interfaces import Clock, PhoneIdApi, Quota
from bot.mentioned import mention
from bot.models import Lookup, LookupId, Problem, Request, Result, State
from bot.states import STATE_AFTER, is_final
from bot.store import lookups as store
from bot.store import processes
from bot.store.record import Record
from bot.tickets import Call, Lane, Outlook, Ticket

log = logging.getLogger(__name__)

RECORD_AGAIN_AFTER = (0.2, 1.0, 3.0)
"""Seconds before each further try to record an outcome, the last also before all later ones: the outcome is kept in
memory until it is recorded, for a code that was used cannot be used again."""

LOGGED_EVERY = 20
"""Tries to record an outcome, of which one is logged: a minute of them."""

SLOW_AFTER = 8.0
"""Seconds after which a call takes so long that whoever waits is told: they read something within ten."""

LEADER_LOOKED_AT_EVERY = 1.0
"""Seconds between looks at whether the lookup that another one follows has ended."""


class _Running(NamedTuple):
    """One lookup that runs in this process."""

    task: asyncio.Task[Result]
    code: SecretStr
    attempt: "Attempt"


class Lookups:
    """Runs lookups, and knows which run in this process."""

    def __init__(
        self, *, record: Record, api: PhoneIdApi, quota: Quota, clock: Clock, silent_for: float = processes.SILENT_FOR
    ) -> None:
        """``silent_for``: seconds after which a process that says nothing counts as dead."""
        self._record = record
        self._api = api
        self._quota = quota
        self._clock = clock
        self._silent_for = silent_for
        self._running: dict[LookupId, _Running] = {}
        self._is_stopping = False
        self._spoke_at: float | None = None
        self.count_links: Callable[[], int] = int
        """How many links to Slack this process keeps, which the others get to know: none, unless somebody says so."""
        self._sweeps_from = 0.0

    async def run(self, request: Request, lookup: Lookup, code: SecretStr) -> Lookup:
        """Call for a queued lookup of this process and return it as it ended; one that has ended is left as it is.

        One that follows another lookup makes no call: it ends as that one does. Raises ``StoreUnavailable`` when the
        outcome cannot be recorded: an ID that is not in the record is not shown.
        """
        mention("lookup", lookup.id)
        if is_final(lookup.state):  # say rejected by the guess guard, among others of its request
            return lookup
        attempt = Attempt(request, lookup, record=self._record, quota=self._quota, clock=self._clock)
        waiting = self._wait_for_leader(lookup) if lookup.follows else attempt.call(self._api, code)
        task = asyncio.create_task(waiting)
        self._running[lookup.id] = _Running(task, code, attempt)
        try:
            if self._is_stopping:
                task.cancel()
            await asyncio.wait({task})
            return await self._end(attempt, _result_of(task, attempt))
        except LookupMoved as moved:  # somebody, say the sweeper, ended it first: theirs is how it ended
            if moved.current is None:
                raise
            return moved.current
        finally:
            # Until here the lookup runs in this process, and is no orphan.
            del self._running[lookup.id]
            task.cancel()
            await asyncio.wait({task})

    def is_trying(self, lookup_id: LookupId, code: SecretStr) -> bool | None:
        """Whether a lookup that runs here tries this code; ``None``: it does not run here."""
        running = self._running.get(lookup_id)
        return None if running is None else running.code == code

    @property
    def is_any_running(self) -> bool:
        """Whether this process runs any, of which another one may end some."""
        return bool(self._running)

    def interrupt(self) -> None:
        """Break off what runs, for a stop that cannot wait; each ``run`` then returns its lookup as interrupted."""
        self._is_stopping = True
        for running in self._running.values():
            running.task.cancel()

    def drop(self, ended: Iterable[LookupId]) -> None:
        """Wait no longer for what the record says has ended; each ``run`` then returns its lookup as it ended.

        Whoever ended it may have been another process: here it would wait for a turn that nobody needs.
        """
        for lookup_id in ended:
            if running := self._running.get(lookup_id):
                running.task.cancel()

    async def give_up(self, request: Request) -> None:
        """End as broken what this process was to run of a request and does not: somebody may wait for it."""
        for lookup in request.lookups:
            if is_final(lookup.state) or lookup.id in self._running:
                continue
            attempt = Attempt(request, lookup, record=self._record, quota=self._quota, clock=self._clock)
            with suppress(LookupMoved):  # it has ended
                await self._end(attempt, Result(problem=Problem.INTERNAL))

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """What whoever waits for this lookup can expect; ``None`` when it does not wait for its turn."""
        return self._quota.outlook(lookup_id)

    def is_slow(self, lookup_id: LookupId) -> bool:
        """Whether this lookup's calls take so long that whoever waits should know; not once they are over."""
        running = self._running.get(lookup_id)
        return running is not None and not running.task.done() and running.attempt.seconds >= SLOW_AFTER

    async def beat(self) -> None:
        """Say that this process is alive."""
        await self._record.change(processes.beat, links=self.count_links())
        self._note_spoken()

    async def links_of_others(self) -> int:
        """How many links to Slack the other living processes keep."""
        return await self._record.read(processes.links_of_others, silent_for=self._silent_for)

    async def keep_up(self) -> None:
        """Say that this process is alive, and sweep: where only commands run, no bot does."""
        await self.beat()
        await self.sweep()

    async def leave(self) -> None:
        """Say that this process ends."""
        await self._record.change(processes.leave)

    async def sweep(self) -> int:
        """End what dead processes left behind, and what this one lost. How many lookups."""
        if self._clock.now() < self._sweeps_from:
            return 0
        running = frozenset(self._running)
        abandoned = await self._record.change(processes.interrupt_abandoned, running, silent_for=self._silent_for)
        self._note_spoken()
        if abandoned:
            log.warning("abandoned lookups interrupted", extra={"facts": {"count": abandoned}})
        return abandoned

    def _note_spoken(self) -> None:
        """After a silence of its own, say on a machine that slept, a process sweeps nobody until others could speak."""
        now = self._clock.now()
        if self._spoke_at is not None and now - self._spoke_at > self._silent_for / 2:  # see ``processes.living``
            self._sweeps_from = now + self._silent_for
        self._sweeps_from = min(self._sweeps_from, now + self._silent_for)  # the clock may have been ahead
        self._spoke_at = now

    async def _end(self, attempt: "Attempt", result: Result) -> Lookup:
        """Record the outcome, as soon as that is possible. Raises ``LookupMoved``.

        Raises ``StoreUnavailable`` where the database does not come back, or this process cannot wait for it.
        """
        for tries, again_after in enumerate(chain(RECORD_AGAIN_AFTER, repeat(RECORD_AGAIN_AFTER[-1]))):
            try:
                return await attempt.end(result)
            except StoreUnavailable as error:
                if tries % LOGGED_EVERY == 0:
                    log.exception("outcome not recorded", extra={"facts": {"lookup": attempt.lookup_id}})
                is_enough = self._is_stopping and tries >= len(RECORD_AGAIN_AFTER)
                if is_enough or isinstance(error, DatabaseGone):
                    raise
            await self._clock.sleep(again_after)
        raise AssertionError("it is tried for ever")

    async def _wait_for_leader(self, lookup: Lookup) -> Result:
        """Wait until the lookup has ended with the one it follows, which another process may be running."""
        while True:
            await self._clock.sleep(LEADER_LOOKED_AT_EVERY)
            try:
                current = await self._record.read(store.find, lookup.id)
            except DatabaseGone:
                raise
            except StoreUnavailable:
                continue
            if current is None or is_final(current.state):
                raise LookupMoved(current)


class Attempt:
    """One lookup's way to the API and back: takes its turns, counts its calls and records its states."""

    def __init__(self, request: Request, lookup: Lookup, *, record: Record, quota: Quota, clock: Clock) -> None:
        self._request = request
        self._lookup = lookup
        agent = f"{request.agent.home} {request.agent.user_id}"
        lane = Lane.INTERACTIVE if request.is_single else Lane.BULK
        self._ticket = Ticket(lookup_id=lookup.id, agent=agent, lane=lane)
        self._record = record
        self._quota = quota
        self._clock = clock
        self._calls = 0
        self._started: float | None = None

    @property
    def lookup_id(self) -> LookupId:
        return self._lookup.id

    @property
    def seconds(self) -> float:
        """Since its first call began; 0 before that."""
        return 0.0 if self._started is None else self._clock.monotonic() - self._started

    async def call(self, api: PhoneIdApi, code: SecretStr) -> Result:
        """What the API says; it is called again as its retry policy has it."""
        try:
            result = await api.get_phone_number_id(self._lookup.phone, code, turn=self._turn)
        except ApiError as error:
            result = error.result
        return self.measured(result)

    def measured(self, result: Result) -> Result:
        """The result with how long it took until now, and how many calls."""
        milliseconds = None if self._started is None else round(self.seconds * 1000)
        return replace(result, milliseconds=milliseconds, attempts=self._calls)

    async def end(self, result: Result) -> Lookup:
        """Record the outcome. Raises ``LookupMoved`` and ``StoreUnavailable``."""
        state = STATE_AFTER[result.problem] if result.problem else State.ANSWERED
        ended = await self._record.change(store.end, self._lookup, state, result, agent=self._request.agent)
        facts = {"lookup": ended.id, "state": ended.state, "problem": result.problem, "attempts": result.attempts}
        log.info("lookup ended", extra={"facts": facts})
        return ended

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[Call]:
        async with self._quota.turn(self._ticket, before=self._record_calling) as call:
            self._ticket = self._ticket.again()
            if self._started is None:
                self._started = self._clock.monotonic()
            self._calls += 1
            yield call

    async def _record_calling(self) -> None:
        if self._lookup.state is State.QUEUED:
            approved_at = self._request.approval.decided_at
            self._lookup = await self._record.change(
                store.begin, self._lookup, agent=self._request.agent, approved_at=approved_at
            )
            return
        # Another process may have taken this one for dead since then, and told that the lookup was interrupted.
        current = await self._record.read(store.find, self._lookup.id)
        if current is None or is_final(current.state):
            raise LookupMoved(current)


def _result_of(task: asyncio.Task[Result], attempt: Attempt) -> Result:
    """What a finished task came to. Raises ``LookupMoved`` where somebody else ended the lookup."""
    if task.cancelled():
        return attempt.measured(Result(problem=Problem.PROCESS_ENDED))
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, LookupMoved):
        raise error
    if isinstance(error, TooManyGuesses):
        return attempt.measured(Result(problem=error.problem, wait_until=error.until))
    log.error("lookup crashed", extra={"facts": {"lookup": attempt.lookup_id}}, exc_info=error)
    return attempt.measured(Result(problem=Problem.INTERNAL))

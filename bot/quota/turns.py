"""The quota, as ``bot.interfaces.Quota``: turns for whatever waits in this process, shared with all other processes."""

import asyncio
import logging
import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import TypeVar

from bot.errors import ApiError, DatabaseGone, StoreUnavailable
from bot.interfaces import Clock, Reading, SharedState
from bot.models import LookupId, Problem
from bot.quota import grants
from bot.quota.account import Account, Rules, read, set_ahead, wait
from bot.quota.grants import PRESENT, Ending, Grant, Later
from bot.quota.order import ahead_of, with_newcomers
from bot.quota.queue import Held, Queue, Waiting
from bot.quota.shared_time import SharedTime
from bot.quota.slots import RENEWAL, Slot, leaves_before
from bot.repeating import in_background
from bot.tickets import Call, Lane, Outlook, Ticket

log = logging.getLogger(__name__)

T = TypeVar("T")

ASK_AGAIN = 1.0
"""Seconds until the next try when what is shared cannot be read or changed: nothing was sent, so nothing is lost."""

GIVE_UP = 20.0
"""Seconds of such tries after which whoever waits is told; of a database that does not come back, at once."""


class Turns:
    """``rules.limit`` turns in any second, over every process that shares the ``state``."""

    def __init__(self, rules: Rules, *, state: SharedState, clock: Clock) -> None:
        self._rules = rules
        self._state = state
        self._clock = clock
        self._process = secrets.token_hex(4)
        self._numbers = count(1)
        self._queue = Queue()
        self._has_news = asyncio.Event()
        """Something came or ended, so that the next turn may be sooner than was thought."""
        self._seen = Account()
        """The account as this process last saw it,"""
        self._time = SharedTime()
        """and what it knows of the time that the account is in."""
        self._held: dict[str, Held] = {}
        """What was granted here and has not ended, by its holder's name."""
        self._dispatcher: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        """Wait for a free slot, hold it during the block, and give it back after it.

        The block is one call. If it raises, the call counts as unanswered and its slot rests longer, except for an
        ``ApiError`` with an HTTP status: there the server did answer. Raises ``StoreUnavailable``.
        """
        held = await self._granted(ticket, before)
        was_answered, error = False, None
        try:
            yield held.call
            was_answered = True
        except ApiError as raised:
            was_answered, error = raised.http_status is not None, raised
            raise
        finally:
            self._end(held, error, was_answered=was_answered)

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """From what this process last saw: place and seconds until this lookup's next call may start."""
        found = self._queue.position(lookup_id)
        if found is None:
            return None
        party, position = found
        demands = {**self._seen.demands, self._process: self._queue.demand()}
        served = with_newcomers(self._seen.served, demands.values(), last=self._seen.last_turn)
        ahead = ahead_of(party, position, demands.values(), served)
        now = self._time.earliest(self._clock.monotonic())
        return Outlook(place=ahead + 1, seconds=wait(self._seen, ahead, now=now, rules=self._rules))

    def waiting(self, lane: Lane) -> int:
        """How many calls wait for their turn in this process."""
        return sum(each.ticket.lane is lane for each in self._queue.all())

    @property
    def under_way(self) -> int:
        """How many slots are held in this process."""
        return len(self._held)

    async def aclose(self) -> None:
        """Say to the others what is still to be said. Whoever waits is told that there will be no turn."""
        for task in (self._dispatcher, self._keeper):
            if task:
                task.cancel()
                await asyncio.wait({task})
        self._fail(StoreUnavailable("the quota is closed"))
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- waiting ---

    async def _granted(self, ticket: Ticket, before: Callable[[], Awaitable[None]]) -> Held:
        """A slot whose call may start now, with what had to be done before it done."""
        while True:
            held = await self._wait(ticket)
            try:
                await before()
                await self._clock.sleep(self._seconds_until(held.grant.starts_at))
            except BaseException:
                self._give_back(held)
                raise
            now = self._clock.monotonic()
            # This process may have been held up, and everyone told to pause, since the slot was granted.
            if now <= held.call.leaves_before and self._seen.pace.resumes_at <= self._time.earliest(now):
                return held
            self._give_back(held)
            ticket = ticket.again()

    async def _wait(self, ticket: Ticket) -> Held:
        waiting = Waiting(ticket)
        self._queue.add(waiting)
        self._wake()
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting.granted.done() and not waiting.granted.cancelled() and not waiting.granted.exception():
                self._give_back(waiting.granted.result())
            raise
        finally:
            self._queue.remove(waiting)
            self._has_news.set()

    def _wake(self) -> None:
        self._has_news.set()
        if self._dispatcher is None or self._dispatcher.done():
            self._dispatcher = asyncio.create_task(self._dispatch())

    async def _dispatch(self) -> None:
        """Give out turns while somebody waits."""
        failing_since = math.inf
        while self._queue:
            self._has_news.clear()
            answer: Grant | Later | None
            try:
                answer = await self._ask()
                failing_since = math.inf
            except StoreUnavailable as error:
                now = self._clock.monotonic()
                failing_since = min(failing_since, now)
                if isinstance(error, DatabaseGone) or now - failing_since >= GIVE_UP:
                    self._fail(error)
                answer = None
            except Exception as error:  # noqa: BLE001 - a task's top: whoever waits must know, nobody else tells them
                self._fail(error)
                continue
            if isinstance(answer, Grant):
                self._hand_out(answer)
            else:
                await self._nap(self._seconds_until(answer.at) if answer else ASK_AGAIN)
            if not self._queue:  # somebody may come while this is said
                await self._tell(lambda account, _: grants.gone(account, process=self._process))

    async def _ask(self) -> Grant | Later:
        demand, holder = self._queue.demand(), f"{self._process}-{next(self._numbers)}"
        return await self._change(
            lambda account, now: grants.ask(
                account, demand, process=self._process, holder=holder, now=now, rules=self._rules
            )
        )

    def _hand_out(self, grant: Grant) -> None:
        call = Call(leaves_before=self._leaves_before(grant.slot))
        held = self._held[grant.holder] = Held(grant, call)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        waiting = self._queue.first(grant.party)
        if waiting is None:  # they left while the slot was taken for them
            self._give_back(held)
            return
        self._queue.remove(waiting)
        waiting.granted.set_result(held)

    def _fail(self, error: Exception) -> None:
        waiting_now = self._queue.all()
        if waiting_now:
            log.warning("quota failed", extra={"facts": {"waiting": len(waiting_now), "error": type(error).__name__}})
        for waiting in waiting_now:
            self._queue.remove(waiting)
            if not waiting.granted.done():
                waiting.granted.set_exception(error)

    async def _nap(self, seconds: float) -> None:
        # Never so long that the others think nothing waits here any more.
        sleep, news = self._clock.sleep(min(seconds, PRESENT / 2)), self._has_news.wait()
        async with in_background(sleep) as over, in_background(news) as heard:
            await asyncio.wait({over, heard}, return_when=asyncio.FIRST_COMPLETED)

    # --- the time that all processes share ---

    def _seconds_until(self, there: float) -> float:
        """Until it certainly is that time there."""
        return max(0.0, self._time.surely_at(there) - self._clock.monotonic())

    def _leaves_before(self, slot: Slot) -> float:
        """By our clock."""
        return self._time.surely_until(leaves_before(slot, latest_arrival=self._rules.latest_arrival))

    # --- what the others must know ---

    def _end(self, held: Held, error: ApiError | None, *, was_answered: bool) -> None:
        """Not waited for: whoever called has their answer, and a slot nobody gives back is free in a while."""
        del self._held[held.grant.holder]
        ended_at = _ended_at(held.call, was_answered=was_answered, now=self._clock.monotonic())

        def end(account: Account, now: float) -> Account:
            # Not later than now, when the others hear of it.
            ending = _ending(held, error, was_answered=was_answered, ended_at=min(now, self._time.latest(ended_at)))
            return grants.ended(account, held.grant, ending, now=now, rules=self._rules)

        self._start(end)

    def _give_back(self, held: Held) -> None:
        del self._held[held.grant.holder]
        self._start(lambda account, now: grants.given_back(account, held.grant, now=now, rules=self._rules))

    def _start(self, change: Callable[[Account, float], Account]) -> None:
        task = asyncio.create_task(self._tell(change))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, change: Callable[[Account, float], Account]) -> None:
        try:
            await self._change(lambda account, now: (change(account, now), None))
        except Exception:  # a task's top; the others find out by the lease
            log.exception("quota slot not announced")
        self._has_news.set()

    async def _keep(self) -> None:
        """Say that the calls under way here are, as long as there are any."""
        while self._held:
            await self._clock.sleep(RENEWAL)
            own = [held.grant for held in self._held.values()]
            await self._tell(lambda account, now: grants.renewed(account, own, now=now, rules=self._rules))  # noqa: B023 - called at once
            for held in self._held.values():
                if grants.is_held(self._seen, held.grant):
                    renewed = self._seen.slots[held.grant.number]
                    held.call.leaves_before = self._leaves_before(renewed)

    async def _change(self, change: Callable[[Account, float], tuple[Account, T]]) -> T:
        def think(text: str, reading: Reading) -> tuple[str, tuple[Account, SharedTime, T]]:
            account, before = read(text), self._time
            if before.was_set_ahead(reading) and before.read_at is not None:
                account = set_ahead(account, since=before.read_at, now=reading.at, rules=self._rules)
            changed, told = change(account, reading.at)
            return (text if changed == account else changed.model_dump_json()), (changed, before.after(reading), told)

        self._seen, self._time, told = await self._state.change(think)
        return told


def _ended_at(call: Call, *, was_answered: bool, now: float) -> float:
    """By our clock. What was done with the answer since it came is not the slot's to wait for."""
    return call.answered_at if was_answered and call.answered_at else now


def _ending(held: Held, error: ApiError | None, *, was_answered: bool, ended_at: float) -> Ending:
    call = held.call
    is_measured = was_answered and call.sent_at is not None and call.answered_at is not None
    return Ending(
        granted_at=held.grant.slot.taken_at,
        ended_at=ended_at,
        was_answered=was_answered,
        round_trip=(call.answered_at or 0.0) - (call.sent_at or 0.0) if is_measured else None,
        was_throttled=error is not None and error.problem is Problem.THROTTLED,
        hint=error.retry_after if error else None,
    )

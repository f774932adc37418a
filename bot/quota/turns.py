"""The quota, as ``bot.interfaces.Quota``: turns for whatever waits in this process, shared with all other processes."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import TypeVar

from bot.errors import ApiError, StoreUnavailable
from bot.interfaces import Cell, Clock
from bot.models import LookupId, Problem
from bot.quota import account as shared
from bot.quota.account import Account, Ending, Grant, Later, Rules
from bot.quota.order import ahead_of
from bot.quota.queue import Queue, Waiting
from bot.quota.slots import RENEWAL, may_still_send
from bot.tickets import Call, Outlook, Ticket

log = logging.getLogger(__name__)

T = TypeVar("T")


class Turns:
    """``rules.limit`` turns in any second, over every process that shares the ``cell``."""

    def __init__(self, rules: Rules, *, cell: Cell, clock: Clock, process: str | None = None) -> None:
        """``process`` names this one, by default at random."""
        self._rules = rules
        self._cell = cell
        self._clock = clock
        self._process = process or secrets.token_hex(4)
        self._numbers = count(1)
        self._queue = Queue()
        self._has_news = asyncio.Event()
        """Something came or ended, so that the next turn may be sooner than was thought."""
        self._seen = Account()
        """The account as this process last saw it."""
        self._held: dict[str, tuple[Grant, float]] = {}
        """What was granted for calls under way, and when."""
        self._dispatcher: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        """Wait for a free slot, hold it during the block, and give it back after it.

        The block is one call. If it raises, the call counts as unanswered and its slot rests longer, except for an
        ``ApiError`` with an HTTP status: there the server did answer. Raises ``StoreUnavailable``.
        """
        grant = await self._granted(ticket, before)
        call = Call()
        started_at = self._clock.monotonic()
        was_answered, error = False, None
        try:
            yield call
            was_answered = True
        except ApiError as raised:
            was_answered, error = raised.http_status is not None, raised
            raise
        finally:
            self._end(grant, self._ending(call, error, started_at=started_at, was_answered=was_answered))

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """From what this process last saw: place and seconds until this lookup's next call may start."""
        found = self._queue.position(lookup_id)
        if found is None:
            return None
        party, position = found
        demands = {**self._seen.demands, self._process: self._queue.demand()}
        ahead = ahead_of(party, position, demands.values(), self._seen.served)
        now = self._clock.monotonic()
        return Outlook(place=ahead + 1, seconds=shared.wait(self._seen, ahead, now=now, rules=self._rules))

    async def aclose(self) -> None:
        """End what is still to be said to the others; whoever waits now waits for nothing."""
        await asyncio.gather(*self._errands, return_exceptions=True)
        for task in (self._dispatcher, self._keeper):
            if task:
                task.cancel()
                await asyncio.wait({task})

    # --- waiting ---

    async def _granted(self, ticket: Ticket, before: Callable[[], Awaitable[None]]) -> Grant:
        """A slot whose call may start now, with what had to be done before it done."""
        while True:
            grant = await self._wait(ticket)
            try:
                await before()
                await self._clock.sleep(max(0.0, grant.starts_at - self._clock.monotonic()))
            except BaseException:
                self._give_back(grant)
                raise
            # Whatever held this process up, a request must not leave when the slot may soon be somebody else's.
            if may_still_send(grant.slot, self._clock.monotonic(), latest_arrival=self._rules.latest_arrival):
                return grant
            self._give_back(grant)
            ticket = ticket.again()

    async def _wait(self, ticket: Ticket) -> Grant:
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
        while self._queue:
            self._has_news.clear()
            try:
                answer = await self._ask()
            except Exception as error:  # noqa: BLE001 - a task's top: whoever waits must know, nobody else tells them
                self._fail(error)
                continue
            if isinstance(answer, Grant):
                self._hand_out(answer)
            else:
                await self._nap(answer)
            if not self._queue:  # somebody may come while this is said
                await self._tell(lambda account, _: shared.gone(account, process=self._process))

    async def _ask(self) -> Grant | Later:
        demand, holder = self._queue.demand(), f"{self._process}-{next(self._numbers)}"
        return await self._change(
            lambda account, now: shared.ask(
                account, demand, process=self._process, holder=holder, now=now, rules=self._rules
            )
        )

    def _hand_out(self, grant: Grant) -> None:
        self._held[grant.holder] = (grant, self._clock.monotonic())
        self._keep()
        waiting = self._queue.first(grant.party)
        if waiting is None:  # they left while the slot was taken for them
            self._give_back(grant)
            return
        self._queue.remove(waiting)
        waiting.granted.set_result(grant)

    def _fail(self, error: Exception) -> None:
        log.warning("no turns", extra={"facts": {"error": type(error).__name__}})
        for waiting in self._queue.all():
            self._queue.remove(waiting)
            if not waiting.granted.done():
                waiting.granted.set_exception(error)

    async def _nap(self, later: Later) -> None:
        # Never so long that the others think nothing waits here any more.
        seconds = min(later.at - self._clock.monotonic(), shared.PRESENT / 2)
        alarm = asyncio.create_task(self._clock.sleep(max(0.0, seconds)))
        news = asyncio.create_task(self._has_news.wait())
        try:
            await asyncio.wait({alarm, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (alarm, news):
                task.cancel()

    # --- what the others must know ---

    def _end(self, grant: Grant, ending: Ending) -> None:
        """Not waited for: whoever called has their answer, and a slot nobody gives back is free in a while."""
        del self._held[grant.holder]
        self._start(lambda account, now: shared.ended(account, grant, ending, now=now, rules=self._rules))

    def _ending(self, call: Call, error: ApiError | None, *, started_at: float, was_answered: bool) -> Ending:
        is_measured = was_answered and call.sent_at is not None and call.answered_at is not None
        return Ending(
            started_at=started_at,
            # What was done with the answer since it came is not the slot's to wait for.
            ended_at=call.answered_at if was_answered and call.answered_at else self._clock.monotonic(),
            was_answered=was_answered,
            round_trip=(call.answered_at or 0.0) - (call.sent_at or 0.0) if is_measured else None,
            was_throttled=error is not None and error.problem is Problem.THROTTLED,
            hint=error.retry_after if error else None,
        )

    def _give_back(self, grant: Grant) -> None:
        del self._held[grant.holder]
        self._start(lambda account, now: shared.given_back(account, grant, now=now, rules=self._rules))

    def _start(self, change: Callable[[Account, float], Account]) -> None:
        task = asyncio.create_task(self._tell(change))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _tell(self, change: Callable[[Account, float], Account]) -> None:
        try:
            await self._change(lambda account, now: (change(account, now), None))
        except StoreUnavailable:
            log.warning("others not told of a slot", exc_info=True)
        self._has_news.set()

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """Say that this process lives, while it has calls under way. Most are over before there is anything to say."""
        while self._held:
            await self._clock.sleep(RENEWAL)
            now = self._clock.monotonic()
            long = [grant for grant, since in self._held.values() if now - since >= RENEWAL]
            if long:
                await self._tell(partial(self._renewed, long))

    def _renewed(self, grants: list[Grant], account: Account, now: float) -> Account:
        return shared.renewed(account, grants, now=now, rules=self._rules)

    async def _change(self, change: Callable[[Account, float], tuple[Account, T]]) -> T:
        def think(text: str) -> tuple[str, T]:
            account = shared.read(text)
            self._seen, told = change(account, self._clock.monotonic())
            return (text if self._seen == account else self._seen.model_dump_json()), told

        return await self._cell.change(think)

"""Callers, processes and a server in virtual time, for tests of the quota."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from bot.errors import ApiError, StoreUnavailable
from bot.interfaces import Clock, Quota, Reading, SharedState
from bot.models import LookupId, Problem
from bot.quota.account import Rules
from bot.quota.turns import Turns
from bot.tickets import Lane, Ticket
from tests.clocks import VirtualClock
from tests.quotas import FarState, MemoryState

T = TypeVar("T")

FOR_EVER = 1_000.0
"""Seconds of virtual time after which somebody is said to wait for ever."""


class Fate(StrEnum):
    """How a call ends for its caller."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One caller: when it comes, in which process, how long the request takes each way, and how it ends."""

    comes: float = 0.0
    connects: float = 0.0
    """From the turn's beginning until the request leaves."""
    there: float = 0.0
    back: float = 0.0
    fate: Fate = Fate.ANSWERED
    gives_up_after: float = 0.0
    """After sending, if lost; after coming, if cancelled: it may be waiting or calling then."""
    process: int = 0
    agent: str = "ana"
    lane: Lane = Lane.INTERACTIVE


async def nothing() -> None:
    """Has nothing to do before its turn."""


def refusal(http_status: int | None, problem: Problem = Problem.NO_ANSWER, hint: float | None = None) -> ApiError:
    return ApiError(problem, http_status=http_status, retry_after=hint)


class Server:
    """Notes when each request reached it: at its own time, whatever became of the caller."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def kept(self, limit: int, *, finest: float = 1e-9) -> bool:
        """Whether no half-open window of a second, wherever it starts, holds more than ``limit`` requests.

        ``finest``: seconds that the clocks of those who called can tell apart.
        """
        seen = sorted(self.seen)
        return all(later - earlier >= 1.0 - finest for earlier, later in zip(seen, seen[limit:], strict=False))


class MortalCell:
    """One process's way to what all share, until it dies: then nothing it does is seen any more."""

    def __init__(self, state: SharedState) -> None:
        self._cell = state
        self.is_dead = False

    async def change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        if self.is_dead:
            raise StoreUnavailable("killed")
        return await self._cell.change(think)


@dataclass
class Process:
    """A process of the account and what runs in it."""

    state: MortalCell
    turns: Turns
    clock: Clock
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def die(self) -> None:
        """As with ``kill -9``: from one moment to the next."""
        self.state.is_dead = True
        for task in self.tasks:
            task.cancel()


class World:
    """``processes`` of them over one account."""

    def __init__(self, clock: Clock, rules: Rules, *, processes: int = 1) -> None:
        self.server = Server()
        self.served: list[int] = []
        """The numbers of the plans whose turn came, in that order."""
        state = MemoryState()
        self.processes = [_process(rules, state, clock) for _ in range(processes)]

    @classmethod
    def apart(cls, rules: Rules, machines: Sequence[FarState]) -> "World":
        """One process on each of several machines, which have nothing in common but the server of their state."""
        world = cls(machines[0].clock, rules, processes=0)
        world.processes = [_process(rules, each, each.clock) for each in machines]
        return world

    async def play(self, plans: list[Plan], *, deaths: dict[int, float] | None = None) -> list[BaseException | None]:
        """Let all of it happen; gives how each caller ended. Processes die at the given times."""
        tasks = []
        for number, plan in enumerate(plans):
            task = asyncio.create_task(self._call(number, plan))
            tasks.append(task)
            self.processes[plan.process].tasks.append(task)
            if plan.fate is Fate.CANCELLED:
                asyncio.get_running_loop().call_later(plan.comes + plan.gives_up_after, task.cancel)
        for process, at in (deaths or {}).items():
            asyncio.get_running_loop().call_later(at, self.processes[process].die)
        async with asyncio.timeout(FOR_EVER):
            endings = await asyncio.gather(*tasks, return_exceptions=True)
        for each in self.processes:
            await each.turns.aclose()
        return endings

    async def _call(self, number: int, plan: Plan) -> None:
        await asyncio.sleep(plan.comes)
        ticket = Ticket(lookup_id=LookupId(f"L-{number}"), agent=plan.agent, lane=plan.lane)
        process = self.processes[plan.process]
        async with process.turns.turn(ticket, before=nothing) as call:
            self.served.append(number)
            loop = asyncio.get_running_loop()
            await asyncio.sleep(plan.connects)
            call.sent_at = process.clock.monotonic()
            if call.sent_at > call.leaves_before:  # as bot.cams.transport does
                raise refusal(None)
            loop.call_later(plan.there, lambda: self.server.seen.append(loop.time()))
            await asyncio.sleep(plan.gives_up_after if plan.fate is Fate.LOST else plan.there + plan.back)
            if plan.fate is Fate.LOST:
                raise refusal(None)
            call.answered_at = process.clock.monotonic()
            if plan.fate is Fate.REFUSED:
                raise refusal(400)


def _process(rules: Rules, state: SharedState, clock: Clock) -> Process:
    mortal = MortalCell(state)
    return Process(mortal, Turns(rules, state=mortal, clock=clock), clock)


class WrongClock(VirtualClock):
    """A machine's own: it counts from whenever, and ``rate`` seconds of it pass in one."""

    def __init__(self, *, began: float, rate: float) -> None:
        super().__init__()
        self._began = began
        self._rate = rate

    def monotonic(self) -> float:
        return self._began + self._rate * super().monotonic()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._rate)


async def wait_for_turn(quota: Quota, ticket: Ticket, **call: Any) -> None:
    """One call that is answered at once."""
    async with quota.turn(ticket, before=nothing, **call):
        pass

"""The quota of one process, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ApiError
from bot.interfaces import Clock, Quota
from bot.models import LookupId, Problem, Side, Ticket
from bot.quota.memory import MemoryQuota
from bot.quota.slots import LATEST_ARRIVAL

TICKET = Ticket(lookup_id=LookupId("L-1"), agent="ana")


async def nothing() -> None:
    """Has nothing to do before its turn."""


InVirtualTime = Callable[[Callable[[Any], Awaitable[Any]]], Any]


class Fate(StrEnum):
    """How a call ends for its caller."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One caller: when it comes, how long the request takes each way, and how it ends."""

    comes: float = 0.0
    there: float = 0.0
    back: float = 0.0
    fate: Fate = Fate.ANSWERED
    gives_up_after: float = 0.0
    """After sending, if lost; after coming, if cancelled: it may be waiting or calling then."""


def _refusal(http_status: int | None) -> ApiError:
    return ApiError(Problem.NO_ANSWER, side=Side.ALIBABA, may_retry=True, http_status=http_status)


class Server:
    """Notes when each request reached it: at its own time, whatever became of the caller."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.served: list[int] = []

    async def call(self, number: int, plan: Plan, quota: Quota) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(plan.comes)
        async with quota.turn(TICKET, before=nothing):
            self.served.append(number)
            self.seen.append(loop.time() + plan.there)
            await asyncio.sleep(plan.gives_up_after if plan.fate is Fate.LOST else plan.there + plan.back)
            if plan.fate in (Fate.REFUSED, Fate.LOST):
                raise _refusal(400 if plan.fate is Fate.REFUSED else None)

    def kept(self, limit: int) -> bool:
        """Whether no half-open window of a second, wherever it starts, holds more than ``limit`` requests."""
        seen = sorted(self.seen)
        return all(later - earlier >= 1.0 for earlier, later in zip(seen, seen[limit:], strict=False))


async def _play(plans: Iterable[Plan], clock: Clock, *, capacity: int) -> tuple[Server, list[BaseException | None]]:
    quota, server, tasks = MemoryQuota(capacity, clock=clock), Server(), []
    for number, plan in enumerate(plans):
        task = asyncio.create_task(server.call(number, plan, quota))
        if plan.fate is Fate.CANCELLED:
            asyncio.get_running_loop().call_later(plan.comes + plan.gives_up_after, task.cancel)
        tasks.append(task)
    async with asyncio.timeout(100_000):
        endings = await asyncio.gather(*tasks, return_exceptions=True)
        assert quota.waiting == 0
        await asyncio.sleep(1.0 + LATEST_ARRIVAL)
        rested = asyncio.get_running_loop().time()
        for number in range(capacity):  # no slot was lost
            await server.call(number, Plan(), quota)
        assert asyncio.get_running_loop().time() == rested
    return server, endings


def _seconds(most: float) -> st.SearchStrategy[float]:
    # Fractions that floats hold exactly, so that "a second later" is not a matter of rounding; none at all is usual.
    return st.just(0.0) | st.integers(0, int(most * 64)).map(lambda count: count / 64)


_PLANS = st.builds(
    Plan,
    comes=_seconds(2.0),
    there=_seconds(0.25) | _seconds(LATEST_ARRIVAL),
    back=_seconds(0.25) | _seconds(4.0),
    fate=st.sampled_from([Fate.ANSWERED, Fate.ANSWERED, *Fate]),
    gives_up_after=_seconds(4.0),
)


@settings(deadline=None)
@given(plans=st.lists(_PLANS, min_size=2, max_size=40), capacity=st.integers(1, 10))
def test_no_second_at_the_server_ever_holds_more_than_the_limit(
    in_virtual_time: InVirtualTime, plans: list[Plan], capacity: int
) -> None:
    server, endings = in_virtual_time(lambda clock: _play(plans, clock, capacity=capacity))
    assert server.kept(capacity)
    for plan, ending in zip(plans, endings, strict=True):
        match plan.fate:
            case Fate.ANSWERED:
                assert ending is None
            case Fate.REFUSED | Fate.LOST:
                assert isinstance(ending, ApiError)
            case Fate.CANCELLED:  # it may have come back before
                assert ending is None or isinstance(ending, asyncio.CancelledError)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ([0.5, 0.0], [0.0, 0.0]),  # the first call is late, the next one quick: they meet
        ([0.0, 0.0], [0.5, 0.0]),
        ([0.3, 0.001], [0.001, 0.3]),
    ],
)
def test_calls_that_overtake_each_other_still_keep_the_limit(
    in_virtual_time: InVirtualTime, there: list[float], back: list[float]
) -> None:
    plans = [Plan(there=there[number // 10], back=back[number // 10]) for number in range(20)]
    server, _ = in_virtual_time(lambda clock: _play(plans, clock, capacity=10))
    assert server.kept(10)


def test_a_call_given_up_may_arrive_late_without_breaking_the_limit(in_virtual_time: InVirtualTime) -> None:
    late = [Plan(there=LATEST_ARRIVAL, fate=Fate.LOST)] * 10
    server, _ = in_virtual_time(lambda clock: _play([*late, *[Plan()] * 10], clock, capacity=10))
    assert sorted(server.seen)[:20] == [LATEST_ARRIVAL] * 10 + [LATEST_ARRIVAL + 1.0] * 10


@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.REFUSED])
def test_every_answer_frees_the_slot_after_a_second(in_virtual_time: InVirtualTime, fate: Fate) -> None:
    server, _ = in_virtual_time(lambda clock: _play([Plan(fate=fate), Plan()], clock, capacity=1))
    assert server.seen[:2] == [0.0, 1.0]


def test_without_latency_the_whole_limit_is_used(in_virtual_time: InVirtualTime) -> None:
    server, _ = in_virtual_time(lambda clock: _play([Plan()] * 100, clock, capacity=10))
    assert server.seen[:100] == [float(second) for second in range(10) for _ in range(10)]


def test_turns_come_in_the_order_of_asking(in_virtual_time: InVirtualTime) -> None:
    plans = [Plan(comes=number / 64, there=(number % 5) / 8) for number in range(60)]
    server, _ = in_virtual_time(lambda clock: _play(plans, clock, capacity=3))
    assert server.served[:60] == list(range(60))


def test_only_the_next_in_line_is_woken(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Any) -> int:
        await _play([Plan()] * 50, clock, capacity=2)
        return int(clock.most_sleepers)

    assert in_virtual_time(story) == 1


def test_whoever_gives_up_in_the_line_loses_nobody_a_turn(in_virtual_time: InVirtualTime) -> None:
    waiting = [Plan(fate=Fate.CANCELLED, gives_up_after=0.5)] * 5  # the one at the head of the line among them
    server, endings = in_virtual_time(lambda clock: _play([Plan(), *waiting, Plan()], clock, capacity=1))
    assert server.seen[:2] == [0.0, 1.0]
    assert all(isinstance(ending, asyncio.CancelledError) for ending in endings[1:6])


def test_a_cancelled_call_gives_its_slot_back(in_virtual_time: InVirtualTime) -> None:
    cancelled = Plan(back=60.0, fate=Fate.CANCELLED, gives_up_after=0.5)
    server, _ = in_virtual_time(lambda clock: _play([cancelled, Plan()], clock, capacity=1))
    assert server.seen[:2] == [0.0, 0.5 + 1.0 + LATEST_ARRIVAL]


def test_it_tells_how_many_wait(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> list[int]:
        quota, told = MemoryQuota(1, clock=clock), []

        async def call() -> None:
            async with quota.turn(TICKET, before=nothing):
                told.append(quota.waiting)

        calls = [asyncio.create_task(call()) for _ in range(3)]
        await asyncio.sleep(0.5)
        told.append(quota.waiting)
        calls[1].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return [*told, quota.waiting]

    assert in_virtual_time(story) == [0, 2, 0, 0]


def test_what_the_block_raises_comes_out(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> None:
        async with MemoryQuota(1, clock=clock).turn(TICKET, before=nothing):
            raise KeyError("canary")

    with pytest.raises(KeyError, match="canary"):
        in_virtual_time(story)

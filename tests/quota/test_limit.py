"""The limit is never broken and everybody is served: whatever the latencies, orders, failures and deaths."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interfaces import Clock
from bot.models import LookupId
from bot.quota.account import Rules
from bot.quota.grants import LEAD
from bot.quota.slots import LATEST_ARRIVAL, RENEWAL, STALL
from bot.tickets import Ticket
from tests.amounts import each_day, scaled
from tests.quota.plans import PROCESSES, above_floor, plans, play
from tests.quota.world import Fate, Plan, World

InVirtualTime = Callable[[Callable[[Any], Awaitable[Any]]], Any]


async def _play(clock: Clock, rules: Rules, each: list[Plan], deaths: dict[int, float]) -> World:
    world = World(clock, rules, processes=PROCESSES)
    await play(world, each, deaths)
    return world


@pytest.mark.more_at_night
@settings(max_examples=each_day(50, at_night=scaled(2000, least=200)), deadline=None)
@given(
    each=st.lists(plans(), max_size=25),
    limit=st.integers(1, 10),
)
def test_without_credit_the_limit_is_kept_whatever_the_latencies(
    each: list[Plan], limit: int, in_virtual_time: InVirtualTime
) -> None:
    rules = Rules(limit, has_credit=False)
    world = in_virtual_time(lambda clock: _play(clock, rules, each, {}))
    assert world.server.kept(limit)


@pytest.mark.more_at_night
@settings(max_examples=each_day(50, at_night=scaled(2000, least=200)), deadline=None)
@given(
    each=st.lists(plans(latency=st.floats(0, LATEST_ARRIVAL)), min_size=1, max_size=25),
    limit=st.integers(1, 4),
    deaths=st.dictionaries(st.integers(0, PROCESSES - 2), st.floats(0, 8), min_size=1),
)
def test_without_credit_it_is_kept_when_processes_die_and_the_others_are_served(
    each: list[Plan], limit: int, deaths: dict[int, float], in_virtual_time: InVirtualTime
) -> None:
    rules = Rules(limit, has_credit=False)
    world = in_virtual_time(lambda clock: _play(clock, rules, each, deaths))
    assert world.server.kept(limit)


@pytest.mark.more_at_night
@settings(max_examples=each_day(50, at_night=scaled(2000, least=200)), deadline=None)
@given(
    each=st.lists(plans(latency=st.floats(0, 1)), min_size=10, max_size=40),
    floor=st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)),
    limit=st.integers(1, 10),
    deaths=st.dictionaries(st.integers(0, PROCESSES - 2), st.floats(5, 15), max_size=1),
)
def test_with_credit_it_is_kept_as_long_as_no_leg_is_faster_than_the_floor(
    each: list[Plan],
    floor: tuple[float, float],
    limit: int,
    deaths: dict[int, float],
    in_virtual_time: InVirtualTime,
) -> None:
    all_of_it = above_floor(each, floor, limit=limit)
    world = in_virtual_time(lambda clock: _play(clock, Rules(limit), all_of_it, deaths))
    assert world.server.kept(limit)


def test_a_credit_larger_than_what_the_legs_take_would_break_it(
    in_virtual_time: InVirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test above could tell: with twice the credit it is broken.
    monkeypatch.setattr("bot.quota.account.credit", lambda trips: 2 * min(trips, default=0.0))
    calls = [Plan(there=0.1, back=0.1) for _ in range(40)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(10), calls, {}))
    assert not world.server.kept(10)


def test_ten_calls_start_at_once_and_the_eleventh_when_the_first_may_be_forgotten(
    in_virtual_time: InVirtualTime,
) -> None:
    calls = [Plan(there=0.1, back=0.1) for _ in range(11)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(10, has_credit=False), calls, {}))
    assert world.server.seen == pytest.approx([0.1] * 10 + [0.1 + 1.2])


def test_a_call_without_an_answer_rests_until_it_must_have_arrived(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(there=3.9, fate=Fate.LOST, gives_up_after=0.5), Plan()]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {}))
    assert world.server.seen == pytest.approx([3.9, 0.5 + 1.0 + LATEST_ARRIVAL])


def test_a_refused_call_was_answered(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(there=0.2, fate=Fate.REFUSED), Plan()]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {}))
    assert world.server.seen == pytest.approx([0.2, 1.2])


def test_a_cancelled_call_gives_its_slot_back(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(back=60.0, fate=Fate.CANCELLED, gives_up_after=0.5), Plan()]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {}))
    assert world.server.seen == pytest.approx([0.0, 0.5 + 1.0 + LATEST_ARRIVAL])


def test_whoever_leaves_while_waiting_takes_nobodys_turn(in_virtual_time: InVirtualTime) -> None:
    leaving = [Plan(comes=0.1, fate=Fate.CANCELLED, gives_up_after=0.2) for _ in range(5)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), [Plan(), *leaving, Plan(comes=0.2)], {}))
    assert world.server.seen == pytest.approx([0.0, 1.0])


def test_a_call_longer_than_its_lease_keeps_its_slot(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(there=30.0, back=30.0), Plan(comes=1.0, process=1)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {}))
    assert world.server.seen == pytest.approx([30.0, 61.0])


def test_a_dead_processs_slots_come_back_when_what_it_sent_must_have_arrived(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(there=1.0, back=60.0), Plan(process=1)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {0: 0.9}))
    assert world.server.seen == pytest.approx([1.0, RENEWAL + STALL + LATEST_ARRIVAL + 1.0], abs=LEAD)


def test_a_process_that_died_waiting_holds_nobody_up_for_long(in_virtual_time: InVirtualTime) -> None:
    calls = [Plan(), *(Plan(agent="ben", process=1) for _ in range(5)), Plan(comes=0.6)]
    world = in_virtual_time(lambda clock: _play(clock, Rules(1), calls, {1: 0.7}))
    assert world.server.seen == pytest.approx([0.0, 1.15], abs=0.05)


async def _stall(clock: Clock) -> World:
    """A process stands still between taking a slot and sending; another one calls all the time."""
    world = World(clock, Rules(1), processes=2)
    slow = world.processes[0]

    async def stand_still() -> None:
        slow.state.is_dead = True
        await asyncio.sleep(next(stalls, 0.0))
        slow.state.is_dead = False

    async def call() -> None:
        async with slow.turns.turn(Ticket(lookup_id=LookupId("L-1"), agent="ana"), before=stand_still):
            world.server.seen.append(clock.monotonic())

    stalls = iter([20.3])
    calling = asyncio.create_task(call())
    await world.play([Plan(comes=0.1, process=1) for _ in range(30)])
    await calling
    return world


def test_whoever_was_held_up_too_long_before_sending_waits_for_another_slot(in_virtual_time: InVirtualTime) -> None:
    world = in_virtual_time(_stall)
    assert world.server.kept(1)
    assert len(world.server.seen) == 31

"""The time that processes of several machines share; and the limit, which they keep by it with clocks of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interfaces import Reading
from bot.models import LookupId
from bot.quota.account import Rules
from bot.quota.shared_time import SharedTime
from bot.quota.slots import LATEST_ARRIVAL
from bot.sandbox.cams.latency import PROFILES
from bot.store.state import DRIFT
from bot.tickets import Lane, Ticket
from tests.amounts import each_day, scaled
from tests.clocks import START
from tests.quota.plans import PROCESSES, above_floor, plans, play
from tests.quota.world import Fate, Plan, World, WrongClock
from tests.quotas import FarState, ServersState

InVirtualTime = Callable[[Callable[[Any], Awaitable[Any]]], Any]

FINEST = 1e-5
"""Seconds: what is left of a time of today's after a few sums."""

rates = st.floats(1 - DRIFT / 3, 1 + DRIFT / 3)
"""Of a clock: two of them go apart by less than ``DRIFT``, and so does the server's beside them."""


def reading(at: float, asked: float, told: float) -> Reading:
    return Reading(at=at, asked=asked, told=told, drift=DRIFT)


def test_our_own_clock_is_the_time_itself() -> None:
    time = SharedTime().after(Reading(at=7.0, asked=7.0, told=7.0, drift=0.0))
    assert (time.earliest(9.0), time.latest(9.0)) == (9.0, 9.0)
    assert (time.surely_at(9.0), time.surely_until(9.0)) == (9.0, 9.0)


def test_a_reading_says_no_more_than_that_it_was_then_between_asking_and_hearing() -> None:
    time = SharedTime().after(reading(1000.0, 5.0, 5.2))
    assert time.earliest(5.2) == pytest.approx(1000.0)
    assert time.latest(5.2) == pytest.approx(1000.2)


def test_a_quick_reading_helps_the_slow_ones_after_it() -> None:
    time = SharedTime().after(reading(1000.0, 5.0, 5.001)).after(reading(1001.5, 6.0, 8.0))
    assert time.latest(8.0) - time.earliest(8.0) == pytest.approx(0.001 + 2 * 3 * DRIFT, rel=0.01)


def test_what_was_known_grows_doubtful_with_time() -> None:
    time = SharedTime().after(reading(1000.0, 5.0, 5.0))
    assert time.latest(105.0) - time.earliest(105.0) == pytest.approx(2 * 100 * DRIFT)


def test_after_the_clock_there_was_set_only_the_new_reading_counts() -> None:
    time = SharedTime().after(reading(1000.0, 5.0, 5.01))
    for at in (1100.0, 900.0):
        assert time.after(reading(at, 6.0, 6.01)).earliest(6.01) == pytest.approx(at)


@pytest.mark.parametrize(("at", "is_ahead"), [(1001.0, False), (1001.2, False), (1001.4, True), (900.0, False)])
def test_a_clock_that_was_set_ahead_is_noticed(at: float, is_ahead: bool) -> None:  # noqa: FBT001 - a case
    time = SharedTime().after(reading(1000.0, 5.0, 5.01))
    assert time.was_set_ahead(reading(at, 6.0, 6.01)) is is_ahead
    assert not SharedTime().was_set_ahead(reading(at, 6.0, 6.01))


@given(
    of_machine=rates,
    asked=st.floats(0, 1e5),
    trips=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(0, 100)), min_size=1, max_size=10),
    away=st.floats(-5, 100),
)
def test_the_time_there_is_never_outside_of_what_is_told(
    of_machine: float, asked: float, trips: list[tuple[float, float, float]], away: float
) -> None:
    time, now = SharedTime(), asked
    for there, back, pause in trips:
        at, told = now + there, now + there + back
        time = time.after(reading(START + at, of_machine * now, of_machine * told))
        now = told + pause
    moment = told + away
    own, there_now = of_machine * moment, START + moment
    assert time.earliest(own) <= there_now + FINEST
    assert time.latest(own) >= there_now - FINEST
    assert time.surely_at(there_now) >= own - FINEST
    assert time.surely_until(there_now) <= own + FINEST


@dataclass(frozen=True)
class Machine:
    """One that is so far from the server of the state, each way, and whose clock is wrong."""

    there: float = 0.0
    back: float = 0.0
    began: float = 0.0
    rate: float = 1.0

    def reaching(self, server: ServersState) -> FarState:
        clock = WrongClock(began=self.began, rate=self.rate)
        return FarState(server=server, clock=clock, there=self.there, back=self.back)


def right_time() -> float:
    return START + asyncio.get_running_loop().time()


def world_of(rules: Rules, machines: Sequence[Machine], *, time: Callable[[], float] = right_time) -> World:
    server = ServersState(time=time, drift=DRIFT)
    return World.apart(rules, [each.reaching(server) for each in machines])


ways = st.sampled_from([0.0, 0.001, 0.01, 0.1])
machines_anywhere = st.lists(
    st.builds(Machine, there=ways, back=ways, began=st.floats(0, 1e7), rate=rates),
    min_size=PROCESSES,
    max_size=PROCESSES,
)


@pytest.mark.more_at_night
@settings(max_examples=each_day(30, at_night=scaled(2000, least=200)), deadline=None)
@given(
    each=st.lists(plans(latency=st.floats(0, LATEST_ARRIVAL)), min_size=1, max_size=25),
    limit=st.integers(1, 10),
    deaths=st.dictionaries(st.integers(0, PROCESSES - 2), st.floats(0, 8), max_size=1),
    machines=machines_anywhere,
)
def test_machines_whose_clocks_are_wrong_keep_the_limit_together(
    each: list[Plan], limit: int, deaths: dict[int, float], machines: list[Machine], in_virtual_time: InVirtualTime
) -> None:
    async def story(_: object) -> World:
        world = world_of(Rules(limit, has_credit=False), machines)
        await play(world, each, deaths)
        return world

    assert in_virtual_time(story).server.kept(limit, finest=FINEST)


@pytest.mark.more_at_night
@settings(max_examples=each_day(30, at_night=scaled(2000, least=200)), deadline=None)
@given(
    each=st.lists(plans(latency=st.floats(0, 1)), min_size=10, max_size=40),
    floor=st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)),
    limit=st.integers(1, 10),
    machines=machines_anywhere,
)
def test_and_with_credit_as_long_as_no_leg_is_faster_than_the_floor(
    each: list[Plan],
    floor: tuple[float, float],
    limit: int,
    machines: list[Machine],
    in_virtual_time: InVirtualTime,
) -> None:
    async def story(_: object) -> World:
        world = world_of(Rules(limit), machines)
        await play(world, above_floor(each, floor, limit=limit), {})
        return world

    assert in_virtual_time(story).server.kept(limit, finest=FINEST)


UNEVEN = (Machine(there=0.012, began=1e6), Machine(back=0.15, began=3.0), Machine())
"""The first is wrong about the server's time if it takes the latest that it can be, the second if the earliest; and the
third, which is right, waits for no longer than it must."""


@pytest.mark.parametrize("machines", list(permutations(UNEVEN)))
@pytest.mark.parametrize("fate", [Fate.ANSWERED, Fate.LOST])
def test_machines_that_are_wrong_in_different_ways_keep_it_when_they_take_turns(
    machines: tuple[Machine, ...], fate: Fate, in_virtual_time: InVirtualTime
) -> None:
    """Calls that take no time, so that nothing but the time between them keeps the limit."""
    arrives = LATEST_ARRIVAL if fate is Fate.LOST else 0.0
    calls = [Plan(process=number % PROCESSES, there=arrives, fate=fate) for number in range(9)]
    calls += [Plan(process=number % PROCESSES) for number in range(9)]

    async def story(_: object) -> World:
        world = world_of(Rules(1, has_credit=False), machines)
        await world.play(calls)
        return world

    assert in_virtual_time(story).server.kept(1, finest=FINEST)


def test_a_machine_that_slept_before_it_sent_goes_by_the_latest_that_it_can_be(in_virtual_time: InVirtualTime) -> None:
    """Its request leaves in the last moment in which it may, and arrives as late as it may."""
    slow, other = Machine(back=0.15, began=1e6), Machine()

    async def story(_: object) -> World:
        world = world_of(Rules(1, has_credit=False), [slow, other])
        sleeper = world.processes[0]

        async def sleep() -> None:
            sleeper.state.is_dead = True

        async with sleeper.turns.turn(Ticket(lookup_id=LookupId("L-1"), agent="ana"), before=sleep) as call:
            loop = asyncio.get_running_loop()
            last = call.leaves_before - sleeper.clock.monotonic()
            loop.call_later(last + LATEST_ARRIVAL, lambda: world.server.seen.append(loop.time()))
            await world.play([Plan(process=1, comes=2.0)])
        return world

    world = in_virtual_time(story)
    assert len(world.server.seen) == 2
    assert world.server.kept(1, finest=FINEST)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 3600.0, -0.5, -3600.0])
def test_a_servers_clock_that_is_set_costs_time_and_never_the_limit(
    seconds: float, in_virtual_time: InVirtualTime
) -> None:
    async def story(_: object) -> World:
        def time() -> float:
            return right_time() + (seconds if asyncio.get_running_loop().time() > 10.3 else 0.0)

        world = world_of(Rules(3), UNEVEN, time=time)
        await world.play([Plan(there=0.1, back=0.1, process=number % PROCESSES) for number in range(100)])
        return world

    world = in_virtual_time(story)
    assert world.server.kept(3, finest=FINEST)
    assert len(world.server.seen) == 100
    assert max(world.server.seen) < 90.0  # a hundred calls take some fifty seconds, and beginning anew five, once


def test_four_machines_near_their_server_use_nearly_the_whole_limit(in_virtual_time: InVirtualTime) -> None:
    """Five milliseconds to the server and back, and the wide-area network to the API."""
    chance, path = Random(1), PROFILES["wide-area"]
    calls = [
        Plan(there=path.there(chance), back=path.back(chance), process=number % 4, lane=Lane.BULK)
        for number in range(200)
    ]

    async def story(_: object) -> World:
        world = world_of(Rules(10), [Machine(there=0.0025, back=0.0025, began=1e5 * number) for number in range(4)])
        await world.play(calls)
        return world

    seen = sorted(in_virtual_time(story).server.seen)
    assert len(seen) - 10 >= 0.95 * 10 * (seen[-1] - seen[9])

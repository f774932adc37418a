"""Turns: who gets them, when, and what becomes of whoever cannot have one. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.interfaces import Clock
from bot.models import LookupId
from bot.quota.account import Rules
from bot.quota.cells import MemoryCell
from bot.quota.turns import Turns
from bot.tickets import Lane, Outlook, Ticket
from tests.quota.world import Fate, Plan, World, nothing, refusal, wait_for_turn

InVirtualTime = Callable[[Callable[[Any], Awaitable[Any]]], Any]

TICKET = Ticket(lookup_id=LookupId("L-1"), agent="ana")


def ticket(name: str, agent: str = "ana", lane: Lane = Lane.INTERACTIVE) -> Ticket:
    return Ticket(lookup_id=LookupId(name), agent=agent, lane=lane)


async def _play(clock: Clock, plans: list[Plan], *, limit: int = 1, processes: int = 1) -> World:
    world = World(clock, Rules(limit), processes=processes)
    await world.play(plans)
    return world


# --- order ---


@pytest.mark.parametrize("other_process", [0, 1])
def test_whoever_asks_for_one_number_goes_before_lists(in_virtual_time: InVirtualTime, other_process: int) -> None:
    items = [Plan(lane=Lane.BULK) for _ in range(5)]
    single = Plan(comes=1.5, agent="ben", process=other_process)
    world = in_virtual_time(lambda clock: _play(clock, [*items, single], processes=2))
    assert world.served == [0, 1, 5, 2, 3, 4]


@pytest.mark.parametrize("other_process", [0, 1])
@pytest.mark.parametrize("lane", list(Lane))
def test_agents_take_turns_whatever_each_asks_for(
    in_virtual_time: InVirtualTime, lane: Lane, other_process: int
) -> None:
    many = [Plan(agent="ana", lane=lane) for _ in range(6)]
    few = [Plan(comes=0.5, agent="ben", lane=lane, process=other_process) for _ in range(2)]
    world = in_virtual_time(lambda clock: _play(clock, many + few, processes=2))
    assert world.served == [0, 6, 1, 7, 2, 3, 4, 5]


def test_within_one_agents_own_the_first_to_come_is_the_first(in_virtual_time: InVirtualTime) -> None:
    plans = [Plan(comes=0.1 * number) for number in (3, 1, 2)]
    world = in_virtual_time(lambda clock: _play(clock, plans))
    assert world.served == [1, 2, 0]


def test_nobody_starves_behind_a_list_and_a_stream_of_single_numbers(in_virtual_time: InVirtualTime) -> None:
    stream = [Plan(comes=0.5 * number, agent="ben") for number in range(40)]
    items = [Plan(lane=Lane.BULK) for _ in range(10)]
    world = in_virtual_time(lambda clock: _play(clock, stream + items, limit=4))
    assert sorted(world.served) == list(range(50))


async def _ask_again(clock: Clock) -> list[str]:
    turns, served = Turns(Rules(1), cell=MemoryCell(), clock=clock), []

    async def call(name: str, *, is_again: bool = False) -> None:
        await asyncio.sleep(0.1)
        one = ticket(name)
        async with turns.turn(one.again() if is_again else one, before=nothing):
            served.append(name)

    await asyncio.gather(call("first"), call("second"), call("third"), call("again", is_again=True))
    await turns.aclose()
    return served


def test_a_call_that_is_made_again_goes_before_its_agents_others(in_virtual_time: InVirtualTime) -> None:
    served = in_virtual_time(_ask_again)
    assert served.index("again") < served.index("third")


def test_calls_of_a_list_keep_their_distance(in_virtual_time: InVirtualTime) -> None:
    plans = [Plan(lane=Lane.BULK, there=0.05, back=0.05) for _ in range(40)]
    world = in_virtual_time(lambda clock: _play(clock, plans, limit=10))
    gaps = [later - earlier for earlier, later in pairwise(world.server.seen)]
    assert min(gaps[1:]) > 0.05
    assert max(gaps) < 0.2


# --- what they see ---


async def _watch(clock: Clock) -> list[Outlook | None]:
    turns = Turns(Rules(2), cell=MemoryCell(), clock=clock)
    tickets = [ticket(f"L-{number}", "ana") for number in range(5)] + [ticket("L-b", "ben")]
    waits = [asyncio.create_task(wait_for_turn(turns, each)) for each in tickets]
    await asyncio.sleep(0.01)
    seen = [turns.outlook(each.lookup_id) for each in [*tickets, ticket("L-nobody")]]
    await asyncio.gather(*waits)
    await turns.aclose()
    return seen


def test_whoever_waits_sees_place_and_time_and_others_see_nothing(in_virtual_time: InVirtualTime) -> None:
    seen = in_virtual_time(_watch)
    assert seen[0] is None  # had their turn
    places = {f"L-{number}": outlook.place if outlook else None for number, outlook in enumerate(seen[:5])}
    assert places == {"L-0": None, "L-1": 1, "L-2": 2, "L-3": 3, "L-4": 4}
    assert seen[5] is None  # had theirs too: agents take turns
    assert [round(outlook.seconds) for outlook in seen[1:5] if outlook] == [1, 1, 2, 2]
    assert seen[6] is None


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_estimate_is_about_right(in_virtual_time: InVirtualTime, limit: int) -> None:
    async def story(clock: Clock) -> tuple[float, float]:
        turns = Turns(Rules(limit), cell=MemoryCell(), clock=clock)

        async def call(number: int) -> float:
            async with turns.turn(ticket(f"L-{number}", f"agent {number % 4}"), before=nothing) as call:
                started = call.sent_at = clock.monotonic()
                await asyncio.sleep(0.2)
                call.answered_at = clock.monotonic()
                return started

        calls = [asyncio.create_task(call(number)) for number in range(220)]
        await asyncio.sleep(15.0)  # long enough for the credit
        outlook = turns.outlook(LookupId("L-219"))
        started = (await asyncio.gather(*calls))[-1]
        await turns.aclose()
        return (outlook.seconds if outlook else 0.0), started - 15.0

    estimated, waited = in_virtual_time(story)
    assert estimated == pytest.approx(waited, rel=0.1)


# --- trouble ---


class BrokenCell(MemoryCell):
    async def change(self, think: Callable[[str], tuple[str, Any]]) -> Any:
        raise StoreUnavailable("locked")


def test_without_the_database_whoever_waits_is_told(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> None:
        turns = Turns(Rules(1), cell=BrokenCell(), clock=clock)
        try:
            await wait_for_turn(turns, TICKET)
        finally:
            await turns.aclose()

    with pytest.raises(StoreUnavailable):
        in_virtual_time(story)


def test_what_the_block_raises_comes_out(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> None:
        turns = Turns(Rules(1), cell=MemoryCell(), clock=clock)
        try:
            async with turns.turn(TICKET, before=nothing):
                raise KeyError("canary")
        finally:
            await turns.aclose()

    with pytest.raises(KeyError, match="canary"):
        in_virtual_time(story)


def test_what_cannot_be_done_before_gives_the_slot_back_at_once(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> float:
        turns = Turns(Rules(1), cell=MemoryCell(), clock=clock)

        async def fail() -> None:
            raise refusal(None)

        with pytest.raises(type(refusal(None))):
            async with turns.turn(TICKET, before=fail):
                pass
        await wait_for_turn(turns, TICKET)
        await turns.aclose()
        return clock.monotonic()

    assert in_virtual_time(story) == pytest.approx(0.0, abs=0.01)


def test_whoever_comes_while_the_last_one_leaves_is_served(in_virtual_time: InVirtualTime) -> None:
    leaving = [Plan(fate=Fate.CANCELLED, gives_up_after=0.3), Plan(comes=0.3), Plan(comes=0.300001)]
    world = in_virtual_time(lambda clock: _play(clock, [Plan(), *leaving]))
    assert set(world.served) >= {0, 2, 3}

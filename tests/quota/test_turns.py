"""Turns: who gets them, when, and what becomes of whoever cannot have one. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import ApiError, DatabaseGone, StoreUnavailable
from bot.interfaces import Clock, Reading
from bot.models import LookupId, Problem
from bot.quota.account import Rules
from bot.quota.grants import Grant
from bot.quota.turns import GIVE_UP, Turns
from bot.tickets import Lane, Outlook, Ticket
from tests.quota.world import Fate, Plan, World, nothing, refusal, wait_for_turn
from tests.quotas import MemoryState

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
    turns, served = Turns(Rules(1), state=MemoryState(), clock=clock), []

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
    turns = Turns(Rules(2), state=MemoryState(), clock=clock)
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
        turns = Turns(Rules(limit), state=MemoryState(), clock=clock)

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


class BrokenCell(MemoryState):
    def __init__(self, error: StoreUnavailable) -> None:
        super().__init__()
        self._error = error

    async def change(self, think: Callable[[str, Reading], tuple[str, Any]]) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "seconds"), [(StoreUnavailable("locked"), GIVE_UP), (DatabaseGone("deleted"), 0.0)], ids=["away", "gone"]
)
def test_without_the_database_whoever_waits_is_told(
    in_virtual_time: InVirtualTime, error: StoreUnavailable, seconds: float
) -> None:
    async def story(clock: Clock) -> float:
        turns = Turns(Rules(1), state=BrokenCell(error), clock=clock)
        with pytest.raises(type(error)):
            await wait_for_turn(turns, TICKET)
        told_at = clock.monotonic()
        await turns.aclose()
        return told_at

    assert in_virtual_time(story) == pytest.approx(seconds, abs=0.1)


def test_what_the_block_raises_comes_out(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> None:
        turns = Turns(Rules(1), state=MemoryState(), clock=clock)
        try:
            async with turns.turn(TICKET, before=nothing):
                raise KeyError("canary")
        finally:
            await turns.aclose()

    with pytest.raises(KeyError, match="canary"):
        in_virtual_time(story)


def test_what_cannot_be_done_before_gives_the_slot_back_at_once(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> float:
        turns = Turns(Rules(1), state=MemoryState(), clock=clock)

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


# --- found by trying to break it ---


async def _cancel_at_the_worst_moment(clock: Clock) -> list[str]:
    """Whoever is first is cancelled while the slot is being taken for them."""
    served: list[str] = []

    class Cancelling(MemoryState):
        victim: asyncio.Task[None] | None = None

        async def change(self, think: Callable[[str, Reading], tuple[str, Any]]) -> Any:
            told = await super().change(think)
            if self.victim and isinstance(told[-1], Grant):
                self.victim.cancel()
                self.victim = None
            return told

    state = Cancelling()
    turns = Turns(Rules(1), state=state, clock=clock)

    async def call(name: str) -> None:
        async with turns.turn(ticket(name), before=nothing):
            served.append(name)

    state.victim = asyncio.create_task(call("victim"))
    others = [asyncio.create_task(call(f"other {number}")) for number in range(3)]
    async with asyncio.timeout(30):
        await asyncio.gather(*others)
    await turns.aclose()
    return served


def test_whoever_is_cancelled_while_a_slot_is_taken_for_them_blocks_nobody(in_virtual_time: InVirtualTime) -> None:
    assert in_virtual_time(_cancel_at_the_worst_moment) == ["other 0", "other 1", "other 2"]


def test_newcomers_do_not_go_before_whoever_waits_already_whatever_their_names(in_virtual_time: InVirtualTime) -> None:
    burst = [Plan(agent=f"first {number}") for number in range(25)]
    zed = Plan(comes=0.1, agent="zed")
    stream = [Plan(comes=0.2 + 0.1 * number, agent=f"a{number:03}") for number in range(300)]
    world = in_virtual_time(lambda clock: _play(clock, [*burst, zed, *stream], limit=10))
    assert world.served.index(25) < 50


def test_a_list_goes_on_behind_more_single_numbers_than_the_limit_takes(in_virtual_time: InVirtualTime) -> None:
    stream = [Plan(comes=0.05 * number, agent="ben") for number in range(600)]  # twenty a second, for half a minute
    items = [Plan(comes=1.0, lane=Lane.BULK) for _ in range(5)]
    world = in_virtual_time(lambda clock: _play(clock, stream + items, limit=10))
    assert max(world.served.index(number) for number in range(600, 605)) < 250


def test_turns_that_were_given_back_do_not_hold_up_lists(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> float:
        turns = Turns(Rules(10), state=MemoryState(), clock=clock)

        async def fail() -> None:
            raise refusal(None)

        for _ in range(700):
            with pytest.raises(ApiError):
                async with turns.turn(TICKET, before=fail):
                    pass
        await wait_for_turn(turns, ticket("L-2", lane=Lane.BULK))
        await turns.aclose()
        return clock.monotonic()

    assert in_virtual_time(story) < 3.0


class FailingFor(MemoryState):
    """Cannot be used until then."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._until = seconds

    async def change(self, think: Callable[[str, Reading], tuple[str, Any]]) -> Any:
        if self._clock.monotonic() < self._until:
            raise StoreUnavailable("locked")
        return await super().change(think)


def test_a_database_that_comes_back_soon_fails_nobody(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> int:
        turns = Turns(Rules(10), state=FailingFor(clock, 15.0), clock=clock)
        await asyncio.gather(*(wait_for_turn(turns, ticket(f"L-{number}")) for number in range(30)))
        await turns.aclose()
        return 30

    assert in_virtual_time(story) == 30


def test_closing_tells_whoever_waits(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> list[BaseException | None]:
        turns = Turns(Rules(1), state=MemoryState(), clock=clock)
        waits = [asyncio.create_task(wait_for_turn(turns, ticket(f"L-{number}"))) for number in range(3)]
        await asyncio.sleep(0.5)
        await turns.aclose()
        return await asyncio.gather(*waits, return_exceptions=True)

    endings = in_virtual_time(story)
    assert [type(ending) for ending in endings] == [type(None), StoreUnavailable, StoreUnavailable]


def test_whoever_was_granted_a_turn_before_everyone_was_told_to_stop_stops_too(in_virtual_time: InVirtualTime) -> None:
    async def story(clock: Clock) -> float:
        turns = Turns(Rules(2), state=MemoryState(), clock=clock)

        async def throttled() -> None:
            with pytest.raises(ApiError):
                async with turns.turn(ticket("L-1"), before=nothing):
                    raise refusal(400, Problem.THROTTLED, 5.0)

        async def take_a_moment() -> None:
            await asyncio.sleep(0.3)

        async def call() -> float:
            async with turns.turn(ticket("L-2", "ben"), before=take_a_moment):
                return clock.monotonic()

        _, started = await asyncio.gather(throttled(), call())
        await turns.aclose()
        return float(started)

    assert in_virtual_time(story) >= 5.0

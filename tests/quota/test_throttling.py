"""A server that counts otherwise, or less: everyone slows down, once, and comes back. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from bot.errors import ApiError
from bot.interfaces import Clock
from bot.models import LookupId, Problem
from bot.quota.account import Rules
from bot.quota.turns import Turns
from bot.sandbox.cams.latency import PROFILES
from bot.sandbox.cams.window import Counting, SlidingWindow, Window, open_window
from bot.tickets import Lane, Ticket
from tests.amounts import NIGHTLY, each_day
from tests.quota.world import nothing, refusal
from tests.quotas import MemoryState

InVirtualTime = Callable[[Callable[[Any], Awaitable[Any]]], Any]

WIDE_AREA = PROFILES["wide-area"]


class StrictServer:
    """Takes what its window lets in, and notes when it did and when not."""

    def __init__(self, window: Window, *, hint: float | None = None) -> None:
        self.window = window
        self.hint = hint
        self.admitted: list[float] = []
        self.throttled: list[float] = []

    def see(self, now: float) -> None:
        """Raises ``ApiError`` when it is too much."""
        if not self.window.admit(now):
            self.throttled.append(now)
            raise refusal(400, Problem.THROTTLED, self.hint)
        self.admitted.append(now)

    def rate(self, since: float, until: float) -> float:
        return sum(since <= at < until for at in self.admitted) / (until - since)


class Callers:
    """Lists in some processes, whose calls are made again until they are answered."""

    def __init__(self, clock: Clock, server: StrictServer, *, processes: int = 1) -> None:
        state = MemoryState()
        self._turns = [Turns(Rules(10), state=state, clock=clock) for _ in range(processes)]
        self._server = server
        self._clock = clock
        self._chance = Random(11)

    async def run(self, calls: int) -> None:
        await asyncio.gather(*(self._call(number) for number in range(calls)))
        for turns in self._turns:
            await turns.aclose()

    async def _call(self, number: int) -> None:
        ticket = Ticket(lookup_id=LookupId(f"L-{number}"), agent="ana", lane=Lane.BULK)
        turns = self._turns[number % len(self._turns)]
        while True:
            try:
                await self._try(turns, ticket)
            except ApiError:
                ticket = ticket.again()
            else:
                return

    async def _try(self, turns: Turns, ticket: Ticket) -> None:
        async with turns.turn(ticket, before=nothing) as call:
            call.sent_at = self._clock.monotonic()
            await asyncio.sleep(WIDE_AREA.there(self._chance))
            try:
                self._server.see(self._clock.monotonic())
            finally:
                await asyncio.sleep(WIDE_AREA.back(self._chance))
                call.answered_at = self._clock.monotonic()


def _play(in_virtual_time: InVirtualTime, server: StrictServer, *, calls: int, processes: int = 1) -> StrictServer:
    async def story(clock: Clock) -> None:
        await Callers(clock, server, processes=processes).run(calls)

    in_virtual_time(story)
    return server


@pytest.mark.more_at_night
@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("counting", list(Counting))
def test_ten_a_second_counted_either_way_is_never_exceeded(
    in_virtual_time: InVirtualTime, counting: Counting, processes: int
) -> None:
    server = StrictServer(open_window(counting, calls=10))
    calls = each_day(200, at_night=600)
    _play(in_virtual_time, server, calls=calls, processes=processes)
    assert server.throttled == []
    assert len(server.admitted) == calls


@pytest.mark.more_at_night
@pytest.mark.parametrize("processes", [pytest.param(1, marks=NIGHTLY), 4])
def test_a_server_that_takes_nine_is_asked_for_ten_more_and_more_rarely(
    in_virtual_time: InVirtualTime, processes: int
) -> None:
    seconds = each_day(150, at_night=350)
    server = StrictServer(SlidingWindow(calls=9))
    _play(in_virtual_time, server, calls=10 * seconds, processes=processes)
    incidents = [at for before, at in pairwise([-9.0, *server.throttled]) if at - before > 2.0]
    gaps = [later - earlier for earlier, later in pairwise(incidents)]
    assert gaps == sorted(gaps)
    assert len(server.throttled) <= 2 * len(incidents)  # a few were under way, no storm
    assert len(server.throttled) < 20
    assert server.rate(60, seconds) > 0.9 * 9


@pytest.mark.more_at_night
@pytest.mark.parametrize("processes", [pytest.param(1, marks=NIGHTLY), 4])
def test_a_server_that_suddenly_takes_three_is_not_stormed_and_later_used_to_the_full_again(
    in_virtual_time: InVirtualTime, processes: int
) -> None:
    class ForAWhile(SlidingWindow):
        """Takes three a second from the 20th second to the 60th, and ten before and after."""

        def __init__(self) -> None:
            super().__init__(calls=10)

        def admit(self, now: float) -> bool:
            self._calls = 3 if 20 <= now < 60 else 10
            return super().admit(now)

    server = _play(in_virtual_time, StrictServer(ForAWhile()), calls=each_day(1500, at_night=3500), processes=processes)
    assert len(server.throttled) < 40
    assert server.rate(30, 60) > 1.0
    assert server.rate(server.admitted[-1] - 60, server.admitted[-1] - 10) > each_day(3.5, at_night=9.0)


def test_one_throttled_answer_stops_everyone_once_for_as_long_as_the_server_says(
    in_virtual_time: InVirtualTime,
) -> None:
    class OneTooMany(SlidingWindow):
        """Refuses one call, around the tenth second."""

        def __init__(self) -> None:
            super().__init__(calls=10)
            self._was_refused = False

        def admit(self, now: float) -> bool:
            if now >= 10 and not self._was_refused:
                self._was_refused = True
                return False
            return super().admit(now)

    server = _play(in_virtual_time, StrictServer(OneTooMany(), hint=5.0), calls=400, processes=4)
    (refused_at,) = server.throttled
    told_by, under_way = refused_at + 1.0, 1.0
    assert server.rate(told_by, refused_at + 5.0) == 0.0
    assert server.rate(refused_at + 5.0 + under_way, refused_at + 15.0) > 7.0  # nine slots, without credit

"""Whoever waits at a terminal sees their place in line and an estimate, when it changes and not too often."""

import asyncio
from dataclasses import dataclass, replace
from typing import cast

import pytest
from pydantic import SecretStr

from bot.cli.lookup import run_telling
from bot.lookups import SLOW_AFTER, Lookups
from bot.models import Lookup, LookupId, PhoneNumber, Request, State
from bot.tickets import Outlook
from tests.clocks import START, SteppingClock
from tests.english import asking
from tests.values import request

PHONE = PhoneNumber("8613800001234")
REQUEST = request([PHONE], State.QUEUED)


@dataclass
class SlowLookups:
    """A lookup that waits for its turn, its place counted down each ``step`` seconds, and then for its answer."""

    clock: SteppingClock
    waits: float
    step: float
    calls: float = 0.0

    async def run(self, request: Request, lookup: Lookup, code: SecretStr) -> Lookup:
        while self.clock.time < START + self.waits + self.calls:  # noqa: ASYNC110 - the clock is moved by others
            await asyncio.sleep(0)
        return replace(lookup, state=State.ANSWERED)

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        left = START + self.waits - self.clock.time
        place = int(left // self.step) + 1
        return Outlook(place=place, seconds=place * self.step) if left > 0 else None

    def is_slow(self, lookup_id: LookupId) -> bool:
        return self.clock.time >= START + self.waits + SLOW_AFTER


@pytest.mark.parametrize(
    ("waits", "step", "calls", "told"),
    [
        pytest.param(0.5, 1.0, 0.0, [], id="a blink"),
        pytest.param(0.5, 1.0, 7.0, [], id="an answer that takes a while"),
        pytest.param(8.5, 1.0, 0.0, [(8, 8.0), (5, 5.0), (2, 2.0)], id="after a second, then every three"),
        pytest.param(8.5, 5.0, 9.0, [(2, 10.0), (1, 5.0)], id="only what has changed"),
    ],
)
async def test_a_wait_is_told(waits: float, step: float, calls: float, told: list[tuple[int, float]]) -> None:
    clock, said = SteppingClock(), list[str]()
    lookups = cast(Lookups, SlowLookups(clock, waits=waits, step=step, calls=calls))
    running = run_telling(lookups, REQUEST, SecretStr("208312"), clock=clock, tell=said.append)
    assert (await asyncio.wait_for(running, 10)).state is State.ANSWERED
    assert said == [asking.waiting(PHONE, place, seconds) for place, seconds in told]


async def test_a_slow_answer_is_told_once_within_ten_seconds() -> None:
    clock, said = SteppingClock(), list[tuple[float, str]]()
    lookups = cast(Lookups, SlowLookups(clock, waits=0.5, step=1.0, calls=30.0))
    running = run_telling(
        lookups, REQUEST, SecretStr("208312"), clock=clock, tell=lambda text: said.append((clock.time - START, text))
    )
    await asyncio.wait_for(running, 10)
    assert said == [(10.0, asking.slow(PHONE))]

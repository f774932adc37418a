"""Whoever waits for a turn sees their place and an estimate, within what Slack takes."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from pydantic import SecretStr

from bot.lookups import Lookups
from bot.models import Actor, Lookup, LookupId, PhoneNumber, Result, State, Through
from bot.slack.payloads import Origin
from bot.slack.replies import Replies, Shown
from bot.slack.views import Message, View
from bot.slack.visits import Visit
from bot.slack.waiting_room import BETWEEN_NOTICES, WaitingRoom
from bot.texts import asking
from bot.tickets import Outlook
from tests.clocks import START, SteppingClock, VirtualClock, run_in_virtual_time

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
PHONE = PhoneNumber("8613800001234")
CODE = SecretStr("208312")
VISIT = Visit(actor=ANA, origin=Origin(response_url="https://hooks.invalid/1"), view_id="V1")
LOOKUP = Lookup(
    id=LookupId("L-7K3Q9FZ2"),
    state=State.QUEUED,
    agent=ANA,
    phone=PHONE,
    reason="",
    channel_id="C0SUPPORT",
    created_at=START,
    updated_at=START,
    result=Result(),
)


@dataclass
class SlowLookups:
    """A lookup that waits for its turn, ten turns a second, and then for its answer."""

    clock: SteppingClock
    waits: float
    calls: float = 0.0

    async def run(self, lookup: Lookup, code: SecretStr) -> Lookup:
        while self.clock.time < START + self.waits + self.calls:  # noqa: ASYNC110 - the clock is moved by others
            await asyncio.sleep(0)
        return replace(lookup, state=State.ANSWERED)

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        left = START + self.waits - self.clock.time
        return Outlook(place=round(left * 10), seconds=left) if left > 0 else None


@dataclass
class FakeReplies:
    window: Shown = Shown.YES
    said: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    async def mention(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        self.said.append(message.text)
        return True

    async def update_view(self, view_id: str, view: View) -> Shown:
        self.drawn.append(str(view))
        return self.window


def room(replies: FakeReplies, *, waits: float, calls: float = 0.0) -> WaitingRoom:
    clock = SteppingClock()
    lookups = SlowLookups(clock, waits=waits, calls=calls)
    return WaitingRoom(lookups=cast(Lookups, lookups), replies=cast(Replies, replies), clock=clock)


@pytest.mark.parametrize(
    ("waits", "calls", "said"),
    [
        pytest.param(0.5, 0.0, [], id="a blink"),
        pytest.param(0.5, 0.9, [], id="a call of an ordinary length"),
        pytest.param(0.5, 3.0, [asking.still_asking(PHONE)], id="a long call"),
        pytest.param(1.5, 0.0, [asking.waiting(PHONE, 5, 0.5)], id="a short wait"),
        pytest.param(1.5, 3.0, [asking.waiting(PHONE, 5, 0.5)], id="a short wait and a long call: told once"),
        pytest.param(
            8.0, 0.0, [asking.waiting(PHONE, 70, 7.0), asking.waiting(PHONE, 10, 1.0)], id="a wait of some length"
        ),
    ],
)
async def test_where_a_command_was_typed_the_wait_is_told(waits: float, calls: float, said: list[str]) -> None:
    replies = FakeReplies()
    lookup = await room(replies, waits=waits, calls=calls).run_typed(VISIT, LOOKUP, CODE)
    assert lookup.state is State.ANSWERED
    assert replies.said == said


async def test_however_long_it_takes_two_answers_are_left_for_the_outcome() -> None:
    replies = FakeReplies()
    run = asyncio.create_task(room(replies, waits=1000.0).run_typed(VISIT, LOOKUP, CODE))
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(replies.said) == len(BETWEEN_NOTICES) - 1 == 3
    run.cancel()
    await asyncio.wait({run})


async def test_the_window_shows_the_wait_every_three_seconds_and_that_it_is_over() -> None:
    replies = FakeReplies()
    ended = await room(replies, waits=6.0, calls=10.0).run_in_window(VISIT, LOOKUP, CODE)
    assert ended.state is State.ANSWERED
    first, second, third = replies.drawn  # from then on it is being asked, and nothing changes
    assert asking.waiting(PHONE, 50, 5.0) in first
    assert asking.waiting(PHONE, 20, 2.0) in second
    assert "in line" not in third


@pytest.mark.parametrize(("window", "times"), [(Shown.GONE, 1), (Shown.NOT_NOW, 3)])
async def test_a_window_that_was_closed_is_not_insisted_on(window: Shown, times: int) -> None:
    replies = FakeReplies(window=window)
    clock_runs = room(replies, waits=9.0)
    run = asyncio.create_task(clock_runs.run_in_window(VISIT, LOOKUP, CODE))
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(replies.drawn) == times
    run.cancel()
    await asyncio.wait({run})


MINUTES = 10
"""How long everybody waits in virtual time."""


@dataclass
class EndlessWait:
    clock: VirtualClock

    async def run(self, lookup: Lookup, code: SecretStr) -> Lookup:
        await self.clock.sleep(60.0 * MINUTES)
        return lookup

    def outlook(self, lookup_id: LookupId) -> Outlook:
        return Outlook(place=1, seconds=1.0)


@pytest.mark.parametrize(("count", "each_gets"), [(1, 200), (2, 200), (12, 41), (30, 16)])
def test_however_many_windows_wait_half_of_what_slack_takes_is_left_to_lists(count: int, each_gets: int) -> None:
    async def story(clock: VirtualClock) -> int:
        replies = FakeReplies()
        waiting = WaitingRoom(lookups=cast(Lookups, EndlessWait(clock)), replies=cast(Replies, replies), clock=clock)
        await asyncio.gather(*(waiting.run_in_window(VISIT, LOOKUP, CODE) for _ in range(count)))
        return len(replies.drawn)

    drawn = run_in_virtual_time(story)
    assert drawn <= 50 * MINUTES + count  # and one each as they come
    assert drawn >= each_gets * count


def test_a_window_that_was_closed_takes_nothing_from_the_others() -> None:
    async def story(clock: VirtualClock) -> int:
        replies = FakeReplies(window=Shown.GONE)
        waiting = WaitingRoom(lookups=cast(Lookups, EndlessWait(clock)), replies=cast(Replies, replies), clock=clock)
        runs = [asyncio.create_task(waiting.run_in_window(VISIT, LOOKUP, CODE)) for _ in range(12)]
        await clock.sleep(5.0)
        replies.window = Shown.YES
        await asyncio.gather(*runs, waiting.run_in_window(VISIT, LOOKUP, CODE))
        return len(replies.drawn) - 12

    assert run_in_virtual_time(story) >= 20 * MINUTES - 1

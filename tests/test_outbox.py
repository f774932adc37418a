"""What must be said is said at least once, one at a time for each matter, and only the latest of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from bot.models import Request, RequestId
from bot.outbox import AT_MOST, Outbox
from bot.policy import Action
from bot.slack.connection import ANSWERING
from bot.store import outbox as store
from bot.store.outbox import AGAIN_AFTER, HANDLING, MOST_TRIES, Due, Kind
from tests.world import ANA, HOUR, KIM, LEE, NEEDS_APPROVAL, Process, World, WorldClock, world

__all__ = ["world"]

pytestmark = pytest.mark.virtual_time


@dataclass
class Mouth:
    """Says what is due, as a test wants it, and remembers when."""

    clock: WorldClock
    said: list[tuple[float, Due]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    does: Callable[[Due], Awaitable[bool]] | None = None

    async def say(self, due: Due) -> bool:
        self.said.append((self.clock.monotonic(), due))
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            return await self.does(due) if self.does else True
        finally:
            self.at_once -= 1

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.said]


@dataclass
class Speaker:
    """A process with an outbox."""

    process: Process
    outbox: Outbox
    mouth: Mouth

    async def sweep(self) -> list[Due]:
        """One look at what nobody has said in time."""
        due = await self.outbox.due()
        await asyncio.gather(*(self.outbox.deliver(each.kind, each.request_id) for each in due))
        return due

    async def sweep_for(self, seconds: float, *, every: float = 5.0) -> None:
        end = self.process.clock.monotonic() + seconds
        while self.process.clock.monotonic() < end:
            await self.process.clock.sleep(every)
            await self.sweep()


async def speaker(world: World, name: str = "p1") -> Speaker:
    process, mouth = await world.start(name), Mouth(world.clock)
    return Speaker(process, Outbox(process.record, dict.fromkeys(Kind, mouth.say), time=world.time), mouth)


async def asked(speaker: Speaker) -> Request:
    return await speaker.process.ask(1, NEEDS_APPROVAL)


async def test_what_a_process_caused_it_says_at_once_and_once(world: World) -> None:
    here = await speaker(world)
    request = await asked(here)
    await here.outbox.deliver(Kind.AGENT, request.id)
    await here.outbox.deliver(Kind.AGENT, request.id)
    await here.sweep_for(HANDLING + 10)
    assert [(at, due.kind) for at, due in here.mouth.said if due.kind is Kind.AGENT] == [(0.0, Kind.AGENT)]


async def test_of_what_is_not_to_be_said_nothing_is_said(world: World) -> None:
    here = await speaker(world)
    await here.outbox.deliver(Kind.AGENT, (await here.process.ask()).id)
    await here.outbox.deliver(Kind.CARDS, RequestId("R-FORGED00"))
    assert here.mouth.said == []


async def test_what_a_process_did_not_live_to_say_another_says_after_half_a_minute(world: World) -> None:
    here, elsewhere = await speaker(world, "p1"), await speaker(world, "p2")
    request = await asked(here)  # and then it dies
    await elsewhere.sweep_for(HANDLING - 5)
    assert elsewhere.mouth.said == []
    await elsewhere.sweep_for(2 * HANDLING)
    assert {(due.kind, due.request_id) for _, due in elsewhere.mouth.said} == {
        (Kind.AGENT, request.id),
        (Kind.CARDS, request.id),
    }
    assert elsewhere.mouth.times == [HANDLING] * 2


async def test_what_slack_does_not_take_is_tried_again_after_longer_and_longer_pauses(world: World) -> None:
    here = await speaker(world)
    request = await here.process.use_up_and_alarm()

    async def never(_: Due) -> bool:
        return False

    here.mouth.does = never
    await here.outbox.deliver(Kind.ALARM, request.id)
    await here.sweep_for(1000, every=1.0)
    pauses = [round(later - sooner) for sooner, later in zip(here.mouth.times, here.mouth.times[1:], strict=False)]
    assert pauses[:8] == [round(each) for each in AGAIN_AFTER[:8]]
    assert [due.attempts for _, due in here.mouth.said][:4] == [0, 1, 2, 3]


async def test_after_a_day_nobody_tries_any_more(world: World) -> None:
    here = await speaker(world)
    request = await here.process.use_up_and_alarm()

    async def never(_: Due) -> bool:
        return False

    here.mouth.does = never
    await here.sweep_for(30 * HOUR, every=60.0)
    assert await here.process.waiting(Kind.ALARM, request.id) is None
    assert len(here.mouth.times) == MOST_TRIES
    assert 23 * HOUR < here.mouth.times[-1] < 26 * HOUR


async def test_what_breaks_is_tried_again_and_keeps_nothing_else_from_being_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    here = await speaker(world)

    async def breaks(due: Due) -> bool:
        if due.kind is Kind.CARDS and not due.attempts:
            raise ZeroDivisionError
        return True

    here.mouth.does = breaks
    request = await asked(here)
    await here.sweep_for(HANDLING + 20)
    assert sorted(due.kind for _, due in here.mouth.said) == [Kind.AGENT, Kind.CARDS, Kind.CARDS]
    assert await here.process.waiting(Kind.CARDS, request.id) is None
    assert any(record.exc_info for record in caplog.records)


async def test_what_takes_too_long_is_given_up_before_another_process_tries(world: World) -> None:
    here = await speaker(world)

    async def hangs(_: Due) -> bool:
        await asyncio.Event().wait()
        return True

    here.mouth.does = hangs
    request = await asked(here)
    await here.outbox.deliver(Kind.AGENT, request.id)
    assert here.process.clock.monotonic() == AT_MOST
    assert ANSWERING < AT_MOST < HANDLING == 30.0  # and one call ends before that
    waiting = await here.process.waiting(Kind.AGENT, request.id)
    assert waiting
    assert waiting.attempts == 1


async def test_each_matter_has_one_handler_at_a_time_and_what_was_said_meanwhile_is_not_said_again(
    world: World,
) -> None:
    here = await speaker(world)

    async def takes_long(_: Due) -> bool:
        await world.pass_time(10)
        return True

    here.mouth.does = takes_long
    request = await asked(here)
    await asyncio.gather(*(here.outbox.deliver(Kind.AGENT, request.id) for _ in range(5)))
    assert here.mouth.times == [0.0]
    await asyncio.gather(*(here.outbox.deliver(Kind.CARDS, each.id) for each in [request, await asked(here)]))
    assert here.mouth.most_at_once == 2  # the matters do not wait for one another


async def test_a_newer_state_is_said_after_the_older_one_and_takes_its_place(world: World) -> None:
    here = await speaker(world)
    begun = asyncio.Event()

    async def takes_long(_: Due) -> bool:
        begun.set()
        await world.pass_time(5)
        return True

    here.mouth.does = takes_long
    request = await asked(here)
    saying = asyncio.create_task(here.outbox.deliver(Kind.AGENT, request.id))
    await begun.wait()
    await here.process.do(Action.WITHDRAW, request.id, ANA)
    await asyncio.gather(saying, here.outbox.deliver(Kind.AGENT, request.id))
    assert len({due.version for _, due in here.mouth.said}) == len(here.mouth.said) == 2
    assert here.mouth.most_at_once == 1
    assert await here.process.waiting(Kind.AGENT, request.id) is None


async def test_a_late_word_that_the_older_state_was_said_does_not_take_the_newer_one_along(world: World) -> None:
    here, elsewhere = await speaker(world, "p1"), await speaker(world, "p2")

    async def denied_meanwhile(_: Due) -> bool:
        await elsewhere.process.do(Action.DENY, request.id, LEE)
        return True

    here.mouth.does = denied_meanwhile
    request = await asked(here)
    await here.outbox.deliver(Kind.AGENT, request.id)
    assert await elsewhere.process.waiting(Kind.AGENT, request.id)


async def test_of_two_processes_one_says_what_nobody_said(world: World) -> None:
    speakers = [await speaker(world, "p1"), await speaker(world, "p2")]
    await asked(await speaker(world, "p3"))
    await world.pass_time(HANDLING)
    await asyncio.gather(*(each.sweep() for each in speakers))
    assert sum(len(each.mouth.said) for each in speakers) == 2


async def test_a_database_that_is_away_takes_nothing_back_that_was_said(world: World) -> None:
    here = await speaker(world)
    request = await asked(here)
    for away in ("waiting", "said", "postpone"):
        here.process.record.failing[away] = 1
        await here.outbox.deliver(Kind.AGENT, request.id)  # raises nothing
    await here.sweep_for(HANDLING + 10)
    assert await here.process.waiting(Kind.AGENT, request.id) is None


async def test_where_nothing_is_due_nobody_takes_the_lock(world: World) -> None:
    here = await speaker(world)
    request = await asked(here)
    changes = list(here.process.record.changes)
    assert await here.outbox.due() == []
    assert here.process.record.changes == changes
    await world.pass_time(HANDLING)
    assert {due.request_id for due in await here.outbox.due()} == {request.id}


async def test_what_is_approved_meanwhile_is_not_ended_by_an_end_that_was_due(world: World) -> None:
    """The row of the former end has another version: putting it off, or removing it, leaves the newer one."""
    here = await speaker(world)
    request = await asked(here)
    await world.pass_time(HOUR - 1)
    due = await here.process.waiting(Kind.EXPIRE, request.id)
    assert due
    await here.process.do(Action.APPROVE, request.id, KIM)
    for forget in (store.said, store.postpone):
        await here.process.record.change(forget, due)
    await here.sweep_for(HOUR + 10)
    assert Kind.EXPIRE in {due.kind for at, due in here.mouth.said if at > 2 * HOUR - 2}

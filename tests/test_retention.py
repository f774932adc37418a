"""PHONEID_RETENTION: what is older is forgotten, and nothing else is."""

import logging
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bot.errors import StoreUnavailable
from bot.models import ApprovalState, PhoneNumber, Request
from bot.requests import BOT
from bot.retention import AT_ONCE, SLOW, Retention, scrub
from bot.store import decisions, forgetting, outbox, scrubbing, verification
from bot.store.engine import Row
from bot.store.outbox import Kind
from bot.store.record import Record
from bot.store.sqlite import IN_MEMORY, SqliteEngine
from tests import factories
from tests.clocks import SteppingClock
from tests.doubles import Believed
from tests.factories import LEE, NEEDS_APPROVAL

HOUR, DAY = 3600.0, 86400.0
PHONE = PhoneNumber("12025550000")


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
async def record(clock: SteppingClock) -> AsyncIterator[Record]:
    record = Record(SqliteEngine(IN_MEMORY, process="p1", clock_now=clock.now))
    await record.open()
    yield record
    await record.aclose()


async def finished(record: Record, numbers: int = 1) -> Request:
    """A request that has ended, and whose agent was told."""
    request = await record.change(factories.finished, numbers)
    await tell(record, request)
    return request


async def tell(record: Record, request: Request) -> None:
    due = await record.read(outbox.waiting, Kind.AGENT, request.id)
    assert due
    await record.change(outbox.said, due)


async def forgotten(record: Record, *asked: Request) -> list[bool]:
    return [(await record.read(factories.current, each)).is_forgotten for each in asked]


async def test_what_is_older_is_forgotten_and_what_is_not_stays(record: Record, clock: SteppingClock) -> None:
    old = await finished(record)
    clock.time += 80 * DAY
    young = await finished(record)
    retention = Retention(record, seconds=90 * DAY, clock=clock, time=Believed(clock))
    await retention.apply()
    assert await forgotten(record, old, young) == [False, False]
    clock.time += 10 * DAY + 1
    await retention.apply()
    assert await forgotten(record, old, young) == [True, False]


async def test_without_a_retention_nothing_is_forgotten(record: Record, clock: SteppingClock) -> None:
    old = await finished(record)
    clock.time += 10_000 * DAY
    await Retention(record, seconds=None, clock=clock, time=Believed(clock)).apply()
    assert await forgotten(record, old) == [False]


async def test_more_than_one_transaction_holds_is_forgotten_all_the_same(
    record: Record, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asked = [await finished(record, 67) for _ in range(3)]
    assert AT_ONCE < 3 * 67
    clock.time += 2 * DAY
    await Retention(record, seconds=DAY, clock=clock, time=Believed(clock)).apply()
    assert all(await forgotten(record, *asked))
    (said,) = [each for each in caplog.records if each.message == "forgotten"]
    assert vars(said)["facts"] == {"lookups": 3 * 67, "why": "retention"}
    assert (await record.read(verification.inspect)).fault is None


class BusyEngine(SqliteEngine):
    """A reader keeps its files from being scrubbed, for so long."""

    busy = 2
    tries = 0

    def scrub(self) -> bool:
        self.tries += 1
        return self.tries > self.busy and super().scrub()


async def test_what_could_not_be_scrubbed_is_said_and_tried_again_until_it_is(
    clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    engine = BusyEngine(IN_MEMORY, process="p1", clock_now=clock.now)
    record = Record(engine)
    await record.open()
    await finished(record)
    clock.time += 2 * DAY
    retention = Retention(record, seconds=DAY, clock=clock, time=Believed(clock))
    for _ in range(4):
        await retention.apply()
        clock.time += 2 * HOUR
    await record.aclose()
    assert engine.tries == 3
    assert caplog.text.count("forgotten data still in the files") == 2


async def test_pauses_after_tries_that_were_hindered_grow_to_a_day(clock: SteppingClock) -> None:
    engine = BusyEngine(IN_MEMORY, process="p1", clock_now=clock.now)
    engine.busy = 1000
    record = Record(engine)
    await record.open()
    await finished(record)
    clock.time += 2 * DAY
    retention = Retention(record, seconds=DAY, clock=clock, time=Believed(clock))
    tried = []
    for _ in range(24 * 8):  # each hour
        before = engine.tries
        await retention.apply()
        if engine.tries > before:
            tried.append(clock.time)
        clock.time += HOUR
    await record.aclose()
    pauses = [(after - before) / HOUR for before, after in pairwise(tried)]
    assert pauses == [1, 2, 4, 8, 16, 24, 24, 24, 24, 24, 24]


async def test_it_waits_for_a_quiet_moment_for_a_day_at_most(record: Record, clock: SteppingClock) -> None:
    old = await finished(record)
    clock.time += 2 * DAY
    await record.change(factories.asked)  # runs, and does not end
    retention = Retention(record, seconds=DAY, clock=clock, time=Believed(clock))
    hours = 0
    await retention.apply()
    assert await forgotten(record, old) == [True]
    while await record.read(scrubbing.find):
        clock.time += HOUR
        hours += 1
        await retention.apply()
    assert hours == 24


async def test_what_takes_long_is_done_once_a_day(
    record: Record, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await record.change(scrubbing.done, "0", took=SLOW + 0.1)
    retention = Retention(record, seconds=DAY, clock=clock, time=Believed(clock))
    first = None
    while "forgotten data removed" not in caplog.text:  # something to forget each hour
        await finished(record)
        clock.time += HOUR
        await retention.apply()
        first = first or (clock.time if caplog.text else None)
    assert first
    assert clock.time - first == DAY
    assert vars(caplog.records[-1])["facts"] == {"milliseconds": 0}


@pytest.mark.parametrize("comes_of_it", ["numbers is done", "is hindered", "breaks"])
async def test_while_the_files_are_written_anew_and_only_then_nobody_is_dead_for_being_silent(
    clock: SteppingClock, comes_of_it: str
) -> None:
    class Watched(SqliteEngine):
        under_way: Row | None = None

        def scrub(self) -> bool:
            with self.reading() as tx:
                self.under_way = tx.one(scrubbing.UNDER_WAY)
            if comes_of_it == "breaks":
                raise StoreUnavailable("the disk is full")
            return comes_of_it == "numbers is done"

    def is_excused(row: Row | None, seconds: float) -> bool:
        text = row["text"] if row else None
        return scrubbing.keeps_others_silent(text, now=clock.time + seconds, silent_for=30.0)

    engine = Watched(IN_MEMORY, process="p1", clock_now=clock.now)
    record = Record(engine)
    await record.open()
    await finished(record)
    clock.time += 2 * DAY
    await Retention(record, seconds=DAY, clock=clock, time=Believed(clock)).apply()
    after = await record.read(lambda tx: tx.one(scrubbing.UNDER_WAY))
    await record.aclose()
    assert is_excused(engine.under_way, 300.0)
    assert (is_excused(after, 29.0), is_excused(after, 31.0)) == (True, False)


async def test_what_was_forgotten_meanwhile_is_scrubbed_too(clock: SteppingClock) -> None:
    class Overtaken(SqliteEngine):
        """While its files are scrubbed, another process forgets."""

        tries = 0

        def scrub(self) -> bool:
            self.tries += 1
            if self.tries == 1:
                with self.changing() as tx:
                    forgetting.forget_old(tx, before=clock.now(), limit=1)
            return super().scrub()

    engine = Overtaken(IN_MEMORY, process="p1", clock_now=clock.now)
    record = Record(engine)
    await record.open()
    await finished(record, 2)
    clock.time += DAY
    await record.change(forgetting.forget_old, before=clock.now(), limit=1)
    assert [await scrub(record, clock) for _ in range(3)] == [True, True, True]
    await record.aclose()
    assert engine.tries == 2


async def test_a_request_that_waits_is_forgotten_when_it_has_ended(record: Record, clock: SteppingClock) -> None:
    request = await record.change(factories.asked, [PHONE], decision=NEEDS_APPROVAL)
    clock.time += 2 * DAY
    retention = Retention(record, seconds=DAY, clock=clock, time=Believed(clock))
    await retention.apply()
    assert await forgotten(record, request) == [False]
    expired = await record.change(decisions.decide, request.id, ApprovalState.EXPIRED, actor=BOT)
    await tell(record, expired)
    await retention.apply()
    assert await forgotten(record, request) == [True]
    nothing = await record.read(forgetting.footprint, PHONE)
    assert nothing == await record.change(forgetting.forget, PHONE, actor=LEE)
    assert (nothing.ended, nothing.mentions) == (0, 0)

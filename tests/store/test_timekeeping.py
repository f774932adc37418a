"""A clock that jumped is not believed; one that is right is, also after a long pause."""

import logging
from email.utils import formatdate

import pytest

from bot.audit import LogQuery
from bot.errors import SlackUnreachable
from bot.retention import Retention
from bot.store import outbox, search
from bot.store.record import Record
from bot.timekeeping import ASKED_EVERY, Timekeeper, Witness
from tests import factories
from tests.clocks import START, SteppingClock
from tests.doubles import Believed
from tests.factories import ANSWERED
from tests.world import HOUR

DAY = 86400.0
MINUTE = 60.0


class Machine(SteppingClock):
    """Its wall clock can be wrong, and stands apart from what has passed. Slack's is right."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.truth = START
        self.is_slack_there = True
        self.asked = 0
        self.witness = Witness(self)

    def monotonic(self) -> float:
        return self.passed

    def work(self, seconds: float) -> None:
        for name in ("time", "passed", "truth"):
            setattr(self, name, getattr(self, name) + seconds)

    def sleep_well(self, seconds: float) -> None:
        """A pause in which the machine counts nothing, and whose clock is right after it."""
        self.time += seconds
        self.truth += seconds

    def hears(self) -> None:
        self.witness.note(formatdate(self.truth, usegmt=True))

    async def ask(self) -> None:
        self.asked += 1
        if not self.is_slack_there:
            raise SlackUnreachable("auth.test", "no connection", arrived=False)
        self.hears()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def timekeeper(machine: Machine, record: Record, clock: SteppingClock) -> Timekeeper:
    """Of a record whose clock is the machine's on SQLite, and the server's on Postgres: it is set as the machine's."""
    return Timekeeper(record, machine.witness, ask=machine.ask, clock=machine)


async def is_trusted(timekeeper: Timekeeper, machine: Machine, clock: SteppingClock) -> bool:
    clock.time = machine.time
    return (await timekeeper.moment()).is_trusted


@pytest.mark.parametrize("off", [0.0, 299.0, -299.0])
async def test_a_clock_that_is_about_right_is_believed(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, off: float
) -> None:
    machine.time += off
    machine.hears()
    assert await is_trusted(timekeeper, machine, clock)
    assert machine.asked == 0


@pytest.mark.parametrize("off", [302.0, -302.0, 400 * DAY, -400 * DAY, 3600.0])
async def test_one_that_is_off_is_not(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, off: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    machine.time += off
    machine.hears()
    for _ in range(10):
        assert not await is_trusted(timekeeper, machine, clock)
        assert (await timekeeper.moment()).latest == pytest.approx(max(machine.time, machine.truth), abs=1)
        machine.work(5)
    assert caplog.text.count("clock not trusted") == 1  # an hour later once more
    assert machine.asked == 1  # not at each look
    machine.work(HOUR)
    assert not await is_trusted(timekeeper, machine, clock)
    assert caplog.text.count("clock not trusted") == 2
    machine.time = machine.truth
    assert await is_trusted(timekeeper, machine, clock)
    assert caplog.text.count("clock trusted again") == 1


@pytest.mark.parametrize("off", [400 * DAY, -HOUR])
async def test_one_that_jumps_after_the_answer_is_noticed(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, off: float
) -> None:
    machine.hears()
    assert await is_trusted(timekeeper, machine, clock)
    machine.time += off
    assert not await is_trusted(timekeeper, machine, clock)


@pytest.mark.parametrize("hours", [1, 8, 24 * 30])
async def test_a_long_pause_alone_is_no_mistrust(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, hours: int
) -> None:
    machine.hears()
    machine.sleep_well(hours * HOUR)
    assert await is_trusted(timekeeper, machine, clock)
    machine.work(hours * HOUR)  # nor is a long silence
    assert await is_trusted(timekeeper, machine, clock)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Nov 2026 99:00:00 GMT"])
async def test_without_an_answer_that_says_the_time_nothing_is_believed(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, date: str | None
) -> None:
    machine.is_slack_there = False
    machine.witness.note(date)
    assert not await is_trusted(timekeeper, machine, clock)
    machine.is_slack_there = True
    machine.work(ASKED_EVERY)
    assert await is_trusted(timekeeper, machine, clock)


async def test_a_clock_before_the_newest_entry_is_not_believed(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock, record: Record
) -> None:
    clock.time = machine.time + 200
    await record.change(factories.asked)
    machine.hears()
    assert not await is_trusted(timekeeper, machine, clock)
    machine.work(200)
    assert await is_trusted(timekeeper, machine, clock)


async def test_the_clock_that_the_record_goes_by_is_compared(
    timekeeper: Timekeeper, machine: Machine, clock: SteppingClock
) -> None:
    """A server's, where there is one: what this machine takes the time for is no matter."""
    machine.hears()
    clock.time = machine.time + 400 * DAY
    assert not (await timekeeper.moment()).is_trusted
    clock.time, machine.time = machine.time, machine.time + 400 * DAY
    assert (await timekeeper.moment()).is_trusted


# --- what it is for ---


async def test_a_clock_that_jumped_forgets_nothing(record: Record, clock: SteppingClock) -> None:
    request = await record.change(factories.finished, 1, ANSWERED)
    due = await record.read(outbox.waiting, outbox.Kind.AGENT, request.id)
    assert due
    await record.change(outbox.said, due)  # else it is kept for whoever has to be told
    time = Believed(clock)
    clock.time += 400 * DAY
    retention = Retention(record, seconds=DAY, clock=clock, time=time)
    are_forgotten = []
    for time.is_trusted in (False, True):
        await retention.apply()
        (entry,) = await record.read(search.search, LogQuery())
        are_forgotten.append(entry.lookup.is_forgotten)
    assert are_forgotten == [False, True]

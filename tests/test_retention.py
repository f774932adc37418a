"""PHONEID_RETENTION: what is older is forgotten, and nothing else is."""

import logging
from collections.abc import AsyncIterator

import pytest

from bot.models import Lookup, NewLookup, State
from bot.policy import Decision, Rule, Verdict
from bot.retention import AT_ONCE, Retention
from bot.store.sqlite import SqliteStore
from tests.clocks import SteppingClock
from tests.office import ANA, PHONE, Office, open_office
from tests.store.test_forgetting import OPERATOR

DAY = 86400.0


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


async def reject(office: Office, key: str) -> Lookup:
    new = NewLookup(agent=ANA, phone=PHONE, reason="", channel_id="", submission_key=key)
    lookup, _ = await office.lookups.accept(new, Decision(Verdict.MAY_NOT, Rule.NOT_AN_AGENT))
    await office.lookups.told(lookup)
    return lookup


async def forgotten(office: Office, *lookups: Lookup) -> list[bool]:
    now = [await office.store.find(lookup.id) for lookup in lookups]
    return [each is not None and each.is_forgotten for each in now]


async def test_what_is_older_is_forgotten_and_what_is_not_stays(office: Office) -> None:
    old = await reject(office, "old")
    office.clock.time += 80 * DAY
    young = await reject(office, "young")
    retention = Retention(office.store, seconds=90 * DAY, clock=office.clock)
    await retention.apply()
    assert await forgotten(office, old, young) == [False, False]
    office.clock.time += 10 * DAY + 1
    await retention.apply()
    assert await forgotten(office, old, young) == [True, False]


async def test_without_a_retention_nothing_is_forgotten(office: Office) -> None:
    old = await reject(office, "old")
    office.clock.time += 10_000 * DAY
    await Retention(office.store, seconds=None, clock=office.clock).apply()
    assert await forgotten(office, old) == [False]


async def test_more_than_one_transaction_holds_is_forgotten_all_the_same(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lookups = [await reject(office, str(number)) for number in range(AT_ONCE + 1)]
    office.clock.time += 2 * DAY
    await Retention(office.store, seconds=DAY, clock=office.clock).apply()
    assert all(await forgotten(office, *lookups))
    (said,) = [record for record in caplog.records if record.message == "forgotten"]
    assert vars(said)["facts"] == {"lookups": AT_ONCE + 1, "why": "retention"}
    assert (await office.store.inspect()).fault is None


class BusyStore(SqliteStore):
    """A reader keeps its files from being scrubbed."""

    tries = 0

    async def scrub(self) -> bool:
        self.tries += 1
        return False


async def test_what_could_not_be_scrubbed_is_said_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    clock = SteppingClock()
    store = BusyStore(":memory:", clock=clock)
    await store.open()
    retention = Retention(store, seconds=None, clock=clock)
    for _ in range(2):
        await retention.apply()
    await store.aclose()
    assert store.tries == 2
    assert caplog.text.count("forgotten bytes still in the files") == 2


async def test_a_request_that_waits_is_forgotten_when_it_has_ended(office: Office) -> None:
    lookup = await office.ask()
    office.clock.time += 2 * DAY
    retention = Retention(office.store, seconds=DAY, clock=office.clock)
    await retention.apply()
    assert await forgotten(office, lookup) == [False]
    (expired,) = await office.approvals.expire()
    await office.lookups.told(expired)
    await retention.apply()
    assert await forgotten(office, lookup) == [True]
    assert (await office.store.journal(lookup.id))[-2].to_state is State.EXPIRED
    assert await office.store.traces(PHONE) == await office.store.forget(PHONE, actor=OPERATOR)

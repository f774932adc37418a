"""A record that was edited into what it cannot be is refused by itself or left out, and takes no other along.

Found by tests/fuzz/test_edited_databases.py.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import RecordDamaged
from bot.guesses import FREE_FOR_NUMBER
from bot.models import Actor, LogQuery, Lookup, LookupId, NewLookup, PhoneNumber, State, Through
from bot.store.sqlite import SqliteStore
from tests.clocks import SteppingClock
from tests.guessing import use_up

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
PHONE = PhoneNumber("12025550106")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phoneid.db"


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
async def store(path: Path, clock: SteppingClock) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path, clock=clock)
    await opened.open()
    yield opened
    await opened.aclose()


def edit(path: Path, lookup: Lookup, assignment: str) -> None:
    """What somebody does who knows how to switch the rules off."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f"UPDATE lookups SET {assignment} WHERE id = ?", (lookup.id,))


async def ask(store: SqliteStore, key: str, state: State = State.QUEUED) -> Lookup:
    new = NewLookup(agent=ANA, phone=PHONE, reason="", channel_id="", submission_key=key)
    lookup, _ = await store.accept(new, state=state, expires_at=2e9 if state is State.AWAITING else None)
    return lookup


def names(lookups: list[Lookup]) -> list[LookupId]:
    return [lookup.id for lookup in lookups]


@pytest.mark.parametrize(
    ("assignment", "column"),
    [
        ("state = 'gone'", "state"),
        ("phone = '+1 202'", "phone"),
        ("created_at = 9e999", "created_at"),  # no date
        ("updated_at = -1", "updated_at"),
        ("through = ''", "through"),
        ("problem = 'bad luck'", "problem"),
        ("batch_id = 'B-00000000'", "batch_number"),
    ],
)
async def test_a_damaged_lookup_is_refused_by_itself_and_left_out_among_others(
    store: SqliteStore, path: Path, assignment: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = await ask(store, "damaged"), await ask(store, "whole")
    edit(path, damaged, assignment)
    assert names(await store.search(LogQuery())) == [whole.id]
    (record,) = caplog.records
    assert vars(record)["facts"] == {"table": "lookups", "id": damaged.id, "column": column}
    with pytest.raises(RecordDamaged) as caught:
        await store.find(damaged.id)
    assert caught.value.column == column


async def test_text_that_is_no_utf8_makes_nothing_unreadable(store: SqliteStore, path: Path) -> None:
    lookup = await ask(store, "one")
    edit(path, lookup, "reason = CAST(x'80ff' AS TEXT)")
    found = await store.find(lookup.id)
    assert found
    assert found.reason == "\ufffd\ufffd"


@pytest.mark.parametrize("assignment", ["phone = ''", "decided_at = 1.0", "id = CAST(x'ff' AS TEXT)"])
async def test_a_damaged_lookup_does_not_keep_the_sweeper_from_the_others(
    store: SqliteStore, path: Path, clock: SteppingClock, assignment: str, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = await ask(store, "damaged"), await ask(store, "whole")
    edit(path, damaged, assignment)
    await store.renew([damaged.id, whole.id])
    clock.time += 300.0
    assert await store.interrupt_abandoned([]) >= 1
    assert names(await store.claim_untold()) == [whole.id]
    assert {vars(record)["facts"]["id"] for record in caplog.records} <= {damaged.id, "\ufffd"}
    assert caplog.records


async def test_a_damaged_request_does_not_keep_others_from_being_reminded_of(
    store: SqliteStore, path: Path, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = await ask(store, "damaged", State.AWAITING), await ask(store, "whole", State.AWAITING)
    edit(path, damaged, "expires_at = NULL")
    assert names(await store.claim_reminders(asked_before=clock.time + 1.0)) == [whole.id]
    assert caplog.messages == ["record damaged and left out"]


@pytest.mark.parametrize("moment", ["9e999", "1e18"])
async def test_times_from_the_future_neither_end_the_guess_guard_nor_make_it_endless(
    store: SqliteStore, path: Path, clock: SteppingClock, moment: str
) -> None:
    answered = await ask(store, "answered")
    await store.move(answered.id, from_state=State.QUEUED, to_state=State.CALLING, actor=ANA)
    await store.move(answered.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=ANA)
    edit(path, answered, f"updated_at = {moment}")
    await use_up(store, LEE, PHONE)
    counted = (await store.tally(ANA, PHONE)).for_number
    assert counted.refused == FREE_FOR_NUMBER
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"UPDATE lookups SET updated_at = {moment} WHERE state = 'refused'")
    assert (await store.tally(ANA, PHONE)).for_number.last_at == clock.time


@pytest.mark.parametrize(
    "assignment",
    [
        "state = 7",
        "state = CAST(x'ff' AS TEXT)",
        "reason = CAST(x'ff' AS TEXT)",
        "reason = 12025550106, phone = '12025550107'",
    ],
)
async def test_a_damaged_record_keeps_no_number_from_being_found_to_forget(
    store: SqliteStore, path: Path, assignment: str
) -> None:
    lookup = await ask(store, "one", State.REJECTED)
    await store.aclose()
    edit(path, lookup, assignment)
    again = SqliteStore(path, clock=SteppingClock())
    await again.open()
    found = await again.traces(PHONE)
    await again.aclose()
    assert found.ended + found.mentions == 1


async def test_a_record_whose_id_finds_it_no_more_is_forgotten_all_the_same(store: SqliteStore, path: Path) -> None:
    lookup = await ask(store, "one", State.REJECTED)
    await store.aclose()
    edit(path, lookup, "id = CAST(x'ff' AS TEXT)")
    again = SqliteStore(path, clock=SteppingClock())
    await again.open()
    await again.forget(PHONE, actor=LEE)
    await again.aclose()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT phone FROM lookups").fetchall() == [("0",)]
        assert database.execute("SELECT count(*) FROM journal WHERE event = 'forgotten'").fetchone() == (1,)

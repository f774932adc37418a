"""Whatever hands have made of the database: what can be read is, and the rest is refused or left out, loudly."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from bot import listing
from bot.approvals import Lately
from bot.errors import StoreError, StoreUnavailable
from bot.models import BatchId, LogQuery, Lookup, LookupId, NewLookup, State
from bot.slack import alarms, approval_views, cards, history, views
from bot.slack.payloads import Origin
from bot.store.sqlite import SqliteStore
from tests.clocks import START, SteppingClock
from tests.fuzz import recorded
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.listening import listening
from tests.fuzz.recorded import ANA, GUESSED, LEE

pytestmark = BY_CHANCE

Verbs = list[Callable[[], Awaitable[object]]]


def about_one(store: SqliteStore, ids: list[LookupId]) -> Verbs:
    """What is asked of one record: where that is damaged, it is refused."""
    new = NewLookup(agent=LEE, phone=GUESSED, reason="", channel_id="", submission_key="new")
    return [
        *[partial(store.find, each) for each in ids],
        partial(store.accept, new, state=State.QUEUED),
        partial(store.told, ids[0], State.REJECTED),
        partial(store.forget, recorded.PHONES[0], actor=LEE),
    ]


def about_all(store: SqliteStore, ids: list[LookupId]) -> Verbs:
    """What is asked of many, and the changes the sweeper makes by itself: one damaged record must not take it down."""
    return [
        *[partial(store.journal, each) for each in ids],
        *[partial(store.cards, each) for each in ids],
        partial(store.search, LogQuery(user_id=ANA.user_id, team_id=ANA.team_id, before=ids[-1])),
        partial(store.search, LogQuery(phone=recorded.PHONES[0], since=0.0)),
        partial(store.search, LogQuery(batch_id=BatchId("B-00000000"))),
        partial(store.tally, LEE, GUESSED),
        partial(store.read_list, BatchId("B-00000000")),
        partial(store.traces, recorded.PHONES[0]),
        partial(store.renew, ids),
        partial(store.interrupt_abandoned, []),
        store.due,
        partial(store.claim_reminders, asked_before=START + 1e6),
        store.claim_untold,
        store.claim_alarms,
    ]


def show(found: list[Lookup]) -> None:
    """Everywhere a lookup is shown."""
    for form in (listing.as_table, listing.as_csv, listing.as_json):
        form(found).encode()
    history.page(found, is_first=True)
    for lookup in found:
        views.outcome(Origin(), lookup)
        views.outcome_message(lookup)
        approval_views.receipt(lookup)
        cards.card(lookup, Lately(by_agent=1, for_number=1))
        cards.decided_card(lookup)
        if approval_views.has_ended_message(lookup):
            approval_views.ended(lookup)


async def look_through(path: Path, ids: list[LookupId]) -> int:
    """How many lookups could be read."""
    store = SqliteStore(path, clock=SteppingClock(START + 600.0))
    await store.open()
    try:
        found = await store.search(LogQuery(limit=1000))
        show(found)
        for alarm in await store.claim_alarms():
            alarms.alarm_message(alarm)
        for verb in about_all(store, ids):
            await verb()
        for verb in about_one(store, ids):
            with suppress(StoreError):
                await verb()
        return len(found)
    finally:
        await store.aclose()


@pytest.mark.parametrize("is_loose", [False, True], ids=["as the schema allows", "with any value in any column"])
async def test_a_database_edited_by_hand_is_read_as_far_as_it_can_be(tmp_path: Path, *, is_loose: bool) -> None:
    template, edited = tmp_path / "template.db", tmp_path / "edited.db"
    ids = await recorded.record(template)
    if is_loose:
        recorded.loosen(template)
    with listening() as heard:
        whole = await look_through(Path(shutil.copy(template, edited)), ids)
        for number, chance in chances(f"edited database, {'loose' if is_loose else 'strict'}", usual=50):
            for name in ("edited.db", "edited.db-wal", "edited.db-shm"):
                (tmp_path / name).unlink(missing_ok=True)
            shutil.copy(template, edited)
            done = recorded.edit(edited, chance)
            heard.take()
            try:
                found = await look_through(edited, ids)
                _, records = heard.take()
                is_told = any(record.getMessage() == "record damaged and left out" for record in records)
                assert found == whole or is_told, "some are missing, and nothing says so"
                assert not any(record.exc_info for record in records)
            except Exception as error:
                raise AssertionError(f"number {number}: {done}") from error


@pytest.mark.parametrize("seq", ["9223372036854775807", "1", "'x'"])
async def test_a_journal_whose_counter_was_set_takes_no_change(tmp_path: Path, seq: str) -> None:
    ids = await recorded.record(tmp_path / "phoneid.db")
    with closing(sqlite3.connect(tmp_path / "phoneid.db", isolation_level=None)) as database:
        database.execute(f"UPDATE sqlite_sequence SET seq = {seq} WHERE name = 'journal'")
    store = SqliteStore(tmp_path / "phoneid.db", clock=SteppingClock())
    await store.open()
    with pytest.raises(StoreUnavailable):
        await store.move(ids[1], from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)
    unchanged = await store.find(ids[1])
    assert unchanged
    assert unchanged.state is State.AWAITING
    await store.aclose()

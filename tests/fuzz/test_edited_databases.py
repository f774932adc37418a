"""Whatever hands have made of the database: what can be read is, and the rest is refused or left out, loudly."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from bot import export
from bot.audit import LogEntry, LogQuery
from bot.errors import RecordDamaged, StoreError
from bot.guesses import Counts
from bot.models import ApprovalState, LookupId, Request, RequestId
from bot.progress import Progress
from bot.recent import RecentCounts
from bot.retention import scrub
from bot.slack.payloads import Origin
from bot.store import (
    decisions,
    forgetting,
    guesses,
    journal,
    lookups,
    messages,
    outbox,
    processes,
    requests,
    search,
    verification,
)
from bot.store.record import Record
from tests import factories
from tests.clocks import START, SteppingClock
from tests.english import cards, pages, views
from tests.fuzz import recorded
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.listening import listening
from tests.fuzz.recorded import ANA, GUESSED, LEE, PHONES, record_of

pytestmark = BY_CHANCE

Acts = list[Callable[[], Awaitable[object]]]


def about_one(record: Record, ids: list[RequestId]) -> Acts:
    """What is asked of one request, or done to it: where that is damaged, it is refused."""
    new = factories.new_request([GUESSED], agent=LEE)
    return [
        *[partial(record.read, requests.find, each) for each in ids],
        *[partial(record.read, lookups.find, LookupId(f"{each}/2")) for each in ids],
        *[partial(record.read, guesses.untold_alarms, each) for each in ids],
        partial(record.change, requests.accept, new, factories.MAY),
        partial(record.change, decisions.decide, ids[0], ApprovalState.EXPIRED, actor=processes.SWEEPER),
        partial(record.change, decisions.lapse, ids[3], actor=processes.SWEEPER),
        partial(record.change, lookups.stop, ids[5], actor=ANA),
        partial(record.change, forgetting.forget, PHONES[2], actor=LEE),
    ]


def about_all(record: Record, ids: list[RequestId]) -> Acts:
    """What is asked of many, and the changes the sweeper makes by itself: one damaged record must not take it down."""
    return [
        *[partial(record.read, journal.of_request, each) for each in ids],
        *[partial(record.read, messages.of_request, kind, each) for each in ids for kind in messages.Kind],
        *[partial(record.read, outbox.waiting, kind, each) for each in ids for kind in outbox.Kind],
        partial(record.read, search.search, LogQuery(user_id=ANA.user_id, before=LookupId(f"{ids[-1]}/1"))),
        partial(record.read, search.search, LogQuery(phone=PHONES[0], since=0.0)),
        partial(record.read, search.search, LogQuery(request_id=ids[0])),
        partial(record.read, guesses.counts, LEE, [GUESSED]),
        partial(record.read, forgetting.footprint, PHONES[0]),
        partial(record.read, verification.inspect),
        partial(record.read, outbox.is_any_due),
        partial(record.change, outbox.claim),
        partial(record.change, processes.beat),
        partial(record.change, processes.interrupt_abandoned, frozenset[LookupId](), silent_for=1200.0),
        partial(record.change, processes.interrupt_abandoned, frozenset[LookupId](), silent_for=30.0),
        partial(record.change, forgetting.forget_old, before=START + 1e6, limit=10),
        partial(scrub, record, SteppingClock()),
    ]


def show_entries(found: list[LogEntry]) -> None:
    """Everywhere lookups are listed."""
    for form in (export.as_table, export.as_csv, export.as_json):
        form(found).encode()
    pages.history(found, is_first=True)
    for entry in found:
        views.lookup_outcome(Origin(), entry.lookup)


def show(request: Request) -> None:
    """Everywhere a request is shown."""
    views.outcome(Origin(), request)
    views.outcome_message(request)
    views.receipt(request)
    views.progress(Origin(), Progress(request=request))
    pages.details(Origin(), request)
    cards.card(request, RecentCounts(by_agent=1, for_number=1, refused=Counts()))
    cards.decided_card(request)
    if views.has_ended_message(request):
        views.ended(request)


async def look_through(path: Path, ids: list[RequestId]) -> int:
    """How many lookups could be read."""
    record = record_of(path, SteppingClock(START + 600.0))
    await record.open()
    try:
        found = await record.read(search.search, LogQuery(limit=1000))
        show_entries(found)
        for act in about_all(record, ids):
            await act()
        for act in about_one(record, ids):
            with suppress(StoreError):
                shown = await act()
                if isinstance(shown, Request) and shown.lookups:
                    show(shown)
        return len(found)
    finally:
        await record.aclose()


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
            done, lost = recorded.edit(edited, chance), recorded.orphans(edited)
            heard.take()
            try:
                found = await look_through(edited, ids)
                _, records = heard.take()
                is_told = any(record.getMessage() == "damaged record skipped" for record in records)
                # Of no request any more, a lookup is found by the journal's verification only.
                assert found + lost == whole or is_told, "some are missing, and nothing says so"
                assert not any(record.exc_info for record in records)
            except Exception as error:
                raise AssertionError(f"number {number}: {done}") from error


@pytest.mark.parametrize("seq", [2**63 - 1, 1])
async def test_a_journal_whose_head_was_moved_takes_no_change(tmp_path: Path, seq: int) -> None:
    ids = await recorded.record(tmp_path / "phoneid.db")
    with closing(sqlite3.connect(tmp_path / "phoneid.db", isolation_level=None)) as database:
        database.execute("UPDATE journal_head SET seq = ?", (seq,))
    record = record_of(tmp_path / "phoneid.db", SteppingClock())
    await record.open()
    with pytest.raises(RecordDamaged, match="journal_head"):
        await record.change(decisions.decide, ids[0], ApprovalState.APPROVED, actor=LEE, good_for=60.0)
    unchanged = await record.read(requests.find, ids[0])
    assert unchanged
    assert unchanged.approval.state is ApprovalState.AWAITING
    await record.aclose()

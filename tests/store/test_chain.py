"""Each entry holds all before it, and vouches for its lookup, in a form that others can check."""

import asyncio
import math
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.evidence import EMPTY, GENESIS, Flaw, Head, entry_hash, record_digest, settings_digest
from bot.models import Actor, Event, NewLookup, PhoneNumber, Result, State, Through
from bot.store import journal, verification
from bot.store.connection import changing, connect
from bot.store.migrations import migrate
from bot.store.sqlite import SqliteStore
from bot.store.steps import STEPS, chain_journal
from tests.clocks import SteppingClock
from tests.store import auditor

OpenStore = Callable[..., Awaitable[SqliteStore]]

BOT = Actor(team_id="T0001", user_id="B1", through=Through.BOT)

ODD = 'caf\u00e9 \U0001f642\n\t\x01"\\ \u2028 \u7d42'


async def live(store: SqliteStore, new: Callable[..., NewLookup], clock: SteppingClock) -> None:
    """One of everything that leaves an entry."""
    answered, _ = await store.accept(new(reason=ODD), state=State.QUEUED)
    await store.move(answered.id, from_state=State.QUEUED, to_state=State.CALLING, actor=answered.agent)
    clock.time += 0.123456789
    result = Result(phone_number_id="920155500012345", api_code="OK", http_status=200, milliseconds=1, attempts=1)
    await store.move(
        answered.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=answered.agent, result=result
    )
    await store.note(Event.SHOWN, actor=answered.agent, lookup_id=answered.id, facts={"odd": ODD})
    awaiting, _ = await store.accept(new(), state=State.AWAITING, expires_at=clock.time + 3600)
    await store.move(awaiting.id, from_state=State.AWAITING, to_state=State.DENIED, actor=awaiting.agent, reason=ODD)
    abandoned, _ = await store.accept(new(phone=PhoneNumber("12025550101")), state=State.QUEUED)
    clock.time += 3600
    await store.interrupt_abandoned([])
    await store.accept(new(), state=State.AWAITING, expires_at=clock.time + 3600)
    await store.claim_reminders(asked_before=clock.time + 1)
    await store.note(Event.FORBIDDEN, actor=abandoned.agent, lookup_id=None)


@pytest.fixture
async def alive(store: SqliteStore, new: Callable[..., NewLookup], clock: SteppingClock) -> SqliteStore:
    await live(store, new, clock)
    return store


@pytest.fixture
def rows(path: Path) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    yield lambda sql: [dict(row) for row in connection.execute(sql)]
    connection.close()


Rows = Callable[[str], list[dict[str, Any]]]


async def test_what_the_bot_wrote_is_whole(alive: SqliteStore) -> None:
    inspection = await alive.inspect()
    assert inspection.fault is None
    assert (inspection.first, inspection.head, inspection.entries) == (1, await alive.journal_head(), 11)
    assert (inspection.records, inspection.forgotten) == (4, 0)


async def test_an_auditors_own_program_comes_to_the_same_hashes(alive: SqliteStore, rows: Rows) -> None:
    previous = auditor.NOTHING
    for entry in rows("SELECT * FROM journal ORDER BY seq"):
        previous = auditor.hash_of(entry, previous)
        assert entry["hash"] == previous
    assert previous == (await alive.journal_head()).hash


async def test_an_auditors_own_program_comes_to_the_same_digests(alive: SqliteStore, rows: Rows) -> None:
    for record in rows("SELECT * FROM lookups"):
        digests = rows(f"SELECT digest FROM journal WHERE lookup_id = '{record['id']}' AND digest NOT NULL")
        assert digests[-1]["digest"] == auditor.digest_of(record)


async def test_two_lookups_alike_have_digests_that_differ(
    store: SqliteStore, new: Callable[..., NewLookup], rows: Rows
) -> None:
    for _ in range(2):
        await store.accept(new(), state=State.QUEUED)
    salts = [row["salt"] for row in rows("SELECT salt FROM lookups")]
    assert len(set(salts)) == 2
    assert {len(salt) for salt in salts} == {32}
    assert len({row["digest"] for row in rows("SELECT digest FROM journal")}) == 2


async def test_a_journal_without_entries_is_whole(store: SqliteStore) -> None:
    assert await store.journal_head() == EMPTY
    inspection = await store.inspect(anchor=EMPTY)
    assert (inspection.entries, inspection.first, inspection.fault) == (0, None, None)


async def test_a_head_noted_elsewhere_proves_what_was_before_it(
    alive: SqliteStore, new: Callable[..., NewLookup]
) -> None:
    noted = await alive.journal_head()
    await alive.accept(new(), state=State.QUEUED)
    assert (await alive.inspect(anchor=noted)).fault is None
    for other in (Head(noted.seq, "f" * 64), Head(noted.seq + 2, noted.hash), Head(0, noted.hash)):
        fault = (await alive.inspect(anchor=other)).fault
        assert fault
        assert (fault.flaw, fault.seq) == (Flaw.NOT_AS_ANCHORED, other.seq)


async def test_two_processes_write_one_chain(open_store: OpenStore, new: Callable[..., NewLookup]) -> None:
    first, second = await open_store(owner="a"), await open_store(owner="b")
    for _ in range(5):
        for store in (first, second):
            await store.accept(new(), state=State.QUEUED)
    assert (await first.inspect()).fault is None
    assert await first.journal_head() == await second.journal_head()


async def test_what_is_written_while_it_is_checked_does_not_disturb(alive: SqliteStore, open_store: OpenStore) -> None:
    # The check's view is of one moment: an entry that is newer than the head it read would look like one too many.
    other = await open_store()
    writing = [other.note(Event.SHOWN, actor=BOT, lookup_id=None) for _ in range(200)]
    inspections = await asyncio.gather(*writing, *[alive.inspect() for _ in range(50)])
    checked = [each for each in inspections if each is not None]
    assert {each.fault for each in checked} == {None}
    assert len({each.entries for each in checked}) > 1


async def test_nothing_is_recorded_behind_a_head_that_was_taken_away(
    alive: SqliteStore, new: Callable[..., NewLookup], plain: sqlite3.Connection
) -> None:
    plain.execute("DELETE FROM journal_head")
    with pytest.raises(StoreUnavailable, match="lost its head"):
        await alive.accept(new(), state=State.QUEUED)


def test_a_change_that_is_undone_leaves_the_chain_as_it_was(path: Path) -> None:
    database = connect(str(path), busy_timeout=1.0)
    migrate(database)

    def change_and_break() -> None:
        with changing(database):
            journal.write(database, Event.STARTED, None, at=1.0, actor=BOT)
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        change_and_break()
    with changing(database):
        journal.write(database, Event.STARTED, None, at=1.0, actor=BOT)
    inspection = verification.inspect(database)
    assert (inspection.fault, inspection.entries, inspection.first) == (None, 1, 1)
    database.close()


async def test_an_older_journal_is_chained_with_what_it_vouches_for(
    path: Path, open_store: OpenStore, new: Callable[..., NewLookup], rows: Rows
) -> None:
    database = connect(str(path), busy_timeout=1.0)
    migrate(database, STEPS[: STEPS.index(chain_journal)])
    for number in range(3):
        values = {"id": f"L-OLD{number}", "key": f"old {number}", "at": 0.1 * number, "reason": ODD}
        database.execute(
            "INSERT INTO lookups (id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,"
            " created_at, updated_at) VALUES"
            " (:id, 'answered', 'T', 'U', 'slack', '', '8613800001234', :reason, :key, :at, 2)",
            values,
        )
        for state in ("queued", "calling", "answered"):
            database.execute(
                "INSERT INTO journal (at, event, lookup_id, to_state, team_id, user_id, through, facts)"
                " VALUES (:at, 'moved', :id, :state, 'T', 'U', 'slack', '{\"n\":  1}')",
                {"at": values["at"], "id": values["id"], "state": state},
            )
    database.close()
    store = await open_store()
    await store.accept(new(), state=State.QUEUED)
    inspection = await store.inspect()
    assert (inspection.fault, inspection.entries, inspection.records) == (None, 10, 4)
    digests = [row["digest"] is not None for row in rows("SELECT digest FROM journal ORDER BY seq")]
    assert digests == [False, False, True] * 3 + [True]


def test_the_form_is_the_same_for_ever() -> None:
    # Computed once. If one of these changes, no journal that was written before verifies any more.
    entry = dict.fromkeys(auditor.ENTRY, None) | {"seq": 1, "at": 0.1, "facts": ODD}
    assert entry_hash(entry, GENESIS) == auditor.hash_of(entry, auditor.NOTHING)
    assert entry_hash(entry, GENESIS) == "afc8de9108d99a5627ba2638013b3a685a9936d9030d0b049d498a598004161d"
    record = dict.fromkeys(auditor.RECORD, None) | {"created_at": 1.5, "reason": ODD, "http_status": 200}
    assert record_digest(record, b"salt") == "42cd7231610c67ae86504e86488080d8789c0449447bb06e709ce29c06d4066e"
    assert settings_digest({"b": 1, "a": 0.5}) == "172d1902e66b48413f9283bc405160123179520c671da96ee5ad344d89c0c309"


@pytest.mark.parametrize(("at", "nearly"), [(0.1, math.nextafter(0.1, 1)), (0.0, -0.0), (1.8e9, 1.8e9 + 2**-22)])
def test_times_that_nearly_agree_have_hashes_that_differ(at: float, nearly: float) -> None:
    entry = dict.fromkeys(auditor.ENTRY, None)
    assert entry_hash(entry | {"at": nearly}, GENESIS) != entry_hash(entry | {"at": at}, GENESIS)


def test_a_value_of_a_kind_that_was_never_written_has_a_hash_of_its_own() -> None:
    entry = dict.fromkeys(auditor.ENTRY, None)
    assert entry_hash(entry | {"facts": b"{}"}, GENESIS) != entry_hash(entry | {"facts": "{}"}, GENESIS)

"""Whatever somebody does to the record by hand, wherever: the first entry that is not whole is named."""

import random
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.evidence import Flaw, Head
from bot.models import Actor, NewLookup, PhoneNumber
from bot.store.connection import connect
from bot.store.migrations import migrate
from bot.store.verification import inspect
from tests.amounts import each_day, some_of
from tests.clocks import SteppingClock
from tests.store import auditor, tampering
from tests.store.test_chain import OpenStore, live

MANY = each_day(3_000, at_night=100_000)

BUILD = f"""
    INSERT INTO journal ({", ".join(auditor.ENTRY)}, hash)
    VALUES ({", ".join(f":{name}" for name in auditor.ENTRY)}, :hash)"""


def entries(count: int) -> Any:
    previous = auditor.NOTHING
    for seq in range(1, count + 1):
        entry = {
            "seq": seq,
            "at": 1.8e9 + seq / 7,
            "event": "forbidden",
            "lookup_id": None,
            "from_state": None,
            "to_state": None,
            "team_id": "T0001",
            "user_id": f"U{seq % 97}",
            "through": "slack",
            "facts": f'{{"n": {seq % 1000}}}',
            "digest": None,
        }
        previous = entry["hash"] = auditor.hash_of(entry, previous)
        yield entry


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thousands of entries, at night a hundred thousand, chained by the auditor's program."""
    path = tmp_path_factory.mktemp("large") / "phoneid.db"
    database = connect(str(path), busy_timeout=1.0)
    migrate(database)
    database.conn.execute("BEGIN")
    database.conn.executemany(BUILD, entries(MANY))
    database.execute("UPDATE journal_head SET (seq, hash) = (SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1)")
    database.conn.execute("COMMIT")
    database.close()
    return path


@pytest.mark.more_at_night
def test_thousands_of_entries_are_whole(large: Path) -> None:
    with closing(connect(str(large), busy_timeout=1.0)) as database:
        inspection = inspect(database)
    assert (inspection.fault, inspection.entries, inspection.first, inspection.head.seq) == (None, MANY, 1, MANY)


PLACES = [(way, place) for way in tampering.AT_AN_ENTRY for place in ("first", "somewhere", "last")]
PLACES += [(way, "anywhere") for way in tampering.AT_THE_END]


@pytest.mark.more_at_night
@pytest.mark.parametrize(("way", "place"), PLACES, ids=lambda each: getattr(each, "__name__", each))
def test_it_is_found_among_thousands(large: Path, tmp_path: Path, way: tampering.Tampering, place: str) -> None:
    dice = random.Random(f"{way.__name__} {place}")
    seq = {"first": 1, "last": MANY}.get(place) or dice.randrange(2, MANY)
    copy = tmp_path / "phoneid.db"
    shutil.copyfile(large, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        tampering.lay_open(connection)
        expected = way(connection, seq, dice)
        connection.execute("COMMIT")
        fault = inspect(Database(connection)).fault
    assert fault
    assert (fault.flaw, fault.seq) == expected


@pytest.fixture
async def small(
    open_store: OpenStore, path: Path, new: Callable[..., NewLookup], clock: SteppingClock, ana: Actor
) -> AsyncIterator[sqlite3.Connection]:
    """A record as a bot writes it, with every kind of entry."""
    store = await open_store()
    for _ in range(4):
        await live(store, new, clock)
    await store.forget(PhoneNumber("12025550101"), actor=ana)
    assert (await store.inspect()).fault is None
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@contextmanager
def copied(record: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A copy in memory, laid open, to do with as one likes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        record.backup(copy)
        tampering.lay_open(copy)
        yield copy


@pytest.mark.more_at_night
@pytest.mark.parametrize("way", [*tampering.AT_AN_ENTRY, *tampering.AT_THE_END], ids=lambda way: way.__name__)
def test_it_is_found_every_time(small: sqlite3.Connection, way: tampering.Tampering) -> None:
    last = tampering.newest(small)
    for seed in some_of(range(100), 25, what="tampering"):
        dice = random.Random(seed)
        with copied(small) as connection:
            expected = way(connection, dice.randint(1, last), dice)
            fault = inspect(Database(connection)).fault
        assert fault, seed
        assert (fault.flaw, fault.seq) == expected, seed


@pytest.mark.parametrize("column", [*auditor.RECORD, "state", "salt"])
def test_a_lookup_that_was_changed_is_named(small: sqlite3.Connection, column: str) -> None:
    ids = [row[0] for row in small.execute("SELECT id FROM lookups WHERE salt IS NOT NULL")]
    for seed in range(8):
        dice = random.Random(seed)
        lookup_id = dice.choice(ids)
        with copied(small) as connection:
            (row,) = connection.execute("SELECT rowid FROM lookups WHERE id = ?", [lookup_id]).fetchone()
            tampering.change(connection, "lookups", column, f"rowid = {row}", dice)
            (named,) = connection.execute("SELECT CAST(id AS BLOB) FROM lookups WHERE rowid = ?", [row]).fetchone()
            fault = inspect(Database(connection)).fault
        assert fault, seed
        assert (fault.flaw, fault.lookup_id) == (Flaw.RECORD_CHANGED, named.decode(errors="surrogateescape")), seed


FORGED_FORGETTING = "UPDATE lookups SET phone = '0', phone_number_id = NULL, reason = '', salt = NULL"


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        # As if it had been forgotten: there would be an entry.
        (f"{FORGED_FORGETTING}, decision_reason = NULL WHERE salt IS NOT NULL", Flaw.RECORD_CHANGED),
        # What was forgotten is not there again, nor anything in its place.
        ("UPDATE lookups SET phone = '8613800001234' WHERE salt IS NULL", Flaw.RECORD_CHANGED),
        ("UPDATE lookups SET reason = 'invented' WHERE salt IS NULL", Flaw.RECORD_CHANGED),
        ("UPDATE lookups SET phone_number_id = '1' WHERE salt IS NULL", Flaw.RECORD_CHANGED),
        ("UPDATE lookups SET salt = zeroblob(32) WHERE salt IS NULL", Flaw.RECORD_CHANGED),
        ("DELETE FROM lookups WHERE id = (SELECT max(id) FROM lookups)", Flaw.RECORD_GONE),
        ("INSERT INTO lookups (id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,"
         " created_at, updated_at) VALUES ('L-FORGED', 'denied', '', '', '', '', '1', '', '', 1, 1)",
         Flaw.RECORD_CHANGED),
        ("DELETE FROM journal_head", Flaw.ADDED),
    ],
)  # fmt: skip
def test_what_was_made_to_look_right_is_found(small: sqlite3.Connection, statement: str, flaw: Flaw) -> None:
    with copied(small) as connection:
        assert connection.execute(statement).rowcount
        fault = inspect(Database(connection)).fault
    assert fault
    assert fault.flaw is flaw


def test_a_journal_computed_anew_is_found_against_a_head_that_was_noted(small: sqlite3.Connection) -> None:
    small.row_factory = sqlite3.Row
    noted = Head(*small.execute("SELECT seq, hash FROM journal_head").fetchone())
    with copied(small) as connection:
        connection.execute("UPDATE journal SET user_id = 'U0FORGED' WHERE seq = 5")
        connection.row_factory = sqlite3.Row
        previous = auditor.NOTHING
        for row in connection.execute("SELECT * FROM journal ORDER BY seq").fetchall():
            previous = auditor.hash_of(dict(row), previous)
            connection.execute("UPDATE journal SET hash = ? WHERE seq = ?", [previous, row["seq"]])
        connection.execute("UPDATE journal_head SET hash = ?", [previous])
        connection.row_factory = None
        assert inspect(Database(connection)).fault is None  # as the documentation says
        fault = inspect(Database(connection), anchor=noted).fault
    assert fault
    assert (fault.flaw, fault.seq) == (Flaw.NOT_AS_ANCHORED, noted.seq)

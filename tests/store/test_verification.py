"""Each entry holds all before it, and vouches for its request or lookup, in a form that others can check."""

import asyncio
import math
import random
import re
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.audit import Event
from bot.environment.database_urls import split_schema
from bot.errors import SchemaUnknown
from bot.evidence import (
    EMPTY,
    GENESIS,
    LOOKUP_DIGESTED,
    REQUEST_DIGESTED,
    Fault,
    Flaw,
    Head,
    Inspection,
    entry_hash,
    record_digest,
    settings_digest,
)
from bot.models import Actor, ApprovalState, LookupId, Through
from bot.store import decisions, forgetting, guesses, journal, lookups, outbox, processes, verification
from bot.store.cells import raw
from bot.store.engine import Tx
from bot.store.migrations import HEAD, head_to_read
from bot.store.postgres_tx import PostgresTx, connected
from bot.store.sqlite_tx import SqliteTx
from bot.store.urls import SQLITE
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import ANA, ANSWERED, HOUR, LEE, MAY_NOT, NEEDS_APPROVAL, OLGA, REFUSED, phones
from tests.store import auditor, tampering
from tests.store.engines import OpenRecord, Plain, PostgresClock, engine_on, plain_on
from tests.store.processes import Process, StartProcess

BOT = Actor(team_id="T0001", user_id="B1", through=Through.BOT, enterprise_id="E1")

ODD = 'caf\u00e9 \U0001f642\n\t\x01"\\ \u2028 \u7d42'

MANY = 100_000


def live(process: Process, clock: SteppingClock) -> None:
    """One of everything that leaves an entry."""
    process.change(processes.beat)
    answered = process.change(factories.finished, 2, ANSWERED, reason=ODD)
    clock.time += 0.123456
    process.change(journal.note_each, Event.SHOWN, answered.id, answered.lookups, actor=ANA)
    for _ in range(5):
        refused = process.change(factories.finished, phones(1, first=50), REFUSED, agent=LEE)
    for alarm in process.read(guesses.untold_alarms, refused.id):
        process.change(guesses.alarm_told, alarm, people=2)
    process.change(factories.asked, decision=MAY_NOT)
    denied = process.change(factories.asked, 2, decision=NEEDS_APPROVAL)
    process.change(factories.deny, denied, reason=ODD)
    approved = process.change(factories.approve, process.change(factories.asked, decision=NEEDS_APPROVAL))
    process.change(decisions.lapse, approved.id, actor=BOT)
    leader, follower = (process.change(factories.asked, phones(1, first=70)) for _ in range(2))
    assert follower.lookup.follows
    process.change(lookups.stop, leader.id, actor=ANA)
    abandoned = process.change(factories.asked, phones(1, first=80))
    clock.time += 31
    process.change(processes.beat)
    clock.time += 1
    process.change(processes.interrupt_abandoned, frozenset[LookupId](), silent_for=30.0)
    process.change(factories.end, abandoned, REFUSED)
    process.change(factories.asked, decision=NEEDS_APPROVAL)
    clock.time += HOUR / 2
    for due in process.change(outbox.claim):
        if due.kind is outbox.Kind.REMIND:
            process.change(decisions.reminded, due)
    process.change(journal.note, Event.FORBIDDEN, actor=BOT, facts={"odd": ODD})
    forgotten = process.change(factories.finished, phones(2, first=90), reason="call 12025550090")
    process.change(forgetting.forget, forgotten.lookup.phone, actor=OLGA)
    # Requests of which nothing is left, too; their refused codes go on counting for their agent.
    for _ in range(2):
        request = process.change(factories.finished, phones(1, first=95), REFUSED)
        told = process.read(outbox.waiting, outbox.Kind.AGENT, request.id)
        assert told
        process.change(outbox.said, told)
    process.change(forgetting.forget, phones(1, first=95)[0], actor=OLGA)


@pytest.fixture
def alive(process: Process, clock: SteppingClock) -> Process:
    live(process, clock)
    return process


def inspect(process: Process, anchor: Head | None = None) -> Inspection:
    return process.read(verification.inspect, anchor=anchor)


def test_what_the_bot_wrote_is_whole(alive: Process) -> None:
    inspection = inspect(alive)
    assert inspection.fault is None
    (entries,), (records,) = (
        alive.column("SELECT count(*) FROM journal"),
        alive.column("SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM lookups)"),
    )
    assert (inspection.first, inspection.head, inspection.entries) == (1, alive.read(journal.head), entries)
    assert (inspection.records, inspection.forgotten) == (records, 5)
    assert set(alive.column("SELECT DISTINCT event FROM journal")) == set(Event) - {Event.STARTED, Event.EXPORTED}


def test_an_auditors_own_program_comes_to_the_same(alive: Process) -> None:
    newest = auditor.check(
        alive.rows("SELECT * FROM journal ORDER BY seq"),
        alive.rows("SELECT * FROM requests"),
        alive.rows("SELECT * FROM lookups"),
    )
    assert newest == alive.read(journal.head).hash


def test_two_requests_alike_have_digests_that_differ(process: Process) -> None:
    for _ in range(2):
        process.change(factories.asked)
    salts = process.column("SELECT salt FROM requests") + process.column("SELECT salt FROM lookups")
    assert len(set(salts)) == 4
    assert {len(salt) for salt in salts} == {32}
    assert len(set(process.column("SELECT digest FROM journal"))) == 4


def test_a_journal_without_entries_is_whole(process: Process) -> None:
    assert process.read(journal.head) == EMPTY
    inspection = inspect(process, EMPTY)
    assert (inspection.entries, inspection.first, inspection.records, inspection.fault) == (0, None, 0, None)


def test_a_head_noted_elsewhere_proves_what_was_before_it(alive: Process) -> None:
    noted = alive.read(journal.head)
    alive.change(factories.asked)
    assert inspect(alive, noted).fault is None
    for other in (Head(noted.seq, "f" * 64), Head(noted.seq + 9, noted.hash), Head(0, noted.hash)):
        fault = inspect(alive, other).fault
        assert fault
        assert (fault.flaw, fault.seq) == (Flaw.NOT_AS_ANCHORED, other.seq)


def test_two_processes_write_one_chain(start: StartProcess) -> None:
    one, two = start("p1"), start("p2")
    for _ in range(5):
        for process in (one, two):
            process.change(factories.asked)
    assert inspect(one).fault is None
    assert one.read(journal.head) == two.read(journal.head)


async def test_what_is_written_while_it_is_checked_does_not_disturb(open_record: OpenRecord) -> None:
    # The check's view is of one moment: an entry that is newer than the head it read would look like one too many.
    checked, other = await open_record("p1"), await open_record("p2")
    inspections: list[Inspection] = []

    async def write() -> None:
        for _ in range(40):
            await other.change(factories.finished)

    writing = asyncio.create_task(write())
    while not writing.done():
        inspections.append(await checked.read(verification.inspect))
    await writing
    inspections.append(await checked.read(verification.inspect))
    assert {each.fault for each in inspections} == {None}
    assert inspections[0].entries < inspections[-1].entries


def note_and_break(tx: Tx) -> None:
    journal.note(tx, Event.STARTED, actor=BOT)
    raise OSError("no room")


def test_a_change_that_is_undone_leaves_the_chain_as_it_was(process: Process) -> None:
    with pytest.raises(OSError, match="no room"):
        process.change(note_and_break)
    process.change(journal.note, Event.STARTED, actor=BOT)
    inspection = inspect(process)
    assert (inspection.fault, inspection.entries, inspection.first) == (None, 1, 1)


def test_the_form_is_the_same_for_ever() -> None:
    # Computed once. If one of these changes, no journal that was written before verifies any more.
    entry = dict.fromkeys(auditor.ENTRY, None) | {"seq": 1, "form": 1, "at": 0.1, "facts": ODD}
    assert entry_hash(entry, GENESIS) == auditor.hash_of(entry, auditor.NOTHING)
    assert entry_hash(entry, GENESIS) == "a1eb9b694de9d7e362f1a23c88d611d3fc07fc8a3406dc98a7b1372dea156154"
    request = dict.fromkeys(auditor.REQUEST, None) | {"asked_at": 1.5, "reason": ODD, "size": 2, "salt": b"salt"}
    assert record_digest(request, b"salt", REQUEST_DIGESTED) == auditor.digest_of_request(request)
    assert auditor.digest_of_request(request) == "ac063a5fc754ff5b4943bae18260c5689b06758f78c2d7c3b753993d06a63244"
    lookup = dict.fromkeys(auditor.LOOKUP, None) | {"asked_at": 1.5, "http_status": 200, "salt": b"salt"}
    assert record_digest(lookup | {"request": "R-1"}, b"salt", LOOKUP_DIGESTED) == auditor.digest_of_lookup(
        lookup, "R-1"
    )
    assert auditor.digest_of_lookup(lookup, "R-1") == "23c4c83d173c52a4d004d10b3bb5290f1f33a8d03630f5c5eaec62cc000b85b9"
    assert settings_digest({"b": 1, "a": 0.5}) == "172d1902e66b48413f9283bc405160123179520c671da96ee5ad344d89c0c309"


@pytest.mark.parametrize(("at", "nearly"), [(0.1, math.nextafter(0.1, 1)), (0.0, -0.0), (1.8e9, 1.8e9 + 2**-22)])
def test_times_that_nearly_agree_have_hashes_that_differ(at: float, nearly: float) -> None:
    entry = dict.fromkeys(auditor.ENTRY, None)
    assert entry_hash(entry | {"at": nearly}, GENESIS) != entry_hash(entry | {"at": at}, GENESIS)


def test_a_value_of_a_kind_that_was_never_written_has_a_hash_of_its_own() -> None:
    entry = dict.fromkeys(auditor.ENTRY, None)
    assert entry_hash(entry | {"facts": b"{}"}, GENESIS) != entry_hash(entry | {"facts": "{}"}, GENESIS)


# --- somebody tampers, on either engine ---


@pytest.fixture(scope="module", params=[SQLITE, "postgresql"])
def laid_open(request: pytest.FixtureRequest) -> Iterator[Tx]:
    """A record with every kind of entry, and all protection taken away: for tests that undo what they do to it."""
    if request.param == SQLITE:
        with copied(request.getfixturevalue("small")) as copy:
            yield SqliteTx(Database(copy), now=0.0, process="")
        return
    with request.getfixturevalue("ready_schemas").one() as url:
        with closing(PostgresClock(url)) as clock, closing(engine_on(url)) as engine:
            engine.open()
            live(Process(engine), clock)
        with closing(plain_on(url)) as plain:
            tampering.open_up(plain, url, checks=True)
        with closing(connected(split_schema(url)[0])) as connection:
            connection.execute("SET session_replication_role = replica")  # foreign keys are triggers, too
            connection.execute("BEGIN")
            yield PostgresTx(connection, now=0.0, process="")
            connection.execute("ROLLBACK")


@contextmanager
def undone(tx: Tx) -> Iterator[None]:
    tx.run("SAVEPOINT whole")
    yield
    tx.run("ROLLBACK TO whole")


def inspect_tx(tx: Tx) -> Inspection:
    tx.head = head_to_read(tx.one(HEAD))
    with closing(tx):
        return verification.inspect(tx)


FORGED_FORGETTING = "UPDATE lookups SET phone = '0', phone_number_id = NULL, reason = '', salt = NULL"

CHANGED, GONE, BROKEN = Flaw.RECORD_CHANGED, Flaw.RECORD_GONE, Flaw.BROKEN


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        # An entry: changed, of a form there is not, one that is gone, the newest ones, one too many, the head.
        ("UPDATE journal SET user_id = 'U0FORGED' WHERE seq = 5", BROKEN),
        ("UPDATE journal SET facts = '{ }' WHERE seq = 5", BROKEN),
        ("UPDATE journal SET form = 2 WHERE seq = 5", BROKEN),
        ("UPDATE journal SET form = 0 WHERE seq = 5", BROKEN),
        ("DELETE FROM journal WHERE seq = 5", BROKEN),
        ("DELETE FROM journal WHERE seq > 5", Flaw.MISSING),
        ("UPDATE journal_head SET hash = 'x' || hash", BROKEN),
        ("UPDATE journal_head SET seq = seq - 1", Flaw.ADDED),
        ("DELETE FROM journal_head", Flaw.ADDED),
        # As if it had been forgotten: there would be an entry.
        (f"{FORGED_FORGETTING} WHERE salt IS NOT NULL", CHANGED),
        ("UPDATE requests SET reason = '', salt = NULL WHERE number = 1", CHANGED),
        # What was forgotten is not there again, nor anything in its place.
        ("UPDATE lookups SET phone = '8613800001234' WHERE salt IS NULL", CHANGED),
        ("UPDATE lookups SET reason = 'invented' WHERE salt IS NULL", CHANGED),
        ("UPDATE lookups SET phone_number_id = '1' WHERE salt IS NULL", CHANGED),
        # States.
        ("UPDATE lookups SET state = 'refused' WHERE state = 'answered'", CHANGED),
        ("UPDATE requests SET approval = 'approved' WHERE approval = 'denied'", CHANGED),
        # What is gone, and what nobody asked for.
        ("DELETE FROM lookups WHERE position = 2 AND request = 1", GONE),
        ("DELETE FROM lookups WHERE request = 1", GONE),
        ("DELETE FROM requests WHERE number = 1", GONE),
        ("UPDATE lookups SET position = 3 WHERE request = 1 AND position = 2", CHANGED),
        ("UPDATE lookups SET request = 77 WHERE request = 1 AND position = 2", GONE),
        ("UPDATE requests SET id = 'R-FORGED' WHERE number = 1", CHANGED),
        ("INSERT INTO requests SELECT 77, 'R-FORGED', 'k', enterprise_id, team_id, user_id, through, channel_id,"
         " reason, asked_at, size, approval, expires_at, decided_at, decided_enterprise_id, decided_team_id,"
         " decided_user_id, decided_through, decision_reason, salt FROM requests WHERE number = 1", CHANGED),
        ("INSERT INTO lookups (request, position, asked_at, phone, reason, state, updated_at) VALUES"
         " (77, 1, 1, '1', '', 'refused', 1)", CHANGED),
        # What stays of something forgotten.
        *((f"UPDATE lookups SET {change} WHERE salt IS NULL", CHANGED) for change in (
            "asked_at = 1.6e9", "api_code = 'Forged'", "problem = 'unknown_code'", "request_id = 'x'",
            "http_status = 404", "milliseconds = 1", "attempts = 9", "wait_until = 1.5", "follows = 'R-1'")),
        *((f"UPDATE requests SET {change} WHERE salt IS NULL", CHANGED) for change in (
            "user_id = 'U0LEE'", "team_id = 'T0SANDBOX'", "enterprise_id = 'E0'", "through = 'bot'",
            "asked_at = 1.6e9", "channel_id = 'C0X'")),
        # Times.
        ("UPDATE lookups SET updated_at = 0", CHANGED),
        ("UPDATE lookups SET updated_at = updated_at + 86400 WHERE state = 'answered'", CHANGED),
        # An answer that nobody gave.
        ("UPDATE lookups SET state = 'answered', phone_number_id = '1' WHERE state = 'refused'", CHANGED),
        # What counts.
        ("DELETE FROM refused_codes", Flaw.COUNT_CHANGED),
        ("DELETE FROM refused_codes WHERE entry = (SELECT max(entry) FROM refused_codes)", Flaw.COUNT_CHANGED),
        *((f"UPDATE refused_codes SET {change}", Flaw.COUNT_CHANGED) for change in (
            "at = 0", "phone = '0'", "user_id = 'U0OTHER'", "team_id = 'T0'", "for_agent = 0", "position = 9",
            "request = 1", "entry = entry + 1000")),
        ("INSERT INTO refused_codes SELECT entry + 1000, request, position, phone, team_id, user_id, for_agent, at"
         " FROM refused_codes", Flaw.COUNT_CHANGED),
        ("INSERT INTO refused_codes SELECT seq, 1, 1, '1', 'T', 'U', 1, at FROM journal"
         " WHERE event = 'shown' AND position = 1", Flaw.COUNT_CHANGED),
        ("DELETE FROM alarms", Flaw.COUNT_CHANGED),
        *((f"UPDATE alarms SET {change}", Flaw.COUNT_CHANGED) for change in (
            "suspect = 'agent'", "refused = 1", "at = 0", "told_at = 1.5", "position = 9", "request = 1",
            "entry = entry + 1000")),
    ],
)  # fmt: skip
def test_what_was_made_to_look_right_is_found(laid_open: Tx, statement: str, flaw: Flaw) -> None:
    with undone(laid_open):
        assert laid_open.run(statement)
        fault = inspect_tx(laid_open).fault
    assert fault
    assert fault.flaw is flaw
    assert (fault.seq is None) == (flaw is CHANGED)
    assert (fault.record is not None) == (flaw in (CHANGED, GONE))


def test_what_only_lost_its_protection_is_whole_but_for_that(laid_open: Tx) -> None:
    assert is_laid_open(inspect_tx(laid_open).fault)


def is_laid_open(fault: Fault | None) -> bool:
    """What is left to find after everything else was put right: what kept the journal from being changed is gone."""
    part = fault.part if fault and fault.flaw is Flaw.SCHEMA_CHANGED else ""
    return part.removesuffix(" (A)") == "trigger journal_keeps_entries"


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("CREATE TRIGGER quiet AFTER INSERT ON alarms BEGIN DELETE FROM alarms; END", "trigger quiet"),
        ("CREATE VIEW seen AS SELECT 1", "view seen"),
        ("CREATE TABLE more (x)", "table more"),
        ("DROP TRIGGER journal_loses_nothing", "trigger journal_loses_nothing"),
        ("DROP INDEX lookups_by_phone", "index lookups_by_phone"),
        ("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'lookups'", "table lookups"),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (size > 0)', '') WHERE name = 'requests'",
         "table requests"),
    ],
)  # fmt: skip
def test_a_schema_that_is_not_as_we_make_it_is_named(small: sqlite3.Connection, statement: str, part: str) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        small.backup(copy)
        assert inspect_copy(copy).fault is None
        copy.execute("PRAGMA writable_schema = ON")
        copy.execute(statement)
        assert inspect_copy(copy).fault == Fault(flaw=Flaw.SCHEMA_CHANGED, part=part)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE RULE quiet AS ON INSERT TO alarms DO INSTEAD NOTHING",
        "CREATE TRIGGER quiet BEFORE DELETE ON alarms FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()",
        "ALTER TABLE journal DISABLE TRIGGER journal_keeps_entries",
        "ALTER TABLE journal ENABLE REPLICA TRIGGER journal_keeps_entries",
        "DROP TRIGGER journal_loses_nothing ON journal",
        "CREATE OR REPLACE TRIGGER journal_keeps_entries BEFORE DELETE ON journal"
        " FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();"
        " ALTER TABLE journal ENABLE ALWAYS TRIGGER journal_keeps_entries",
        "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'",
    ],
)
def test_what_acts_by_itself_on_a_server_is_named(postgres_url: str, statement: str) -> None:
    with closing(engine_on(postgres_url)) as engine, closing(plain_on(postgres_url)) as plain:
        engine.open()
        plain.execute(statement)
        plain.execute("CREATE TABLE not_ours (name TEXT)")  # no other test is given what is left of this
        fault = inspect(Process(engine)).fault
        assert fault
        assert fault.flaw is Flaw.SCHEMA_CHANGED


@pytest.mark.parametrize(("table", "column"), [("lookups", "asked_at"), ("requests", "asked_at"), ("journal", "at")])
def test_text_in_place_of_a_time_is_found_though_its_digest_is_the_same(
    small: sqlite3.Connection, table: str, column: str
) -> None:
    with copied(small) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
        loose = re.sub(rf"(\b{column} +)REAL", r"\1TEXT", sql).replace(") STRICT", ")")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", [loose, table])
        connection.execute("PRAGMA writable_schema = RESET")
        (old,) = connection.execute(f"SELECT CAST({column} AS REAL) FROM {table}").fetchone()
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = 1", [struct.pack(">d", old).hex()])
        fault = inspect_copy(connection).fault
        named = None if table == "journal" else name_of(connection, table, 1)
    assert fault
    assert fault.flaw is (BROKEN if table == "journal" else CHANGED)
    # The very one: others of whole seconds have lost their kind with the table's, and are found by their digests.
    assert (fault.seq, fault.record) == (None if named else 1, named)


DIGESTED = [("requests", column) for column in (*auditor.REQUEST, "salt", "approval")]
DIGESTED += [("lookups", column) for column in (*auditor.LOOKUP, "salt", "state")]


def test_every_column_that_is_vouched_for_is_vouched_for(laid_open: Tx) -> None:
    for table, column in DIGESTED:
        if column == "position":  # it is how the row is found here: see above
            continue
        where = "number = 1" if table == "requests" else "request = 1 AND position = 2"
        row = laid_open.one(f"SELECT {column} AS value FROM {table} WHERE {where}")
        assert row
        for new in others(row["value"], column):
            with undone(laid_open):
                laid_open.run(f"UPDATE {table} SET {column} = :new WHERE {where}", new=new)
                fault = inspect_tx(laid_open).fault
            assert fault, (table, column, new)
            assert (fault.flaw, fault.record is not None) == (CHANGED, True)


def others(value: Any, column: str) -> list[Any]:
    if column in ("asked_at", "decided_at", "wait_until"):
        return [math.nextafter(value, math.inf)] if value else [1.5]
    if column in ("size", "http_status", "milliseconds", "attempts"):
        return [(value or 0) + 1]
    if column == "salt":
        return [bytes(32), value[:-1], value + b"\0"]
    return [f"{value or ''} "]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE lookups RENAME TO gone",
        "ALTER TABLE journal DROP COLUMN digest",
        "ALTER TABLE lookups DROP COLUMN attempts",
        "ALTER TABLE requests DROP COLUMN channel_id",
    ],
)
def test_a_table_or_a_column_that_was_taken_away_is_told(process: Process, plain: Plain, statement: str) -> None:
    process.change(factories.asked)
    plain.execute(statement)
    plain.execute("CREATE TABLE not_ours (name TEXT)")  # no other test is given what is left of this
    with pytest.raises(SchemaUnknown, match="not as this release made it"):
        inspect(process)


def test_a_journal_computed_anew_is_found_against_a_head_that_was_noted(laid_open: Tx) -> None:
    with undone(laid_open):
        noted = inspect_tx(laid_open).head
        laid_open.run("UPDATE journal SET user_id = 'U0FORGED' WHERE seq = 5")
        previous = auditor.NOTHING
        for entry in map(raw, laid_open.all("SELECT * FROM journal ORDER BY seq")):
            previous = auditor.hash_of(entry, previous)
            laid_open.run("UPDATE journal SET hash = :hash WHERE seq = :seq", hash=previous, seq=entry["seq"])
        laid_open.run("UPDATE journal_head SET hash = :hash", hash=previous)
        assert is_laid_open(inspect_tx(laid_open).fault)  # as the documentation says
        laid_open.head = head_to_read(laid_open.one(HEAD))
        fault = verification.inspect(laid_open, anchor=noted).fault
        laid_open.close()
    assert fault
    assert (fault.flaw, fault.seq) == (Flaw.NOT_AS_ANCHORED, noted.seq)


# --- whatever somebody does to the file by hand, wherever ---


def inspect_copy(connection: sqlite3.Connection) -> Inspection:
    return inspect_tx(SqliteTx(Database(connection), now=0.0, process=""))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A record as a bot writes it, with every kind of entry."""
    path, clock = tmp_path_factory.mktemp("small") / "phoneid.db", SteppingClock()
    with closing(engine_on(f"{SQLITE}{path}", clock_now=clock.now)) as engine:
        engine.open()
        live(Process(engine), clock)
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@contextmanager
def copied(record: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A copy in memory, laid open, to do with as one likes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        record.backup(copy)
        tampering.lay_open(copy)
        yield copy


@pytest.mark.parametrize("seeds", [15, pytest.param(300, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("way", [*tampering.AT_AN_ENTRY, *tampering.AT_THE_END], ids=lambda way: way.__name__)
def test_it_is_found_every_time(small: sqlite3.Connection, way: tampering.Tampering, seeds: int) -> None:
    last = tampering.newest(small)
    for seed in range(seeds):
        dice = random.Random(seed)
        with copied(small) as connection:
            expected = way(connection, dice.randint(1, last), dice)
            fault = inspect_copy(connection).fault
        assert fault, seed
        assert (fault.flaw, fault.seq) == expected, seed


@pytest.mark.parametrize(("table", "column"), DIGESTED)
def test_a_record_that_was_changed_is_named(small: sqlite3.Connection, table: str, column: str) -> None:
    row_ids = [row[0] for row in small.execute(f"SELECT rowid FROM {table} WHERE salt IS NOT NULL")]
    for seed in range(8):
        dice = random.Random(seed)
        row_id = dice.choice(row_ids)
        with copied(small) as connection:
            tampering.change(connection, table, column, f"rowid = {row_id}", dice)
            named = name_of(connection, table, row_id)
            fault = inspect_copy(connection).fault
        assert fault, seed
        # What is gone from its request's place is named, where the one that took it is not the first to be looked at.
        assert fault.flaw in (CHANGED, GONE), seed
        assert fault.record == named or fault.flaw is GONE, seed


def name_of(connection: sqlite3.Connection, table: str, row_id: int) -> str:
    if table == "requests":
        (name,) = connection.execute("SELECT CAST(id AS BLOB) FROM requests WHERE rowid = ?", [row_id]).fetchone()
        return bytes(name).decode(errors="surrogateescape")
    name, position, size = connection.execute(
        "SELECT id, position, size FROM lookups JOIN requests ON number = request WHERE lookups.rowid = ?", [row_id]
    ).fetchone()
    return str(name) if size == 1 else f"{name}/{position}"


def test_bytes_that_are_no_text_are_told_from_the_text_that_stands_for_them(small: sqlite3.Connection) -> None:
    with copied(small) as connection:
        connection.execute("UPDATE requests SET reason = CAST(x'ff' AS TEXT) WHERE number = 1")
        assert inspect_copy(connection).fault
        connection.execute("UPDATE requests SET id = CAST(x'ff' AS TEXT) WHERE number = 1")
        fault = inspect_copy(connection).fault
    assert fault
    assert (fault.flaw, fault.record) == (CHANGED, "\udcff")


# --- many ---


BUILD = f"""
    INSERT INTO journal ({", ".join(auditor.ENTRY)}, hash)
    VALUES ({", ".join(f":{name}" for name in auditor.ENTRY)}, :hash)"""


def entries(count: int) -> Iterator[dict[str, Any]]:
    previous = auditor.NOTHING
    for seq in range(1, count + 1):
        entry = dict.fromkeys(auditor.ENTRY) | {
            "seq": seq,
            "form": 1,
            "at": 1.8e9 + seq / 7,
            "event": "forbidden",
            "enterprise_id": "",
            "team_id": "T0001",
            "user_id": f"U{seq % 97}",
            "through": "slack",
            "facts": f'{{"n": {seq % 1000}}}',
        }
        previous = entry["hash"] = auditor.hash_of(entry, previous)
        yield entry


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred thousand entries, chained by the auditor's program."""
    path = tmp_path_factory.mktemp("large") / "phoneid.db"
    with closing(engine_on(f"{SQLITE}{path}")) as engine:
        engine.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany(BUILD, entries(MANY))
        connection.execute(
            "UPDATE journal_head SET (seq, hash) = (SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1)"
        )
        connection.execute("COMMIT")
    return path


PLACES: list[tuple[tampering.Tampering | None, str]] = [(None, "nowhere")]
PLACES += [(way, place) for way in tampering.AT_AN_ENTRY for place in ("first", "somewhere", "last")]
PLACES += [(way, "anywhere") for way in tampering.AT_THE_END]


@pytest.mark.nightly
@pytest.mark.parametrize(("way", "place"), PLACES, ids=lambda each: getattr(each, "__name__", str(each)))
def test_it_is_found_among_a_hundred_thousand(
    large: Path, tmp_path: Path, way: tampering.Tampering | None, place: str
) -> None:
    copy = tmp_path / "phoneid.db"
    shutil.copyfile(large, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        if way is None:
            assert inspect_copy(connection).entries == MANY
            return
        dice = random.Random(f"{way.__name__} {place}")
        seq = {"first": 1, "last": MANY}.get(place) or dice.randrange(2, MANY)
        connection.execute("BEGIN")
        tampering.lay_open(connection)
        expected = way(connection, seq, dice)
        connection.execute("COMMIT")
        fault = inspect_copy(connection).fault
    assert fault
    assert (fault.flaw, fault.seq) == expected


def test_an_approval_that_expired_is_vouched_for(process: Process) -> None:
    request = process.change(factories.asked, decision=NEEDS_APPROVAL)
    process.change(decisions.decide, request.id, ApprovalState.EXPIRED, actor=BOT)
    assert inspect(process).fault is None

"""A record goes from one database into another, of either engine, and is the same there."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import CopyNotWhole, RecordDamaged, SchemaUnknown, TargetNotEmpty
from bot.evidence import Head
from bot.models import LookupId
from bot.quota.account import Rules, current, free_slots, read
from bot.store import copying, journal, migrations, processes, schema, verification
from bot.store.copying import Copied
from bot.store.engine import Engine
from bot.store.migrations import Older, Opening
from bot.store.schema import SCHEMA, Step
from bot.store.state import KEEP
from bot.store.urls import engine_to_copy_from, engine_to_copy_to
from tests import factories
from tests.amounts import scaled
from tests.factories import ANSWERED, MAY_NOT, NEEDS_APPROVAL, REFUSED, phones
from tests.store.engines import Plain, engine_on, new_schema, plain_on
from tests.store.processes import Process
from tests.store.tampering import open_up
from tests.store.test_migrations import know

WAYS = [("sqlite", "sqlite"), ("sqlite", "postgres"), ("postgres", "sqlite"), ("postgres", "postgres")]

NewUrl = Callable[[str], str]


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Addresses of empty databases, of either engine."""
    files = iter(range(10))

    def new(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'{next(files)}.db'}"
        return new_schema(request.getfixturevalue("postgres_database"))

    return new


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def recorded(url: str, opened: ExitStack, *, opening: Opening | None = None) -> Process:
    """A process on a database with one of everything in it."""
    process = Process(opened.enter_context(closing(engine_on(url, opening=opening))))
    process.engine.open()
    process.change(processes.beat) if opening is None else None
    process.change(factories.finished, 3, ANSWERED, reason="ticket 7 – 工单 😀")
    for _ in range(3):
        process.change(factories.finished, phones(1, first=50), REFUSED)
    process.change(factories.asked, 2, decision=NEEDS_APPROVAL, reason="because")
    process.change(factories.asked, 1, decision=MAY_NOT)
    running = process.change(factories.asked, phones(2, first=70))
    process.change(factories.call, running)
    process.change(lambda tx: tx.write(KEEP, name="quota", text='{"changed_at": 7}'))
    return process


def copy(source: str, target: str, *, tell: copying.Tell = lambda done, of: None) -> Copied:
    with closing(engine_to_copy_from(source, process="p8")) as from_:
        from_.open()
        with from_.reading() as tx:
            number = migrations.known_schema(tx)
        with closing(engine_to_copy_to(target, process="p9", clock_now=time.time, schema=number)) as into:
            into.open()
            return copying.copy(from_, into, states=["quota"], tell=tell)


def contents(url: str, *, but_for: Sequence[str] = ()) -> dict[str, list[Any]]:
    """All rows of all tables, each cell as it stands there."""
    with closing(plain_on(url)) as plain:
        return {
            table: sorted(
                (tuple(_bytes(cell) for cell in row) for row in rows(plain, f"SELECT {', '.join(names)} FROM {table}")),
                key=repr,
            )
            for table, names in schema.COLUMNS.items()
            if table not in but_for
        }


def rows(plain: Plain, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = plain.execute(sql).fetchall()
    return found


def _bytes(cell: object) -> object:
    return bytes(cell) if isinstance(cell, memoryview) else cell


RUNNING_ONLY = ("processes", "state")


@pytest.mark.parametrize(("kind", "other"), WAYS)
def test_every_row_is_there_and_its_chain_is_the_same(
    new_url: NewUrl, opened: ExitStack, kind: str, other: str
) -> None:
    source, target = new_url(kind), new_url(other)
    process = recorded(source, opened)
    told: list[tuple[int, int]] = []
    copied = copy(source, target, tell=lambda done, of: told.append((done, of)))
    assert copied.inspection.head == process.read(journal.head)
    assert copied.inspection.entries > 20
    before, after = contents(source, but_for=RUNNING_ONLY), contents(target, but_for=RUNNING_ONLY)
    assert before == after
    assert all(before[table] for table in ("requests", "lookups", "refused_codes", "outbox"))
    assert told[-1] == (sum(map(len, before.values())) - 1,) * 2  # all but the journal's head
    assert time.time() - copied.source_used_at < 60


@pytest.mark.parametrize(("kind", "other"), WAYS[1:3])
def test_what_ran_at_the_source_is_interrupted_at_the_copy_and_its_calls_count(
    new_url: NewUrl, opened: ExitStack, kind: str, other: str
) -> None:
    source, target = new_url(kind), new_url(other)
    recorded(source, opened)
    copy(source, target)
    there = contents(target)
    assert there["processes"] == []
    assert there["state"] == [("quota", copying.UNKNOWN)]
    # Calls may have left the source a moment ago: no slot is free.
    account = current(read(copying.UNKNOWN), now=100.0, rules=Rules(10))
    assert min(at for _, at in free_slots(account, now=100.0, rules=Rules(10))) > 101.0
    process = Process(opened.enter_context(closing(engine_on(target, process="p3"))))
    process.engine.open()
    process.change(processes.beat)
    assert process.change(processes.interrupt_abandoned, frozenset[LookupId]()) == 2
    assert process.column("SELECT DISTINCT state FROM lookups WHERE process IS NOT NULL") == []
    assert process.read(verification.inspect).fault is None


def test_only_what_is_empty_is_filled(new_url: NewUrl, opened: ExitStack) -> None:
    source = new_url("sqlite")
    recorded(source, opened)
    for kind in ("sqlite", "postgres"):
        used, filled = new_url(kind), new_url(kind)
        other = Process(opened.enter_context(closing(engine_on(used))))
        other.engine.open()
        other.change(processes.beat)
        recorded(filled, opened)
        for url in (used, filled):
            before = contents(url)
            with pytest.raises(TargetNotEmpty):
                copy(source, url)
            assert contents(url) == before


@pytest.mark.parametrize(("kind", "other"), WAYS[1:3])
def test_what_is_not_whole_is_not_copied(new_url: NewUrl, opened: ExitStack, kind: str, other: str) -> None:
    source, target = new_url(kind), new_url(other)
    recorded(source, opened)
    with closing(plain_on(source)) as plain:
        open_up(plain, source)
        plain.execute("UPDATE journal SET user_id = 'U0KIM' WHERE seq = 3")
    with pytest.raises(CopyNotWhole, match="Entry 3 does not match the chain"):
        copy(source, target)
    with closing(plain_on(target)) as plain:
        assert rows(plain, "SELECT count(*) FROM journal") == [(0,)]
    # The same target can be filled once the source is whole.
    whole = new_url(kind)
    recorded(whole, opened)
    copy(whole, target)


def test_a_cell_that_no_engine_can_hold_stops_it(new_url: NewUrl, opened: ExitStack) -> None:
    source = new_url("sqlite")
    recorded(source, opened)
    with closing(plain_on(source)) as plain:
        plain.execute("UPDATE requests SET channel_id = 'C0' || char(0) || 'X'")
    with pytest.raises(RecordDamaged, match="channel_id"):
        copy(source, new_url("postgres"))


@pytest.mark.parametrize(("kind", "other"), WAYS[1:3])
def test_a_record_of_an_older_release_is_copied_and_gets_its_steps(
    new_url: NewUrl, opened: ExitStack, monkeypatch: pytest.MonkeyPatch, kind: str, other: str
) -> None:
    source, target = new_url(kind), new_url(other)
    process = recorded(source, opened, opening=Opening(at=1, older=Older.LEFT))
    know(monkeypatch, Step("ALTER TABLE requests ADD COLUMN more TEXT NOT NULL DEFAULT 'new';"))
    monkeypatch.setattr(schema, "COLUMNS", schema.columns(schema.SCHEMA))
    copied = copy(source, target)
    assert copied.inspection.head == process.read(journal.head)
    with closing(plain_on(target)) as plain:
        assert rows(plain, "SELECT schema, oldest_writer FROM journal_head") == [(schema.SCHEMA, 1)]
        assert rows(plain, "SELECT DISTINCT more FROM requests") == [("new",)]
    with closing(engine_on(target)) as engine:
        engine.open()


def test_a_copy_that_stands_still_keeps_a_server_s_lock_for_a_minute_at_most(new_url: NewUrl) -> None:
    with closing(engine_to_copy_to(new_url("postgres"), process="p9", clock_now=time.time, schema=SCHEMA)) as into:
        into.open()
        with into.changing() as tx:
            assert tx.one("SHOW idle_in_transaction_session_timeout") == {"idle_in_transaction_session_timeout": "1min"}


def test_a_record_of_a_newer_release_is_not(new_url: NewUrl, opened: ExitStack) -> None:
    source = new_url("sqlite")
    recorded(source, opened)
    with closing(plain_on(source)) as plain:
        plain.execute("UPDATE journal_head SET schema = 9")
    with pytest.raises(SchemaUnknown, match="newer release: its schema is 9"):
        copy(source, new_url("sqlite"))


def fill(engine: Engine, entries: int) -> Head:
    """Requests of a hundred numbers each, until there are so many entries."""
    process = Process(engine)
    process.change(processes.beat)
    while (head := process.read(journal.head)).seq < entries:
        process.change(factories.finished, 100, ANSWERED, reason=json.dumps({"of": head.seq}))
    return head


@pytest.mark.nightly
def test_a_hundred_thousand_entries_go_to_a_server_and_back(new_url: NewUrl) -> None:
    first, second, third = new_url("sqlite"), new_url("postgres"), new_url("sqlite")
    with closing(engine_on(first)) as engine:
        engine.open()
        head = fill(engine, scaled(100_000, least=2000))
    seconds = []
    for source, target in ((first, second), (second, third)):
        started = time.monotonic()
        assert copy(source, target).inspection.head == head
        seconds.append(round(time.monotonic() - started, 1))
    with closing(engine_on(third)) as engine:
        engine.open()
        assert Process(engine).read(verification.inspect, anchor=head).fault is None
    assert contents(first, but_for=RUNNING_ONLY) == contents(third, but_for=RUNNING_ONLY)
    sys.stdout.write(f"{head.seq} entries: to Postgres in {seconds[0]} s, back in {seconds[1]} s\n")  # pytest -rP

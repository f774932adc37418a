"""A database that cannot be used now, or at all."""

import asyncio
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StoreUnavailable
from bot.interfaces import Clock, Store
from bot.models import Card, Event, LogQuery, LookupId, NewLookup, State
from bot.store.connection import changing, connect, telling_unavailable
from bot.store.migrations import migrate
from bot.store.names import new_lookup_id
from bot.store.sqlite import SqliteStore

OpenStore = Callable[..., Awaitable[Store]]
New = Callable[..., NewLookup]

SHORT = 0.3
"""Seconds these stores wait for a lock."""


def _connected(path: Path) -> closing[Database]:
    return closing(connect(str(path), busy_timeout=0.0))


def _lock(path: Path) -> None:
    with _connected(path) as holder, _connected(path) as late, changing(holder), changing(late):
        pass


def _write_what_is_read_only(path: Path) -> None:
    with _connected(path) as database:
        database.execute("PRAGMA query_only = ON")
        database.execute("CREATE TABLE more (word TEXT)")


def _write_what_is_full(path: Path) -> None:
    with _connected(path) as database:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE more (word TEXT)")


def _read_nonsense(path: Path) -> None:
    path.write_bytes(b"nonsense " * 1000)
    _read(path)


def _read_what_is_damaged(path: Path) -> None:
    with _connected(path) as database:
        migrate(database)
    written = path.read_bytes()
    path.write_bytes(written[:100] + b"\xff" * (len(written) - 100))
    _read(path)


def _read(path: Path) -> None:
    with _connected(path) as database:
        database.execute("SELECT * FROM sqlite_schema")


def _open_nowhere(path: Path) -> None:
    _read(path / "missing" / "phoneid.db")


def _open_a_directory(path: Path) -> None:
    _read(path.parent)


@pytest.mark.parametrize(
    "cause",
    [
        _lock,
        _write_what_is_read_only,
        _write_what_is_full,
        _read_nonsense,
        _read_what_is_damaged,
        _open_nowhere,
        _open_a_directory,
    ],
)
def test_what_makes_the_database_unusable_is_told_as_such(path: Path, cause: Callable[[Path], None]) -> None:
    with pytest.raises(StoreUnavailable) as told, telling_unavailable():
        cause(path)
    assert isinstance(told.value.__cause__, (sqlite3.Error, OSError))


@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "SELEKT", "INSERT INTO sqlite_schema VALUES (1)"])
def test_a_mistake_of_ours_is_not_told_as_the_database_s(path: Path, sql: str) -> None:
    with _connected(path) as database, pytest.raises(sqlite3.OperationalError), telling_unavailable():
        database.execute(sql)


@pytest.mark.parametrize("place", ["missing/phoneid.db", "."])
async def test_a_store_that_cannot_open_says_so(tmp_path: Path, clock: Clock, place: str) -> None:
    store = SqliteStore(tmp_path / place, clock=clock)
    with pytest.raises(StoreUnavailable):
        await store.open()
    with pytest.raises(StoreUnavailable):
        await store.search(LogQuery())
    await store.aclose()


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder anybody may read and nobody but its owner may write; inside, root is nobody: root may write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "phoneid.db").touch(mode=0o444)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        else:
            folder.chmod(0o555)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


@pytest.mark.parametrize("name", ["phoneid.db", "new.db"])
async def test_a_place_that_is_read_only_is_unavailable(nobodys_folder: Path, clock: Clock, name: str) -> None:
    store = SqliteStore(nobodys_folder / name, clock=clock)
    with pytest.raises(StoreUnavailable):
        await store.open()
    await store.aclose()


async def test_a_new_file_that_somebody_holds_is_unavailable(plain: sqlite3.Connection, open_store: OpenStore) -> None:
    plain.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable):
        await open_store(busy_timeout=SHORT)


def _replace(path: Path) -> None:
    for each in path.parent.glob("phoneid.db*"):
        each.unlink()
    with _connected(path) as database:
        migrate(database)


@pytest.mark.parametrize("lose", [Path.unlink, _replace], ids=["deleted", "replaced"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda store, new, lookup: store.accept(new(), state=State.QUEUED),
        lambda store, new, lookup: store.move(
            lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent
        ),
        lambda store, new, lookup: store.renew([]),
        lambda store, new, lookup: store.find(lookup.id),
        lambda store, new, lookup: store.search(LogQuery(limit=1)),
    ],
    ids=["accept", "move", "renew", "find", "search"],
)
async def test_nothing_is_recorded_in_a_file_that_is_gone(
    store: Store,
    new: New,
    path: Path,
    lose: Callable[[Path], object],
    verb: Callable[..., Awaitable[object]],
) -> None:
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    lose(path)
    with pytest.raises(StoreUnavailable):
        await verb(store, new, lookup)


async def test_a_store_in_memory_has_no_file_to_lose(clock: Clock, new: New) -> None:
    store = SqliteStore(":memory:", clock=clock)
    await store.open()
    assert (await store.accept(new(), state=State.QUEUED))[1]
    await store.aclose()


@pytest.mark.parametrize(
    "change",
    [
        lambda store, new, lookup: store.accept(new(), state=State.QUEUED),
        lambda store, new, lookup: store.move(
            lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent
        ),
        lambda store, new, lookup: store.note(Event.SHOWN, actor=lookup.agent, lookup_id=lookup.id),
        lambda store, new, lookup: store.add_card(lookup.id, Card("C0001", "1.0")),
        lambda store, new, lookup: store.claim_reminders(asked_before=0.0),
        lambda store, new, lookup: store.renew([]),
        lambda store, new, lookup: store.interrupt_abandoned([]),
    ],
    ids=["accept", "move", "note", "add card", "claim reminders", "renew", "interrupt"],
)
async def test_while_somebody_else_writes_changes_give_up_in_time_and_the_event_loop_runs(
    open_store: OpenStore, new: New, plain: sqlite3.Connection, change: Callable[..., Awaitable[object]]
) -> None:
    store = await open_store(busy_timeout=SHORT)
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    plain.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    changing = asyncio.ensure_future(change(store, new, lookup))
    turns = await _turn_until(changing.done)
    assert isinstance(changing.exception(), StoreUnavailable)
    assert SHORT / 2 < time.monotonic() - started < SHORT + 5.0
    assert turns > 50
    assert await store.find(lookup.id) == lookup  # reading never waits
    assert (await store.due(), await store.cards(lookup.id)) == ([], [])
    plain.execute("ROLLBACK")
    await change(store, new, lookup)


async def test_a_change_waits_for_a_lock_that_is_soon_free(
    open_store: OpenStore, new: New, plain: sqlite3.Connection
) -> None:
    store = await open_store(busy_timeout=20.0)
    plain.execute("BEGIN IMMEDIATE")
    accepting = asyncio.ensure_future(store.accept(new(), state=State.QUEUED))
    soon = time.monotonic() + SHORT
    await _turn_until(lambda: accepting.done() or time.monotonic() > soon)
    assert not accepting.done()
    plain.execute("ROLLBACK")
    assert (await asyncio.wait_for(accepting, 20.0))[1]


async def test_a_cancelled_caller_tears_no_change(open_store: OpenStore, new: New) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()

    def slow_id() -> LookupId:
        has_begun.set()
        may_go_on.wait(30.0)
        return new_lookup_id()

    store = await open_store(new_id=slow_id)
    begun = asyncio.ensure_future(store.accept(new(reason="begun"), state=State.QUEUED))
    await asyncio.to_thread(has_begun.wait, 30.0)
    waiting = asyncio.ensure_future(store.accept(new(reason="waiting"), state=State.QUEUED))
    await asyncio.sleep(0)
    for accepting in (begun, waiting):
        accepting.cancel()
    await asyncio.gather(begun, waiting, return_exceptions=True)
    assert (begun.cancelled(), waiting.cancelled()) == (True, True)
    may_go_on.set()
    (recorded,) = await store.search(LogQuery())
    assert recorded.reason == "begun"  # it was finished; what had not begun was dropped
    assert [entry.to_state for entry in await store.journal(recorded.id)] == [State.QUEUED]
    assert (await store.accept(new(), state=State.QUEUED))[1]


async def _turn_until(is_done: Callable[[], bool]) -> int:
    """Lets the event loop turn, without a pause, until something is done; gives how often it turned."""
    turned = 0
    async with asyncio.timeout(30.0):
        while not is_done():
            await asyncio.sleep(0)
            turned += 1
    return turned

"""The record away from the event loop: what waits for what, what a cancelled caller leaves, and closing."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.store import record as module
from bot.store.engine import Tx
from bot.store.record import Record
from bot.store.sqlite import SqliteEngine
from bot.store.urls import record_at
from tests.store.engines import OpenRecord

ADD = "INSERT INTO state (name, text) VALUES (:name, :text)"


def add(tx: Tx, name: str, *, text: str = "") -> str:
    tx.write(ADD, name=name, text=text)
    return name


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.all("SELECT name FROM state ORDER BY name")]


async def test_a_change_returns_what_its_function_does_and_a_read_sees_it(record: Record) -> None:
    assert await record.change(add, "one", text="x") == "one"
    assert await record.read(names) == ["one"]
    assert await record.scrub()


async def test_what_a_function_raises_comes_out_and_nothing_is_recorded(record: Record) -> None:
    def fail(tx: Tx) -> None:
        add(tx, "half")
        raise KeyError

    with pytest.raises(KeyError):
        await record.change(fail)
    assert await record.read(names) == []


class Gate:
    """A change that says when it has begun, and goes on when it may."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()

    def pass_through(self, tx: Tx, name: str) -> None:
        add(tx, name)
        self.has_begun.set()
        assert self.may_go_on.wait(30.0)

    @contextmanager
    def opened_at_last(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.may_go_on.set()


async def test_a_read_waits_for_no_change_and_the_event_loop_for_neither(record: Record) -> None:
    gate = Gate()
    with gate.opened_at_last():
        changing = asyncio.ensure_future(record.change(gate.pass_through, "one"))
        await asyncio.to_thread(gate.has_begun.wait, 30.0)
        assert await record.read(names) == []
    await changing
    assert await record.read(names) == ["one"]


async def test_a_change_that_waits_for_another_process_gives_up_in_time(open_record: OpenRecord) -> None:
    gate, first = Gate(), await open_record()
    second = await open_record("p2", patience=0.2)
    with gate.opened_at_last():
        changing = asyncio.ensure_future(first.change(gate.pass_through, "one"))
        await asyncio.to_thread(gate.has_begun.wait, 30.0)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="lock"):
            await second.change(add, "two")
        assert 0.1 < time.monotonic() - began < 5.0
    await changing
    assert await second.change(add, "two") == "two"


async def test_a_cancelled_caller_tears_no_change(record: Record) -> None:
    gate = Gate()
    with gate.opened_at_last():
        begun = asyncio.ensure_future(record.change(gate.pass_through, "begun"))
        await asyncio.to_thread(gate.has_begun.wait, 30.0)
        waiting = asyncio.ensure_future(record.change(add, "waiting"))
        await asyncio.sleep(0)
        for changing in (begun, waiting):
            changing.cancel()
        await asyncio.gather(begun, waiting, return_exceptions=True)
        assert (begun.cancelled(), waiting.cancelled()) == (True, True)
    await record.change(add, "later")
    assert await record.read(names) == ["begun", "later"]  # it was finished; what had not begun was dropped


async def test_closing_finishes_what_was_begun(open_record: OpenRecord, record: Record) -> None:
    gate = Gate()
    changing = asyncio.ensure_future(record.change(gate.pass_through, "one"))
    await asyncio.to_thread(gate.has_begun.wait, 30.0)
    closing = asyncio.ensure_future(record.aclose())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="closed"):
        await record.change(add, "two")
    gate.may_go_on.set()
    await asyncio.gather(changing, closing)
    assert await (await open_record()).read(names) == ["one"]


async def test_a_closed_record_says_so_and_can_be_closed_again(record: Record) -> None:
    await record.aclose()
    await record.aclose()
    for use in (record.open(), record.change(add, "one"), record.read(names), record.scrub()):
        with pytest.raises(StoreUnavailable, match="closed"):
            await use


async def test_a_record_that_was_never_opened_says_so(database_url: str) -> None:
    record = record_at(database_url, process="p1", clock_now=time.time)
    with pytest.raises(StoreUnavailable, match="not open"):
        await record.change(add, "one")
    with pytest.raises(StoreUnavailable, match="not open"):
        await record.read(names)
    await record.aclose()


async def test_in_memory_changes_and_reads_share_one_database() -> None:
    record = record_at("sqlite:///:memory:", process="p1", clock_now=time.time)
    await record.open()
    await record.change(add, "one")
    assert await record.read(names) == ["one"]
    await record.aclose()


class Stuck:
    """An engine whose database answers nothing until somebody hangs up."""

    def __init__(self) -> None:
        self.has_hung_up = threading.Event()
        self.is_closed = False

    def open(self) -> None:
        assert self.has_hung_up.wait(30.0)

    def close(self) -> None:
        self.is_closed = True

    def hang_up(self) -> None:
        self.has_hung_up.set()


async def test_closing_hangs_up_on_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    stuck = Stuck()
    thread = module.EngineThread(stuck, name="stuck")  # type: ignore[arg-type] # it does no more than that
    opening = asyncio.ensure_future(thread.do(stuck.open))
    await asyncio.sleep(0)
    await thread.aclose()
    await opening
    assert stuck.is_closed


class Scrubbing(SqliteEngine):
    """Takes long to scrub: until it may go on, or somebody hangs up."""

    has_begun = threading.Event()
    may_end = threading.Event()
    is_cut_off = False

    def scrub(self) -> bool:
        self.has_begun.set()
        assert self.may_end.wait(30.0)
        return super().scrub()

    def hang_up(self) -> None:
        self.is_cut_off = True
        self.may_end.set()


@asynccontextmanager
async def scrubbing(path: Path) -> AsyncIterator[tuple[Record, Scrubbing, "asyncio.Task[bool]"]]:
    def engine(kind: type[SqliteEngine] = SqliteEngine) -> SqliteEngine:
        return kind(path, process="p1", clock_now=time.time)

    slow = Scrubbing(path, process="p1", clock_now=time.time)
    slow.has_begun, slow.may_end = threading.Event(), threading.Event()
    record = Record(engine(), engine(), another=lambda: slow)
    await record.open()
    task = asyncio.create_task(record.scrub())
    assert await asyncio.to_thread(slow.has_begun.wait, 30.0)
    yield record, slow, task
    await record.aclose()


async def test_neither_a_change_nor_a_read_waits_for_the_scrubbing(tmp_path: Path) -> None:
    async with scrubbing(tmp_path / "phoneid.db") as (record, slow, task):
        await record.change(add, "a heartbeat")
        assert await record.read(names) == ["a heartbeat"]
        assert not task.done()
        slow.may_end.set()
        assert await task
        assert not slow.is_cut_off


async def test_whoever_stops_does_not_wait_for_it_either(tmp_path: Path) -> None:
    async with scrubbing(tmp_path / "phoneid.db") as (_, slow, task):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert slow.is_cut_off

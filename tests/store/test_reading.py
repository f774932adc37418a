"""A database that is only looked at: whole or not, live or a copy, writable or not, nothing of it changes."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.errors import SchemaUnknown, StoreUnavailable, WrittenMeanwhile
from bot.evidence import Head, Inspection
from bot.store import journal, verification
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_reading import ReadOnlySqlite
from bot.store.urls import record_to_look_at
from tests import factories
from tests.clocks import START
from tests.store.engines import postgres
from tests.store.processes import Process

Files = dict[str, tuple[bytes, int, int]]


def closed(path: Path, _open: ExitStack) -> Path:
    with closing(recorded(path)):
        pass
    return path


def live(path: Path, opened: ExitStack) -> Path:
    opened.enter_context(closing(recorded(path)))
    return path


def emptied(path: Path, opened: ExitStack) -> Path:
    """Live, with all in the file, and an empty log beside it."""
    engine = opened.enter_context(closing(recorded(path)))
    assert engine.scrub()
    assert path.with_name("phoneid.db-wal").stat().st_size == 0
    return path


def killed(path: Path, opened: ExitStack) -> Path:
    """As ``kill -9`` leaves it: what is in the log is nowhere else, and nobody holds a lock."""
    return copied(path, opened, "phoneid.db", "phoneid.db-wal", "phoneid.db-shm")


def killed_when_emptied(path: Path, opened: ExitStack) -> Path:
    emptied(path, opened)
    return copy(path, "phoneid.db", "phoneid.db-wal", "phoneid.db-shm")


def without_index(path: Path, opened: ExitStack) -> Path:
    return copied(path, opened, "phoneid.db", "phoneid.db-wal")


def alone(path: Path, opened: ExitStack) -> Path:
    """Only the file, of a bot that runs, after its checkpoint."""
    engine = opened.enter_context(closing(recorded(path)))
    engine.checkpoint()
    return copy(path, "phoneid.db")


def copied(path: Path, opened: ExitStack, *names: str) -> Path:
    opened.enter_context(closing(recorded(path)))
    return copy(path, *names)


def copy(path: Path, *names: str) -> Path:
    folder = path.parent / "a copy"
    folder.mkdir()
    for name in names:
        shutil.copyfile(path.with_name(name), folder / name)
    return folder / "phoneid.db"


def recorded(path: Path) -> SqliteEngine:
    engine = SqliteEngine(path, process="p1", clock_now=lambda: START)
    engine.open()
    Process(engine).change(factories.asked, 3)
    return engine


def files(path: Path) -> Files:
    """All but the index of the log: while a bot lives it is the memory that it shares."""
    return {
        each.name: (each.read_bytes(), each.stat().st_mtime_ns, each.stat().st_ino)
        for each in path.parent.iterdir()
        if each.is_file() and not (each.name.endswith("-shm") and is_live(path))
    }


def is_live(path: Path) -> bool:
    return path.parent.name != "a copy"


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to nobody
        yield Path(name, "phoneid.db")


def look(path: Path) -> tuple[Inspection, Head]:
    with closing(ReadOnlySqlite(path, process="p2")) as engine:
        engine.open()
        return Process(engine).read(verification.inspect), Process(engine).read(journal.head)


MAKE = [closed, live, emptied, killed, killed_when_emptied, without_index, alone]


@pytest.mark.parametrize("may", ["write", "only read"])
@pytest.mark.parametrize("make", MAKE)
def test_it_is_looked_at_as_a_whole_and_not_a_byte_changes(
    path: Path, opened: ExitStack, make: Callable[[Path, ExitStack], Path], may: str
) -> None:
    made = make(path, opened)
    before = files(made)
    if may == "only read":
        opened.enter_context(as_nobody(made))
    inspection, head = look(made)
    assert (inspection.fault, inspection.records, inspection.head) == (None, 4, head)
    assert head.seq == 4
    assert files(made) == before


def as_nobody(path: Path) -> ExitStack:
    """Whoever may read there and not write; root may write anywhere."""
    stack = ExitStack()
    for each in (*path.parents[:-2], *path.parent.iterdir()):
        stack.callback(each.chmod, each.stat().st_mode & 0o777)
        each.chmod(0o555 if each.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.seteuid(65534)
        stack.callback(os.seteuid, 0)
    return stack


def test_what_a_bot_writes_after_it_emptied_its_log_spoils_no_look_at_it(path: Path) -> None:
    with closing(recorded(path)) as bot, closing(ReadOnlySqlite(path, process="p2")) as engine:
        assert bot.scrub()
        engine.open()
        with engine.reading() as tx:
            Process(bot).change(factories.asked, 3)
            bot.checkpoint()
            assert verification.inspect(tx).head.seq == 4
        assert Process(engine).read(journal.head).seq == 8


def test_what_looks_damaged_while_it_is_written_is_no_verdict_either(path: Path) -> None:
    closed(path, ExitStack())
    with closing(ReadOnlySqlite(path, process="p2")) as engine:
        engine.open()
        is_told = pytest.raises(WrittenMeanwhile)
        with is_told, engine.reading() as tx:
            path.write_bytes(bytes(path.stat().st_size))
            verification.inspect(tx)


def test_what_is_written_while_it_is_looked_at_is_no_verdict(path: Path) -> None:
    closed(path, ExitStack())
    with closing(ReadOnlySqlite(path, process="p2")) as engine:
        engine.open()
        is_told = pytest.raises(StoreUnavailable, match="changed while it was read")
        with ExitStack() as writing, is_told, engine.reading() as tx:
            verification.inspect(tx)
            closed(path, writing)


@pytest.mark.parametrize("content", [b"", None, b"no database" * 100])
def test_what_holds_no_record_is_told_as_such_and_not_as_whole(path: Path, content: bytes | None) -> None:
    if content is None:
        with closing(sqlite3.connect(path)) as foreign:
            foreign.execute("CREATE TABLE recipes (name TEXT)")
    else:
        path.write_bytes(content)
    before = files(path)
    with pytest.raises(SchemaUnknown):
        look(path)
    assert files(path) == before


def test_what_is_not_there_is_not_made(path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        look(path)
    assert files(path) == {}


async def test_a_server_is_looked_at_by_whoever_may_only_read(postgres_url: str) -> None:
    postgres("SET default_transaction_read_only = on", postgres_url)
    record = record_to_look_at(f"{postgres_url}%20-c%20default_transaction_read_only%3Don", process="p2")
    await record.open()
    assert (await record.read(verification.inspect)).fault is None
    await record.aclose()


async def test_an_empty_database_on_a_server_stays_empty(empty_postgres_url: str) -> None:
    record = record_to_look_at(empty_postgres_url, process="p2")
    with pytest.raises(SchemaUnknown, match="empty"):
        await record.open()
    await record.aclose()
    assert postgres("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()", empty_postgres_url) == []

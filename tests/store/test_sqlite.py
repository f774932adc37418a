"""What only SQLite's engine does: its file, its settings, what makes it unusable, and what scrubbing removes."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SchemaUnknown, StoreUnavailable
from bot.store.engine import Tx
from bot.store.sqlite import IN_MEMORY, SqliteEngine

ADD = "INSERT INTO state (name, text) VALUES (:name, :text)"

SHORT = 0.2
"""Seconds that these engines wait for a lock."""


def engine_at(path: Path | str, **options: Any) -> SqliteEngine:
    return SqliteEngine(path, process="p1", **{"clock_now": time.time, "busy_timeout": SHORT, **options})


def add(engine: SqliteEngine, name: str = "one") -> None:
    with engine.changing() as tx:
        tx.write(ADD, name=name, text="")


def count(engine: SqliteEngine) -> int:
    with engine.reading() as tx:
        return len(tx.all("SELECT name FROM state"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phoneid.db"


@pytest.fixture
def engine(path: Path) -> Iterator[SqliteEngine]:
    with closing(engine_at(path)) as engine:
        engine.open()
        yield engine


@pytest.fixture
def other(engine: SqliteEngine, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the file of ``engine``."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 200),
        ("query_only", 0),
    ],
)
def test_each_connection_has_its_settings(engine: SqliteEngine, pragma: str, value: str | int) -> None:
    with engine.changing() as tx:
        assert [*(tx.one(f"PRAGMA {pragma}") or {}).values()] == [value]


def test_a_commit_of_what_is_worth_little_does_not_wait_for_the_disk(path: Path) -> None:
    with closing(engine_at(path, synchronous="NORMAL")) as engine:
        engine.open()
        with engine.changing() as tx:
            assert tx.one("PRAGMA synchronous") == {"synchronous": 1}


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_so_is_one_behind_a_link_that_led_nowhere(tmp_path: Path, path: Path, mask: int) -> None:
    (tmp_path / "there").mkdir()
    path.symlink_to("there/real.db")
    before = os.umask(mask)
    try:
        with closing(engine_at(path)) as engine:
            engine.open()
            add(engine)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "there").iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("real.db", "real.db-wal", "real.db-shm"), 384)


def make_odd(path: Path, kind: str) -> None:
    match kind:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a device":
            path.symlink_to("/dev/null")  # what is written there is nowhere
        case "a link to itself":
            path.symlink_to(path.name)


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a device", "a link to itself"])
def test_what_is_no_file_is_no_database(path: Path, kind: str) -> None:
    make_odd(path, kind)
    with pytest.raises(StoreUnavailable, match=r"it is a folder, a device or a pipe|symbolic links|[Ll]oop"):
        engine_at(path).open()


def test_only_its_user_can_read_the_record(engine: SqliteEngine, path: Path) -> None:
    add(engine)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["phoneid.db", "phoneid.db-shm", "phoneid.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_it_is_its_users_alone_before_a_byte_is_in_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def look_first(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made.extend((stat.S_IMODE(each.stat().st_mode), each.stat().st_size) for each in path.parent.iterdir())
        return connect(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", look_first)
    before = os.umask(0o000)
    try:
        with closing(engine_at(path)) as engine:
            engine.open()
    finally:
        os.umask(before)
    assert made == [(0o600, 0)]


def test_a_file_that_is_there_keeps_its_mode(path: Path) -> None:
    path.touch(mode=0o640)
    path.chmod(0o640)
    with closing(engine_at(path)) as engine:
        engine.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_in_memory_there_is_no_file_to_lose() -> None:
    with closing(engine_at(IN_MEMORY)) as engine:
        engine.open()
        add(engine)
        assert count(engine) == 1
        assert engine.scrub()
    assert not Path(IN_MEMORY).exists()


def test_the_time_is_read_with_the_lock_held(engine: SqliteEngine, path: Path, other: sqlite3.Connection) -> None:
    seen: list[str] = []

    def now() -> float:
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            seen.append("free")
        except sqlite3.OperationalError:
            seen.append("held")
        return 7.0

    with closing(engine_at(path, clock_now=now)) as another:
        another.open()
        seen.clear()
        with another.changing() as tx:
            assert (tx.now, seen) == (7.0, ["held"])


def test_a_deferred_transaction_would_lose_what_it_read(engine: SqliteEngine, other: sqlite3.Connection) -> None:
    """Why changes take the lock at their beginning; when this fails, they need not."""
    other.execute("PRAGMA busy_timeout = 60000")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM state").fetchone()
    add(engine)
    with pytest.raises(sqlite3.OperationalError, match="locked"):  # at once, not after a minute
        other.execute("DELETE FROM state")


def test_switching_to_the_log_waits_for_another_process_s_start(path: Path) -> None:
    with closing(engine_at(path, busy_timeout=20.0)) as engine:
        engine.open()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as starting:
        starting.execute("PRAGMA journal_mode = DELETE")
        starting.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as thread:
            opening = thread.submit(open_and_close, path)
            with pytest.raises(TimeoutError):
                opening.result(timeout=SHORT)
            starting.execute("ROLLBACK")
            opening.result(timeout=20.0)
        starting.execute("SELECT * FROM state").fetchall()  # now it notices
        assert starting.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def open_and_close(path: Path) -> None:
    with closing(engine_at(path, busy_timeout=20.0)) as engine:
        engine.open()


def test_text_that_is_no_utf_8_spoils_no_row_beside_it(engine: SqliteEngine, other: sqlite3.Connection) -> None:
    add(engine)
    other.execute("INSERT INTO state (name, text) VALUES ('odd', CAST(x'61ff' AS TEXT))")
    with engine.reading() as tx:
        assert tx.all("SELECT text FROM state ORDER BY name") == [{"text": "a\N{REPLACEMENT CHARACTER}"}, {"text": ""}]


def read_only(engine: SqliteEngine, _: sqlite3.Connection) -> None:
    with engine.changing() as tx:
        tx.run("PRAGMA query_only = ON")
        tx.write(ADD, name="one", text="")


def full(engine: SqliteEngine, _: sqlite3.Connection) -> None:
    with engine.changing() as tx:
        tx.one("PRAGMA max_page_count = 1")
        tx.write(ADD, name="one", text="x" * 1_000_000)


def locked(engine: SqliteEngine, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")
    add(engine)


def damaged(engine: SqliteEngine, other: sqlite3.Connection) -> None:
    (name,) = other.execute("SELECT file FROM pragma_database_list").fetchone()
    add(engine)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(name)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (path.stat().st_size - 100))
    count(engine_opened_without_looking(path))


def engine_opened_without_looking(path: Path) -> SqliteEngine:
    engine = engine_at(path)
    engine.open()
    return engine


@pytest.mark.parametrize("cause", [read_only, full, locked, damaged])
def test_what_makes_the_database_unusable_is_told_as_such(
    engine: SqliteEngine, other: sqlite3.Connection, cause: Callable[[SqliteEngine, sqlite3.Connection], None]
) -> None:
    with pytest.raises(StoreUnavailable, match="the database cannot be used") as told:
        cause(engine, other)
    assert isinstance(told.value.__cause__, sqlite3.Error)


@pytest.mark.parametrize("place", ["missing/phoneid.db", "."])
def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path, place: str) -> None:
    engine = engine_at(tmp_path / place)
    with pytest.raises(StoreUnavailable):
        engine.open()
    with pytest.raises(StoreUnavailable, match="not open"):
        count(engine)


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_bytes(b"nonsense " * 1000)
    with pytest.raises(SchemaUnknown, match="not a database"):
        engine_at(path).open()
    assert path.read_bytes() == b"nonsense " * 1000


def test_another_program_s_file_is_refused_and_not_a_byte_of_it_changes(path: Path) -> None:
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE recipes (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(SchemaUnknown, match="recipes"):
        engine_at(path).open()
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


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
def test_a_place_that_is_read_only_is_unavailable(nobodys_folder: Path, name: str) -> None:
    with pytest.raises(StoreUnavailable):
        engine_at(nobodys_folder / name).open()


def test_a_new_file_that_somebody_holds_is_unavailable(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            engine_at(path).open()


def test_what_takes_too_long_is_interrupted(engine: SqliteEngine) -> None:
    def forever(tx: Tx) -> None:
        threading.Timer(0.05, engine.hang_up).start()
        tx.all("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS most FROM n")

    with pytest.raises(StoreUnavailable, match="interrupted"), engine.reading() as tx:
        forever(tx)
    add(engine)


def test_scrubbing_removes_every_byte_of_what_was_deleted(engine: SqliteEngine, path: Path) -> None:
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": f"canary {number}", "text": "x" * 300} for number in range(300)])
        tx.write("UPDATE state SET name = 'gone' || name, text = 'y'")
    with engine.changing() as tx:
        tx.write("DELETE FROM state")
    assert any(b"canary" in file.read_bytes() for file in path.parent.iterdir())
    assert engine.scrub()
    assert not any(b"canary" in file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"], ids=["a reader", "a writer"])
def test_scrubbing_says_when_somebody_hinders_it(engine: SqliteEngine, other: sqlite3.Connection, begin: str) -> None:
    other.execute(begin)
    other.execute("SELECT * FROM state").fetchall()
    assert not engine.scrub()
    other.execute("ROLLBACK")
    assert engine.scrub()


EMPTYING = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 121)  # SQLite's lock of whoever brings the log into the file
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("naps", [3, 10_000])
def test_scrubbing_waits_a_while_for_another_who_brings_the_log_into_the_file(
    engine: SqliteEngine, path: Path, monkeypatch: pytest.MonkeyPatch, naps: int
) -> None:
    """Any change does, where the log is long; and it is, when the file was just written anew."""
    add(engine)
    slept: list[float] = []
    with subprocess.Popen(
        [sys.executable, "-c", EMPTYING, f"{path}-shm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as emptying:
        assert emptying.stdout
        assert emptying.stdout.readline() == b"locked\n"

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == naps:
                emptying.communicate()

        monkeypatch.setattr(time, "sleep", sleep)
        assert engine.scrub() == (naps == 3)
        emptying.kill()
    assert sum(slept) == pytest.approx(0.3 if naps == 3 else 5.0)


def test_a_try_that_is_hindered_leaves_the_log_as_small_as_it_was(
    engine: SqliteEngine, other: sqlite3.Connection, path: Path
) -> None:
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": f"one {number}", "text": "x" * 3000} for number in range(300)])
    assert engine.scrub()
    other.execute("BEGIN")
    other.execute("SELECT * FROM state").fetchall()
    add(engine)
    log = path.with_name("phoneid.db-wal")
    before = log.stat().st_size
    for _ in range(3):
        assert not engine.scrub()
    assert log.stat().st_size == before < path.stat().st_size / 2


@pytest.mark.parametrize("variable", [None, "SQLITE_TMPDIR"])
def test_what_scrubbing_writes_for_a_while_lies_beside_the_database(
    engine: SqliteEngine, path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    if variable:
        monkeypatch.setenv(variable, "/var/tmp")
    else:
        monkeypatch.delenv("SQLITE_TMPDIR", raising=False)
    with engine.changing() as tx:
        tx.write_many(ADD, [{"name": f"one {number}", "text": "x" * 3000} for number in range(3000)])
    places: set[str] = set()

    def look() -> int:
        links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        places.update(str(each.parent) for each in links if "etilqs" in each.name)
        return 0

    engine._connected().conn.set_progress_handler(look, 500)
    assert engine.scrub()
    assert len(places) == 1
    assert (places == {str(path.parent)}) == (variable is None)


@pytest.mark.parametrize("version", [(3, 36, 0), (3, 31, 1), (3, 7, 17)])
def test_a_library_that_is_too_old_is_a_sentence_and_no_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with pytest.raises(StoreUnavailable, match=r"needs SQLite 3\.37\.0 or newer"):
        engine_at(path).open()
    assert [*path.parent.iterdir()] == []


def test_after_a_checkpoint_the_file_alone_holds_everything(engine: SqliteEngine, path: Path, tmp_path: Path) -> None:
    add(engine)
    alone = tmp_path / "alone" / "phoneid.db"
    alone.parent.mkdir()
    alone.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT name FROM state").fetchall() == []
    engine.checkpoint()
    alone.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT name FROM state").fetchall() == [("one",)]

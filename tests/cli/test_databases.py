"""``phoneid migrate``, ``copy-data``, ``backup`` and ``restore``, run as people run them."""

import asyncio
import sqlite3
import stat
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from bot.app import copy_record
from bot.repeating import in_background
from bot.store import journal, processes, schema
from bot.store.copying import Copied
from bot.store.migrations import Older, Opening
from bot.store.urls import record_at
from tests import factories
from tests.factories import MAY_NOT
from tests.records import record_in
from tests.shell import QuickShell, finish
from tests.store.engines import empty_postgres_url, engine_on, plain_on, postgres_database, wait_until
from tests.store.processes import Process
from tests.store.tampering import lay_open
from tests.store.test_migrations import BREAKING, MORE, know

__all__ = ["empty_postgres_url", "postgres_database"]


@pytest.fixture
def shell(tmp_path: Path) -> QuickShell:
    return QuickShell(tmp_path, {})


@pytest.fixture
def database(shell: QuickShell) -> Path:
    return shell.folder / "phoneid.db"


async def record(database: Path) -> None:
    async with record_in(database) as opened:
        await opened.change(factories.asked, 3, decision=MAY_NOT)


def make_older(url: str) -> None:
    with closing(engine_on(url, opening=Opening(at=1, older=Older.LEFT))) as engine:
        engine.open()


def waits(mode: str, *, is_so: bool = True) -> str:
    """Finds a row when somebody waits for a table so in this database, or when nobody does."""
    return f"""
        SELECT 1 WHERE {is_so} = EXISTS (
            SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
            WHERE locktype = 'relation' AND mode = '{mode}' AND NOT granted)"""


def numbers(database: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(database)) as raw:
        found: tuple[int, int] = raw.execute("SELECT schema, oldest_writer FROM journal_head").fetchone()
        return found


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# --- migrate ---


async def test_an_older_database_on_a_server_is_migrated_by_the_command_alone(
    shell: QuickShell, empty_postgres_url: str
) -> None:
    shell.environment["DATABASE_URL"] = empty_postgres_url
    make_older(empty_postgres_url)
    for command in (("log",), ("forget", "+86 138 0000 1234", "--yes")):
        ran = await shell.run(*command)
        assert (ran.status, ran.out) == (2, "")
        assert "its schema is 1, but this release uses 2. Run phoneid migrate of this release" in ran.err
    migrated = await shell.run("migrate")
    assert (migrated.status, "the schema was migrated from 1 to 2." in migrated.out) == (0, True)
    again = await shell.run("migrate")
    assert (again.status, "nothing to do. It already has this release's schema, 2." in again.out) == (0, True)
    assert (await shell.run("log")).status == 0


async def test_an_empty_database_gets_tables_and_is_not_called_new_again(shell: QuickShell, database: Path) -> None:
    ran = await shell.run("migrate")
    assert (ran.status, numbers(database)) == (0, (schema.SCHEMA, 1))
    assert ran.out.endswith(f"it was empty. The tables were created, with schema {schema.SCHEMA}.\n")
    assert "has no records yet" in ran.err
    again = await shell.run("migrate")
    assert (again.status, again.err, "nothing to do" in again.out) == (0, "", True)


async def test_what_stands_in_the_way_of_the_tables_is_a_sentence(shell: QuickShell, empty_postgres_url: str) -> None:
    with closing(plain_on(empty_postgres_url)) as other:
        other.execute("CREATE VIEW journal AS SELECT 1 AS one")
    ran = await shell.run("migrate", DATABASE_URL=empty_postgres_url)
    assert (ran.status, ran.out) == (2, "")
    assert 'names are taken: relation "journal" already exists. Remove' in ran.err
    assert "Traceback" not in ran.err


async def test_an_older_file_is_checked_as_it_is_and_migrated_by_whoever_writes(
    shell: QuickShell, database: Path
) -> None:
    make_older(f"sqlite:///{database}")
    assert (await shell.run("journal", "verify")).status == 0
    assert numbers(database) == (1, 1)
    assert (await shell.run("log")).status == 0
    assert numbers(database) == (schema.SCHEMA, 1)


async def test_an_older_release_may_stay_after_an_addition_and_not_after_a_break(
    shell: QuickShell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step, status in ((MORE, 0), (BREAKING._replace(sql="DROP TABLE alarms;"), 2)):
        with monkeypatch.context() as release:
            know(release, MORE, *([step] if step is not MORE else []))
            assert (await shell.run("migrate")).status == 0
        ran = await shell.run("migrate")
        assert ran.status == status, ran.err
        assert ("written by a newer release" in ran.err) == (status == 2)


async def test_whoever_would_break_is_waited_for_and_the_break_withdrawn_if_they_stay(
    shell: QuickShell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.migrate.LOOKED_AT_EVERY", 0.05)
    async with record_in(database) as opened:
        await opened.change(processes.beat)
        with monkeypatch.context() as release:
            know(release, BREAKING)
            release.setattr("bot.cli.migrate.PATIENCE", 0.2)
            ran = await shell.run("migrate")
        assert ran.status == 2
        assert "1 process of an older release is still running" in ran.err
        assert "nothing was changed" in ran.err
        assert numbers(database) == (schema.SCHEMA, 1)
        await opened.change(processes.leave)
    with monkeypatch.context() as release:
        know(release, BREAKING)
        assert (await shell.run("migrate")).status == 0
        assert numbers(database) == (schema.SCHEMA, schema.SCHEMA)


async def test_whoever_reads_for_long_is_waited_for_and_nobody_else_is_held_up(
    shell: QuickShell, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0.0

    async def keep_looking() -> None:
        nonlocal longest
        with closing(plain_on(empty_postgres_url)) as other:
            while True:
                began = time.monotonic()
                await asyncio.to_thread(other.execute, "SELECT count(*) FROM processes")
                longest = max(longest, time.monotonic() - began)
                await asyncio.sleep(0.05)

    monkeypatch.setattr("bot.cli.migrate.LOOKED_AT_EVERY", 0.2)
    shell.environment["DATABASE_URL"] = empty_postgres_url
    make_older(empty_postgres_url)
    with closing(plain_on(empty_postgres_url)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM processes")  # which the step changes
        async with in_background(keep_looking()):
            with monkeypatch.context() as patience:
                patience.setattr("bot.cli.migrate.PATIENCE", 1.0)
                refused = await shell.run("migrate")
            assert (
                refused.status,
                refused.err.count("Another program, such as phoneid backup, is reading the database"),
            ) == (2, 1), refused.err
            assert "cannot be changed while another program reads them" in refused.err
            async with in_background(shell.run("migrate")) as migrating:
                for is_waiting in (True, False, True):  # it lets go between its tries
                    await asyncio.to_thread(
                        wait_until, waits("AccessExclusiveLock", is_so=is_waiting), empty_postgres_url
                    )
                assert not migrating.done()
                reader.execute("COMMIT")
                migrated = await migrating
    assert (migrated.status, "the schema was migrated from 1 to 2." in migrated.out) == (0, True), migrated.err
    assert 0.2 < longest < 3.0


# --- copy-data ---


async def test_a_record_is_moved_to_a_server_and_back(
    shell: QuickShell, database: Path, empty_postgres_url: str
) -> None:
    await record(database)
    head = (await shell.run("journal", "head")).out.strip()
    there = await shell.run("copy-data", "DATABASE_URL", "SERVER", SERVER=empty_postgres_url)
    assert (there.status, there.out.endswith(f"Head: {head}\n")) == (0, True), there.err
    back = await shell.run("copy-data", "SERVER", "sqlite:///back.db", SERVER=empty_postgres_url)
    assert (back.status, back.out.endswith(f"Head: {head}\n")) == (0, True), back.err
    verified = await shell.run("journal", "verify", "--since-head", head, DATABASE_URL="sqlite:///back.db")
    assert verified.status == 0
    again = await shell.run("copy-data", "DATABASE_URL", "sqlite:///back.db")
    assert (again.status, "is not empty, or is in use" in again.err) == (2, True)
    async with record_in(database) as opened:
        await opened.change(processes.beat)
    in_use = await shell.run("copy-data", "DATABASE_URL", "sqlite:///another.db")
    assert (in_use.status, "stop it there and copy again" in in_use.err) == (0, True), in_use.err


@pytest.mark.parametrize(
    "address",
    ["postgresql://u:hunter2@127.0.0.1/db", "postgres://u@127.0.0.1/db?password=hunter2", "postgresql://:hunter2@/db"],
)
async def test_a_password_is_no_argument(shell: QuickShell, database: Path, address: str) -> None:
    await record(database)
    for arguments in (("DATABASE_URL", address), (address, "DATABASE_URL")):
        ran = await shell.run("copy-data", *arguments)
        assert (ran.status, ran.out) == (2, "")
        assert "All users of this machine can read a password in an argument" in ran.err
        assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NOWHERE", "DATABASE_URL"), "The environment variable NOWHERE"),
        (("mysql://u@h/db", "DATABASE_URL"), "FROM is not a database that this version can use"),
        (("DATABASE_URL", "sqlite:///:memory:"), "TO "),
        (("DATABASE_URL", "DATABASE_URL"), "FROM and TO are the same database"),
        (("sqlite:///missing.db", "sqlite:///new.db"), "missing.db"),
    ],
)
async def test_what_is_no_database_is_a_sentence(
    shell: QuickShell, database: Path, arguments: tuple[str, str], words: str
) -> None:
    await record(database)
    ran = await shell.run("copy-data", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert "new.db" not in names_in(shell.folder)


# --- backup and restore ---


async def test_a_backup_of_a_record_in_use_is_one_private_file_that_is_restored_whole(
    shell: QuickShell, database: Path, empty_postgres_url: str
) -> None:
    async with record_in(database) as opened:
        await opened.change(processes.beat)
        await opened.change(factories.asked, 3)
        before = set(names_in(shell.folder))
        made = await shell.run("backup", "today.db")
        assert (made.status, made.err) == (0, "")  # nobody is told to stop the bot for a backup
        assert set(names_in(shell.folder)) - before == {"today.db"}
    file = shell.folder / "today.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    head = made.out.rpartition("Head: ")[2].strip()
    for url in (empty_postgres_url, "sqlite:///restored.db"):
        restored = await shell.run("restore", "today.db", DATABASE_URL=url)
        assert (restored.status, restored.out.endswith(f"Head: {head}\n")) == (0, True), restored.err
        verified = await shell.run("journal", "verify", "--since-head", head, DATABASE_URL=url)
        assert verified.status == 0, verified.err
    from_server = await shell.run("backup", "from server.db", DATABASE_URL=empty_postgres_url)
    assert (from_server.status, from_server.out.endswith(f"Head: {head}\n")) == (0, True), from_server.err
    assert not [name for name in names_in(shell.folder) if "today.db-" in name or "server.db-" in name]


@pytest.mark.parametrize("is_on_a_server", [True, False], ids=["server", "file"])
async def test_a_backup_of_a_bot_under_load_restores_to_a_whole_journal(
    shell: QuickShell,
    database: Path,
    empty_postgres_url: str,
    is_on_a_server: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    url = empty_postgres_url if is_on_a_server else f"sqlite:///{database}"
    shell.environment["DATABASE_URL"] = url
    record, seqs = record_at(url, process="busy", clock_now=time.time), list[int]()

    async def keep_recording() -> None:
        while True:
            await record.change(factories.finished, 2)
            seqs.append((await record.read(journal.head)).seq)

    await record.open()
    try:
        async with in_background(keep_recording()) as recording:
            while len(seqs) < 50:
                await asyncio.sleep(0.05)
                assert not recording.done()
            before = seqs[-1]
            made = await shell.run("backup", "today.db")
            after = (await record.read(journal.head)).seq  # what is recorded last is not yet among those that were told
            assert not recording.done()
    finally:
        await record.aclose()
    assert made.status == 0, made.err
    head = made.out.rpartition("Head: ")[2].strip()
    assert before <= int(head.partition(":")[0]) <= after
    assert before < after  # it went on meanwhile
    restored = await shell.run("restore", "today.db", DATABASE_URL="sqlite:///restored.db")
    assert (restored.status, restored.out.endswith(f"Head: {head}\n")) == (0, True), restored.err
    for name, status in (("sqlite:///restored.db", 0), (url, 0)):
        verified = await shell.run("journal", "verify", "--since-head", head, DATABASE_URL=name)
        assert verified.status == status, verified.err


async def test_a_backup_replaces_no_file_and_leaves_none_behind_that_is_not_whole(
    shell: QuickShell, database: Path
) -> None:
    await record(database)
    (shell.folder / "kept.db").write_text("mine")
    ran = await shell.run("backup", "kept.db")
    assert (ran.status, "already exists" in ran.err) == (2, True)
    assert (shell.folder / "kept.db").read_text() == "mine"
    assert (await shell.run("backup", "no/where.db")).status == 2
    with closing(sqlite3.connect(database, isolation_level=None)) as raw:
        lay_open(raw)
        raw.execute("UPDATE journal SET user_id = 'U0KIM' WHERE seq = 2")
    before = names_in(shell.folder)
    ran = await shell.run("backup", "new.db")
    assert (ran.status, ran.out) == (1, "")
    assert "Nothing was copied" in ran.err
    assert "Entry 2 does not match the chain" in ran.err
    assert names_in(shell.folder) == before


async def test_a_backup_begins_anew_when_a_bot_begins_to_use_the_file(
    shell: QuickShell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ExitStack()

    def use_it(*_: object) -> None:
        raw = used.enter_context(closing(sqlite3.connect(database, check_same_thread=False)))
        raw.execute("SELECT * FROM journal_head").fetchall()  # from now on the log stays
        with closing(engine_on(f"sqlite:///{database}")) as bot:
            bot.open()
            Process(bot).change(factories.asked, 3)
            bot.checkpoint()

    await record(database)
    monkeypatch.setattr("bot.cli.copies._Progress.tell", use_it)
    with used:
        made = await shell.run("backup", "new.db")
        monkeypatch.undo()
        head = (await shell.run("journal", "head")).out.strip()
    assert made.status == 0, made.err
    before = int(made.out.rpartition("Head: ")[2].partition(":")[0])
    assert before > 4  # of a moment after the bot began
    assert (await shell.run("journal", "verify", DATABASE_URL="sqlite:///new.db")).status == 0
    assert int(head.partition(":")[0]) >= before


@pytest.mark.parametrize("has_links", [True, False])
async def test_a_file_that_is_made_while_a_backup_is_written_is_not_replaced(
    shell: QuickShell,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_links: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    def copy_slowly(*args: Any, **named: Any) -> Copied:
        copied = copy_record(*args, **named)
        (shell.folder / "late.db").write_text("mine")
        return copied

    def refuse(*_: object) -> None:
        raise PermissionError("a disk without links")

    await record(database)
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert (await shell.run("backup", "new.db")).status == 0
    assert (await shell.run("journal", "verify", DATABASE_URL="sqlite:///new.db")).status == 0
    monkeypatch.setattr("bot.app.copy_record", copy_slowly)
    before = names_in(shell.folder)
    ran = await shell.run("backup", "late.db")
    assert (ran.status, "already exists" in ran.err) == (2, True), ran.err
    assert (shell.folder / "late.db").read_text() == "mine"
    assert names_in(shell.folder) == sorted([*before, "late.db"])


async def test_a_backup_that_is_ended_leaves_nothing_behind(shell: QuickShell, empty_postgres_url: str) -> None:
    shell.environment["DATABASE_URL"] = empty_postgres_url
    assert (await shell.run("migrate")).status == 0
    with closing(plain_on(empty_postgres_url)) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE alarms")  # the copy waits for it
        process = await shell.slower.start("backup", "new.db")
        await asyncio.to_thread(wait_until, waits("AccessShareLock"), empty_postgres_url)
        assert [*shell.folder.glob(".phoneid-*/phoneid.db-wal")]  # it is in the middle of it
        process.terminate()
        ran = await finish(process)
    assert (ran.status, ran.out) == (2, ""), ran.err
    assert "Stopped." in ran.err
    assert names_in(shell.folder) == []


async def test_only_a_whole_backup_is_restored_and_only_where_nothing_is(shell: QuickShell, database: Path) -> None:
    await record(database)
    assert (await shell.run("backup", "new.db")).status == 0
    assert (await shell.run("restore", "new.db")).status == 2  # the record is there
    (shell.folder / "text.db").write_text("no database at all " * 100)
    with closing(sqlite3.connect(shell.folder / "new.db", isolation_level=None)) as raw:
        lay_open(raw)
        raw.execute("UPDATE journal SET user_id = 'U0KIM' WHERE seq = 2")
    for name, words, status in [
        ("missing.db", "does not exist", 2),
        ("text.db", "not a database", 2),
        ("new.db", "Entry 2 does not match the chain", 1),
    ]:
        ran = await shell.run("restore", name, DATABASE_URL="sqlite:///restored.db")
        assert (ran.status, ran.out) == (status, ""), ran.err
        assert words in ran.err
        assert "Traceback" not in ran.err
    assert (await shell.run("journal", "verify")).status == 0

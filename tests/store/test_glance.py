"""A quick look at the journal: its newest entries, whatever came before them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.audit import Event
from bot.store import journal
from bot.store.glance import glance
from bot.store.names import new_process
from bot.store.record import Record
from bot.store.urls import record_at
from tests.clocks import SteppingClock
from tests.values import ANA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phoneid.db"


async def opened(path: Path) -> Record:
    record = record_at(f"sqlite:///{path}", process=new_process(), clock_now=SteppingClock().now)
    await record.open()
    return record


async def write(path: Path, count: int) -> None:
    record = await opened(path)
    for _ in range(count):
        await record.change(journal.note, Event.STARTED, actor=ANA)
    await record.aclose()


def edit(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute(sql)


async def seen(path: Path, *, most: int = 1000) -> tuple[int, int, int | None]:
    record = await opened(path)
    try:
        found = await record.read(glance, most=most)
    finally:
        await record.aclose()
    return found.entries, found.head, found.broken_at


async def test_an_empty_journal_is_whole(path: Path) -> None:
    await write(path, 0)
    assert await seen(path) == (0, 0, None)


@pytest.mark.parametrize(("most", "entries"), [(1000, 7), (7, 7), (6, 6), (1, 1)])
async def test_as_many_as_are_wanted_are_looked_at(path: Path, most: int, entries: int) -> None:
    await write(path, 7)
    assert await seen(path, most=most) == (entries, 7, None)


@pytest.mark.parametrize(
    ("sql", "broken_at"),
    [
        ("UPDATE journal SET user_id = 'U0NOBODY' WHERE seq = 5", 5),
        ("UPDATE journal SET form = 9 WHERE seq = 5", 5),
        ("DELETE FROM journal WHERE seq = 5", 6),
        ("DELETE FROM journal WHERE seq = 7", 7),
        ("UPDATE journal_head SET seq = 9", 9),
    ],
)
async def test_what_was_changed_among_them_is_named(path: Path, sql: str, broken_at: int) -> None:
    await write(path, 7)
    edit(path, sql)
    assert (await seen(path))[2] == broken_at


async def test_what_was_changed_before_them_is_for_the_whole_check(path: Path) -> None:
    await write(path, 7)
    edit(path, "UPDATE journal SET user_id = 'U0NOBODY' WHERE seq = 2")
    assert (await seen(path, most=3))[2] is None

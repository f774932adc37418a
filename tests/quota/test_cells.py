"""The text that processes share: in memory, in one process's database, and between processes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.interfaces import Cell
from bot.quota.cells import MemoryCell
from bot.store.cells import SqliteCell
from bot.store.connection import changing, connect
from bot.store.migrations import migrate

ADDERS = 4
TIMES = 200

ADD = f"""
import asyncio, sys
from bot.store.cells import SqliteCell

async def main():
    cell = SqliteCell(sys.argv[1], "sum")
    await cell.open()
    for _ in range({TIMES}):
        await cell.change(lambda text: (str(int(text or 0) + 1), None))
    await cell.aclose()

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of this release."""
    path = tmp_path / "phoneid.db"
    database = connect(str(path), busy_timeout=1.0)
    migrate(database)
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    return path


@pytest.fixture(params=["memory", "sqlite"])
async def cell(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Cell]:
    if request.param == "memory":
        yield MemoryCell()
        return
    cell = SqliteCell(path, "test")
    await cell.open()
    yield cell
    await cell.aclose()


async def test_it_is_empty_at_first_and_then_what_was_thought(cell: Cell) -> None:
    assert await cell.change(lambda text: (f"{text}one", text)) == ""
    assert await cell.change(lambda text: (f"{text} two", text)) == "one"
    assert await cell.change(lambda text: (text, text)) == "one two"


async def test_what_thinking_raises_comes_out_and_changes_nothing(cell: Cell) -> None:
    def fail(text: str) -> tuple[str, None]:
        raise KeyError(text)

    await cell.change(lambda _: ("kept", None))
    with pytest.raises(KeyError, match="kept"):
        await cell.change(fail)
    assert await cell.change(lambda text: (text, text)) == "kept"


async def test_cells_of_one_database_are_told_apart_by_name(path: Path) -> None:
    one, other = SqliteCell(path, "one"), SqliteCell(path, "other")
    await asyncio.gather(one.open(), other.open())
    await one.change(lambda _: ("1", None))
    assert await other.change(lambda text: (text, text)) == ""
    await asyncio.gather(one.aclose(), other.aclose())


async def test_processes_that_change_it_at_once_lose_nothing(path: Path) -> None:
    adders = [await asyncio.create_subprocess_exec(sys.executable, "-c", ADD, str(path)) for _ in range(ADDERS)]
    assert await asyncio.gather(*(adder.wait() for adder in adders)) == [0] * ADDERS
    cell = SqliteCell(path, "sum")
    await cell.open()
    assert await cell.change(lambda text: (text, int(text))) == ADDERS * TIMES
    await cell.aclose()


async def test_looking_waits_for_nobody_and_changing_says_when_it_cannot(path: Path) -> None:
    cell = SqliteCell(path, "test", busy_timeout=0.05)
    await cell.open()
    await cell.change(lambda _: ("kept", None))
    other = connect(str(path), busy_timeout=1.0)
    with changing(other):
        assert await cell.change(lambda text: (text, text)) == "kept"
        with pytest.raises(StoreUnavailable):
            await cell.change(lambda _: ("new", None))
    assert await cell.change(lambda text: (text, text)) == "kept"
    other.close()
    await cell.aclose()


async def test_a_closed_one_says_so(path: Path) -> None:
    cell = SqliteCell(path, "test")
    await cell.open()
    await cell.aclose()
    with pytest.raises(StoreUnavailable):
        await cell.change(lambda text: (text, text))

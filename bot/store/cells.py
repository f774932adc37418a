"""Texts that all processes on one database share, as ``bot.interfaces.Cell``."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.store.connection import changing
from bot.store.thread import DatabaseThread

T = TypeVar("T")

READ = "SELECT text FROM cells WHERE name = :name"

WRITE = """
    INSERT INTO cells (name, text) VALUES (:name, :text)
    ON CONFLICT (name) DO UPDATE SET text = excluded.text"""


class SqliteCell:
    """One text in a database whose schema is this release's, on a connection and a thread of its own.

    It changes far more often than anything else and is worth nothing after a power cut: the machine takes longer to
    start than any of it matters. So its commits do not wait for the disk, which those of the record do.
    """

    def __init__(self, path: Path | str, name: str, *, busy_timeout: float = 5.0) -> None:
        self._name = name
        self._thread = DatabaseThread(path, busy_timeout=busy_timeout, name=f"cell-{name}")

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``."""
        await self._thread.open(_commit_soon)

    async def aclose(self) -> None:
        await self._thread.aclose()

    async def change(self, think: Callable[[str], tuple[str, T]]) -> T:
        return await self._thread.do(lambda database: self._change(database, think))

    def _change(self, database: Database, think: Callable[[str], tuple[str, T]]) -> T:
        # Most looks change nothing, and then nobody has to wait for the write lock.
        text = self._read(database)
        thought, told = think(text)
        if thought == text:
            return told
        with changing(database):
            thought, told = think(self._read(database))
            database.execute(WRITE, {"name": self._name, "text": thought})
        return told

    def _read(self, database: Database) -> str:
        row = database.execute(READ, {"name": self._name}).fetchone()
        return str(row[0]) if row else ""


def _commit_soon(database: Database) -> None:
    database.execute("PRAGMA synchronous = NORMAL")

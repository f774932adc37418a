"""Texts that all processes on one database share, as ``bot.interfaces.SharedState``."""

from collections.abc import Callable
from typing import Final, TypeVar

from bot.store.engine import Engine, Tx
from bot.store.record import EngineThread

T = TypeVar("T")

# Other hands may have written something that is no text; whoever reads it takes any text.
READ: Final = "SELECT CAST(coalesce(text, '') AS TEXT) AS text FROM state WHERE name = :name"

KEEP: Final = """
    INSERT INTO state (name, text) VALUES (:name, :text)
    ON CONFLICT (name) DO UPDATE SET text = excluded.text"""


class SharedState:
    """One text in a database, on a connection and a thread of its own.

    It changes far more often than anything else and is worth nothing after a power cut: the machine takes longer to
    start than any of it matters. So its engine need not wait for the disk, as the record's does.
    """

    def __init__(self, engine: Engine, name: str, *, looks_first: bool) -> None:
        """``looks_first``: look whether anything changes before taking the lock. Good where looking costs nothing."""
        self._thread = EngineThread(engine, name=f"state-{name}")
        self._name = name
        self._looks_first = looks_first

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``, and ``SchemaUnknown`` for a database that is not this release's."""
        await self._thread.do(self._thread.engine.open)

    async def aclose(self) -> None:
        await self._thread.aclose()

    async def change(self, think: Callable[[str], tuple[str, T]]) -> T:
        """As ``bot.interfaces.SharedState``: ``think`` may be called twice, and on another thread."""
        return await self._thread.do(lambda: self._change(think))

    def _change(self, think: Callable[[str], tuple[str, T]]) -> T:
        if self._looks_first:
            with self._thread.engine.reading() as tx:
                text = self._read(tx)
            thought, told = think(text)
            if thought == text:
                return told
        with self._thread.engine.changing() as tx:
            text = self._read(tx)
            thought, told = think(text)
            if thought != text:
                tx.write(KEEP, name=self._name, text=thought)
        return told

    def _read(self, tx: Tx) -> str:
        row = tx.one(READ, name=self._name)
        return row["text"] if row else ""

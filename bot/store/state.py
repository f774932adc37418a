"""Texts that all processes on one database share, as ``bot.interfaces.SharedState``."""

from collections.abc import Callable
from typing import Final, TypeVar

from bot.interfaces import Reading
from bot.store.engine import Engine, Tx
from bot.store.record import LONGEST_CHANGE, EngineThread, changed

T = TypeVar("T")

# Other hands may have written something that is no text; whoever reads it takes any text.
READ: Final = "SELECT CAST(coalesce(text, '') AS TEXT) AS text FROM state WHERE name = :name"

DRIFT: Final = 0.001
"""Seconds by which the clocks of two machines go apart in a second, at most: while one is being set right, half."""

KEEP: Final = """
    INSERT INTO state (name, text) VALUES (:name, :text)
    ON CONFLICT (name) DO UPDATE SET text = excluded.text"""


class SharedState:
    """One text in a database, on a connection and a thread of its own.

    It changes far more often than anything else and is worth nothing after a power cut: the machine takes longer to
    start than any of it matters. So its engine need not wait for the disk, as the record's does.
    """

    def __init__(self, engine: Engine, name: str, *, monotonic: Callable[[], float], is_local: bool) -> None:
        """``is_local``: all processes are on this machine. Then they have its ``monotonic`` clock in common, and to
        look whether anything changes, before taking the lock, costs nothing. Otherwise the time is the database's."""
        self._thread = EngineThread(engine, name=f"state-{name}")
        self._name = name
        self._monotonic = monotonic
        self._is_local = is_local

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``, and ``SchemaUnknown`` for a database that is not this release's."""
        await self._thread.do(self._thread.engine.open)

    async def aclose(self) -> None:
        await self._thread.aclose()

    async def change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        """As ``bot.interfaces.SharedState``: ``think`` may be called several times, and on another thread."""
        return await self._thread.do(lambda: self._change(think), longest=LONGEST_CHANGE)

    def _change(self, think: Callable[[str, Reading], tuple[str, T]]) -> T:
        if self._is_local:
            with self._thread.engine.reading() as tx:
                text = self._read(tx)
            thought, told = think(text, self._own_time())
            if thought == text:
                return told

        asked = self._monotonic()

        def change(tx: Tx) -> T:
            reading = Reading(at=tx.now, asked=asked, told=self._monotonic(), drift=DRIFT)
            text = self._read(tx)
            thought, told = think(text, self._own_time() if self._is_local else reading)
            if thought != text:
                tx.write(KEEP, name=self._name, text=thought)
            return told

        return changed(self._thread.engine, change)

    def _own_time(self) -> Reading:
        now = self._monotonic()
        return Reading(at=now, asked=now, told=now, drift=0.0)

    def _read(self, tx: Tx) -> str:
        row = tx.one(READ, name=self._name)
        return row["text"] if row else ""

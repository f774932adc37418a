"""One thread that owns one SQLite connection, so that the event loop never waits for the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import StoreUnavailable
from bot.store.connection import connect, file_behind, telling_foreign, telling_unavailable

T = TypeVar("T")


class DatabaseThread:
    """Opened by its first use or by ``open``. Work whose caller is cancelled has not begun or runs to its end."""

    def __init__(self, path: Path | str, *, busy_timeout: float, name: str) -> None:
        """``busy_timeout``: seconds to wait for another process before ``StoreUnavailable``."""
        self._path = str(path)
        self._busy_timeout = busy_timeout
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._database: Database | None = None
        self._file: tuple[int, int] | None = None
        self._is_closed = False

    async def open(self, prepare: Callable[[Database], None]) -> None:
        """Connect, and make the connection ready.

        Raises ``StoreUnavailable``, ``SchemaUnknown`` for a file that is no database, and what ``prepare`` raises.
        """
        await self._run(telling_foreign()(lambda: self._open(prepare)))

    async def do(self, work: Callable[[Database], T]) -> T:
        """What ``work`` returns. Raises ``StoreUnavailable``."""
        return await self._run(lambda: work(self._connected()))

    async def aclose(self) -> None:
        """Finish what was begun and let go of the file. Later work raises ``StoreUnavailable``."""
        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
            self._thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        def run() -> T:
            with telling_unavailable():
                return work()

        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _open(self, prepare: Callable[[Database], None]) -> None:
        database = connect(self._path, busy_timeout=self._busy_timeout)
        try:
            prepare(database)
            self._file = file_behind(self._path)
        except BaseException:
            database.close()
            raise
        self._database = database

    def _connected(self) -> Database:
        if self._database is None:
            raise StoreUnavailable("the database is not open")
        # SQLite would go on in a file that was deleted or replaced, and nobody would ever find what it records there.
        if file_behind(self._path) != self._file:
            raise StoreUnavailable("the database file was replaced")
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

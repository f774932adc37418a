"""SQLite for whoever only looks: not a byte of the file changes, and no other comes to lie beside it."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StoreUnavailable, WrittenMeanwhile
from bot.store.engine import Tx
from bot.store.migrations import TO_LOOK, Older, prepare
from bot.store.sqlite import SqliteEngine

_TRIES = 3
"""A process may start or end, and with it the files beside the database come and go, between the look and the step."""


class ReadOnlySqlite(SqliteEngine):
    """Looks at a database, also at a copy that nobody may write, or that lies where nobody may write."""

    def __init__(self, path: Path | str, *, process: str) -> None:
        super().__init__(path, process=process, clock_now=lambda: 0.0)
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._written: tuple[int, int] | None = None

    def close(self) -> None:
        super().close()
        if self._copy:
            self._copy.cleanup()
            self._copy = None

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        try:
            with super().reading() as tx:
                yield tx
        except Exception as error:  # pages of two moments may look like damage
            if self._is_written():
                raise WrittenMeanwhile from error
            raise
        if self._is_written():
            raise WrittenMeanwhile

    def _open(self) -> None:
        for is_last in (*(False,) * (_TRIES - 1), True):
            try:
                self._look()
            except (sqlite3.OperationalError, OSError) as error:
                self.close()
                if is_last and isinstance(error, OSError):
                    raise StoreUnavailable(f"the database cannot be used: {error.strerror}") from error
                if is_last:
                    raise
            else:
                return

    def _look(self) -> None:
        path = Path(self._path).absolute()
        log, index = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
        self._written = None
        if index.exists() and log.exists():  # in use, as it seems: whoever writes is told that we read
            self._connect(f"{path.as_uri()}?mode=ro&readonly_shm=1")
        elif not _size(log) and not _size(path.with_name(f"{path.name}-journal")):
            # All is in the one file. SQLite would make the others, to be told of writers: we look for those ourselves.
            self._written = _written(path)
            self._connect(f"{path.as_uri()}?mode=ro&immutable=1")
        else:  # a copy of the log without its index, which SQLite must be able to make
            self._copy = tempfile.TemporaryDirectory(prefix="phoneid-")
            for each in (path, log):
                shutil.copyfile(each, Path(self._copy.name, each.name))
            self._connect(f"{Path(self._copy.name, path.name).as_uri()}?mode=rw")
        with self._transaction("DEFERRED") as tx:
            prepare(tx, self._table_names(), TO_LOOK, usually=Older.LEFT)

    def _is_written(self) -> bool:
        return self._written is not None and self._written != _written(Path(self._path))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _written(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size

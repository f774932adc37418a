"""A SQLite database's files: made for their owner alone, and looked at before they are used."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bot.checks import Check, stop, warning
from bot.environment.owners import is_root, is_strange, owner_name
from bot.errors import StoreUnavailable
from bot.texts import settings as texts

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name for the write-ahead log, its index, and what would be rolled back."""


def create_private(path: Path) -> None:
    """Make the file, unless it is there, such that from its first byte only its owner can open it.

    Raises ``StoreUnavailable``.
    """
    # Only a new file is touched: closing a file that this process has open elsewhere would drop SQLite's locks on it
    # (https://www.sqlite.org/howtocorrupt.html, 2.2). The log and its index get the file's own mode from SQLite.
    try:
        # Where links lead, for a link to a file that is not there counts as one that is.
        with suppress(FileExistsError):
            path.resolve().touch(mode=0o600, exist_ok=False)
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise StoreUnavailable(f"the database cannot be used: {getattr(error, 'strerror', error)}") from error
    if not is_file:
        raise StoreUnavailable(f"the database cannot be used: {texts.NOT_A_FILE}")


def check_files(path: Path, *, writes: bool) -> Iterator[Check]:
    """What others could do with the database's files, or could have done.

    ``writes``: whether anything will be written. Into another user's file nothing is, unless root does it.
    """
    for suffix in _BESIDE:
        file = path.absolute().with_name(path.name + suffix) if path.name else path
        for look in (file.lstat, file.stat) if file.is_symlink() else (file.stat,):  # whose the link is, and the file
            with suppress(OSError):  # not there yet; what cannot be opened is told when it is
                yield from check_owner("database", str(file), look(), refusal=texts.NOT_WRITTEN if writes else None)


def check_owner(name: str, path: str, status: os.stat_result, *, refusal: str | None) -> Iterator[Check]:
    """What others could do with a file, or a link, or could have done.

    ``refusal`` says what to do where it is another user's and would be written; ``None``: it will not be.
    """
    if is_strange(status.st_uid):
        what = texts.foreign_file(path, owner_name(status.st_uid))
        yield stop(name, what, refusal) if refusal and not is_root() else warning(name, what)
    if (mode := stat.S_IMODE(status.st_mode)) & 0o077 and stat.S_ISREG(status.st_mode):
        yield warning(name, texts.wide_file(path, mode), texts.narrow_it(path))

"""A list's output as a file: a run that was stopped, even killed, goes on where it was."""

import csv
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.checks import CheckVerdict
from bot.cli.arguments import CannotStart, say_warning
from bot.cli.ids import HEADINGS, Ids, Row, write_all
from bot.cli.ids_saved import Saved, read_saved
from bot.models import PhoneNumber
from bot.store.files import check_owner
from bot.texts import command_line

if sys.platform != "win32":
    import fcntl

_AS_IT_IS = getattr(os, "O_BINARY", 0)  # Windows would write the ends of lines in its own way

_REPLACED_MEANWHILE = 5
"""How often a file may be replaced while it is opened, before it counts as busy."""


def lock_alone(descriptor: int) -> None:
    """Raises ``BlockingIOError``. The lock ends with the process, however that ends."""
    if sys.platform != "win32":  # there, nothing stops two runs on one file
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def open_ids_file(name: str, *, lock: Callable[[int], None] = lock_alone) -> Iterator["IdsFile"]:
    """The file, new or with what an earlier run wrote, for this process alone. Raises ``CannotStart``."""
    path = Path(os.path.realpath(name))  # behind a link: the file is replaced, not the link
    try:
        if (link := Path(name).absolute()).is_symlink():  # whoever made it chose where the IDs go
            _heed_owner(str(link), link.lstat())
        descriptor = _open_alone(path, name, lock)
    except OSError as error:
        raise CannotStart(command_line.output_unusable(name, error.strerror or "")) from None
    try:
        _heed_owner(str(path), os.fstat(descriptor))
        rows = _read_rows(descriptor, name)
        _check_room(descriptor, name)
        ids = IdsFile(path, descriptor, rows)
    except BaseException:
        os.close(descriptor)
        raise
    try:
        yield ids
    finally:
        ids.close()


class IdsFile(Ids):
    """Rows in a file. It is always whole: a row that a kill tore is dropped when the file is opened again."""

    def __init__(self, path: Path, descriptor: int, saved: Sequence[Saved]) -> None:
        super().__init__(descriptor)
        self._path = path
        self.saved = saved
        self._rows = {each.row.phone: each.row for each in saved if each.row}
        self.earlier = {**self._rows}
        self._size = os.lseek(descriptor, 0, os.SEEK_END)

    def close(self) -> None:
        os.close(self._descriptor)

    def correct(self, rows: Mapping[PhoneNumber, Row]) -> None:
        """Have these rows and no others, written as this command writes them. Raises ``OSError``."""
        self._rows, self.earlier = {**rows}, {**rows}
        content = _content(rows.values())
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        if _read_all(self._descriptor) != content:
            self._replace(content)
            descriptor = os.open(self._path, os.O_RDWR | _AS_IT_IS)
            os.close(self._descriptor)
            self._descriptor = descriptor
            lock_alone(descriptor)
        self._size = os.lseek(self._descriptor, 0, os.SEEK_END)

    def add(self, row: Row) -> None:
        try:
            super().add(row)
        except OSError:
            os.ftruncate(self._descriptor, self._size)  # the disk is full: half a row must not stay
            raise
        self._rows[row.phone] = row

    def finish(self, order: Collection[PhoneNumber]) -> None:
        """One row a number, the list's in its order, then others that were there; all at once or not at all."""
        in_order = dict.fromkeys((*order, *self._rows))
        rows = [self._rows[phone] for phone in in_order if phone in self._rows]
        # What is written is right already, if in another order: a folder that takes no new file is no failure.
        with suppress(OSError):
            self._replace(_content(rows))

    def _replace(self, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            Path(name).chmod(stat.S_IMODE(os.fstat(self._descriptor).st_mode))
            Path(name).replace(self._path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _content(rows: Iterable[Row]) -> bytes:
    return HEADINGS + b"".join(row.as_line() for row in rows)


def _heed_owner(path: str, status: os.stat_result) -> None:
    """Raises ``CannotStart`` for another user's file or link."""
    for check in check_owner("output", path, status, refusal=command_line.NOT_WRITTEN):
        if check.verdict is CheckVerdict.STOP:
            raise CannotStart(check.sentence)
        say_warning(check)


def _read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()


def _open_alone(path: Path, name: str, lock: Callable[[int], None]) -> int:
    for _ in range(_REPLACED_MEANWHILE):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _AS_IT_IS, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotStart(command_line.output_unusable(name, command_line.NOT_A_FILE))
            lock(descriptor)
            # Whoever had the lock may have put a new file in this one's place, as their last act.
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            break
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise CannotStart(command_line.output_busy(name))


def _check_room(descriptor: int, name: str) -> None:
    """A disk that is full already says so before anything is asked. Half a row is what a kill here would leave."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        write_all(descriptor, HEADINGS.strip())
    except OSError as error:
        raise CannotStart(command_line.output_unusable(name, error.strerror or "")) from None
    finally:
        os.ftruncate(descriptor, size)
    os.lseek(descriptor, size, os.SEEK_SET)


def _read_rows(descriptor: int, name: str) -> list[Saved]:
    """The rows that are there; what was torn off is cut off. Raises ``CannotStart`` for another's file."""
    content = _read_all(descriptor)
    whole = content[: content.rfind(b"\n") + 1]
    if not whole and HEADINGS.startswith(content):
        os.ftruncate(descriptor, 0)
        return []
    try:
        saved = read_saved(content)
    except (ValueError, csv.Error):
        raise CannotStart(command_line.output_foreign(name)) from None
    if not saved or saved[-1].line <= whole.count(b"\n"):  # else the last row is whole, but for its end of line
        os.ftruncate(descriptor, len(whole))
    return saved

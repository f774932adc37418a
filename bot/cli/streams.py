"""Standard input, output and error, which may be closed, full, silent, or of any encoding."""

import io
import os
import select
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from bot.cli.arguments import CannotStart
from bot.texts import terminal

SILENT_FOR = 3.0
"""Seconds without input after which it is said that it is waited for."""


class _Unheard(io.FileIO):
    """Standard error: what nobody can read any more is dropped, and ends nothing."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or len(data)
        except OSError:
            return len(data)


def make_usable() -> None:
    """At the very start: no file that is opened later may get the number of a closed stream."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # as arguments come: whoever reads it says what is wrong
    if sys.stderr is sys.__stderr__ and sys.platform != "win32":  # there a console is no file
        raw = io.BufferedWriter(_Unheard(2, "w", closefd=False))
        encoding = sys.stderr.encoding if sys.stderr else "utf-8"
        sys.stderr = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", line_buffering=True)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def check_output() -> None:
    """Raise ``CannotStart`` where nothing could be shown: before anything is asked or recorded."""
    if sys.stdout is None:
        raise CannotStart(terminal.stdout_unusable(terminal.CLOSED))
    try:
        descriptor = sys.stdout.fileno()
    except io.UnsupportedOperation:  # no file: whoever called us reads it
        return
    try:
        os.write(descriptor, b"")
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and not os.fstatvfs(descriptor).f_bavail:
            raise CannotStart(terminal.stdout_unusable(terminal.FULL))
    except OSError as error:
        raise CannotStart(terminal.stdout_unusable(error.strerror or "")) from None
    if _is_hung_up(descriptor):
        raise CannotStart(terminal.stdout_unusable(terminal.CLOSED))


def show(content: str | bytes, *, ends_line: bool = True, otherwise: str = "") -> None:
    """Print to standard output; bytes as they are. Raises ``CannotStart``, which says ``otherwise`` as well."""
    try:
        click.echo(content, nl=ends_line)
    except OSError as error:
        let_go_of_output()
        raise CannotStart(terminal.stdout_unusable(error.strerror or "") + otherwise) from None


def let_go_of_output() -> None:
    """What is left unwritten must not fail once more when the process ends."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.close(descriptor)


@contextmanager
def saying_that_it_waits(sentence: str) -> Iterator[None]:
    """For reading what somebody may not know they have to send."""
    timer = threading.Timer(SILENT_FOR, click.echo, [sentence], {"err": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _is_hung_up(descriptor: int) -> bool:
    """Whether nobody is there any more who could read what is written."""
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, events in poll.poll(0))

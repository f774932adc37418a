"""Hears everything that is logged, at DEBUG, as it would be written."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.logs import NoPayloads, TextFormatter


class Heard(logging.Handler):
    """What was logged since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(TextFormatter())
        self.addFilter(NoPayloads())
        self._written = io.StringIO()
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._written.write(self.format(record) + "\n")  # raises where a handler would print a traceback of its own
        self._records.append(record)

    def take(self) -> tuple[str, list[logging.LogRecord]]:
        """The lines and the records, and forgets them."""
        taken = self._written.getvalue(), self._records
        self._written, self._records = io.StringIO(), []
        return taken


@contextmanager
def listening() -> Iterator[Heard]:
    root, heard = logging.getLogger(), Heard()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = [heard]
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

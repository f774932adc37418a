"""A list's output: one row a number, as CSV, written as the results come."""

import csv
import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.audit import LogEntry
from bot.export import as_row, inert
from bot.models import PhoneNumber, Problem, State
from bot.texts import command_line
from bot.texts.problems import PROBLEMS, Side

COLUMNS = (
    "phone_number",
    "phone_number_id",
    "state",
    "problem",
    "why",
    "api_code",
    "request_id",
    "reference",
    "asked_at",
)

HEADINGS = (",".join(COLUMNS) + "\r\n").encode()


@dataclass(frozen=True, slots=True)
class Row:
    """One number's row, cell by cell."""

    cells: tuple[str, ...]

    @classmethod
    def of(cls, entry: LogEntry) -> "Row":
        """A lookup's row: no cell is a formula, and none goes over several lines."""
        known = {**as_row(entry), "why": command_line.why(entry.lookup)}
        # Made inert last: without its blanks a text may start otherwise.
        return cls(tuple(str(inert(" ".join(str(known[column] or "").split()))) for column in COLUMNS))

    @classmethod
    def read(cls, cells: Sequence[str]) -> "Row":
        """A row that was written before. Raises ``ValueError`` when it was not written by this command."""
        row = cls(tuple(cells))
        if len(cells) != len(COLUMNS):
            raise ValueError("a row has another number of cells")
        _ = (row.phone, row.state, row.problem)
        return row

    @property
    def phone(self) -> PhoneNumber:
        return PhoneNumber(self.cells[COLUMNS.index("phone_number")])

    @property
    def state(self) -> State:
        return State(self.cells[COLUMNS.index("state")])

    @property
    def problem(self) -> Problem | None:
        name = self.cells[COLUMNS.index("problem")]
        return Problem(name) if name else None

    @property
    def is_settled(self) -> bool:
        """Whether asking again cannot help: there is an ID, or the number itself, or its code, was refused.

        What was refused for the account's sake, or the bot's, is asked again: that can be put right. So is what the
        guess guard rejected: nobody was asked about it.
        """
        if self.state is State.ANSWERED:
            return True
        is_no = self.state is State.REFUSED
        return is_no and self.problem is not None and PROBLEMS[self.problem].turn is Side.AGENT

    def corrected_by(self, recorded: "Row") -> "Row":
        """This row's number and ID, if there was one, with all else as it is recorded."""
        phone, phone_number_id, *_ = self.cells
        return Row((phone, phone_number_id if recorded.state is State.ANSWERED else "", *recorded.cells[2:]))

    def as_line(self) -> bytes:
        line = io.StringIO()
        csv.writer(line).writerow(self.cells)
        return line.getvalue().encode()


class Ids:
    """Where the rows go: to a stream that nobody can read again, such as standard output, or to a file."""

    earlier: Mapping[PhoneNumber, Row] = MappingProxyType({})
    """What an earlier run wrote, as far as it can be believed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size = 0
        """Bytes that are written already."""

    def add(self, row: Row) -> None:
        """Write a row, whole, now. Raises ``OSError``."""
        line = row.as_line() if self._size else HEADINGS + row.as_line()
        write_all(self._descriptor, line)
        self._size += len(line)

    def finish(self, order: Collection[PhoneNumber]) -> None:
        """Put the rows into the list's order, each number once, where that is possible."""


def write_all(descriptor: int, content: bytes) -> None:
    """Raises ``OSError``; a part may be written then."""
    while content:
        content = content[os.write(descriptor, content) :]

"""``docs/journal.md`` says of each column whether a change to it is found: of every one there is, and rightly."""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.evidence import Flaw
from bot.store.schema import TABLES
from tests.clocks import SteppingClock
from tests.store import tampering
from tests.store.engines import engine_on
from tests.store.processes import Process
from tests.store.test_verification import copied, inspect_copy, live

TRIES = 4

A_CARD = "INSERT INTO messages VALUES ('D0LEE', '1.1', 'card', 1, 'U0LEE', 1800000000.5)"


def in_the_schema() -> list[tuple[str, str]]:
    """Each table with each of its columns."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(TABLES)
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return [(name, column[1]) for name in names for column in database.execute(f"PRAGMA table_info ({name})")]


def in_the_document() -> list[tuple[str, str, bool]]:
    """The same as the table in the document has it, and whether a change is found."""
    text = (Path(__file__).parents[2] / "docs" / "journal.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([`\w, ]+) \| (yes|no)\b", text, re.MULTILINE)
    return [
        (table, column, found == "yes") for table, columns, found in rows for column in re.findall(r"`(\w+)`", columns)
    ]


DOCUMENTED = in_the_document()


def test_each_column_is_in_the_table_once_and_nothing_else_is() -> None:
    assert Counter((table, column) for table, column, _ in DOCUMENTED) == Counter(in_the_schema())


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """One of everything, and a card."""
    path, clock = tmp_path_factory.mktemp("documented") / "phoneid.db", SteppingClock()
    with closing(engine_on(f"sqlite:///{path}", clock_now=clock.now)) as engine:
        engine.open()
        live(Process(engine), clock)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(A_CARD)
        yield connection


@pytest.mark.parametrize(("table", "column", "is_found"), DOCUMENTED)
def test_what_it_says_of_a_column_is_so(record: sqlite3.Connection, table: str, column: str, *, is_found: bool) -> None:
    row_ids = [row[0] for row in record.execute(f"SELECT rowid FROM {table} WHERE {column} IS NOT NULL")]
    row_ids = row_ids or [row[0] for row in record.execute(f"SELECT rowid FROM {table}")]
    found = set()
    for seed in range(TRIES):
        dice = random.Random(seed)
        with copied(record) as copy, suppress(sqlite3.IntegrityError, sqlite3.OperationalError):  # a key that is taken
            tampering.change(copy, table, column, f"rowid = {dice.choice(row_ids)}", dice)
            fault = inspect_copy(copy).fault
            assert fault  # at the least that the copy was laid open
            found.add(fault.flaw is not Flaw.SCHEMA_CHANGED)
    assert found == {is_found}

"""One transaction on SQLite, and how its text is read."""

import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Final

from sqlite_utils import Database

from bot.errors import SchemaUnknown
from bot.store import schema
from bot.store.cells import Cells
from bot.store.engine import Query, Row, Tx, Value

# Nothing of SQLite's own, which is its business.
PARTS: Final = """
    SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'"""


class SqliteTx(Tx):
    """One open transaction on SQLite, which needs no journey: everything is done at once, and COMMIT always answers."""

    def __init__(self, database: Database, *, now: float, process: str) -> None:
        super().__init__(now=now, process=process)
        self._database = database
        self._row: Callable[[Row], Row] = Cells

    def gather(self, *queries: Query) -> list[list[Row]]:
        # All of the rows: COMMIT fails beside a half-read RETURNING.
        return [[*self._stream(query.sql, query.values)] for query in queries]

    def run(self, sql: str, /, **values: Value) -> int:
        return self._database.execute(sql, values).rowcount

    def write_many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        self._database.conn.executemany(sql, rows)

    def create_schema(self) -> None:
        self.alter_schema(schema.FIRST_TABLES + schema.SQLITE_TRIGGERS)

    def alter_schema(self, script: str) -> None:
        for statement in _split(script):
            self._database.execute(statement)

    @contextmanager
    def distrusting(self) -> Iterator[None]:
        self._database.conn.text_factory, self._row = _exact_text, dict
        try:
            yield
        except sqlite3.OperationalError as error:
            if not str(error).startswith(("no such table", "no such column")):  # there is no code for these
                raise
            raise SchemaUnknown(f"the database is not as this release made it: {error}") from error
        finally:
            self._database.conn.text_factory, self._row = readable_text, Cells

    def foreign_part(self) -> str | None:
        numbers = self._database.execute("SELECT schema FROM journal_head").fetchone()
        with closing(sqlite3.connect(":memory:")) as made:
            # An older one is checked as it was made; no number but one of ours hides anything.
            number = min(max(1, numbers[0] if numbers else 1), schema.SCHEMA)
            made.executescript(schema.script(number) + schema.SQLITE_TRIGGERS)
            own = dict(made.execute(PARTS).fetchall())
        found = dict(self._database.execute(PARTS).fetchall())
        return min((name for name in own.keys() | found.keys() if own.get(name) != found.get(name)), default=None)

    def _stream(self, sql: str, values: Mapping[str, Value]) -> Generator[Row]:
        for row in self._database.query(sql, dict(values)):
            yield self._row(row)


def _split(script: str) -> Iterator[str]:
    """Its single statements: ``executescript`` would commit the transaction that it runs in."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def readable_text(text: bytes) -> str:
    """Text that is not UTF-8, which only other hands can have put there, must not make every row beside it fail."""
    return text.decode(errors="replace")


def _exact_text(text: bytes) -> str:
    return text.decode(errors="surrogateescape")

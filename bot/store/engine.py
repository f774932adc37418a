"""What the store's functions see of a database, and what each engine must give. No driver is named here."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from bot.evidence import EMPTY, Head

Value = None | int | float | str | bytes
Row = dict[str, Any]


class Query(NamedTuple):
    """A statement and its values, to be asked together with others."""

    sql: str
    values: Mapping[str, Value]


class Noted(NamedTuple):
    """What of an entry of the journal whoever counts wants to know."""

    event: str
    position: int | None
    """``None``: it is about the request as a whole."""
    to_state: str | None
    facts: Mapping[str, str | int | None]


class Tx(ABC):
    """One open transaction. Statements have ``:name`` parameters; rows are dicts, and ``bot.store.cells`` reads them.

    A function of the store takes one first. It catches no database error: on Postgres the transaction is lost then,
    and what ``write`` was given fails only later.
    """

    def __init__(self, *, now: float, process: str) -> None:
        self.now = now
        """Unix seconds, read with the write lock held: the database's clock on Postgres, ours on SQLite."""
        self.process = process
        """Who we are among the processes that share the database: a new name at each start."""
        self.head: Head = EMPTY
        """The journal's newest entry. In a change it is read with the lock, and ``journal.append`` moves it on."""
        self.noted: list[Noted] = []
        """The entries that this change adds to the journal."""
        self.proof: Query | None = None
        self._streams: list[Generator[Row]] = []

    def all(self, sql: str, /, **values: Value) -> list[Row]:
        """Every row of a query, or of a change with RETURNING."""
        return self.gather(Query(sql, values))[0]

    def one(self, sql: str, /, **values: Value) -> Row | None:
        """The first row, or ``None``."""
        return next(iter(self.all(sql, **values)), None)

    @abstractmethod
    def gather(self, *queries: Query) -> list[list[Row]]:
        """The rows of each query, all of them asked in one round trip."""

    @abstractmethod
    def run(self, sql: str, /, **values: Value) -> int:
        """How many rows the statement changed."""

    def write(self, sql: str, /, **values: Value) -> None:
        """A change that needs no answer: sent with the next statement that does, or with COMMIT."""
        self.write_many(sql, [values])

    @abstractmethod
    def write_many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        """The same, once for each of the rows, which may hold more than the statement names."""

    def stream(self, sql: str, /, **values: Value) -> Iterator[Row]:
        """The rows of a query one by one, for a result that may not fit into memory. Ask nothing else meanwhile."""
        stream = self._stream(sql, values)
        self._streams.append(stream)
        return stream

    @abstractmethod
    def create_schema(self) -> None:
        """Make the tables of the first schema in an empty database, in this transaction."""

    @abstractmethod
    def alter_schema(self, script: str) -> None:
        """Change the tables by statements in SQLite's words, in this transaction."""

    @abstractmethod
    def distrusting(self) -> AbstractContextManager[None]:
        """For checking what other hands may have changed. Meanwhile rows hold whatever stands there.

        Text that is no UTF-8 is read with lone surrogates then, and otherwise with replacement characters, which can be
        shown, and which real text may hold as well.
        Raises ``SchemaUnknown`` where a table or a column was taken away.
        """

    @abstractmethod
    def foreign_part(self) -> str | None:
        """The first table, index, view or trigger that is not as this release makes it, or is missing."""

    def proven_by(self, sql: str, /, **values: Value) -> None:
        """A query that finds a row if, and only if, this change was committed: asked when COMMIT gets no answer."""
        self.proof = Query(sql, values)

    @property
    def has_streamed(self) -> bool:
        """Whether rows were handed out one by one: whoever got them may have handed them on."""
        return bool(self._streams)

    def close(self) -> None:
        """Let go of results that were not read to their end: nothing could follow them on the connection."""
        for stream in self._streams:
            stream.close()

    @abstractmethod
    def _stream(self, sql: str, values: Mapping[str, Value]) -> Generator[Row]: ...


class Engine(Protocol):
    """One connection to a database, used by one thread."""

    has_made_tables: bool
    """Whether opening found the database empty."""

    def open(self) -> None:
        """Connect, and make the database usable, as far as ``bot.store.migrations.Opening`` allows.

        Raises ``StoreUnavailable``, or ``SchemaUnknown`` for another program's database or one of another release.
        """

    def close(self) -> None:
        """Let go of the database; also when it was never opened."""

    def hang_up(self) -> None:
        """From another thread: end whatever the connection waits for."""

    def changing(self) -> AbstractContextManager[Tx]:
        """A transaction that excludes all other changes, of every process, from its beginning."""

    def reading(self) -> AbstractContextManager[Tx]:
        """A transaction that sees the database as of one moment and changes nothing."""

    def checkpoint(self) -> None:
        """Bring what was committed into the place where it is kept for good, as far as no reader hinders it."""

    def scrub(self) -> bool:
        """Remove the bytes of what was overwritten and deleted, as far as the engine can.

        ``False`` while somebody who reads hinders it.
        """

"""One transaction on Postgres, and the connection it is on."""

import re
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import psycopg
from psycopg import errors as pg
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from bot.errors import DatabaseGone, SchemaUnknown, StoreUnavailable, TablesInUse
from bot.store.cells import Cells
from bot.store.engine import Query, Row, Tx, Value
from bot.store.schema import FIRST_TABLES, POSTGRES_TRIGGERS, REFUSE_CHANGE, in_postgres_words
from bot.texts import databases as texts

Connection = psycopg.Connection[Row]

# What acts by itself on our tables; A: also for a session that calls itself a replica.
PARTS: Final = """
    SELECT 'trigger ' || CAST(tgname AS TEXT) || ' (' || CAST(tgenabled AS TEXT) || ')' AS part,
        CAST(relname AS TEXT) AS at, CAST(tgtype AS BIGINT) AS fires, prosrc AS does
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
    JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND nspname = current_schema()
    UNION ALL SELECT 'rule ' || CAST(rulename AS TEXT), CAST(tablename AS TEXT), 0, definition
    FROM pg_rules WHERE schemaname = current_schema()"""

# When they fire, in the server's own bits: 1 each row, 2 before, 8 DELETE, 16 UPDATE, 32 TRUNCATE.
OWN_PARTS: Final = frozenset(
    {
        ("trigger journal_keeps_entries (A)", "journal", 1 + 2 + 8 + 16, REFUSE_CHANGE),
        ("trigger journal_loses_nothing (A)", "journal", 2 + 32, REFUSE_CHANGE),
    }
)

# Strings, quoted names and comments are passed over, and so is `::`, a cast; `:name` is a parameter.
_TOKENS = re.compile(
    r"""(?P<kept>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|::)|(?<![\w:]):(?P<name>[a-z_]\w*)""", re.DOTALL
)

_AT_ONCE = 1000
"""Rows of a stream that are fetched together. A cursor of the server's would cost a round trip for each hundred."""

# Whoever waits for a table that somebody reads holds up all who come after.
_STEP_PATIENCE = "SET LOCAL lock_timeout = '500ms';"

_WORDS: dict[str, Any] = {
    "application_name": "phoneid-bot",
    "connect_timeout": 5,
    # A dead network is noticed after ten seconds; with the system's own times it takes hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


_KEPT_OUT = re.compile(
    r'(database|role) ".*" does not exist|no such (database|user)|password authentication failed'
    r"|is not permitted to log in|no pg_hba\.conf entry|permission denied for database"
)
"""What a server, or a pooler, says to whom it lets in no more. Its words are all there is: no code comes through libpq.
In another language they are not known, and the bot waits."""


class PostgresTx(Tx):
    """One open transaction on Postgres.

    All that is asked together goes as one message of many statements, with its values in it. Not as psycopg's pipeline,
    which is many messages: when only some of them arrive, or one comes after the last, as psycopg's does, the server
    counts the transaction as idle no more and keeps the lock for whoever stands still.
    """

    def __init__(self, connection: Connection, *, now: float, process: str) -> None:
        super().__init__(now=now, process=process)
        self._connection = connection
        self._unsent: list[str] = []
        self._row: Callable[[Row], Row] = Cells

    def gather(self, *queries: Query) -> list[list[Row]]:
        results = self._ask(*queries).results() if queries else ()
        return [[self._row(row) for row in result.fetchall()] for result in results]

    def run(self, sql: str, /, **values: Value) -> int:
        return self._ask(Query(sql, values)).rowcount

    def write_many(self, sql: str, rows: Sequence[Mapping[str, Value]], /) -> None:
        cursor = psycopg.ClientCursor(self._connection)
        self._unsent += [cursor.mogrify(for_psycopg(sql), values) for values in rows]

    def create_schema(self) -> None:
        self._execute(in_postgres_words(FIRST_TABLES) + POSTGRES_TRIGGERS)

    def alter_schema(self, script: str) -> None:
        try:
            self._execute(_STEP_PATIENCE + in_postgres_words(script))
        except pg.LockNotAvailable as error:
            raise TablesInUse(texts.tables_in_use(str(error).strip())) from error

    @contextmanager
    def distrusting(self) -> Iterator[None]:
        self._row = dict
        try:  # the server takes no text that is not UTF-8
            yield
        except (pg.UndefinedTable, pg.UndefinedColumn) as error:
            raise SchemaUnknown(f"the database is not as this release made it: {str(error).strip()}") from error
        finally:
            self._row = Cells

    def foreign_part(self) -> str | None:
        # Not its spaces, which differ between builds of one release.
        found = {(row["part"], row["at"], row["fires"], " ".join(row["does"].split())) for row in self.all(PARTS)}
        return min((part for part, *_ in found ^ OWN_PARTS), default=None)

    def commit(self) -> str | None:
        """The server's word about it. While a result still comes nothing can be sent."""
        self.close()
        return self._ask(Query("COMMIT", {})).statusmessage

    def _execute(self, script: str) -> None:
        try:
            self._connection.execute(script.encode(), prepare=False)  # no parameters: a simple query of many statements
        except (pg.DuplicateTable, pg.DuplicateColumn, pg.DuplicateFunction, pg.DuplicateObject) as error:
            raise SchemaUnknown(texts.something_in_the_way(str(error).strip())) from error

    def _ask(self, *queries: Query) -> psycopg.Cursor[Row]:
        """Send these after all that is unsent. The cursor stands at the first one's result."""
        cursor = psycopg.ClientCursor(self._connection)
        asked = [cursor.mogrify(for_psycopg(query.sql), query.values) for query in queries]
        unsent, self._unsent = self._unsent, []
        cursor.execute("\n;\n".join([*unsent, *asked]).encode())
        for _ in unsent:
            cursor.nextset()
        return cursor

    def _stream(self, sql: str, values: Mapping[str, Value]) -> Generator[Row]:
        if self._unsent:
            self._ask(Query("SELECT 1", {}))
        with self._connection.cursor() as cursor:
            for row in cursor.stream(for_psycopg(sql), values, size=_AT_ONCE):
                yield self._row(row)


@cache
def for_psycopg(sql: str) -> bytes:
    """The statement with ``%(name)s`` for ``:name`` and ``%%`` for ``%``, as bytes: psycopg wants those or literals."""
    parts: list[str] = []
    at = 0
    for token in _TOKENS.finditer(sql):
        parts.append(_escaped(sql[at : token.start()]))
        parts.append(f"%({token['name']})s" if token["name"] else _escaped(token[0]))
        at = token.end()
    parts.append(_escaped(sql[at:]))
    return "".join(parts).encode()


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def connected(dsn: str) -> Connection:
    """A new connection, on which we write BEGIN and COMMIT ourselves.

    Raises ``StoreUnavailable``, and ``DatabaseGone`` where it is no use to try again.
    """
    words = _words(dsn)
    try:
        # Never a prepared statement: behind a transaction pooler it would be somebody else's.
        connection = Connection.connect("", autocommit=True, row_factory=dict_row, prepare_threshold=None, **words)
    except psycopg.Error as error:
        said = str(error).strip()
        is_kept_out = are_kept_out(said)
        is_gone = is_kept_out and all(map(_can_be_found, str(words.get("host") or "").split(",")))
        kind = DatabaseGone if is_gone else StoreUnavailable
        password = str(words.get("password") or "")
        # A part of a word may be the password: what was hidden there could be guessed from what is left.
        why = texts.unreached(is_kept_out=is_kept_out) if password and password in said else said
        raise kind(f"the database cannot be reached: {why}") from None
    connection.adapters.register_dumper(bool, _BoolAsInteger)
    connection.adapters.register_loader("numeric", _NumericAsNumber)
    return connection


def are_kept_out(said: str) -> bool:
    """Whether each try to connect, as libpq tells of them, was refused for good.

    It tries every host, and each with TLS and without: where one is only busy the others' words are not the last.
    """
    tries = [line for line in said.splitlines() if " failed: " in line]
    return bool(tries) and all(map(_KEPT_OUT.search, tries))


def _can_be_found(host: str) -> bool:
    """Whether a name leads to an address now. The driver passes over those that do not, and says nothing of them."""
    if host == "" or host.startswith("/"):  # a socket's folder
        return True
    try:
        return bool(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except OSError:
        return False


def _words(dsn: str) -> dict[str, Any]:
    """The connection's words, those in ``dsn`` before ours. What cannot be read is not quoted: a password is in it."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        given = None
    if given is None or _is_cut(given):
        raise StoreUnavailable(
            "the address of the database cannot be read: write postgresql://user:password@host:5432/name, "
            "and in the password %40 for @, %2F for / and %25 for %"
        ) from None
    return {**_WORDS, **given, "client_encoding": "utf8"}


def _is_cut(given: Mapping[str, Any]) -> bool:
    """Whether an @ or a / in the password was taken for an end of it, so that its rest stands somewhere else."""
    port = str(given.get("port") or "")  # of several hosts each may have its own, or none
    return "@" in f"{given.get('host')}{given.get('dbname')}" or not re.fullmatch(r"[0-9,]*", port)


class _BoolAsInteger(Dumper):
    """True is 1, as on SQLite: Postgres would refuse it in a BIGINT."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: bool) -> bytes:  # noqa: FBT001 - psycopg's own signature
        return b"1" if obj else b"0"


class _NumericAsNumber(Loader):
    """What sum(), avg() and division give is a number as on SQLite, no ``Decimal``."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)

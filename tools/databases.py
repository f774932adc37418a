"""Databases of a run's own, on either engine: made for it, and dropped after it."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.store.urls import POSTGRES, SQLITE

if TYPE_CHECKING:
    from tests.store.engines import Plain

ON_SQLITE, ON_POSTGRES = "sqlite", "postgresql"
"""Where a database may be: in a file, or at the Postgres that the tests use. A server's URL does as well."""

PATIENCE = 10.0
"""Seconds that a connection of ours to a file waits for who writes it."""

_numbers = count(1)


def is_postgres(where: str) -> bool:
    return where == ON_POSTGRES or where.startswith(POSTGRES)


@asynccontextmanager
async def new_database(where: str, folder: Path) -> AsyncIterator[str]:
    """The URL of an empty one; a file is in the folder."""
    if not is_postgres(where):
        yield f"{SQLITE}{folder / 'phoneid.db'}"
        return
    name = f"phoneid_tools_{os.getpid()}_{next(_numbers)}"
    await asyncio.to_thread(ask_server, where, f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    try:
        yield _at(where, name)
    finally:
        await asyncio.to_thread(ask_server, where, f"DROP DATABASE {name} WITH (FORCE)")


def why_not(where: str) -> str | None:
    """Why no database can be made there; ``None``: it can."""
    try:
        import psycopg
    except ImportError:
        return "psycopg is not installed"
    try:
        ask_server(where, "SELECT 1")
    except psycopg.OperationalError:
        return "no Postgres answers"
    return None


def ask_server(where: str, sql: str) -> list[tuple[object, ...]]:
    """The rows of a statement, asked in the server's own database."""
    from tests.store.engines import postgres

    return postgres(sql, _at(where, "postgres"))


def connect(url: str) -> "Plain":
    """A connection of another program's, such as psql or sqlite3, to one of our databases."""
    if url.startswith(SQLITE):
        return sqlite3.connect(url.removeprefix(SQLITE), timeout=PATIENCE, isolation_level=None)
    from tests.store.engines import plain_on

    return plain_on(url)


def in_servers_own(where: str) -> "Plain":
    """A connection to the server's own database."""
    from tests.store.engines import plain_on

    return plain_on(_at(where, "postgres"))


def _at(where: str, name: str) -> str:
    """The URL of a database at that server."""
    if where == ON_POSTGRES:
        from tests.store.engines import SERVER

        where = SERVER
    return urlsplit(where)._replace(path=f"/{name}").geturl()

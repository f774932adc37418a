"""A database of another age, or of another program."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from bot.errors import SchemaUnknown
from bot.interfaces import Store
from bot.models import NewLookup, State
from bot.store.connection import IN_MEMORY, connect
from bot.store.migrations import SET, migrate
from bot.store.steps import STEPS

OpenStore = Callable[..., Awaitable[Store]]


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = connect(str(path), busy_timeout=1.0)
    yield opened
    opened.close()


def _schema(database: Database) -> list[tuple[str, str]]:
    return database.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def _content(path: Path) -> bytes:
    return path.read_bytes()


def a_step_of_the_future(db: Database) -> None:
    db.execute("ALTER TABLE lookups ADD COLUMN future TEXT")


def a_step_that_breaks(db: Database) -> None:
    db.execute("CREATE TABLE half (done TEXT)")
    db.execute("INSERT INTO nowhere VALUES (1)")


@pytest.mark.parametrize("age", range(1, len(STEPS) + 1))
async def test_a_database_of_every_older_release_becomes_this_one(
    database: Database, open_store: OpenStore, new: Callable[..., NewLookup], age: int
) -> None:
    migrate(database, STEPS[:age])
    store = await open_store()
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    assert len(await store.journal(lookup.id)) == 1
    fresh = connect(IN_MEMORY, busy_timeout=1.0)
    migrate(fresh)
    assert _schema(database) == _schema(fresh)
    fresh.close()


async def test_what_an_older_release_recorded_is_kept(database: Database, open_store: OpenStore) -> None:
    migrate(database, STEPS[:1])
    database.execute(
        "INSERT INTO lookups (id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,"
        " created_at, updated_at) VALUES ('L-OLD', 'answered', 'T', 'U', 'slack', '', '8613800001234', '', 'k', 1, 2)"
    )
    store = await open_store()
    (old,) = database.execute("SELECT id FROM lookups").fetchone()
    lookup = await store.find(old)
    assert lookup
    assert (lookup.state, lookup.created_at, lookup.updated_at) == (State.ANSWERED, 1.0, 2.0)


def test_steps_are_applied_once_and_in_order(database: Database) -> None:
    migrate(database)
    before = _schema(database)
    migrate(database)
    assert _schema(database) == before
    assert [one.name for one in Migrations(SET).applied(database)] == [step.__name__ for step in STEPS]


def test_a_step_that_breaks_leaves_the_database_as_it_was(database: Database) -> None:
    migrate(database, STEPS[:1])
    before = _schema(database)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(database, (*STEPS, a_step_that_breaks))
    assert _schema(database) == before
    assert [one.name for one in Migrations(SET).applied(database)] == [STEPS[0].__name__]


async def test_a_database_of_a_newer_release_is_refused(database: Database, open_store: OpenStore) -> None:
    migrate(database, (*STEPS, a_step_of_the_future))
    before = _schema(database)
    with pytest.raises(SchemaUnknown, match="a_step_of_the_future"):
        await open_store()
    assert _schema(database) == before


@pytest.mark.parametrize("has_migrations_of_its_own", [False, True])
async def test_a_database_of_another_program_is_refused_and_not_touched(
    path: Path, open_store: OpenStore, *, has_migrations_of_its_own: bool
) -> None:
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE recipes (title TEXT)")
    foreign.close()
    if has_migrations_of_its_own:
        other = Database(path)
        Migrations("recipes").apply(other)
        other.close()
    before = _content(path)
    with pytest.raises(SchemaUnknown, match="recipes"):
        await open_store()
    assert _content(path) == before

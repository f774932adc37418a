"""Two roles on Postgres, as docs/operations.md has it: one owns the tables, and the one the bot runs as cannot change
what is in the journal."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.errors import DatabaseGone, SchemaUnknown, StoreUnavailable
from bot.store import schema, verification
from bot.store.names import new_process
from bot.store.postgres import PostgresEngine
from bot.store.urls import record_at, state_at
from tests import factories
from tests.clocks import START, SteppingClock
from tests.factories import ANSWERED
from tests.store.engines import SERVER, postgres

GUIDE = Path(__file__).parent.parent.parent / "docs" / "operations.md"

OWNER, RUNNER, DATABASE = (f"phoneid_test_{name}_{os.getpid()}" for name in ("owner", "runner", "roles"))


def commands_of_the_guide(name: str) -> str:
    """The statements after a mark in the guide, with the names of this test's roles and database."""
    found = re.search(rf"<!-- {name} -->\s*```sql\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found, name
    sql = re.sub(r"\bphoneid_owner\b", OWNER, found[1])
    return re.sub(r"\bphoneid\b", DATABASE, re.sub(r"\bphoneid_bot", RUNNER, sql))  # the second one's name begins so


def run(sql: str, url: str) -> None:
    for statement in filter(None, map(str.strip, sql.split(";\n"))):
        postgres(statement, url)


@pytest.fixture(scope="module")
def database(postgres_database: str) -> Iterator[str]:
    """Set up as the guide says, the tables made by their owner."""
    admin = f"{SERVER}/postgres"
    run(commands_of_the_guide("postgres roles"), admin)
    url = f"{SERVER}/{DATABASE}"
    run(commands_of_the_guide("postgres rights"), url)
    with closing(PostgresEngine(as_role(url, OWNER), process="p1")) as engine:
        engine.open()
    run(commands_of_the_guide("postgres journal"), url)
    yield url
    postgres(f"DROP DATABASE {DATABASE} WITH (FORCE)", admin)
    postgres(f"DROP ROLE {RUNNER}", admin)
    postgres(f"DROP ROLE {OWNER}", admin)


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@")


async def test_the_bot_runs_as_a_role_that_owns_nothing(database: str) -> None:
    url = as_role(database, RUNNER)
    record = record_at(url, process=new_process(), clock_now=lambda: START)
    await record.open()
    await record.change(factories.finished, factories.phones(3), ANSWERED)
    quota = state_at(url, "quota", process=new_process(), clock=SteppingClock())
    await quota.open()
    assert await quota.change(lambda text, _: ("kept", text)) == ""
    await quota.aclose()
    assert (await record.read(verification.inspect)).fault is None
    await record.aclose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET facts = '{}'",
        "DELETE FROM journal",
        "TRUNCATE journal CASCADE",
        "TRUNCATE lookups",
        "ALTER TABLE journal DISABLE TRIGGER USER",
        "DROP TRIGGER journal_keeps_entries ON journal",
        "DROP TABLE journal CASCADE",
        "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "SET session_replication_role = replica",
        "CREATE TABLE another (name TEXT)",
        "INSERT INTO journal SELECT * FROM journal ON CONFLICT (seq) DO UPDATE SET facts = '{}'",
    ],
)
def test_the_role_the_bot_runs_as_cannot_change_the_journal_nor_what_protects_it(database: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        postgres(statement, as_role(database, RUNNER))


def test_only_the_owner_takes_a_step_and_whoever_may_not_is_told_so(database: str) -> None:
    words = "must be owner of table processes.*phoneid migrate as the tables' owner"
    with closing(PostgresEngine(as_role(database, RUNNER), process="p2")) as engine:
        engine.open()
        with pytest.raises(DatabaseGone, match=words), engine.changing() as tx:
            tx.alter_schema(schema.STEPS[0].sql)
    owner = PostgresEngine(as_role(database, OWNER), process="p3")
    with closing(owner) as engine:
        engine.open()
        with pytest.raises(SchemaUnknown, match='names are taken: column "links"'), engine.changing() as tx:
            tx.alter_schema(schema.STEPS[0].sql)


@pytest.mark.parametrize(
    "statement", ["UPDATE journal SET facts = '{}'", "DELETE FROM journal", "TRUNCATE journal CASCADE"]
)
def test_the_server_refuses_even_the_owner(database: str, statement: str) -> None:
    with closing(PostgresEngine(as_role(database, RUNNER), process="p2")) as engine:
        engine.open()
        with engine.changing() as tx:
            factories.finished(tx, factories.phones(1), ANSWERED)
    as_replica = f"{database}?options=-csession_replication_role%3Dreplica"  # a superuser may call a session so
    for url in (as_role(database, OWNER), as_replica):
        with pytest.raises(psycopg.errors.RestrictViolation):
            postgres(statement, url)


@pytest.mark.parametrize(
    ("begin", "role", "end"),
    [("postgres peer", DATABASE, ""), ("postgres rotation", f"{RUNNER}_2", "postgres rotation end")],
    ids=["peer", "rotation"],
)
def test_a_member_of_the_bots_role_writes_the_record_and_cannot_change_the_journal(
    database: str, begin: str, role: str, end: str
) -> None:
    admin = f"{SERVER}/postgres"
    run(commands_of_the_guide(begin), admin)
    try:
        if end:
            run(commands_of_the_guide(end), admin)
            with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
                postgres("SELECT 1", as_role(database, RUNNER))
        with closing(PostgresEngine(as_role(database, role), process="p4")) as engine:
            engine.open()
            with engine.changing() as tx:
                factories.finished(tx, factories.phones(1), ANSWERED)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgres("DELETE FROM journal", as_role(database, role))
    finally:
        postgres(f"ALTER ROLE {RUNNER} LOGIN", admin)
        postgres(f"DROP ROLE {role}", admin)


def test_who_may_not_vacuum_is_told_instead_of_believing_it_was_done(database: str) -> None:
    with closing(PostgresEngine(as_role(database, RUNNER), process="p2")) as engine:
        engine.open()
        (version,) = postgres("SHOW server_version_num", database)[0]
        if int(version) >= 170000:
            assert engine.scrub()  # the guide grants MAINTAIN there
            return
        with pytest.raises(StoreUnavailable, match="cannot VACUUM"):
            engine.scrub()
    with closing(PostgresEngine(as_role(database, OWNER), process="p3")) as engine:
        engine.open()
        assert engine.scrub()

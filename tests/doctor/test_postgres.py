"""A record on Postgres: what the doctor says is what a start would come to, whoever the bot is there."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bot.app import PATIENT
from bot.audit import Event
from bot.checks import Check, Checklist, CheckVerdict
from bot.doctor.database import check_database, open_to_check
from bot.doctor.examination import Case, Part, _look_at
from bot.errors import DatabaseGone, StoreUnavailable
from bot.settings import RecordSettings, read
from bot.store import journal
from bot.store.migrations import Older, Opening
from bot.store.postgres import PostgresEngine
from bot.texts import doctor as texts
from tests.clocks import SteppingClock
from tests.doctor.test_examination import SETTINGS
from tests.store.engines import new_schema, plain_on, postgres, postgres_database
from tests.values import ANA

__all__ = ["postgres_database"]

ROLE = f"phoneid_test_doctor_{os.getpid()}"

ALL_RIGHTS = f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{schema}} TO {ROLE}"


@pytest.fixture
def role(postgres_database: str) -> Iterator[str]:
    """Owns nothing."""
    postgres(f"CREATE ROLE {ROLE} LOGIN", postgres_database)
    yield ROLE
    postgres(f"DROP OWNED BY {ROLE}", postgres_database)
    postgres(f"DROP ROLE {ROLE}", postgres_database)


@pytest.fixture
def url(postgres_database: str) -> str:
    """An empty schema."""
    return new_schema(postgres_database).partition("&options")[0]


def make_record(url: str, *, at: int | None = None) -> str:
    opening = Opening(at=at, older=Older.LEFT)
    with closing(PostgresEngine(url, process="p1", opening=opening)) as engine:
        engine.open()
        if at is None:
            with engine.changing() as tx:
                journal.note(tx, Event.STARTED, actor=ANA)
    return url


def run(sql: str, url: str) -> str:
    """In the schema that the URL names, which is given back."""
    schema = url.rpartition("schema=")[2]
    with closing(plain_on(url)) as connection:
        connection.execute(f"SET search_path = {schema}")
        for statement in sql.format(schema=schema).split("; "):
            connection.execute(statement)
    return url


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@")


async def looked_at(url: str) -> list[Check]:
    settings, checks = read(RecordSettings, {"DATABASE_URL": url}), Checklist(lambda _: None)
    async with open_to_check(settings, SteppingClock(), waits=PATIENT, checks=checks) as record:
        if record is None:
            return checks.made
        return await check_database(settings, record)


async def stop_of(url: str) -> Check:
    (found,) = [each for each in await looked_at(url) if each.verdict is not CheckVerdict.OK]
    assert found.verdict is CheckVerdict.STOP
    assert found.remedy
    return found


async def test_the_role_that_the_guide_makes_is_well(url: str, role: str) -> None:
    make_record(url)
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}; {ALL_RIGHTS}; REVOKE UPDATE, DELETE ON journal FROM {role}", url)
    assert {each.verdict for each in await looked_at(as_role(url, role))} == {CheckVerdict.OK}


@pytest.mark.parametrize(
    ("user", "rights", "what"),
    [
        ("postgres", "SELECT 1", texts.ROLE_OWNS_JOURNAL),
        (ROLE, "ALTER TABLE journal OWNER TO {role}", texts.ROLE_OWNS_JOURNAL),
        (ROLE, ALL_RIGHTS, texts.ROLE_MAY_CHANGE_JOURNAL),
        (ROLE, ALL_RIGHTS + "; REVOKE UPDATE ON journal FROM {role}", texts.ROLE_MAY_CHANGE_JOURNAL),
        (
            ROLE,
            ALL_RIGHTS + "; REVOKE UPDATE, DELETE ON journal FROM {role}; GRANT TRUNCATE ON journal TO {role}",
            texts.ROLE_MAY_CHANGE_JOURNAL,
        ),
    ],
    ids=["superuser", "owner", "default rights", "may delete", "may empty"],
)
async def test_a_role_that_could_change_the_journal_is_named(
    url: str, role: str, user: str, rights: str, what: str
) -> None:
    make_record(url)
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}; {ALL_RIGHTS}; {rights.replace('{role}', role)}", url)
    found = [each for each in await looked_at(as_role(url, user)) if each.verdict is not CheckVerdict.OK]
    assert [(each.name, each.verdict, each.what) for each in found] == [("role", CheckVerdict.WARNING, what)]
    assert "docs/operations.md" in found[0].remedy


async def test_a_schema_that_the_role_may_not_use_is_named_with_the_grant(url: str, role: str) -> None:
    make_record(url)
    run(ALL_RIGHTS, url)
    schema = url.rpartition("schema=")[2]
    found = await stop_of(as_role(url, role))
    assert f"this database user cannot use the schema {schema}" in found.what
    assert f"GRANT USAGE ON SCHEMA {schema}" in found.remedy


@pytest.mark.parametrize(
    ("rights", "lacking"),
    [
        ("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}", "INSERT on alarms"),
        (ALL_RIGHTS + "; REVOKE INSERT ON lookups FROM {role}", "INSERT on lookups"),
        (ALL_RIGHTS + "; REVOKE DELETE ON outbox FROM {role}", "DELETE on outbox"),
    ],
)
async def test_a_right_that_the_bot_needs_and_lacks_is_named(url: str, role: str, rights: str, lacking: str) -> None:
    make_record(url)
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}; {rights.replace('{role}', role)}", url)
    found = await stop_of(as_role(url, role))
    assert lacking in found.what
    assert "docs/operations.md" in found.remedy


async def test_a_server_that_takes_no_changes_is_not_said_to_be_writable(url: str, role: str) -> None:
    make_record(url)
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}; {ALL_RIGHTS}", url)
    run(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE disk_full USING MESSAGE = 'no space left on device';END $$; "
        "CREATE TRIGGER stands_full BEFORE INSERT ON processes FOR EACH ROW EXECUTE FUNCTION refuse()",
        url,
    )
    assert "no space left" in (await stop_of(as_role(url, role))).what


async def test_looking_leaves_nothing_behind(url: str) -> None:
    make_record(url)
    await looked_at(url)
    schema = url.rpartition("schema=")[2]
    assert postgres(f"SELECT count(*) FROM {schema}.processes", url) == [(0,)]
    assert postgres(f"SELECT seq FROM {schema}.journal_head", url) == [(1,)]


async def test_an_older_schema_is_to_be_migrated_first(url: str) -> None:
    make_record(url, at=1)
    assert "phoneid migrate" in (await stop_of(url)).remedy


async def test_an_empty_schema_in_which_the_role_may_make_nothing_is_no_place_to_begin(url: str, role: str) -> None:
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}", url)
    assert "phoneid migrate" in (await stop_of(as_role(url, role))).remedy
    run(f"GRANT CREATE ON SCHEMA {{schema}} TO {role}", url)
    (found,) = await looked_at(as_role(url, role))
    assert found.verdict is CheckVerdict.OK


async def test_who_may_not_change_the_tables_is_told_whose_they_are(url: str, role: str) -> None:
    make_record(url, at=1)
    run(f"GRANT USAGE ON SCHEMA {{schema}} TO {role}; {ALL_RIGHTS}", url)
    engine = PostgresEngine(as_role(url, role), process="p1", opening=Opening(older=Older.MIGRATED))
    with closing(engine), pytest.raises(DatabaseGone, match="as the tables' owner"):
        engine.open()


ANOTHERS = "CREATE TABLE songs (title TEXT)"
NEWER = "UPDATE journal_head SET schema = 999, oldest_writer = 999"


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda url: url.replace(":5432", ":1"), "Check that the server is running"),
        (lambda url: url.replace("/phoneid", "/no_such"), "the right host, database"),
        (lambda url: url.replace("postgres@", "nobody_of_that_name@"), "the right host, database"),
        (lambda url: f"{url}_nowhere", "CREATE SCHEMA"),
        (lambda url: run(ANOTHERS, url), "Set DATABASE_URL to the bot's own database"),
        (lambda url: run(NEWER, make_record(url)), "the release that wrote this one"),
    ],
    ids=["unreachable", "no database", "no role", "no schema", "another program's", "a newer release's"],
)
async def test_each_mistake_has_its_remedy(url: str, change: Callable[[str], str], remedy: str) -> None:
    assert remedy in (await stop_of(change(url))).remedy


async def test_what_fails_with_the_database_is_not_checked_and_no_mistake_of_the_bots() -> None:
    async def fails(_case: Case) -> list[Check]:
        raise StoreUnavailable("it is away")

    case = Case(settings=SETTINGS, clock=SteppingClock(), waits=PATIENT, workspace=None, database=None)
    (found,) = await _look_at(case, Part(group="one", look=fails))
    assert (found.verdict, found.what) == (CheckVerdict.SKIPPED, texts.not_looked_at(texts.WITHOUT_DATABASE))

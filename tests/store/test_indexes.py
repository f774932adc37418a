"""No question looks at every row: where there are ten thousand, each finds an index."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import LogQuery
from bot.models import LookupId, PhoneNumber, RequestId
from bot.store import search
from bot.store.engine import Tx
from bot.store.urls import SQLITE
from tests import factories
from tests.clocks import START, SteppingClock
from tests.store.engines import engine_on
from tests.store.processes import Process
from tests.store.test_statements import statements

MANY = 10_000

QUESTIONS = (
    LogQuery(),
    LogQuery(limit=None),
    LogQuery(user_id="U7"),
    LogQuery(user_id="U7", team_id="T0001"),
    LogQuery(phone=PhoneNumber("12025550007")),
    LogQuery(user_id="U7", phone=PhoneNumber("12025550007")),
    LogQuery(request_id=RequestId("R-00000007")),
    LogQuery(before=LookupId("R-00000007")),
    LogQuery(user_id="U7", before=LookupId("R-00000007/3")),
    LogQuery(since=START),
    LogQuery(user_id="U7", since=START),
)

BEGINNINGS = {"search.SEARCH", "lookups._WITH_REQUEST"}
"""Of statements, which are never asked by themselves."""

LOOKS_AT_ALL = {
    "copying.SEND",  # at nothing
    "glance.NEWEST",  # at a thousand, by their key
    "migrations.IS_AT",  # the head is one row
    "migrations.OLDER_AT_WORK",
    "forgetting.REASONS",  # whoever forgets a number looks for it in every reason
    "forgetting.OWN_REASONS",
    "forgetting.FORGET_REFUSED",
    "backlog.UNSAID",  # what is still to be said is little
    "outbox.DROP_ALL",
    "processes.ALIVE",  # processes are few
    "processes.BRING_BACK",
    "processes.FORGET_DEAD",
    "processes.LINKS_OF_OTHERS",
    "scrubbing.OTHERS",
}


def multiply(tx: Tx) -> None:
    """As many requests like the first, of many agents and for many numbers."""
    numbers = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 9999)"
    rows = {table: tx.all(f"SELECT * FROM {table}")[0] for table in ("requests", "lookups")}
    changed = {
        "requests": {"number": "i", "id": "'R-' || i", "submission_key": "i", "user_id": "'U' || i % 100"},
        "lookups": {"request": "i", "phone": "'1202555' || (i % 1000)"},
    }
    for table, row in rows.items():
        values = ", ".join(changed[table].get(name, f":{name}") for name in row)
        columns = ", ".join(row)
        tx.run(f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM n", **row)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path, clock = tmp_path_factory.mktemp("full") / "phoneid.db", SteppingClock()
    with closing(engine_on(f"{SQLITE}{path}", clock_now=clock.now)) as engine:
        engine.open()
        process = Process(engine)
        process.change(factories.finished)
        process.change(multiply)
        assert process.column("SELECT count(*) FROM lookups") == [MANY]
    with closing(sqlite3.connect(Path(path))) as connection:
        yield connection


def plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    """How SQLite looks for the rows, step by step."""
    values = dict.fromkeys(re.findall(r"(?<![\w:]):([a-z_]\w*)", sql), 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize("query", QUESTIONS, ids=str)
def test_the_logs_questions_find_an_index_that_gives_the_order_too(full: sqlite3.Connection, query: LogQuery) -> None:
    sql, _ = search.sql_of(query)
    for step in plan(full, sql):
        assert not step.startswith("SCAN") or (not query_asks(query) and "USING INDEX" in step), step
        assert "TEMP B-TREE FOR ORDER BY" not in step


def query_asks(query: LogQuery) -> bool:
    """Whether the question leaves anything out: otherwise every row is its answer."""
    return replace(query, limit=None) != LogQuery(limit=None)


def test_what_changes_ask_finds_an_index(full: sqlite3.Connection) -> None:
    looking = {
        name: step
        for name, sql in statements().items()
        for step in plan(full, sql)
        if step.startswith("SCAN") and not name.startswith("verification.") and name not in BEGINNINGS
    }
    assert set(looking) == LOOKS_AT_ALL, looking


@pytest.mark.parametrize("name", ["requests.RUNNING", "guesses.UNDER_WAY", "lookups.RUNNING"])
def test_what_runs_is_looked_for_among_what_runs_however_much_an_agent_has_asked(
    full: sqlite3.Connection, name: str
) -> None:
    first, *_ = plan(full, statements()[name])
    assert "INDEX lookups_running" in first


def test_what_an_agent_has_open_is_counted_among_what_has_not_ended(full: sqlite3.Connection) -> None:
    first, *_ = plan(full, statements()["requests.OPEN"])
    assert "INDEX requests_by_end (user_id=? AND expires_at>?)" in first


def test_the_verifier_looks_at_every_row_once(full: sqlite3.Connection) -> None:
    for name, sql in statements().items():
        if name.startswith("verification."):
            scans = [step for step in plan(full, sql) if step.startswith("SCAN")]
            tables = 2 if name == "verification.COUNTED_FOR_NOTHING" else 1  # refused codes, then alarms
            assert len(scans) == tables, name
            assert "TEMP B-TREE" not in " ".join(plan(full, sql)), name

"""Behind a transaction pooler, where the next transaction is on another connection and others leave things on it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.environment.database_urls import split_schema
from bot.store import verification
from bot.store.engine import Engine
from tests import factories
from tests.factories import ANSWERED
from tests.store.engines import SERVER, behind, engine_on, postgres, record_lock
from tests.store.pooler import pooler
from tests.store.processes import Process

ROOT = Path(__file__).parent.parent.parent
STORE = Path(__file__).parent

ADDRESS = SERVER.rpartition("@")[2]
"""The server's ``host:port``."""


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    """The same database, behind a pooler that has three connections for everybody."""
    with pooler(ADDRESS, size=3) as address:
        yield behind(address, postgres_url)


def litter(url: str) -> None:
    """What other clients leave on each of the pooler's connections."""
    with ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(split_schema(url)[0], autocommit=True)) for _ in range(3)]
        for each in connections:
            each.execute("BEGIN")  # so that each gets a connection of its own
        for each in connections:
            # Limits that an own statement does not reach: one that does so just as it ends is told with the next.
            each.execute(
                "SET search_path = pg_catalog; SET default_transaction_read_only = on; SET TIME ZONE 'Asia/Kathmandu';"
                "LISTEN phoneid; PREPARE _pg3_0 AS SELECT 1;"
                "SET statement_timeout = '100ms'; SET lock_timeout = '100ms'; COMMIT"
            )


def test_each_transaction_brings_what_it_needs_and_leaves_nothing(pooled_url: str, postgres_url: str) -> None:
    with closing(engine_on(pooled_url)) as first:
        first.open()
        assert first.scrub()  # what is no transaction takes a connection as it finds it
    litter(pooled_url)
    with ExitStack() as stack:
        engines: list[Engine] = [stack.enter_context(closing(engine_on(pooled_url))) for _ in range(4)]
        for engine in engines:
            engine.open()
        working = [threading.Thread(target=ask_and_answer, args=(Process(engine), 5)) for engine in engines]
        with holding_the_lock(postgres_url) as letting_go:
            for thread in working:
                thread.start()
            letting_go()
        for thread in working:
            thread.join()
        reader = Process(engines[0])
        assert reader.column("SELECT count(*) AS n FROM lookups") == [4 * 5 * 2]
        assert reader.read(verification.inspect).fault is None
    assert postgres("SELECT count(*) FROM lookups", postgres_url) == [(40,)]


@contextmanager
def holding_the_lock(url: str) -> Iterator[Callable[[], object]]:
    """Every change waits, and at the end for three times as long as the limits of others that must not hold for it."""
    with psycopg.connect(split_schema(url)[0]) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [record_lock(url)])
        yield lambda: connection.execute("SELECT pg_sleep(0.3)")


def ask_and_answer(process: Process, times: int) -> None:
    for _ in range(times):
        process.change(factories.finished, factories.phones(2), ANSWERED)


@pytest.mark.nightly
def test_every_test_of_the_store_passes_behind_a_pooler() -> None:
    """Not those of what lies between the bot and the server: they have a way of their own to it."""
    own = ["test_gone.py", "test_pooler.py", "test_postgres.py", "test_postgres_roles.py", "test_postgres_schema.py"]
    own += ["test_trips.py", "test_stopped.py"]
    with pooler(ADDRESS, size=20) as address:
        environment = {**os.environ, "PHONEID_TEST_POOLER": address}
        environment.pop("IS_NIGHT", None)
        ignored = [f"--ignore={STORE / name}" for name in own]
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-k", "postgres", *ignored, str(STORE)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "passed" in done.stdout

"""What every test of the store is given: see ``tests.store.engines`` and ``tests.store.processes``."""

import pytest

from tests.store.engines import (
    OpenEngine,
    clock,
    database_url,
    empty_postgres_url,
    empty_url,
    engine,
    open_engine,
    open_record,
    plain,
    postgres_database,
    postgres_url,
    proxy,
    ready_schemas,
    record,
    sqlite_url,
    trips,
)
from tests.store.processes import Process, StartProcess

__all__ = [
    "clock",
    "database_url",
    "empty_postgres_url",
    "empty_url",
    "engine",
    "open_engine",
    "open_record",
    "plain",
    "postgres_database",
    "postgres_url",
    "proxy",
    "ready_schemas",
    "record",
    "sqlite_url",
    "trips",
]


@pytest.fixture
def start(open_engine: OpenEngine) -> StartProcess:
    """Starts processes on one database."""

    def start_one(name: str) -> Process:
        return Process(open_engine(name))

    return start_one


@pytest.fixture
def process(start: StartProcess) -> Process:
    return start("p1")

"""What every test of the store is given: see ``tests.store.engines``."""

from tests.store.engines import (
    clock,
    database_url,
    engine,
    open_engine,
    open_record,
    plain,
    postgres_database,
    postgres_url,
    proxy,
    record,
    sqlite_url,
    trips,
)

__all__ = [
    "clock",
    "database_url",
    "engine",
    "open_engine",
    "open_record",
    "plain",
    "postgres_database",
    "postgres_url",
    "proxy",
    "record",
    "sqlite_url",
    "trips",
]

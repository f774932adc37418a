"""Which engine a database URL means."""

import sys
import time

import pytest

from bot.clock import SystemClock
from bot.errors import StoreUnavailable
from bot.store.urls import engine_at, record_at, state_at


@pytest.mark.parametrize("url", ["mysql://u:hunter2@host/db", "hunter2", "sqlite://hunter2", ""])
def test_an_address_of_no_database_we_know_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"sqlite:///path/to/file nor postgresql://") as told:
        record_at(url, process="p1", clock_now=time.time)
    assert "hunter2" not in str(told.value)


def test_without_postgres_driver_sqlite_works_and_postgres_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("bot.store.postgres", "bot.store.postgres_tx"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where it is not installed
    engine = engine_at("sqlite:///:memory:", process="p1", clock_now=time.time)
    engine.open()
    engine.close()
    with pytest.raises(StoreUnavailable, match=r"pip install '\.\[postgres\]'"):
        record_at("postgresql://host/db", process="p1", clock_now=time.time)
    with pytest.raises(StoreUnavailable, match=r"pip install '\.\[postgres\]'"):
        state_at("postgres://host/db", "quota", process="p1", clock=SystemClock())

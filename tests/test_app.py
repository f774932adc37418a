"""What the commands and the bot are put together from: a record, and a process that says it lives while it may ask."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import Waits, open_lookups, open_record
from bot.errors import SettingsError
from bot.settings import LookupSettings, read
from tests.clocks import HeldClock

SECONDS = Waits(lease=30.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "phoneid.db"


@pytest.fixture
def settings(file: Path) -> LookupSettings:
    account = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented"}
    return read(LookupSettings, {"DATABASE_URL": f"sqlite:///{file}", **account})


def seen(file: Path) -> list[float]:
    """When each process said that it lives."""
    with closing(sqlite3.connect(file)) as database:
        return [at for (at,) in database.execute("SELECT seen_at FROM processes")]


async def test_a_process_lives_from_before_it_may_ask_until_it_leaves(file: Path, settings: LookupSettings) -> None:
    clock = HeldClock()
    async with open_record(settings, clock) as record:
        assert seen(file) == []
        async with open_lookups(settings, record, clock, waits=SECONDS):
            assert seen(file) == [clock.time]
        assert seen(file) == []


async def test_it_says_so_three_times_in_each_lease(file: Path, settings: LookupSettings) -> None:
    clock = HeldClock()
    async with open_record(settings, clock) as record, open_lookups(settings, record, clock, waits=SECONDS):
        while not clock.naps:
            await record.read(_nothing)
        clock.time += 10.0
        clock.ring()
        while len(clock.naps) < 2:
            await record.read(_nothing)
        assert clock.naps == [10.0, 10.0]
        assert seen(file) == [clock.time]


def _nothing(tx: object) -> None: ...


def take_away(file: Path) -> None:
    file.unlink()


async def test_a_process_that_cannot_say_goodbye_ends_all_the_same(file: Path, settings: LookupSettings) -> None:
    async with open_record(settings) as record, open_lookups(settings, record):
        take_away(file)


@pytest.mark.parametrize("url", ["sqlite:////", "sqlite:///nowhere/phoneid.db"])
async def test_a_record_that_cannot_be_opened_is_named(settings: LookupSettings, url: str) -> None:
    settings = settings.model_copy(update={"database_url": url})
    with pytest.raises(SettingsError, match=r"^DATABASE_URL \(.*\): the database cannot be used: .*\.$"):
        async with open_record(settings):
            pytest.fail("it is open")

"""What the commands and the bot are put together from: a record, and a process that says it lives while it may ask."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import Waits, open_lookups, open_record
from bot.errors import SettingsError
from bot.settings import LookupSettings, read
from bot.store import verification
from bot.store.sqlite_reading import ReadOnlySqlite
from tests import factories
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
        while 10.0 not in clock.naps:
            await record.read(_nothing)
        clock.time += 10.0
        clock.ring()
        while clock.naps.count(10.0) < 2:
            await record.read(_nothing)
        assert seen(file) == [clock.time]


async def test_within_a_minute_the_file_alone_holds_what_was_recorded(
    file: Path, settings: LookupSettings, tmp_path: Path
) -> None:
    """All but the last heartbeat: what is recorded between two checkpoints is in the next."""
    clock, alone = HeldClock(), tmp_path / "a copy.db"
    async with open_record(settings, clock) as record, open_lookups(settings, record, clock, waits=SECONDS):
        while SECONDS.checkpoint not in clock.naps:
            await record.read(_nothing)
        await record.change(factories.asked)
        clock.ring()
        while clock.naps.count(SECONDS.checkpoint) < 2:
            await record.read(_nothing)
        assert SECONDS.checkpoint <= 60 / 2
        shutil.copyfile(file, alone)
    with closing(ReadOnlySqlite(alone, process="p2")) as engine:
        engine.open()
        with engine.reading() as tx:
            assert verification.inspect(tx).records == 2


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

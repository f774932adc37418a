"""Harms to the database: locked, full, replaced, read-only. What its agent reads is awaited by name."""

import asyncio
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.environment.database_urls import split_schema
from bot.errors import SettingsError
from bot.models import State
from bot.running import running_bot
from bot.settings import BotSettings, read
from bot.store.postgres_begin import RECORD_LOCK, lock_key
from tools.databases import connect, is_postgres
from tools.faults.leaks import UNRECORDED
from tools.faults.story import ANSWERED, SLOW, telling
from tools.faults.tally import Tally
from tools.faults.world import PATIENCE, Place, World


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else writes, and takes their time."""
    with closing(connect(url)) as other:
        if is_postgres(url):
            other.execute("BEGIN")
            other.execute(f"SELECT pg_advisory_xact_lock({lock_key(RECORD_LOCK, split_schema(url)[1])})")
        else:
            other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def lock_before_the_record(place: Place) -> Tally:
    """Nothing is recorded and nothing asked; the agent reads so, and asks again."""
    async with telling(place) as story:
        with locked(story.world.url):
            await story.ask()
            await story.reads(*UNRECORDED)
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def lock_for_a_moment_in_the_middle(place: Place) -> Tally:
    """The answer is there, and is recorded and told as soon as that is possible."""
    async with telling(place, SLOW) as story:
        entry = await story.ask_until_called()
        with locked(story.world.url):
            await asyncio.sleep(2.5)  # as long as three tries to record it
        await story.reads(ANSWERED, entry=entry)
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def lock_for_long_in_the_middle(place: Place) -> Tally:
    """What cannot be recorded is not shown, and the answer is kept until it can be."""
    async with telling(place, SLOW) as story:
        entry = await story.ask_until_called()
        with locked(story.world.url):
            await asyncio.sleep(12.0)
            assert not any(ANSWERED in each.text for each in story.lee.sees("support"))
        await story.reads(ANSWERED, entry=entry)
        return await story.reckon(times=1, lookups=[State.ANSWERED])


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """No file of the bot's may grow any more."""
    assert world.bot.pid
    limits = resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
    yield
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, limits)


async def fill_the_disk(place: Place) -> Tally:
    """As a lock: nothing new is recorded; what ran is recorded once there is room again."""
    async with telling(place, SLOW) as story:
        running = await story.ask_until_called()
        with full_disk(story.world):
            await story.ask()
            await story.reads(*UNRECORDED)
        await story.reads(ANSWERED, entry=running)
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED] * 2)


async def replace_the_file(place: Place) -> Tally:
    """Nothing goes into the wrong file: the bot ends, and goes on where the right one is back as it was."""
    async with telling(place) as story:
        await story.reads(ANSWERED, entry=await story.ask())
        database, bot = story.world.database, story.world.bot
        for content in (b"", b"not a database at all\n" * 100):
            kept = database.rename(database.with_name("kept.db"))
            database.write_bytes(content)
            assert await asyncio.wait_for(bot.wait(), PATIENCE)
            assert database.read_bytes() == content
            kept.rename(database)
            await bot.start()
            await story.world.connected()
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=2, lookups=[State.ANSWERED] * 2)


@contextmanager
def unwritable(database: Path) -> Iterator[Path]:
    """A copy of the database that may be read by anybody and written by nobody; root, who may anything, is nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy = folder / database.name
        shutil.copy(database, copy)
        copy.chmod(0o444)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield copy
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


async def forbid_to_write(place: Place) -> Tally:
    """The bot does not start, and says why; nothing is touched, and once it may write it goes on."""
    async with telling(place) as story:
        await story.reads(ANSWERED, entry=await story.ask())
        await story.world.bot.stop()
        environment = story.world.scene.environment
        with unwritable(story.world.database) as copy:
            before = copy.read_bytes()
            settings = read(BotSettings, {**environment, "DATABASE_URL": f"sqlite:///{copy}"})
            with pytest.raises(SettingsError) as refused:
                async with running_bot(settings):
                    pass
            (mistake,) = refused.value.mistakes
            assert mistake.startswith(f"DATABASE_URL ({copy}): ")
            assert copy.read_bytes() == before
        await story.world.bot.start()
        await story.world.connected()
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED] * 2)

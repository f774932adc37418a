"""Harms between the bots and Postgres: connections and transactions cut, the database closed, or under another name."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import urlsplit

from bot.models import State
from bot.store.postgres_begin import RECORD_LOCK, STATE_LOCK
from tools.databases import ask_server, in_servers_own
from tools.faults.leaks import UNRECORDED
from tools.faults.story import ANSWERED, SLOW, telling
from tools.faults.tally import Tally
from tools.faults.world import PATIENCE, Place, World

TERMINATING = 12.0
"""Seconds for which connections are terminated all the time."""

CUTS, CUTTING = 40, 20.0
"""Transactions that are cut, as far as so many are met in so many seconds."""

CLOSINGS = 3
"""How often the database is closed amid people who ask."""

TERMINATE: Final = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = '{name}' AND application_name = 'phoneid-bot'"""

# In the middle: some of those who have one of our locks (in any schema: ``objid`` is the key's lower half), in a
# statement or between two. Who is left alone goes on.
CUT: Final = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = '{{name}}' AND random() < 0.1 AND state IN ('active', 'idle in transaction') AND pid IN
        (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid IN ({RECORD_LOCK}, {STATE_LOCK}))"""


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who may do anything to the database, on a connection that the bots know nothing of."""

    url: str

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.removeprefix("/")

    async def terminate(self) -> int:
        """Every connection of the bots'. How many."""
        return await self._ask(TERMINATE)

    async def cut(self, count: int, *, seconds: float) -> int:
        """So many transactions, if as many are met in that time. How many."""
        return await asyncio.to_thread(self._cut, count, seconds)

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """To everybody, and those who are in are put out."""
        await self._ask("ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            await self.terminate()
            yield
        finally:
            await self._ask("ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    @asynccontextmanager
    async def renamed(self) -> AsyncIterator[None]:
        """As if it were gone. Nobody may be in it meanwhile."""
        async with self.closed():
            await self._ask("ALTER DATABASE {name} RENAME TO {name}_kept")
            try:
                yield
            finally:
                await self._ask("ALTER DATABASE {name}_kept RENAME TO {name}")

    async def _ask(self, sql: str) -> int:
        rows = await asyncio.to_thread(ask_server, self.url, sql.format(name=self.name))
        return int(str(rows[0][0])) if rows else 0

    def _cut(self, count: int, seconds: float) -> int:
        until, done = time.monotonic() + seconds, 0
        with closing(in_servers_own(self.url)) as connection:
            while done < count and time.monotonic() < until:
                done += connection.execute(CUT.format(name=self.name)).fetchone()[0]
                time.sleep(0.002)
        return done


# --- amid people who ask ----------------------------------------------------------------------------------------------


async def terminate_all_the_time(world: World, random: Random) -> int:
    """Every few hundred milliseconds; whoever has nothing under way notices nothing."""
    administrator, until, times = Administrator(world.url), time.monotonic() + TERMINATING, 0
    while time.monotonic() < until:
        times += await administrator.terminate()
        world.listener.listen()
        await asyncio.sleep(random.uniform(0.1, 0.5))
    return times


async def cut_transactions(world: World, _random: Random) -> int:
    times = await Administrator(world.url).cut(CUTS, seconds=CUTTING)
    world.listener.listen()
    return times


async def close_now_and_then(world: World, random: Random) -> int:
    administrator = Administrator(world.url)
    for _ in range(CLOSINGS):
        async with administrator.closed():
            await asyncio.sleep(random.uniform(1.0, 4.0))
        world.listener.listen()
        await asyncio.sleep(random.uniform(1.0, 3.0))
    return CLOSINGS


# --- while somebody asks, and reads ----------------------------------------------------------------------------------


async def close_before_the_record(place: Place) -> Tally:
    """Nothing is recorded and nothing asked; the agent reads so, and asks again."""
    async with telling(place) as story:
        async with Administrator(story.world.url).closed():
            await story.ask()
            await story.reads(*UNRECORDED)
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def close_in_the_middle(place: Place) -> Tally:
    """What cannot be recorded is not shown, and the answer is kept until it can be."""
    async with telling(place, SLOW) as story:
        entry = await story.ask_until_called()
        async with Administrator(story.world.url).closed():
            await asyncio.sleep(6.0)
            assert not any(ANSWERED in each.text for each in story.lee.sees("support"))
        await story.reads(ANSWERED, entry=entry)
        return await story.reckon(times=1, lookups=[State.ANSWERED])


async def rename(place: Place) -> Tally:
    """The bot ends, because nobody but an administrator can help, and goes on where the database is back."""
    async with telling(place) as story:
        await story.reads(ANSWERED, entry=await story.ask())
        bot = story.world.bot
        async with Administrator(story.world.url).renamed():
            assert await asyncio.wait_for(bot.wait(), PATIENCE)
        await bot.start()
        await story.world.connected()
        await story.reads(ANSWERED, entry=await story.ask())
        return await story.reckon(times=1, lookups=[State.ANSWERED] * 2)

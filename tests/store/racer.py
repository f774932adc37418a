"""Another process, for the races: `python racer.py <what> <arguments>`. Says `ready`, waits for a line, and goes."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

from sqlite_utils import Database

from bot.clock import SystemClock
from bot.errors import LookupMoved, TooManyGuesses
from bot.interfaces import Store
from bot.models import Actor, LookupId, NewLookup, PhoneNumber, Problem, Result, State, Through
from bot.store import lookups
from bot.store.connection import changing, connect
from bot.store.lookups import Moment
from bot.store.migrations import migrate
from bot.store.sqlite import SqliteStore
from bot.store.steps import STEPS

RACER = Actor(team_id="T0001", user_id="U0RACER", through=Through.SLACK)


def wait_for_the_start() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


async def with_store(path: str, race: Callable[[Store], Awaitable[list[str]]]) -> list[str]:
    store = SqliteStore(path, clock=SystemClock())
    await store.open()
    wait_for_the_start()
    try:
        return await race(store)
    finally:
        await store.aclose()


async def move(path: str, *ids: str) -> list[str]:
    """Moves each lookup from queued to calling; gives those it won."""

    async def race(store: Store) -> list[str]:
        won: list[str] = []
        for lookup_id in map(LookupId, ids):
            try:
                await store.move(lookup_id, from_state=State.QUEUED, to_state=State.CALLING, actor=RACER)
            except LookupMoved:
                continue
            won.append(lookup_id)
        return won

    return await with_store(path, race)


async def sweep(path: str) -> list[str]:
    """Gives the lookups it interrupted."""

    async def race(store: Store) -> list[str]:
        await store.interrupt_abandoned([])
        return [lookup.id for lookup in await store.claim_untold()]

    return await with_store(path, race)


async def remind(path: str) -> list[str]:
    """Gives the lookups it claimed the reminders of."""

    async def race(store: Store) -> list[str]:
        return [lookup.id for lookup in await store.claim_reminders(asked_before=SystemClock().now())]

    return await with_store(path, race)


async def guess(path: str, phone: str, *keys: str) -> list[str]:
    """Asks for one number over and over, each time with a code that is refused; gives those that were called."""

    async def race(store: Store) -> list[str]:
        called: list[str] = []
        for key in keys:
            submission_key = f"{os.getpid()} {key}"
            new = NewLookup(
                agent=RACER, phone=PhoneNumber(phone), reason="", channel_id="", submission_key=submission_key
            )
            lookup, _ = await store.accept(new, state=State.QUEUED)
            if lookup.state is State.REJECTED:
                continue
            with suppress(TooManyGuesses):
                await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=RACER)
                refused = Result(problem=Problem.UNKNOWN_CODE)
                await store.move(
                    lookup.id, from_state=State.CALLING, to_state=State.REFUSED, actor=RACER, result=refused
                )
                called.append(lookup.id)
        return called

    return await with_store(path, race)


async def alarm(path: str) -> list[str]:
    """Gives the lookups whose alarms it claimed."""

    async def race(store: Store) -> list[str]:
        return [claimed.lookup.id for claimed in await store.claim_alarms()]

    return await with_store(path, race)


async def start(*paths: str) -> list[str]:
    """Opens each database, new ones as a rule; gives those it could open."""
    wait_for_the_start()
    for path in paths:
        store = SqliteStore(path, clock=SystemClock())
        await store.open()
        await store.aclose()
    return list(paths)


async def die(path: str, lookup_id: str, when: str) -> list[str]:
    """Is killed inside the transaction of a move, or right after it."""
    database = connect(path, busy_timeout=5.0)
    moment = Moment(now=0.0, owner="dying", lease_until=30.0)
    wait_for_the_start()
    with changing(database):
        lookups.move(
            database,
            LookupId(lookup_id),
            from_state=State.QUEUED,
            to_state=State.CALLING,
            actor=RACER,
            result=None,
            moment=moment,
        )
        if when == "inside":
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    return []


async def die_migrating(path: str) -> list[str]:
    """Is killed inside the transaction that brings an old database to this release's schema, all steps done."""

    def die_here(db: Database) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    database = connect(path, busy_timeout=5.0)
    database.execute("PRAGMA cache_size = 5")  # pages: what is not committed is in the log already
    wait_for_the_start()
    migrate(database, (*STEPS, die_here))
    return []


if __name__ == "__main__":
    tasks: dict[str, Callable[..., Coroutine[None, None, list[str]]]] = {
        "move": move,
        "sweep": sweep,
        "start": start,
        "remind": remind,
        "guess": guess,
        "alarm": alarm,
        "die": die,
        "die_migrating": die_migrating,
    }
    sys.stdout.write(json.dumps(asyncio.run(tasks[sys.argv[1]](*sys.argv[2:]))))

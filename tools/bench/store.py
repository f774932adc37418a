"""How the record's size matters: the log's questions, and writing one lookup, at few rows and at many."""

import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bot.audit import LogQuery
from bot.clock import SystemClock
from bot.models import Actor, Lookup, NewLookup, PhoneNumber, Result, State, Through
from bot.store.sqlite import SqliteStore
from tools.bench.table import Row, duration, percentile

SEED = 1000
"""Lookups that are recorded as the bot does it; more are copies of these."""

LEGEND = (
    "Rows: lookups, each with its three journal entries. Writing one lookup is three transactions, each on the disk."
)


async def measure(*, sizes: tuple[int, ...], times: int, say: Callable[[str], None]) -> AsyncIterator[Row]:
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="phoneid-bench-") as folder:
            path = Path(folder, "phoneid.db")
            say(f"a record of {rows:,} lookups")
            await fill(path, rows)
            store = SqliteStore(path, clock=SystemClock())
            await store.open()
            try:
                say(f"log and lookups at {rows:,} rows")
                async for row in _measure(store, rows=rows, times=times):
                    yield row
            finally:
                await store.aclose()


async def _measure(store: SqliteStore, *, rows: int, times: int) -> AsyncIterator[Row]:
    questions = {
        "the newest 50": LogQuery(),
        "an agent's newest 50": LogQuery(user_id="U07"),
        "a number's": LogQuery(phone=_phone(7)),
    }

    async def write(number: int) -> None:
        await record(store, number, key=f"written {number}")

    for asked, query in questions.items():

        async def ask(_number: int, query: LogQuery = query) -> None:
            await store.search(query)

        yield Row(what=f"log: {asked}, {rows:,} rows", who="ours", figures=await _timed(ask, times))
    yield Row(what=f"writing one lookup, {rows:,} rows", who="ours", figures=await _timed(write, times))


async def _timed(do: Callable[[int], Awaitable[None]], times: int) -> str:
    taken = []
    for number in range(times):
        began = time.perf_counter()
        await do(number)
        taken.append(time.perf_counter() - began)
    return f"p50 {duration(percentile(taken, 50))}, p95 {duration(percentile(taken, 95))}"


async def record(store: SqliteStore, number: int, *, key: str) -> Lookup:
    """One lookup's life, from the request to the ID."""
    agent = Actor(team_id="T0", user_id=f"U{number % 50:02}", through=Through.SLACK)
    new = NewLookup(agent=agent, phone=_phone(number), reason="ticket 7", channel_id="C0", submission_key=key)
    lookup, _ = await store.accept(new, state=State.QUEUED)
    await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=agent)
    result = Result(phone_number_id="920155500012345", api_code="OK", http_status=200, milliseconds=140, attempts=1)
    return await store.move(lookup.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=agent, result=result)


async def fill(path: Path, rows: int) -> None:
    """A record of so many lookups: ``SEED`` real ones, and copies of them from earlier times."""
    store = SqliteStore(path, clock=SystemClock())
    await store.open()
    for number in range(min(rows, SEED)):
        lookup = await record(store, number, key=f"seed {number}")
        await store.told(lookup.id, lookup.state)  # nobody is left to tell of a million old ones
    await store.aclose()
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA synchronous = OFF")  # nobody wants this one back after a power cut
        _copy(database, copies=rows // SEED - 1)
    finally:
        database.close()


def _copy(database: sqlite3.Connection, *, copies: int) -> None:
    earlier = {"created_at": "created_at - 3600 * n", "updated_at": "updated_at - 3600 * n", "at": "at - 3600 * n"}
    own = {"id": "id || '-' || n", "submission_key": "submission_key || '-' || n", "lookup_id": "lookup_id || '-' || n"}
    with database:
        for table, left_out in (("lookups", ()), ("journal", ("seq",))):
            # Whatever columns there are: a later release's are copied, too.
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})") if name not in left_out]
            values = ", ".join({**earlier, **own}.get(name, name) for name in columns)
            database.execute(
                f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {copies})"
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM numbers, {table}"
                f" WHERE {copies} > 0 ORDER BY n DESC"
            )


def _phone(number: int) -> PhoneNumber:
    return PhoneNumber(f"8613800{number % SEED:06}")

"""How the record's size matters: the log's questions, and taking requests in, at few rows and at many."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.audit import LogQuery
from bot.models import Actor, PhoneNumber
from bot.store import requests, search
from bot.store.engine import Engine, Tx
from bot.store.record import Record
from bot.store.schema import COLUMNS
from bot.store.urls import record_at
from tests import factories
from tools.bench import trips
from tools.bench.ours import OURS
from tools.bench.table import Row, duration, percentile
from tools.databases import connect, is_postgres, new_database

SEED = 200
"""Requests that are recorded as the bot does it; more are copies of these."""

APART = 3600.0
"""Seconds between the times of one copy and the next."""

AT_ONCE = 20
"""Of them in one change: one that takes a second is broken off by the server."""

MANY = 100
"""Numbers in a list."""

LEGEND = """\
Rows: lookups, each with its request and their four journal entries. Accepting is one transaction, on the disk when it
is over; one lookup to its ID is three. Postgres answers on the same machine. Round trips to it are counted, too: how
long one takes elsewhere is the network's matter, and each statement adds one."""


async def measure(
    *, ours: Sequence[str], sizes: tuple[int, ...], times: int, say: Callable[[str], None]
) -> AsyncIterator[Row]:
    for rows in sizes:
        for name in ours:
            say(f"a record of {rows:,} lookups: {name}")
            async with filled(OURS[name], rows) as record:
                say(f"log and requests at {rows:,} rows: {name}")
                async for row in _measure(record, name, rows=rows, times=times):
                    yield row
    for name in ours:
        if is_postgres(OURS[name]):
            async with new_database(OURS[name], Path()) as url:
                for count in (1, MANY):
                    figures = f"{trips.of_accepting(count, url)} round trips"
                    yield Row(what=f"accepting {count} at once", who=name, figures=figures)


@asynccontextmanager
async def filled(where: str, rows: int) -> AsyncIterator[Record]:
    """An open record of so many lookups, in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="phoneid-bench-") as folder:
        async with new_database(where, Path(folder)) as url:
            await fill(url, rows)
            record = record_in(url, time.time)
            await record.open()
            try:
                yield record
            finally:
                await record.aclose()


async def _measure(record: Record, name: str, *, rows: int, times: int) -> AsyncIterator[Row]:
    questions = {
        "the newest 50": LogQuery(),
        "an agent's newest 50": LogQuery(user_id=factories.ANA.user_id),
        "a number's": LogQuery(phone=factories.phones(8)[7]),
    }
    for asked, query in questions.items():
        figures = await _timed(partial(record.read, search.search, query), times)
        yield Row(what=f"log: {asked}, {rows:,} rows", who=name, figures=figures)
    for count in (1, MANY):
        phones = factories.phones(count)
        figures = await _timed(partial(accept, record, phones), times)
        yield Row(what=f"accepting {count} at once, {rows:,} rows", who=name, figures=figures)
    figures = await _timed(partial(run, record), times)
    yield Row(what=f"one lookup to its ID, {rows:,} rows", who=name, figures=figures)


async def _timed(do: Callable[[], Awaitable[object]], times: int) -> str:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await do()
        taken.append(time.perf_counter() - began)
    return f"p50 {duration(percentile(taken, 50))}, p95 {duration(percentile(taken, 95))}"


async def accept(record: Record, phones: tuple[PhoneNumber, ...]) -> None:
    """One request that waits for its approval: nothing is under way that it could follow."""
    new = factories.new_request(phones, reason="ticket 7")
    await record.change(requests.accept, new, factories.NEEDS_APPROVAL, expires_at=time.time() + 3600)


async def run(record: Record) -> None:
    """One lookup's life, from the request to the ID."""
    request = await record.change(factories.asked, 1, reason="ticket 7")
    await record.change(factories.call, request)
    await record.change(factories.end, request)


def record_in(url: str, clock_now: Callable[[], float]) -> Record:
    """The record in a database, not yet open."""
    return record_at(url, process="bench", clock_now=clock_now)


async def fill(url: str, rows: int) -> None:
    """A record of so many lookups: ``SEED`` real ones, and copies of them from later times, the last of them now."""
    copies = rows // SEED - 1
    began = time.time() - APART * (copies + 1)
    with _time_standing_at(began, url) as engine:
        record = Record(engine)
        await record.open()
        seeds = factories.phones(min(rows, SEED))
        for first in range(0, len(seeds), AT_ONCE):
            await record.change(_seed, seeds[first : first + AT_ONCE])
        await record.aclose()
    await asyncio.to_thread(_copy_all, url, copies)


@contextmanager
def _time_standing_at(began: float, url: str) -> Iterator[Engine]:
    """An engine for which it is that time, also where the time is the database's."""
    from tests.store.engines import PostgresClock, engine_on

    engine = engine_on(url, process="bench", clock_now=lambda: began)
    if not is_postgres(url):
        yield engine
        return
    with closing(PostgresClock(url, began)):
        yield engine
    with closing(connect(url)) as database:
        database.execute("DROP FUNCTION public.clock_timestamp()")


def _seed(tx: Tx, phones: Sequence[PhoneNumber]) -> None:
    for phone in phones:
        factories.finished(tx, [phone], reason="ticket 7", agent=_agent(phone))


def _agent(phone: PhoneNumber) -> Actor:
    """One of fifty, the first of them Ana."""
    number = int(phone.digits) % 50
    return replace(factories.ANA, user_id=f"U{number:02}") if number else factories.ANA


def _copy_all(url: str, copies: int) -> None:
    with closing(connect(url)) as database:
        # Nobody wants this one back after a power cut. That what is copied belongs together was checked at first.
        quickly = ("SET synchronous_commit = off", "SET session_replication_role = replica")
        for setting in quickly if is_postgres(url) else ("PRAGMA synchronous = OFF",):
            database.execute(setting)
        database.execute("BEGIN")
        database.execute("DELETE FROM outbox")  # nobody is left to tell of a million old ones
        (entries,) = database.execute("SELECT max(seq) FROM journal").fetchone()
        tables = ("requests", "lookups", "journal")
        for table in tables:  # a server that has not looked at a table since it grew would read all of it each time
            database.execute(f"CREATE TEMPORARY TABLE first_{table} AS SELECT * FROM {table}")
        for number in range(1, copies + 1):
            for table in tables:
                database.execute(_copying(table, number, entries=entries))
        database.execute("UPDATE journal_head SET seq = (SELECT max(seq) FROM journal)")
        database.execute("COMMIT")
        if is_postgres(url):
            database.execute("VACUUM ANALYZE")  # as the server does by itself, sooner or later


def _copying(table: str, number: int, *, entries: int) -> str:
    """The statement that copies what was recorded at first, as it would have been recorded later."""
    later = dict.fromkeys(("asked_at", "updated_at", "at"), f" + {APART * number}")
    own = dict.fromkeys(("id", "submission_key"), f" || '-{number}'")
    counted = {"number": f" + {SEED * number}", "seq": f" + {entries * number}"}
    # In the journal a request is named by its id, in the other tables by its number.
    request = {"request": f" || '-{number}'" if table == "journal" else f" + {SEED * number}"}
    changes = {**later, **own, **counted, **request}
    names = COLUMNS[table]
    values = ", ".join(f"{name}{changes.get(name, '')}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM first_{table}"

"""How the record's size matters: the log's questions, and taking requests in, at few rows and at many."""

import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.audit import LogQuery
from bot.models import Actor, PhoneNumber
from bot.store import requests, search
from bot.store.engine import Tx
from bot.store.record import Record
from bot.store.urls import SQLITE, record_at
from tests import factories
from tools.bench import trips
from tools.bench.table import Row, duration, percentile

SEED = 1000
"""Requests that are recorded as the bot does it; more are copies of these."""

APART = 3600.0
"""Seconds between the times of one copy and the next."""

MANY = 100
"""Numbers in a list."""

LEGEND = """\
Rows: lookups, each with its request and their four journal entries. Accepting is one transaction, on the disk when it
is over; one lookup to its ID is three. Round trips to Postgres are counted, not timed: how long one takes is the
network's matter."""


async def measure(*, sizes: tuple[int, ...], times: int, say: Callable[[str], None]) -> AsyncIterator[Row]:
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="phoneid-bench-") as folder:
            path = Path(folder, "phoneid.db")
            say(f"a record of {rows:,} lookups")
            await fill(path, rows)
            record = record_in(path, time.time)
            await record.open()
            try:
                say(f"log and requests at {rows:,} rows")
                async for row in _measure(record, rows=rows, times=times):
                    yield row
            finally:
                await record.aclose()
    say("round trips to Postgres")
    counted = trips.of_accepting(MANY)
    yield Row(
        what=f"accepting {MANY} numbers at once on Postgres",
        who="ours",
        figures=f"{counted} round trips" if counted else "not counted: no Postgres answers",
    )


async def _measure(record: Record, *, rows: int, times: int) -> AsyncIterator[Row]:
    questions = {
        "the newest 50": LogQuery(),
        "an agent's newest 50": LogQuery(user_id=factories.ANA.user_id),
        "a number's": LogQuery(phone=factories.phones(8)[7]),
    }
    for asked, query in questions.items():
        figures = await _timed(partial(record.read, search.search, query), times)
        yield Row(what=f"log: {asked}, {rows:,} rows", who="ours", figures=figures)
    for count in (1, MANY):
        phones = factories.phones(count)
        figures = await _timed(partial(accept, record, phones), times)
        yield Row(what=f"accepting {count} at once, {rows:,} rows", who="ours", figures=figures)
    yield Row(
        what=f"one lookup to its ID, {rows:,} rows", who="ours", figures=await _timed(partial(run, record), times)
    )


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


def record_in(path: Path, clock_now: Callable[[], float]) -> Record:
    """The record in a file, not yet open."""
    return record_at(f"{SQLITE}{path}", process="bench", clock_now=clock_now)


async def fill(path: Path, rows: int) -> None:
    """A record of so many lookups: ``SEED`` real ones, and copies of them from later times, the last of them now."""
    copies = rows // SEED - 1
    began = time.time() - APART * (copies + 1)
    record = record_in(path, lambda: began)
    await record.open()
    await record.change(_seed, min(rows, SEED))
    await record.aclose()
    database = sqlite3.connect(path)
    try:
        database.execute("PRAGMA synchronous = OFF")  # nobody wants this one back after a power cut
        with database:
            database.execute("DELETE FROM outbox")  # nobody is left to tell of a million old ones
            for table in ("requests", "lookups", "journal"):
                _copy(database, table, copies=copies)
            database.execute("UPDATE journal_head SET seq = (SELECT max(seq) FROM journal)")
    finally:
        database.close()


def _seed(tx: Tx, count: int) -> None:
    for phone in factories.phones(count):
        factories.finished(tx, [phone], reason="ticket 7", agent=_agent(phone))


def _agent(phone: PhoneNumber) -> Actor:
    """One of fifty, the first of them Ana."""
    number = int(phone.digits) % 50
    return replace(factories.ANA, user_id=f"U{number:02}") if number else factories.ANA


def _copy(database: sqlite3.Connection, table: str, *, copies: int) -> None:
    (entries,) = database.execute("SELECT max(seq) FROM journal").fetchone()
    later = dict.fromkeys(("asked_at", "updated_at", "at"), " + ? * n")
    own = {"id": " || '-' || n", "submission_key": " || '-' || n"}
    number = {"number": f" + {SEED} * n", "seq": f" + {entries} * n"}
    # In the journal a request is named by its id, in the other tables by its number.
    request = {"request": " || '-' || n" if table == "journal" else f" + {SEED} * n"}
    changes = {**later, **own, **number, **request}
    # Whatever columns there are: a later release's are copied, too.
    columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(f"{name}{changes.get(name, '')}" for name in columns).replace("?", str(APART))
    database.execute(
        f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {copies})"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM numbers, {table}"
        f" WHERE {copies} > 0 ORDER BY n"
    )

"""A database with something of everything in it, for hands that edit it."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from bot.models import Actor, ApprovalState, MessageRef, PhoneNumber, Problem, Request, RequestId, State, Through
from bot.policy import Decision
from bot.store import decisions, messages, processes, requests
from bot.store.engine import Tx
from bot.store.record import Record
from bot.store.urls import SQLITE, record_at
from tests import factories
from tests.clocks import SteppingClock
from tests.fuzz.odd import odd_text
from tests.guessing import use_up

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
GUESSED = PhoneNumber("12025550106")
PHONES = factories.phones(20, first=1000)

TABLES = ("requests", "lookups", "journal", "outbox", "messages", "alarms", "refused_codes", "processes", "state")


def record_of(path: Path, clock: SteppingClock) -> Record:
    """The record in a file, not yet open."""
    return record_at(f"{SQLITE}{path}", process="p1", clock_now=clock.now)


async def record(path: Path) -> list[RequestId]:
    """Requests for two numbers each in the states there are, their entries and cards, and alarms."""
    opened = record_of(path, SteppingClock())
    await opened.open()
    recorded = await opened.change(_fill)
    await use_up(opened, LEE, GUESSED)
    await opened.aclose()
    return recorded


def _fill(tx: Tx) -> list[RequestId]:
    processes.beat(tx)
    recorded = [*_waiting(tx), *_running(tx)]
    for number, each in enumerate(recorded):
        messages.add(tx, messages.Kind.CARD, each.id, MessageRef("C0TEAMLEADS", f"{number}.1"))
        messages.add(tx, messages.Kind.PROGRESS, each.id, MessageRef("D0ANA", f"{number}.2"))
    return [each.id for each in recorded]


def _waiting(tx: Tx) -> list[Request]:
    """One still waits for its approval; the others were decided on."""
    asked = [_ask(tx, number, factories.NEEDS_APPROVAL) for number in range(5)]
    for each in asked[3:]:
        decisions.decide(tx, each.id, ApprovalState.APPROVED, actor=LEE, good_for=60.0)
    decisions.decide(tx, asked[1].id, ApprovalState.DENIED, actor=LEE, reason="no")
    decisions.decide(tx, asked[2].id, ApprovalState.EXPIRED, actor=processes.SWEEPER)
    decisions.use(tx, asked[4].id)
    return asked


def _running(tx: Tx) -> list[Request]:
    """Each somewhere on its way, the first of its numbers farther than the second."""
    asked = [_ask(tx, number, factories.MAY) for number in range(5, 9)]
    for each in asked[1:]:
        factories.call(tx, each)
    factories.end(tx, asked[2])
    factories.end(tx, asked[3], factories.FAILED)
    return [_ask(tx, 9, factories.MAY_NOT), *asked]


def _ask(tx: Tx, number: int, decision: Decision) -> Request:
    new = factories.new_request(PHONES[2 * number : 2 * number + 2], agent=ANA, reason="ticket 7")
    return requests.accept(tx, new, decision, expires_at=tx.now + 60.0).request


def loosen(path: Path) -> None:
    """Take from the schema what would keep odd hands from writing odd values: a database whose tables take anything."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA writable_schema = ON")
    for name, sql in database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
        loose = re.sub(r"\b(TEXT|REAL|INTEGER) NOT NULL", r"\1", sql).replace(" STRICT", "")
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name))
    database.close()


def edit(path: Path, chance: Random) -> str:
    """Write an odd value into a few cells; says which."""
    database = sqlite3.connect(path, isolation_level=None)
    done = []
    try:
        database.execute("PRAGMA ignore_check_constraints = ON")
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        for _ in range(chance.choice((1, 1, 2, 4))):
            table = chance.choice(("requests", "requests", "lookups", "lookups", *TABLES))
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            column, value = chance.choice(columns), _odd_cell(chance)
            holder = "CAST(? AS TEXT)" if isinstance(value, bytes) and chance.random() < 0.7 else "?"
            which = (
                f"rowid = (SELECT rowid FROM {table} ORDER BY random() LIMIT 1)" if chance.random() < 0.8 else "TRUE"
            )
            which = which.replace("random()", f"rowid * {chance.randint(1, 997)} % 991")
            try:
                database.execute(f"UPDATE {table} SET {column} = {holder} WHERE {which}", (value,))
            except sqlite3.IntegrityError:  # the schema kept it out
                continue
            done.append(f"{table}.{column} = {value!r:.200} where {which}")
    finally:
        database.close()
    return "; ".join(done)


def orphans(path: Path) -> int:
    """Lookups whose request, or whose name for it, was edited away."""
    with closing(sqlite3.connect(path)) as database:
        (count,) = database.execute(
            "SELECT count(*) FROM lookups WHERE NOT EXISTS (SELECT 1 FROM requests WHERE number = lookups.request)"
        ).fetchone()
    return int(count)


def _odd_cell(chance: Random) -> object:
    numbers = (
        0,
        -1,
        1,
        2**63 - 1,
        -(2**63),
        1.5,
        -0.0,
        1e308,
        float("inf"),
        float("-inf"),
        1_800_000_000,
        253_402_300_800,
    )
    words = [
        *State,
        *ApprovalState,
        *Problem,
        *Through,
        "{}",
        "[]",
        "null",
        '{"a": {"b": 1}}',
        "[" * 100_000,
        "+1 202",
        "1" * 16,
    ]
    match chance.randrange(5):
        case 0:
            return None
        case 1:
            return chance.choice(numbers)
        case 2:
            return chance.choice([str(word) for word in words])
        case 3:
            return chance.choice((b"", b"\xff", b"\x00", b"answered", chance.randbytes(8)))
        case _:
            return odd_text(chance).encode("utf-8", "surrogatepass")

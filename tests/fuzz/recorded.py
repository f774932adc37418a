"""A database with something of everything in it, for hands that edit it."""

import re
import sqlite3
from itertools import pairwise
from pathlib import Path
from random import Random

from bot.models import Actor, BatchId, Card, LookupId, NewLookup, PhoneNumber, Place, Problem, Result, State, Through
from bot.store.sqlite import SqliteStore
from tests.clocks import SteppingClock
from tests.fuzz.odd import odd_text
from tests.guessing import use_up

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
GUESSED = PhoneNumber("12025550106")
WAYS = (
    (State.REJECTED,),
    (State.AWAITING,),
    (State.AWAITING, State.APPROVED),
    (State.AWAITING, State.DENIED),
    (State.AWAITING, State.EXPIRED),
    (State.QUEUED,),
    (State.QUEUED, State.CALLING),
    (State.QUEUED, State.CALLING, State.ANSWERED),
    (State.QUEUED, State.CALLING, State.FAILED),
)
PHONES = [PhoneNumber(f"1202555{1000 + number}") for number in range(len(WAYS))]


async def record(path: Path) -> list[LookupId]:
    """Lookups in the states there are, their entries and cards, and alarms."""
    clock = SteppingClock()
    store = SqliteStore(path, clock=clock)
    await store.open()
    recorded = []
    for number, way in enumerate(WAYS):
        new = NewLookup(
            agent=ANA,
            phone=PHONES[number],
            reason="ticket 7",
            channel_id="C0SUPPORT",
            submission_key=f"recorded {number}",
            place=Place(batch_id=BatchId("B-00000000"), number=number + 1, of=len(WAYS)),
        )
        expires_at = clock.time + 60.0 if way[0] is State.AWAITING else None
        problem = Problem.NOT_ALLOWED if way == (State.REJECTED,) else None
        lookup, _ = await store.accept(new, state=way[0], problem=problem, expires_at=expires_at)
        for from_state, to_state in pairwise(way):
            result = (
                Result(phone_number_id="1234567", api_code="OK", attempts=1) if to_state is State.ANSWERED else None
            )
            await store.move(lookup.id, from_state=from_state, to_state=to_state, actor=LEE, result=result, reason="no")
        await store.add_card(lookup.id, Card("C0TEAMLEADS", f"{number}.1"))
        recorded.append(lookup.id)
    await use_up(store, LEE, GUESSED)
    await store.aclose()
    return recorded


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
            table = chance.choice(("lookups", "lookups", "lookups", "journal", "cards", "alarms"))
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
    words = [*State, *Problem, *Through, "{}", "[]", "null", '{"a": {"b": 1}}', "[" * 100_000, "+1 202", "1" * 16]
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

"""Ways to tamper with the record, for somebody who can write the file: past the triggers, the checks and us."""

import math
import random
import sqlite3
from collections.abc import Callable
from typing import Any

from bot.evidence import Flaw
from bot.store.urls import SQLITE
from tests.store import auditor
from tests.store.engines import Plain

Tampering = Callable[[sqlite3.Connection, int, random.Random], tuple[Flaw, int]]
"""Does it to the entry of a number, in a journal numbered from 1 without gaps; says what must be found, and where."""

NO_TEXT = b"\xff\xfe"

NULLABLE = {"request", "position", "from_state", "to_state", "digest"}


def lay_open(connection: sqlite3.Connection) -> None:
    """Take away what protects the journal from those who do not know how."""
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def open_up(plain: Plain, database_url: str, *, checks: bool = False) -> None:
    """The same on either engine. On Postgres the tables' ``checks`` go for good, and no other test gets the tables."""
    if database_url.startswith(SQLITE):
        lay_open(plain)  # type: ignore[arg-type] # sqlite3's own connection
        return
    plain.execute("ALTER TABLE journal DISABLE TRIGGER USER")
    plain.execute("SET session_replication_role = replica")  # foreign keys are triggers, too
    for table in ("journal", "requests", "lookups", "alarms") if checks else ():
        named = f"SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = '{table}'::regclass"
        for (name,) in plain.execute(named).fetchall():
            plain.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def edit(connection: sqlite3.Connection, seq: int, dice: random.Random) -> tuple[Flaw, int]:
    """Any column, by as little as can be."""
    column = dice.choice([*auditor.ENTRY[1:], "hash"])
    change(connection, "journal", column, f"seq = {seq}", dice)
    return Flaw.BROKEN, seq


def delete(connection: sqlite3.Connection, seq: int, _dice: random.Random) -> tuple[Flaw, int]:
    last = newest(connection)
    connection.execute("DELETE FROM journal WHERE seq = ?", [seq])
    return (Flaw.MISSING, last) if seq == last else (Flaw.BROKEN, seq + 1)


def cut_off(connection: sqlite3.Connection, seq: int, _dice: random.Random) -> tuple[Flaw, int]:
    """The entry, and all behind it."""
    last = newest(connection)
    connection.execute("DELETE FROM journal WHERE seq >= ?", [seq])
    return Flaw.MISSING, last


def swap(connection: sqlite3.Connection, seq: int, dice: random.Random) -> tuple[Flaw, int]:
    """Two entries, each whole, hash and all."""
    last = newest(connection)
    other = dice.choice([each for each in (seq - 1, seq + 1, last + 1 - seq) if 1 <= each <= last and each != seq])
    for old, new in ((seq, -1), (other, seq), (-1, other)):
        connection.execute("UPDATE journal SET seq = ? WHERE seq = ?", [new, old])
    return Flaw.BROKEN, min(seq, other)


def insert(connection: sqlite3.Connection, seq: int, dice: random.Random) -> tuple[Flaw, int]:
    """A copy of any entry, before this one; what follows moves up by one."""
    connection.execute("UPDATE journal SET seq = -seq WHERE seq >= ?", [seq])
    connection.execute("UPDATE journal SET seq = 1 - seq WHERE seq < 0")
    (source,) = dice.choice(connection.execute("SELECT seq FROM journal ORDER BY random() LIMIT 5").fetchall())
    columns = ", ".join([*auditor.ENTRY[1:], "hash"])
    connection.execute(
        f"INSERT INTO journal (seq, {columns}) SELECT ?, {columns} FROM journal WHERE seq = ?", [seq, source]
    )
    is_itself = source == seq + 1  # so the copy is the original, and the original the copy
    return Flaw.BROKEN, seq + is_itself


def append(connection: sqlite3.Connection, _seq: int, _dice: random.Random) -> tuple[Flaw, int]:
    """One more, with the right hash: its form is no secret."""
    last = newest(connection)
    connection.row_factory = sqlite3.Row
    entry = dict(connection.execute("SELECT * FROM journal WHERE seq = ?", [last]).fetchone())
    connection.row_factory = None
    forged = entry | {"seq": last + 1, "user_id": "U0FORGED"}
    forged["hash"] = auditor.hash_of(forged, entry["hash"])
    connection.execute(
        f"INSERT INTO journal ({', '.join(forged)}) VALUES ({', '.join(':' + each for each in forged)})", forged
    )
    return Flaw.ADDED, last + 1


def behead(connection: sqlite3.Connection, _seq: int, _dice: random.Random) -> tuple[Flaw, int]:
    connection.execute("UPDATE journal_head SET hash = replace(hash, substr(hash, 1, 1), 'x')")
    return Flaw.BROKEN, newest(connection)


AT_AN_ENTRY: tuple[Tampering, ...] = (edit, delete, cut_off, swap, insert)
AT_THE_END: tuple[Tampering, ...] = (append, behead)


def change(connection: sqlite3.Connection, table: str, column: str, where: str, dice: random.Random) -> None:
    """One value, to another that looks like it."""
    kind = next(each[2] for each in connection.execute(f"PRAGMA table_info ({table})") if each[1] == column)
    (old,) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
    new = dice.choice([each for each in others(old, kind, is_nullable=column in NULLABLE) if each != old])
    value = "CAST(? AS TEXT)" if new is NO_TEXT else "?"
    connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}", [new])


def others(old: Any, kind: str, *, is_nullable: bool) -> list[Any]:
    """Values of a column's kind that differ from the old one as little as can be."""
    match kind:
        case "REAL":
            at = old or 0.0
            return [math.nextafter(at, math.inf), math.nextafter(at, -math.inf), -at - 1]
        case "INTEGER":
            return [(old or 0) + 1, -(old or 0) - 1]
        case "BLOB":
            return [bytes(len(old)), old[:-1], old + b"\0"]
    text = old or ""
    return [f"{text} ", f"{text}\0", text.swapcase() + "x", text[1:], NO_TEXT, *([None] if is_nullable else [])]


def newest(connection: sqlite3.Connection) -> int:
    (seq,) = connection.execute("SELECT max(seq) FROM journal").fetchone()
    return int(seq)

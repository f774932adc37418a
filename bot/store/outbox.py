"""What must still be said in Slack: put in the change that makes it necessary, removed once it is said.

A row names what is to be said of which request; the words are made from the record when they are said.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.models import RequestId
from bot.store.cells import one_of, readable
from bot.store.engine import Row, Tx
from bot.store.names import new_version


class Kind(StrEnum):
    """What is to be said or done."""

    AGENT = "agent"
    """How the request stands, to whoever asked."""
    CARDS = "cards"
    """The cards that approvers decide on: post them, or make every copy say what was decided."""
    REMIND = "remind"
    """That the request still waits, to the approvers, half-way to its expiry."""
    EXPIRE = "expire"
    """Its time is over: nobody decided, or nobody used the approval."""
    ALARM = "alarm"
    """That somebody may be guessing codes, to the approvers."""
    CODES = "codes"
    """That an approved request waits for its codes: whoever keeps them uses them now, or their agent is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One row that this process is to handle now."""

    kind: Kind
    request_id: RequestId
    version: int
    """Another one each time that something is put."""
    attempts: int
    """How often it was tried before."""


HAVE_A_TIME = frozenset({Kind.REMIND, Kind.EXPIRE})
"""What is not due at once."""

HANDLING = 30.0
"""Seconds in which whoever made a change, or claimed a row, says it; after those another process tries."""

AGAIN_AFTER = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0)
"""Seconds before each further try, when Slack did not take it; the last one counts for all that follow.

Doubled each time: once Slack is back, nobody waits much longer than it was away.
"""

LONGEST_PAUSE = AGAIN_AFTER[-1]

MOST_TRIES = 288
"""A day of them: whoever could not be told for so long has left. Days on which nobody tried do not count."""

PUT: Final = """
    INSERT INTO outbox (kind, request, due_at, version, attempts)
    VALUES (:kind, :request, :due_at, :version, 0)
    ON CONFLICT (kind, request) DO UPDATE SET
        due_at = excluded.due_at, version = excluded.version, attempts = 0"""

NUMBER: Final = "SELECT number FROM requests WHERE id = :request"

DROP: Final = "DELETE FROM outbox WHERE kind = :kind AND request = :request"

DROP_ALL: Final = "DELETE FROM outbox WHERE request = :request"

OF_REQUEST: Final = """
    SELECT outbox.kind, requests.id, outbox.version, outbox.attempts FROM outbox
    JOIN requests ON requests.number = outbox.request
    WHERE outbox.kind = :kind AND requests.id = :request"""

# What is to be said, and has no time of its own, is never due later: a clock that was ahead has put it off.
_IS_DUE = "(due_at <= :now OR (kind IN ('agent', 'cards', 'alarm', 'codes') AND due_at > :latest))"

ANY_DUE: Final = f"SELECT 1 AS found FROM outbox WHERE {_IS_DUE} LIMIT 1"  # noqa: S608 - a constant

# One statement finds and marks: of any number of processes, one gets each row.
CLAIM: Final = f"""
    UPDATE outbox SET due_at = :until WHERE {_IS_DUE} AND (kind <> 'expire' OR 1 = :is_time_trusted)
    RETURNING kind, (SELECT id FROM requests WHERE number = outbox.request) AS id, version, attempts"""  # noqa: S608 - a constant

# A row that was put since has another version, and stays.
SAID: Final = """
    DELETE FROM outbox WHERE kind = :kind AND version = :version
    AND request = (SELECT number FROM requests WHERE id = :request)"""

TAKE: Final = f"{SAID} RETURNING request"

POSTPONE: Final = """
    UPDATE outbox SET due_at = :due_at, attempts = attempts + 1
    WHERE kind = :kind AND version = :version AND request = (SELECT number FROM requests WHERE id = :request)"""

# Not what has an end of its own.
GIVE_UP: Final = "DELETE FROM outbox WHERE kind IN ('agent', 'cards', 'alarm') AND attempts >= :most"


def put(tx: Tx, kind: Kind, request: int, *, due_at: float | None = None) -> None:
    """Remember what is to be said of the request of this number, from ``due_at`` (Unix seconds) on.

    Without a time it is the caller's to say at once, and another process's after ``HANDLING``.
    """
    due_at = tx.now + HANDLING if due_at is None else due_at
    tx.write(PUT, kind=kind, request=request, due_at=due_at, version=new_version())


def repeat(tx: Tx, kind: Kind, request_id: RequestId) -> None:
    """The same for a request by its id, whether or not it was said before. Repeatable."""
    row = tx.one(NUMBER, request=request_id)
    if row:
        put(tx, kind, row["number"])


def drop(tx: Tx, *kinds: Kind, request: int) -> None:
    """Forget what was to be said: it is not true any more."""
    for kind in kinds:
        tx.write(DROP, kind=kind, request=request)


def drop_all(tx: Tx, request: int) -> None:
    """The same for everything about a request."""
    tx.write(DROP_ALL, request=request)


def waiting(tx: Tx, kind: Kind, request_id: RequestId) -> Due | None:
    """What is to be said of a request, if it was not said yet."""
    found = readable("outbox", tx.all(OF_REQUEST, kind=kind, request=request_id), _due)
    return found[0] if found else None


def is_any_due(tx: Tx) -> bool:
    """Whether ``claim`` would find anything: a read, so that nobody waits for the lock for nothing."""
    return tx.one(ANY_DUE, now=tx.now, latest=tx.now + LONGEST_PAUSE) is not None


def claim(tx: Tx, *, is_time_trusted: bool = True) -> list[Due]:
    """Rows that nobody has handled in time. They are this process's for ``HANDLING`` seconds.

    By a clock that cannot be believed nothing expires.
    """
    tx.write(GIVE_UP, most=MOST_TRIES)
    times = {"now": tx.now, "latest": tx.now + LONGEST_PAUSE, "until": tx.now + HANDLING}
    found = tx.all(CLAIM, **times, is_time_trusted=int(is_time_trusted))
    return readable("outbox", found, _due)


def said(tx: Tx, due: Due) -> None:
    """Remove a row, if it is still the last word on its matter. Repeatable."""
    tx.write(SAID, kind=due.kind, request=due.request_id, version=due.version)


def take(tx: Tx, due: Due) -> int | None:
    """The same, for whoever does it only if nobody else has removed the row: the request's number then."""
    row = tx.one(TAKE, kind=due.kind, version=due.version, request=due.request_id)
    return row["request"] if row else None


def postpone(tx: Tx, due: Due) -> None:
    """Try again later."""
    pause = AGAIN_AFTER[min(due.attempts, len(AGAIN_AFTER) - 1)]
    tx.write(POSTPONE, kind=due.kind, request=due.request_id, version=due.version, due_at=tx.now + pause)


def unsaid_since(kind: str, attempts: int, due_at: float) -> float:
    """Since when a row of this kind was to be said, at the latest (Unix seconds): each try moved its time."""
    if attempts == 0:
        return due_at if kind in HAVE_A_TIME else due_at - HANDLING
    return due_at - sum(AGAIN_AFTER[min(each, len(AGAIN_AFTER) - 1)] for each in range(attempts))


def _due(row: Row) -> Due:
    return Due(
        kind=one_of(Kind, row, "kind"),
        request_id=row["id"],
        version=row["version"],
        attempts=one_of(int, row, "attempts"),
    )

"""The lookups' questions and changes. Each change is part of its caller's transaction and writes its journal entry."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from bot.errors import LookupMoved, RecordDamaged
from bot.models import (
    Actor,
    Event,
    Lookup,
    LookupId,
    NewLookup,
    PhoneNumber,
    Problem,
    Result,
    State,
    Through,
)
from bot.store import guesses, journal, rows
from bot.store.columns import one_of
from bot.store.names import new_salt

RUNNING = frozenset({State.QUEUED, State.CALLING})
"""A process holds these by a lease; in every other state a lookup belongs to nobody."""

WORTH_TELLING = frozenset(State) - RUNNING
"""Here somebody has to hear of it: it has ended, or approvers are to be asked to decide, or its agent for a code."""

SWEEPER = Actor(team_id="-", user_id="sweeper", through=Through.BOT)
"""Who ends what a dead process left, and reminds. A process on a host, like the command line, and no host is called
"-"."""

INSERT = """
    INSERT INTO lookups (
        id, state, team_id, user_id, through, channel_id, phone, reason, submission_key,
        created_at, updated_at, owner, lease_until, tell_after, problem, wait_until, expires_at,
        batch_id, batch_number, batch_size, salt)
    VALUES (
        :id, :state, :team_id, :user_id, :through, :channel_id, :phone, :reason, :submission_key,
        :now, :now, :owner, :lease_until, :tell_after, :problem, :wait_until, :expires_at,
        :batch_id, :batch_number, :batch_size, :salt)"""

# The old state in the WHERE is the whole guard: of any number of callers, one finds the row as it was.
MOVE = """
    UPDATE lookups SET
        state = :to_state, updated_at = :now, owner = :owner, lease_until = :lease_until,
        expires_at = coalesce(:expires_at, expires_at),
        decided_at = coalesce(:decided_at, decided_at),
        decided_team_id = coalesce(:decided_team_id, decided_team_id),
        decided_user_id = coalesce(:decided_user_id, decided_user_id),
        decided_through = coalesce(:decided_through, decided_through),
        decision_reason = coalesce(:decision_reason, decision_reason),
        tell_after = CASE WHEN through = 'slack' THEN :tell_after END
    WHERE id = :id AND state = :from_state"""

SET_RESULT = """
    UPDATE lookups SET
        phone_number_id = :phone_number_id, problem = :problem, api_code = :api_code, request_id = :request_id,
        http_status = :http_status, milliseconds = :milliseconds, attempts = :attempts, wait_until = :wait_until
    WHERE id = :id"""

BY_ID = "SELECT * FROM lookups WHERE id = :id"

BY_SUBMISSION = "SELECT * FROM lookups WHERE submission_key = :submission_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something is recorded, by which process, and until when what it then holds is its own (Unix seconds)."""

    now: float
    owner: str
    lease_until: float


def accept(
    db: Database,
    new: NewLookup,
    *,
    state: State,
    problem: Problem | None,
    expires_at: float | None,
    new_id: Callable[[], LookupId],
    moment: Moment,
    wait_until: float | None = None,
) -> tuple[Lookup, bool]:
    """Record a lookup; ``False`` with the recorded one when its submission was recorded before.

    One to be queued is rejected if the guess guard says so: it counts what any process has recorded until now.
    """
    if recorded := find_submission(db, new.submission_key):
        return recorded, False
    if state is State.QUEUED and (until := guesses.wait_for(db, new.agent, new.phone, now=moment.now)):
        state, problem, wait_until = State.REJECTED, Problem.TOO_MANY_GUESSES, until
    lookup_id = new_id()
    while find(db, lookup_id):
        lookup_id = new_id()
    values = _columns(
        lookup_id, new, state=state, problem=problem, wait_until=wait_until, expires_at=expires_at, moment=moment
    )
    db.execute(INSERT, values)
    row = _row(db, lookup_id)
    journal.write(
        db,
        Event.ASKED,
        lookup_id,
        at=moment.now,
        to_state=state,
        actor=new.agent,
        facts=journal.facts_of(Result(problem=problem) if problem else None),
        digest=rows.digest(row),
    )
    return rows.lookup(row), True


def move(
    db: Database,
    lookup_id: LookupId,
    *,
    from_state: State,
    to_state: State,
    actor: Actor,
    moment: Moment,
    result: Result | None = None,
    reason: str | None = None,
    expires_at: float | None = None,
    event: Event = Event.MOVED,
    tell_after: float | None = None,
) -> Lookup:
    """Change a lookup's state if it is still ``from_state``. Raises ``LookupMoved`` when it is not.

    Raises ``TooManyGuesses`` for one that may not be called now. Leaving ``awaiting`` records ``actor`` as who decided,
    with ``reason``. ``tell_after`` (Unix seconds): then anybody may tell its agent; by default when the lease ends.
    """
    is_decision = from_state is State.AWAITING
    values = {
        "id": lookup_id,
        "from_state": from_state,
        "to_state": to_state,
        "now": moment.now,
        "expires_at": expires_at,
        **_holder(to_state, moment),
        "tell_after": _tell_after(to_state, moment.lease_until if tell_after is None else tell_after),
        **(rows.decision_columns(actor, at=moment.now, reason=reason or "") if is_decision else rows.NO_DECISION),
    }
    if not _update(db, values):
        raise LookupMoved(find(db, lookup_id))
    result = result and _set_result(db, lookup_id, result)
    row = _row(db, lookup_id)
    journal.write(
        db,
        event,
        lookup_id,
        at=moment.now,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        facts=journal.facts_of(result),  # not the reason: it can be forgotten, an entry cannot
        digest=rows.digest(row) if is_decision or result is not None else None,
    )
    guesses.watch(db, lookup := rows.lookup(row), now=moment.now)
    return lookup


def find(db: Database, lookup_id: LookupId) -> Lookup | None:
    return _first(db, BY_ID, {"id": lookup_id})


def find_submission(db: Database, submission_key: str) -> Lookup | None:
    return _first(db, BY_SUBMISSION, {"submission_key": submission_key})


def _columns(
    lookup_id: LookupId,
    new: NewLookup,
    *,
    state: State,
    problem: Problem | None,
    wait_until: float | None,
    expires_at: float | None,
    moment: Moment,
) -> dict[str, Any]:
    """A new lookup's row, by column."""
    return {
        "id": lookup_id,
        "state": state,
        "team_id": new.agent.team_id,
        "user_id": new.agent.user_id,
        "through": new.agent.through,
        "channel_id": new.channel_id,
        "phone": new.phone.digits,
        "reason": new.reason,
        "submission_key": new.submission_key,
        "now": moment.now,
        "problem": problem,
        "wait_until": wait_until,
        "expires_at": expires_at,
        "salt": new_salt(),
        **rows.place_columns(new.place),
        **_holder(state, moment),
        "tell_after": _tell_after(state, moment.lease_until) if new.agent.through is Through.SLACK else None,
    }


def _update(db: Database, values: dict[str, str | float | None]) -> bool:
    """Whether the lookup was as it was expected to be. Raises ``RecordDamaged``."""
    try:
        return bool(db.execute(MOVE, values).rowcount)
    except sqlite3.IntegrityError as error:  # only of a row that was against the table's rules before
        raise RecordDamaged("state") from error


def _set_result(db: Database, lookup_id: LookupId, result: Result) -> Result:
    apart = rows.apart(result, one_of(PhoneNumber, _row(db, lookup_id), "phone"))
    db.execute(SET_RESULT, {"id": lookup_id, **rows.result_columns(apart)})
    return apart


def _first(db: Database, sql: str, values: dict[str, str]) -> Lookup | None:
    found = list(db.query(sql, values))
    return rows.lookup(found[0]) if found else None


def _row(db: Database, lookup_id: LookupId) -> dict[str, Any]:
    (row,) = db.query(BY_ID, {"id": lookup_id})
    return row


def _holder(state: State, moment: Moment) -> dict[str, str | float | None]:
    if state in RUNNING:
        return {"owner": moment.owner, "lease_until": moment.lease_until}
    return {"owner": None, "lease_until": None}


def _tell_after(state: State, at: float) -> float | None:
    return at if state in WORTH_TELLING else None

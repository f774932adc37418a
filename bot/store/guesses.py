"""What is counted against guessing codes, and the alarm when it becomes too much. Part of the callers' transactions."""

from typing import TypeGuard

from sqlite_utils import Database

from bot.errors import TooManyGuesses
from bot.guesses import COUNTED, FREE, REMEMBERED, Guesses, Suspect, Tally, wait_until
from bot.models import Actor, Event, Lookup, PhoneNumber, State, Through
from bot.store import journal

GUARD = Actor(team_id="-", user_id="guard", through=Through.BOT)
"""Who suspects. No host is called "-"."""

# The problems stand here as in the partial indexes: only then does SQLite see that an index holds all that is asked
# for. A refused lookup changes no more, so its last change is when it was refused.
FOR_NUMBER = """
    SELECT count(*) AS refused, min(updated_at) AS first_at, max(updated_at) AS last_at FROM lookups
    WHERE problem IN ('unknown code', 'bad request') AND phone = :phone AND updated_at > :since"""

BY_AGENT = """
    SELECT count(*) AS refused, min(updated_at) AS first_at, max(updated_at) AS last_at FROM lookups
    WHERE problem IN ('unknown code', 'bad request') AND user_id = :user_id AND team_id = :team_id
    AND updated_at > :since"""

BY_AGENT_ELSEWHERE = f"{BY_AGENT} AND batch_id IS NOT :batch_id"

LAST_ANSWER = "SELECT max(updated_at) FROM lookups WHERE state = 'answered' AND phone = :phone"

# No more rows than the account has calls per second, or as good as that.
UNDER_WAY = """
    SELECT coalesce(sum(phone = :phone), 0), coalesce(sum(user_id = :user_id AND team_id = :team_id), 0) FROM lookups
    WHERE state = 'calling' AND id <> :id"""

RAISE_ALARM = """
    INSERT INTO alarms (lookup_id, suspect, refused, first_at, at, tell_after)
    VALUES (:lookup_id, :suspect, :refused, :first_at, :now, :now)"""


def tally(db: Database, agent: Actor, phone: PhoneNumber | None, *, now: float, but_for: Lookup | None = None) -> Tally:
    """What counts against an agent, and against a number if there is one yet, without the lookup that asks.

    Without what was refused in that lookup's list, if it was approved: somebody said yes to each of its numbers,
    and so to one code for each, whatever became of the others.
    """
    digits = phone.digits if phone else ""
    who = {"user_id": agent.user_id, "team_id": agent.team_id}
    since = now - REMEMBERED
    (answered_at,) = db.execute(LAST_ANSWER, {"phone": digits}).fetchone()
    # Whoever has the right code need not guess it. An agent's own count goes on: the answer may be to another number.
    since_answer = max(since, answered_at) if _has_been(answered_at, now) else since
    asking = but_for.id if but_for else ""
    (for_number, by_agent) = db.execute(UNDER_WAY, {"phone": digits, **who, "id": asking}).fetchone()
    approved = but_for.place if but_for and but_for.approval else None
    (of_agent, batch_id) = (BY_AGENT_ELSEWHERE, approved.batch_id) if approved else (BY_AGENT, "")
    values: dict[str, str | float] = {**who, "since": since, "batch_id": batch_id}
    return Tally(
        for_number=_guesses(db, FOR_NUMBER, {"phone": digits, "since": since_answer}, now=now, under_way=for_number),
        by_agent=_guesses(db, of_agent, values, now=now, under_way=by_agent),
    )


def wait_for(db: Database, agent: Actor, phone: PhoneNumber, *, now: float) -> float | None:
    """Until when (Unix seconds) a new lookup may not be asked; ``None``: it may."""
    return wait_until(tally(db, agent, phone, now=now), now=now)


def watch(db: Database, lookup: Lookup, *, now: float) -> None:
    """See to every lookup on its one way to the API, and on its way back with a refusal; it has just moved.

    Raises ``TooManyGuesses`` if it may not be called now: then the move must be undone.
    """
    if lookup.state is State.CALLING:
        _check(db, lookup, now=now)
    if lookup.state is State.REFUSED and lookup.result.problem in COUNTED:
        _suspect(db, lookup, now=now)


def _check(db: Database, lookup: Lookup, *, now: float) -> None:
    # Of several at once each sees those before it: a process holds the write lock from here to its commit.
    counted = tally(db, lookup.agent, lookup.phone, now=now, but_for=lookup)
    approved_at = lookup.approval.decided_at if lookup.approval else None
    if until := wait_until(counted, now=now, approved_at=approved_at):
        raise TooManyGuesses(until)


def _suspect(db: Database, lookup: Lookup, *, now: float) -> None:
    # Raise the alarm if this one used up what is free. Each refused lookup counts one up, so it is raised once.
    counted = tally(db, lookup.agent, lookup.phone, now=now)
    for each in Suspect:
        guesses = counted.of(each)
        if guesses.refused != FREE[each]:
            continue
        facts = {"suspect": each.value, "refused": guesses.refused}
        values = {"lookup_id": lookup.id, **facts, "first_at": guesses.first_at, "now": now}
        db.execute(RAISE_ALARM, values)
        journal.write(db, Event.SUSPECTED, lookup.id, at=now, actor=GUARD, facts=facts)


def _guesses(db: Database, sql: str, values: dict[str, str | float], *, now: float, under_way: int) -> Guesses:
    (refused, first_at, last_at) = db.execute(sql, values).fetchone()
    if not refused:
        return Guesses(under_way=under_way)
    return Guesses(
        refused=refused,
        first_at=first_at if _has_been(first_at, now) else now,
        last_at=last_at if _has_been(last_at, now) else now,
        under_way=under_way,
    )


def _has_been(at: object, now: float) -> TypeGuard[float]:
    # A time that other hands wrote, or a clock that was set back, must neither end the guard nor make it endless.
    return isinstance(at, float | int) and at <= now

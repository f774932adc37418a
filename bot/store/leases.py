"""What belongs to a process for a while: lookups that run, agents to be told; and what dead processes left behind."""

import json
from collections.abc import Collection

from sqlite_utils import Database

from bot.models import Event, Lookup, LookupId, Problem, Result, State
from bot.store import rows
from bot.store.columns import readable
from bot.store.connection import undoing
from bot.store.lookups import SWEEPER, Moment, move

# lease_until is set exactly while a lookup runs. A process may own rows it runs no more: it could not record their end.
RENEW = """
    UPDATE lookups SET lease_until = :lease_until
    WHERE lease_until IS NOT NULL AND owner = :owner AND id IN (SELECT value FROM json_each(:held))"""

RENEW_TELLING = """
    UPDATE lookups SET tell_after = :lease_until
    WHERE tell_after < :lease_until AND id IN (SELECT value FROM json_each(:held))"""

# What runs here is alive, however late its lease: the clock may have been set, or the database locked for long.
ABANDONED = """
    SELECT * FROM lookups
    WHERE lease_until < :now AND NOT (owner = :owner AND id IN (SELECT value FROM json_each(:running)))
    ORDER BY lease_until"""

TOLD = "UPDATE lookups SET tell_after = NULL WHERE id = :id AND state = :state"

# A list is told as a whole: not while some of it runs, nor while whoever ended the last of it may still tell.
CLAIM_UNTOLD = """
    UPDATE lookups SET tell_after = :tell_after
    WHERE tell_after <= :now AND updated_at > :now - 86400  -- whoever could not be told for a day has left
    AND (batch_id IS NULL OR (
        batch_id NOT IN (SELECT coalesce(batch_id, '') FROM lookups WHERE lease_until IS NOT NULL)
        AND batch_id NOT IN (SELECT coalesce(batch_id, '') FROM lookups WHERE tell_after > :now)))
    RETURNING *"""

# Whoever was to tell how the rest of the list ended has died with it.
TELL_LIST_NOW = "UPDATE lookups SET tell_after = :now WHERE batch_id = :batch_id AND tell_after > :now"


def renew(db: Database, held: Collection[LookupId], *, moment: Moment) -> None:
    """Extend the leases of what the owner runs or tells. No change of state, so not in the journal."""
    values = {"owner": moment.owner, "lease_until": moment.lease_until, "held": json.dumps([*held])}
    for sql in (RENEW, RENEW_TELLING):
        db.execute(sql, values)


def interrupt_abandoned(db: Database, running: Collection[LookupId], *, moment: Moment) -> int:
    """End every running lookup whose lease ran out, but for those the owner still runs. Their agents are to be told."""
    values = {"now": moment.now, "owner": moment.owner, "running": json.dumps([*running])}
    abandoned = [*db.query(ABANDONED, values)]
    ended = readable("lookups", abandoned, lambda row: _interrupt(db, rows.lookup(row), moment))
    for batch_id in {lookup.place.batch_id for lookup in ended if lookup.place}:
        db.execute(TELL_LIST_NOW, {"batch_id": batch_id, "now": moment.now})
    return len(ended)


def _interrupt(db: Database, lookup: Lookup, moment: Moment) -> Lookup:
    with undoing(db):  # a damaged one must not keep the others running for ever
        return move(
            db,
            lookup.id,
            from_state=lookup.state,
            to_state=State.INTERRUPTED,
            actor=SWEEPER,
            result=Result(problem=Problem.PROCESS_ENDED),
            moment=moment,
            event=Event.ABANDONED,
            tell_after=moment.now,
        )


def told(db: Database, lookup_id: LookupId, state: State) -> None:
    db.execute(TOLD, {"id": lookup_id, "state": state})


def claim_untold(db: Database, *, moment: Moment) -> list[Lookup]:
    """Lookups to tell now, one for each list; they are the owner's until its lease ends."""
    values = {"now": moment.now, "tell_after": moment.lease_until}
    return rows.one_of_each_list(rows.lookups(db.query(CLAIM_UNTOLD, values)))

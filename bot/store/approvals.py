"""What time does to lookups that need approval: who must be reminded, and what nobody decided or used in time."""

from sqlite_utils import Database

from bot.models import Event, Lookup
from bot.store import journal, rows
from bot.store.lookups import SWEEPER, Moment

# The states stand here as in the partial indexes: only then does SQLite see that an index holds all that is asked for.
DUE = """
    SELECT * FROM lookups WHERE state IN ('awaiting', 'approved') AND expires_at <= :now
    ORDER BY expires_at, rowid"""

# One statement finds and marks: of any number of callers, one gets each row.
CLAIM_REMINDERS = """
    UPDATE lookups SET reminded_at = :now
    WHERE state = 'awaiting' AND reminded_at IS NULL AND created_at < :asked_before
    RETURNING *"""


def due(db: Database, *, now: float) -> list[Lookup]:
    """Lookups whose approval, not yet given or not yet used, has run out; longest overdue first, one of each list."""
    return rows.one_of_each_list(rows.lookup(row) for row in db.query(DUE, {"now": now}))


def claim_reminders(db: Database, *, asked_before: float, moment: Moment) -> list[Lookup]:
    """Mark what waits since before then and nobody was reminded of; the longest waiting first, one of each list.

    A reminder is no change of the lookup: ``updated_at`` stays.
    """
    claimed = [rows.lookup(row) for row in db.query(CLAIM_REMINDERS, {"now": moment.now, "asked_before": asked_before})]
    claimed.sort(key=lambda lookup: lookup.created_at)  # RETURNING promises no order
    for lookup in claimed:
        journal.write(db, Event.REMINDED, lookup.id, at=moment.now, actor=SWEEPER)
    return rows.one_of_each_list(claimed)

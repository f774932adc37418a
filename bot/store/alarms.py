"""The alarms that codes may be guessed: each is told by one process."""

from functools import partial

from sqlite_utils import Database

from bot.guesses import Alarm, Suspect
from bot.models import Event, LookupId
from bot.store import journal, lookups
from bot.store.columns import Row, count, moment, one_of, readable, text
from bot.store.guesses import GUARD

# One statement finds and marks: of any number of callers, one gets each row. After an hour it alarms nobody any more.
CLAIM = """
    UPDATE alarms SET tell_after = :tell_after WHERE tell_after <= :now AND at > :now - 3600
    RETURNING lookup_id, suspect, refused, first_at, at"""

TOLD = """
    UPDATE alarms SET tell_after = NULL
    WHERE lookup_id = :lookup_id AND suspect = :suspect AND tell_after IS NOT NULL"""


TELLING = 180.0
"""Seconds a process has to tell an alarm, before it is another's to try."""


def claim(db: Database, *, now: float) -> list[Alarm]:
    """Alarms to tell now; they are the caller's for ``TELLING`` seconds."""
    rows = [*db.query(CLAIM, {"now": now, "tell_after": now + TELLING})]
    return [alarm for alarm in readable("alarms", rows, partial(_alarm, db)) if alarm]


def told(db: Database, alarm: Alarm, *, people: int, now: float) -> None:
    """Remember that an alarm was told in so many places, if nobody did before."""
    is_first = db.execute(TOLD, {"lookup_id": alarm.lookup.id, "suspect": alarm.suspect}).rowcount
    if is_first:
        facts = {"suspect": alarm.suspect.value, "told": people}
        journal.write(db, Event.WARNED, alarm.lookup.id, at=now, actor=GUARD, facts=facts)


def _alarm(db: Database, row: Row) -> Alarm | None:
    lookup = lookups.find(db, LookupId(text(row, "lookup_id")))
    if lookup is None:
        return None
    return Alarm(
        lookup=lookup,
        suspect=one_of(Suspect, row, "suspect"),
        refused=count(row, "refused"),
        seconds=moment(row, "at") - moment(row, "first_at"),
    )

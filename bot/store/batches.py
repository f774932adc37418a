"""Lists of lookups: taken in, moved and stopped as a whole, each lookup with its journal entry, in one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from sqlite_utils import Database

from bot.errors import LookupMoved
from bot.models import Actor, BatchId, Card, Lookup, LookupId, NewLookup, Place, Problem, Result, State
from bot.store import cards, leases, lookups, rows
from bot.store.columns import readable
from bot.store.lookups import Moment
from bot.store.names import new_batch_id

OF_LIST = "SELECT * FROM lookups WHERE batch_id = :batch_id ORDER BY batch_number"

SET_BULLETIN = """
    INSERT INTO bulletins (batch_id, channel_id, ts) VALUES (:batch_id, :channel_id, :ts)
    ON CONFLICT (batch_id) DO UPDATE SET channel_id = :channel_id, ts = :ts"""

BULLETIN = "SELECT channel_id, ts FROM bulletins WHERE batch_id = :batch_id"


def accept(
    db: Database,
    news: Sequence[NewLookup],
    *,
    state: State,
    problem: Problem | None,
    expires_at: float | None,
    wait_until: float | None,
    new_id: Callable[[], LookupId],
    moment: Moment,
) -> tuple[list[Lookup], bool]:
    """Record a list; ``False`` with the recorded one when its first submission was recorded before.

    Each is guarded by itself: of a list to be queued some may be rejected.
    """
    recorded = lookups.find_submission(db, news[0].submission_key)
    if recorded and recorded.place:
        return read(db, recorded.place.batch_id), False
    batch_id = new_batch_id()
    while read(db, batch_id):
        batch_id = new_batch_id()
    for number, new in enumerate(news, start=1):
        placed = replace(new, place=Place(batch_id=batch_id, number=number, of=len(news)))
        lookups.accept(
            db,
            placed,
            state=state,
            problem=problem,
            expires_at=expires_at,
            wait_until=wait_until,
            new_id=new_id,
            moment=moment,
        )
    return read(db, batch_id), True


def read(db: Database, batch_id: BatchId) -> list[Lookup]:
    """A list in its order; empty when there is none."""
    return rows.lookups(db.query(OF_LIST, {"batch_id": batch_id}))


def move(
    db: Database,
    batch_id: BatchId,
    *,
    from_state: State,
    to_state: State,
    actor: Actor,
    reason: str | None,
    expires_at: float | None,
    moment: Moment,
) -> list[Lookup]:
    """Change the state of every lookup of a list; of none, and ``LookupMoved``, when one is not ``from_state``."""
    listed = read(db, batch_id)
    if not listed:
        raise LookupMoved(None)
    return [
        lookups.move(
            db,
            each.id,
            from_state=from_state,
            to_state=to_state,
            actor=actor,
            reason=reason,
            expires_at=expires_at,
            moment=moment,
        )
        for each in listed
    ]


def stop(db: Database, batch_id: BatchId, *, actor: Actor, moment: Moment) -> list[Lookup]:
    """End what was not called yet. Gives those that this ended."""
    return [
        lookups.move(
            db,
            each.id,
            from_state=State.QUEUED,
            to_state=State.INTERRUPTED,
            actor=actor,
            result=Result(problem=Problem.STOPPED),
            moment=moment,
        )
        for each in read(db, batch_id)
        if each.state is State.QUEUED
    ]


def told(db: Database, known: Collection[Lookup]) -> None:
    for each in known:
        leases.told(db, each.id, each.state)


def set_bulletin(db: Database, batch_id: BatchId, message: Card) -> None:
    """Remember in which message a list's agent follows it. No change of a lookup, so not in the journal."""
    db.execute(SET_BULLETIN, {"batch_id": batch_id, "channel_id": message.channel_id, "ts": message.ts})


def bulletin(db: Database, batch_id: BatchId) -> Card | None:
    for card in readable("bulletins", db.query(BULLETIN, {"batch_id": batch_id}), cards.card):
        return card
    return None

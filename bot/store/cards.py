"""The messages in which lookups can be decided. Where they are is no change of a lookup, so not in the journal."""

from sqlite_utils import Database

from bot.models import Card, LookupId, State
from bot.store.columns import Row, readable, text

INSERT = """
    INSERT INTO cards (lookup_id, channel_id, ts) VALUES (:lookup_id, :channel_id, :ts)
    ON CONFLICT (channel_id, ts) DO NOTHING"""

OF_LOOKUP = "SELECT lookup_id, channel_id, ts FROM cards WHERE lookup_id = :lookup_id ORDER BY rowid"

DRAWN = """
    UPDATE cards SET stale_since = NULL
    WHERE lookup_id = :lookup_id AND EXISTS (SELECT 1 FROM lookups WHERE id = :lookup_id AND state = :state)"""

CLAIM_STALE = """
    UPDATE cards SET stale_since = :now
    WHERE stale_since <= :now - :drawing
    AND lookup_id IN (SELECT id FROM lookups WHERE updated_at > :now - 86400)  -- after a day nobody decides on it
    RETURNING lookup_id"""

DRAWING = 180.0
"""Seconds in which whoever changed a lookup has redrawn its cards, or has given up, or has died."""


def add(db: Database, lookup_id: LookupId, card: Card) -> None:
    """Remember a message; one that is remembered already stays as it is."""
    db.execute(INSERT, {"lookup_id": lookup_id, "channel_id": card.channel_id, "ts": card.ts})


def of_lookup(db: Database, lookup_id: LookupId) -> list[Card]:
    """One lookup's messages, in the order they were added."""
    return readable("cards", db.query(OF_LOOKUP, {"lookup_id": lookup_id}), card)


def card(row: Row) -> Card:
    return Card(text(row, "channel_id"), text(row, "ts"))


def drawn(db: Database, lookup_id: LookupId, state: State) -> None:
    """Remember that every copy says this state, if it is still the last."""
    db.execute(DRAWN, {"lookup_id": lookup_id, "state": state})


def claim_stale(db: Database, *, now: float) -> set[LookupId]:
    """The lookups whose cards are to be redrawn now; they are the caller's for ``DRAWING`` seconds."""
    return {LookupId(row["lookup_id"]) for row in [*db.query(CLAIM_STALE, {"now": now, "drawing": DRAWING})]}

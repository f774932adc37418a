"""The messages in which lookups can be decided. Where they are is no change of a lookup, so not in the journal."""

from sqlite_utils import Database

from bot.models import Card, LookupId
from bot.store.columns import Row, readable, text

INSERT = """
    INSERT INTO cards (lookup_id, channel_id, ts) VALUES (:lookup_id, :channel_id, :ts)
    ON CONFLICT (channel_id, ts) DO NOTHING"""

OF_LOOKUP = "SELECT lookup_id, channel_id, ts FROM cards WHERE lookup_id = :lookup_id ORDER BY rowid"


def add(db: Database, lookup_id: LookupId, card: Card) -> None:
    """Remember a message; one that is remembered already stays as it is."""
    db.execute(INSERT, {"lookup_id": lookup_id, "channel_id": card.channel_id, "ts": card.ts})


def of_lookup(db: Database, lookup_id: LookupId) -> list[Card]:
    """One lookup's messages, in the order they were added."""
    return readable("cards", db.query(OF_LOOKUP, {"lookup_id": lookup_id}), card)


def card(row: Row) -> Card:
    return Card(text(row, "channel_id"), text(row, "ts"))

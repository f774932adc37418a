"""Is the journal whole, and the record what it vouches for? In the memory of one entry, however many there are."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from sqlite_utils import Database

from bot.errors import SchemaUnknown
from bot.evidence import EMPTY, Fault, Flaw, Head, Inspection, entry_hash, record_digest
from bot.models import FORGOTTEN, Event, LookupId
from bot.store import journal
from bot.store.names import SALT_BYTES

ENTRIES = "SELECT * FROM journal ORDER BY seq"

# The newest digest and the newest state, each from the index of the lookup's entries.
RECORDS = """
    SELECT lookups.*,
        (SELECT digest FROM journal WHERE lookup_id = lookups.id AND digest IS NOT NULL ORDER BY seq DESC LIMIT 1)
            AS vouched_digest,
        (SELECT to_state FROM journal WHERE lookup_id = lookups.id AND to_state IS NOT NULL ORDER BY seq DESC LIMIT 1)
            AS vouched_state,
        EXISTS (SELECT 1 FROM journal WHERE lookup_id = lookups.id AND event = :forgotten AND digest IS NULL)
            AS was_forgotten
    FROM lookups"""

GONE = """
    SELECT seq, lookup_id FROM journal
    WHERE lookup_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lookups WHERE id = lookup_id) ORDER BY seq LIMIT 1"""


def inspect(db: Database, *, anchor: Head | None = None) -> Inspection:
    """Check every entry, then every lookup; ``anchor`` is a head that was noted elsewhere.

    Raises ``SchemaUnknown`` when a table or a column is not there.
    """
    with _telling_what_is_gone(), _one_view(db), _any_bytes(db):
        chain = _inspect_entries(db, anchor)
        return chain if chain.fault else _inspect_records(db, chain)


def _inspect_entries(db: Database, anchor: Head | None) -> Inspection:
    head = journal.head(db)
    entries, first, newest, is_anchored = 0, None, EMPTY, anchor in (None, EMPTY)
    for entry in db.query(ENTRIES):
        fault = _fault_of(entry, newest, head, anchor)
        if fault:
            break
        entries += 1
        first = entry["seq"] if first is None else first
        newest = Head(entry["seq"], entry["hash"])
        is_anchored = is_anchored or newest == anchor
    else:
        fault = _fault_at_the_end(newest, head, None if is_anchored else anchor)
    return Inspection(entries=entries, first=first, head=newest, fault=fault)


def _fault_of(entry: dict[str, Any], newest: Head, head: Head, anchor: Head | None) -> Fault | None:
    seq = entry["seq"]
    if entry["hash"] != entry_hash(entry, newest.hash):
        return Fault(flaw=Flaw.BROKEN, seq=seq)
    if seq > head.seq:
        return Fault(flaw=Flaw.ADDED, seq=seq)
    if anchor and seq == anchor.seq and entry["hash"] != anchor.hash:
        return Fault(flaw=Flaw.NOT_AS_ANCHORED, seq=seq)
    return None


def _fault_at_the_end(newest: Head, head: Head, missed: Head | None) -> Fault | None:
    if newest != head:
        return Fault(flaw=Flaw.BROKEN if newest.seq == head.seq else Flaw.MISSING, seq=head.seq)
    return Fault(flaw=Flaw.NOT_AS_ANCHORED, seq=missed.seq) if missed else None


def _inspect_records(db: Database, chain: Inspection) -> Inspection:
    records = forgotten = 0
    for row in db.query(RECORDS, {"forgotten": Event.FORGOTTEN}):
        if row["state"] != row["vouched_state"] or not (_is_vouched_for(row) or _is_forgotten(row)):
            fault = Fault(flaw=Flaw.RECORD_CHANGED, lookup_id=LookupId(row["id"]))
            return replace(chain, records=records, forgotten=forgotten, fault=fault)
        records += 1
        forgotten += row["salt"] is None
    return replace(chain, records=records, forgotten=forgotten, fault=_gone(db))


def _is_vouched_for(row: dict[str, Any]) -> bool:
    # HMAC fills short keys up with zeros: only a salt of the right length is the one there was.
    return len(row["salt"] or b"") == SALT_BYTES and row["vouched_digest"] == record_digest(row, row["salt"])


def _is_forgotten(row: dict[str, Any]) -> bool:
    left = (row["phone"], row["reason"], row["phone_number_id"], row["decision_reason"] or "")
    return row["salt"] is None and row["was_forgotten"] and left == (FORGOTTEN.digits, "", None, "")


def _gone(db: Database) -> Fault | None:
    for seq, lookup_id in db.execute(GONE):
        return Fault(flaw=Flaw.RECORD_GONE, seq=seq, lookup_id=LookupId(lookup_id))
    return None


@contextmanager
def _telling_what_is_gone() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise SchemaUnknown(f"the journal cannot be checked: {error}") from error  # a table or a column was taken away


@contextmanager
def _one_view(db: Database) -> Iterator[None]:
    """What is written meanwhile is not seen: entries and lookups are of one moment."""
    db.conn.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


@contextmanager
def _any_bytes(db: Database) -> Iterator[None]:
    """Read what is no text, too: somebody may have put it there, and that is to be found, not to be an error."""
    usual = db.conn.text_factory
    db.conn.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        db.conn.text_factory = usual

"""How the journal was chained: what an older release wrote gets its hashes, what it recorded its digests.

Part of a step, so it never changes once it is released.
"""

import secrets
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from bot.evidence import EMPTY, GENESIS, entry_hash, record_digest

_INSERT = """
    INSERT INTO new_journal (
        seq, at, event, lookup_id, from_state, to_state, team_id, user_id, through, facts, digest, hash)
    VALUES (
        :seq, :at, :event, :lookup_id, :from_state, :to_state, :team_id, :user_id, :through, :facts, :digest, :hash)"""

# Each lookup's newest entry vouches for what the record is now; nobody knows what it was before.
_ENTRIES = """
    SELECT *, seq = (SELECT max(seq) FROM journal AS any WHERE any.lookup_id = entry.lookup_id) AS is_newest
    FROM journal AS entry ORDER BY seq"""


def chain(db: Database) -> None:
    """A hash for each entry, a salt for each lookup, and a digest of each lookup in its newest entry."""
    db.execute("ALTER TABLE lookups ADD COLUMN salt BLOB")  # of its digests; destroyed when the lookup is forgotten
    db.conn.create_function("new_salt", 0, lambda: secrets.token_bytes(32))
    db.execute("UPDATE lookups SET salt = new_salt() WHERE id IN (SELECT lookup_id FROM journal)")
    # The retention's: it holds only lookups that can still be forgotten.
    db.execute("CREATE INDEX lookups_unforgotten ON lookups (created_at) WHERE salt IS NOT NULL")
    _create_chained_journal(db)
    db.conn.executemany(_INSERT, _chained(db))
    _create_head(db)
    # As allow_approvals has it: the counter moves to the new table as it is.
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'new_journal'")
    db.execute("UPDATE sqlite_sequence SET name = 'new_journal' WHERE name = 'journal'")
    db.execute("DROP TABLE journal")
    db.execute("ALTER TABLE new_journal RENAME TO journal")
    db.execute("CREATE INDEX journal_by_lookup ON journal (lookup_id)")


def _create_chained_journal(db: Database) -> None:
    db.execute("""
        CREATE TABLE new_journal (
            seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- so that a number is never given out twice
            at         REAL NOT NULL,
            event      TEXT NOT NULL,
            lookup_id  TEXT REFERENCES lookups (id),
            from_state TEXT,
            to_state   TEXT,
            team_id    TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            through    TEXT NOT NULL,
            facts      TEXT NOT NULL,  -- a JSON object
            digest     TEXT,           -- of the lookup as it is from this entry on
            hash       TEXT NOT NULL,  -- of all of this and the hash before it
            -- A change of state goes somewhere, and is some lookup's.
            CHECK (to_state IS NOT NULL OR from_state IS NULL),
            CHECK (lookup_id IS NOT NULL OR to_state IS NULL)
        ) STRICT""")


def _create_head(db: Database) -> None:
    # Where the chain ends: without it nobody would miss entries that were cut off.
    db.execute("""
        CREATE TABLE journal_head (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            seq  INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT""")
    newest = db.execute("SELECT seq, hash FROM new_journal ORDER BY seq DESC LIMIT 1").fetchone()
    db.execute("INSERT INTO journal_head VALUES (1, ?, ?)", newest or (EMPTY.seq, EMPTY.hash))


def _chained(db: Database) -> Iterator[dict[str, Any]]:
    """The old entries as they are, one at a time, with their digests and hashes."""
    previous = GENESIS
    for entry in db.query(_ENTRIES):
        entry["digest"] = _digest(db, entry["lookup_id"]) if entry.pop("is_newest") else None
        previous = entry["hash"] = entry_hash(entry, previous)
        yield entry


def _digest(db: Database, lookup_id: str) -> str:
    (record,) = db.query("SELECT * FROM lookups WHERE id = ?", [lookup_id])
    return record_digest(record, record["salt"])

"""Removing a number, its ID and the reasons from the record, so that their bytes are in no file any more.

The entries stay whole: they hold only a digest, and its salt is destroyed with what it is of.
"""

import re
from collections.abc import Collection, Iterator

import phonenumbers
from sqlite_utils import Database

from bot.entry.characters import normalise
from bot.errors import StillOpen
from bot.models import FORGOTTEN, Actor, Event, LookupId, PhoneNumber, State
from bot.store import journal, rows
from bot.store.connection import changing
from bot.store.lookups import BY_ID, RUNNING, SWEEPER
from bot.store.names import new_salt
from bot.traces import Traces

WAITING = frozenset({State.AWAITING, State.APPROVED})

BY_STATE = "SELECT state, count(*) FROM lookups WHERE phone = :phone GROUP BY state"

# Rows go by their numbers here: an id may have been edited into something that finds no row.
NAME = "SELECT id FROM lookups WHERE rowid = :row AND typeof(id) = 'text'"

OF_NUMBER = "SELECT rowid FROM lookups WHERE phone = :phone ORDER BY created_at, rowid"

IDS_OF_NUMBER = "SELECT DISTINCT phone_number_id FROM lookups WHERE phone = :phone AND phone_number_id IS NOT NULL"

WITH_REASONS = """
    SELECT rowid, reason, coalesce(decision_reason, '') AS decision_reason FROM lookups
    WHERE salt IS NOT NULL AND phone <> :phone AND (reason <> '' OR decision_reason <> '')"""

# Whoever has not been told yet is told first, for a day; then they have left.
OLD = """
    SELECT rowid FROM lookups
    WHERE salt IS NOT NULL AND created_at < :before AND state NOT IN ('awaiting', 'approved', 'queued', 'calling')
        AND (tell_after IS NULL OR updated_at <= :now - 86400)
    ORDER BY created_at LIMIT :limit"""

FORGET = """
    UPDATE lookups SET
        phone = :forgotten, phone_number_id = NULL, reason = '', salt = NULL,
        decision_reason = CASE WHEN decided_at IS NOT NULL THEN '' END
    WHERE rowid = :row"""

FORGET_REASONS = """
    UPDATE lookups SET
        reason = '', salt = :salt, decision_reason = CASE WHEN decided_at IS NOT NULL THEN '' END
    WHERE rowid = :row"""

_SHORT = 7
"""Digits: a shorter national number stands in many a reason by chance, so there the country code counts too."""


def traces(db: Database, phone: PhoneNumber) -> Traces:
    """Where the number is."""
    return _traces(db, phone, mentions=[*_mentions(db, phone)])


def forget(db: Database, phone: PhoneNumber, *, actor: Actor, now: float) -> Traces:
    """Forget a number everywhere. Raises ``StillOpen`` while a lookup of it runs or waits; nothing is forgotten then.

    Who ends a request that waits is up to its agent and the approvers, whose cards must be redrawn: not to this.
    """
    mentions = [*_mentions(db, phone)]  # while the IDs to look for are still there
    found = _traces(db, phone, mentions=mentions)
    if found.running or found.waiting:
        raise StillOpen(found)
    for row in mentions:
        _forget_reasons(db, row, actor=actor, now=now)
    ended = [found["rowid"] for found in db.query(OF_NUMBER, {"phone": phone.digits})]
    _forget_all(db, ended, actor=actor, now=now, why="command")
    return found


def forget_old(db: Database, *, before: float, limit: int, now: float) -> int:
    """Forget up to ``limit`` ended lookups that were asked before then (Unix seconds), the oldest first. How many."""
    old = [found["rowid"] for found in db.query(OLD, {"before": before, "limit": limit, "now": now})]
    _forget_all(db, old, actor=SWEEPER, now=now, why="retention")
    return len(old)


def scrub(db: Database) -> bool:
    """Remove the bytes of what was forgotten from the files. ``False``: another program's reading keeps some there.

    ``secure_delete`` zeroes what is deleted, but not the copies that a page keeps in its gaps when SQLite moves rows
    to another page. So the file is written anew, and then the log, which holds old pages, is emptied.
    """
    forgotten = _count_unscrubbed(db)
    if not forgotten:
        return True
    db.execute("VACUUM")
    (is_busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        return False
    with changing(db):
        if _count_unscrubbed(db) == forgotten:  # nothing was forgotten meanwhile
            db.execute("PRAGMA user_version = 0")
    return True


def _forget_all(db: Database, lookup_rows: Collection[int], *, actor: Actor, now: float, why: str) -> None:
    for row in lookup_rows:
        db.execute(FORGET, {"row": row, "forgotten": FORGOTTEN.digits})
        facts = {"what": "all", "why": why}
        journal.write(db, Event.FORGOTTEN, _name(db, row), at=now, actor=actor, facts=facts)
    if lookup_rows:
        _remember_to_scrub(db)


def _forget_reasons(db: Database, row: int, *, actor: Actor, now: float) -> None:
    """Both reasons; a digest with a salt of its own vouches for what is left, and the old one can be proved no more."""
    db.execute(FORGET_REASONS, {"row": row, "salt": new_salt()})
    lookup_id = _name(db, row)
    digest = rows.digest(next(db.query(BY_ID, {"id": lookup_id}))) if lookup_id else None
    facts = {"what": "reasons", "why": "command"}
    journal.write(db, Event.FORGOTTEN, lookup_id, at=now, actor=actor, facts=facts, digest=digest)
    _remember_to_scrub(db)


def _name(db: Database, row: int) -> LookupId | None:
    """The lookup in that row; ``None`` where its id finds it no more: then an entry can name none."""
    found = db.execute(NAME, {"row": row}).fetchone()
    if found is None or not db.execute(BY_ID, {"id": found[0]}).fetchone():
        return None
    return LookupId(found[0])


def _traces(db: Database, phone: PhoneNumber, *, mentions: Collection[int]) -> Traces:
    counts = dict(db.execute(BY_STATE, {"phone": phone.digits}).fetchall())  # also of states there are none of
    running = sum(counts.get(state, 0) for state in RUNNING)
    waiting = sum(counts.get(state, 0) for state in WAITING)
    ended = sum(counts.values()) - running - waiting
    return Traces(ended=ended, running=running, waiting=waiting, mentions=len(mentions))


def _mentions(db: Database, phone: PhoneNumber) -> Iterator[int]:
    """The rows of lookups of other numbers in whose reasons the number stands, in any writing, or its ID."""
    digits = _without_country(phone)
    ids = [_as_text(row["phone_number_id"]) for row in db.query(IDS_OF_NUMBER, {"phone": phone.digits})]
    for row in db.query(WITH_REASONS, {"phone": phone.digits}):
        for reason in (_as_text(row["reason"]), _as_text(row["decision_reason"])):
            if digits in _digits(reason) or any(each in reason for each in ids):
                yield row["rowid"]
                break


def _without_country(phone: PhoneNumber) -> str:
    try:
        national = str(phonenumbers.parse(f"+{phone.digits}").national_number)
    except phonenumbers.NumberParseException:
        return phone.digits
    return national if len(national) >= _SHORT else phone.digits


def _as_text(value: object) -> str:
    """Whatever stands there: what was edited into something else is forgotten, too."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _digits(text: str) -> str:
    if text.isascii():  # nearly all: others wait while every reason is looked at
        return re.sub(r"\D", "", text)
    return "".join(character for character in normalise(text) if character.isdigit())


# SQLite keeps this one number for its user, in the same transaction as everything else. Ours counts what was forgotten
# and may still be in the files: whoever comes next goes on with what a busy reader or a power cut kept from being done.


def _count_unscrubbed(db: Database) -> int:
    (count,) = db.execute("PRAGMA user_version").fetchone()
    return int(count)


def _remember_to_scrub(db: Database) -> None:
    db.execute(f"PRAGMA user_version = {_count_unscrubbed(db) + 1}")

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

OF_NUMBER = "SELECT id FROM lookups WHERE phone = :phone ORDER BY created_at, rowid"

IDS_OF_NUMBER = "SELECT DISTINCT phone_number_id FROM lookups WHERE phone = :phone AND phone_number_id IS NOT NULL"

WITH_REASONS = """
    SELECT id, reason, coalesce(decision_reason, '') AS decision_reason FROM lookups
    WHERE salt IS NOT NULL AND phone <> :phone AND (reason <> '' OR decision_reason <> '')"""

# Whoever has not been told yet is told first, for a day; then they have left.
OLD = """
    SELECT id FROM lookups
    WHERE salt IS NOT NULL AND created_at < :before AND state NOT IN ('awaiting', 'approved', 'queued', 'calling')
        AND (tell_after IS NULL OR updated_at <= :now - 86400)
    ORDER BY created_at LIMIT :limit"""

FORGET = """
    UPDATE lookups SET
        phone = :forgotten, phone_number_id = NULL, reason = '', salt = NULL,
        decision_reason = CASE WHEN decided_at IS NOT NULL THEN '' END
    WHERE id = :id"""

FORGET_REASONS = """
    UPDATE lookups SET
        reason = '', salt = :salt, decision_reason = CASE WHEN decided_at IS NOT NULL THEN '' END
    WHERE id = :id"""

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
    for lookup_id in mentions:
        _forget_reasons(db, lookup_id, actor=actor, now=now)
    ended = [LookupId(row["id"]) for row in db.query(OF_NUMBER, {"phone": phone.digits})]
    _forget_all(db, ended, actor=actor, now=now, why="command")
    return found


def forget_old(db: Database, *, before: float, limit: int, now: float) -> int:
    """Forget up to ``limit`` ended lookups that were asked before then (Unix seconds), the oldest first. How many."""
    old = [LookupId(row["id"]) for row in db.query(OLD, {"before": before, "limit": limit, "now": now})]
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


def _forget_all(db: Database, lookup_ids: Collection[LookupId], *, actor: Actor, now: float, why: str) -> None:
    for lookup_id in lookup_ids:
        db.execute(FORGET, {"id": lookup_id, "forgotten": FORGOTTEN.digits})
        journal.write(db, Event.FORGOTTEN, lookup_id, at=now, actor=actor, facts={"what": "all", "why": why})
    if lookup_ids:
        _remember_to_scrub(db)


def _forget_reasons(db: Database, lookup_id: LookupId, *, actor: Actor, now: float) -> None:
    """Both reasons; a digest with a salt of its own vouches for what is left, and the old one can be proved no more."""
    db.execute(FORGET_REASONS, {"id": lookup_id, "salt": new_salt()})
    (row,) = db.query(BY_ID, {"id": lookup_id})
    facts = {"what": "reasons", "why": "command"}
    journal.write(db, Event.FORGOTTEN, lookup_id, at=now, actor=actor, facts=facts, digest=rows.digest(row))
    _remember_to_scrub(db)


def _traces(db: Database, phone: PhoneNumber, *, mentions: Collection[LookupId]) -> Traces:
    counts = dict(db.execute(BY_STATE, {"phone": phone.digits}).fetchall())  # also of states there are none of
    running = sum(counts.get(state, 0) for state in RUNNING)
    waiting = sum(counts.get(state, 0) for state in WAITING)
    ended = sum(counts.values()) - running - waiting
    return Traces(ended=ended, running=running, waiting=waiting, mentions=len(mentions))


def _mentions(db: Database, phone: PhoneNumber) -> Iterator[LookupId]:
    """Lookups of other numbers in whose reasons the number stands, in any writing, or its ID."""
    digits = _without_country(phone)
    ids = [_as_text(row["phone_number_id"]) for row in db.query(IDS_OF_NUMBER, {"phone": phone.digits})]
    for row in db.query(WITH_REASONS, {"phone": phone.digits}):
        for reason in (_as_text(row["reason"]), _as_text(row["decision_reason"])):
            if digits in _digits(reason) or any(each in reason for each in ids):
                yield LookupId(row["id"])
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

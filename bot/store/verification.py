"""Is the journal whole, and the record what it vouches for? In the memory of one entry, however many there are."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.errors import RecordDamaged
from bot.evidence import (
    CHAINED,
    EMPTY,
    LOOKUP_DIGESTED,
    REQUEST_DIGESTED,
    Fault,
    Flaw,
    Head,
    Inspection,
    entry_hash,
    record_digest,
)
from bot.guesses import COUNTED_FOR, Suspect
from bot.models import FORGOTTEN, LookupId, Problem, RequestId, person_in
from bot.store.cells import Cells
from bot.store.engine import Row, Tx
from bot.store.names import SALT_BYTES, lookup_id

FORMS: Mapping[int, Callable[[Row, str], str]] = {1: entry_hash}
"""How an entry of each form is hashed. What was written once in a form is checked in it for ever."""

# Each column by its name: one that was taken away is missed at once.
ENTRIES: Final = f"SELECT {', '.join(CHAINED)}, hash FROM journal ORDER BY seq"  # noqa: S608 - constants only

_OF_REQUEST = ", ".join(f"requests.{name}" for name in REQUEST_DIGESTED)

_OF_LOOKUP = ", ".join(f"lookups.{name}" for name in LOOKUP_DIGESTED if name != "request")


def _vouched(of: str) -> str:
    """What the entries of a record say of it, each from their index: the newest digest and the newest state."""
    entries = f"FROM journal WHERE request = requests.id AND position {of}"
    newest_digest = f"{entries} AND digest IS NOT NULL ORDER BY seq DESC LIMIT 1"
    newest_state = f"{entries} AND to_state IS NOT NULL ORDER BY seq DESC LIMIT 1"
    return f"""
        (SELECT digest {newest_digest}) AS vouched_digest, (SELECT facts {newest_digest}) AS vouched_facts,
        (SELECT at {newest_state}) AS vouched_at, (SELECT to_state {newest_state}) AS vouched_state,
        (SELECT count(*) {entries} AND event = 'forgotten' AND facts LIKE '{{"what": "all"%') AS times_forgotten"""


REQUESTS: Final = f"""
    SELECT {_OF_REQUEST}, requests.salt, requests.approval AS state_now, {_vouched("IS NULL")}
    FROM requests ORDER BY number"""  # noqa: S608 - constants only

LOOKUPS: Final = f"""
    SELECT {_OF_LOOKUP}, requests.id AS request, requests.size, lookups.salt, lookups.updated_at,
        lookups.state AS state_now, {_vouched("= lookups.position")}
    FROM lookups JOIN requests ON requests.number = lookups.request
    ORDER BY lookups.request, lookups.position"""  # noqa: S608 - constants only

GONE: Final = """
    SELECT seq, request, position, (SELECT size FROM requests WHERE id = journal.request) AS size FROM journal
    WHERE request IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM requests WHERE id = journal.request AND (
            journal.position IS NULL
            OR EXISTS (SELECT 1 FROM lookups WHERE request = requests.number AND position = journal.position)))
    ORDER BY seq LIMIT 1"""

# Of no request that there is, so that nothing vouches for it.
ORPHAN: Final = """
    SELECT request, position FROM lookups
    WHERE NOT EXISTS (SELECT 1 FROM requests WHERE number = lookups.request)
    ORDER BY request, position LIMIT 1"""

# What the guess guard counts, and what its alarms say, beside the entries that say so.
_GUARDED = """
        journal.seq, journal.at, journal.event, journal.from_state, journal.facts, journal.position,
        requests.number, requests.team_id, requests.user_id, lookups.phone, kept.entry, kept.request AS kept_request,
        kept.position AS kept_position, kept.at AS kept_at"""

_OF_GUARD = """
    FROM journal JOIN requests ON requests.id = journal.request
    JOIN lookups ON lookups.request = requests.number AND lookups.position = journal.position"""

REFUSED_CODES: Final = f"""SELECT {_GUARDED}, kept.phone AS kept_phone, kept.team_id AS kept_team_id,
        kept.user_id AS kept_user_id, kept.for_agent
    {_OF_GUARD} LEFT JOIN refused_codes AS kept ON kept.entry = journal.seq
    WHERE kept.entry IS NOT NULL OR journal.event = 'refused' OR journal.from_state IN ('calling', 'interrupted')
    ORDER BY journal.seq"""

# Whoever was told was told with an entry, in the same change.
ALARMS: Final = f"""SELECT {_GUARDED}, kept.suspect, kept.refused, kept.told_at IS NULL OR EXISTS (
            SELECT 1 FROM journal AS warned
            WHERE warned.request = journal.request AND warned.position = journal.position
                AND warned.event = 'warned' AND warned.at = kept.told_at) AS is_told_rightly
    {_OF_GUARD} LEFT JOIN alarms AS kept ON kept.entry = journal.seq
    WHERE kept.entry IS NOT NULL OR journal.event = 'suspected'
    ORDER BY journal.seq"""  # noqa: S608 - constants only

COUNTED_FOR_NOTHING: Final = f"""
    SELECT entry FROM (SELECT entry FROM refused_codes UNION ALL SELECT entry FROM alarms) AS kept
    WHERE NOT EXISTS (SELECT 1 {_OF_GUARD} WHERE journal.seq = kept.entry)
    ORDER BY entry LIMIT 1"""  # noqa: S608 - constants only


def inspect(tx: Tx, *, anchor: Head | None = None) -> Inspection:
    """Check every entry, then every request and every lookup; ``anchor`` is a head that was noted elsewhere. A read.

    Raises ``SchemaUnknown`` when a table or a column is not there.
    """
    with tx.distrusting():
        inspection = _inspect_entries(tx, anchor)
        for sql, digested in ((REQUESTS, REQUEST_DIGESTED), (LOOKUPS, LOOKUP_DIGESTED)):
            if not inspection.fault:
                inspection = _inspect_records(tx.stream(sql), inspection, digested)
        for find in (_find_absence, _find_wrong_count, _find_foreign_part):
            if not inspection.fault:
                inspection = replace(inspection, fault=find(tx))
        return inspection


def _inspect_entries(tx: Tx, anchor: Head | None) -> Inspection:
    entries, first, newest, is_anchored = 0, None, EMPTY, anchor in (None, EMPTY)
    for entry in tx.stream(ENTRIES):
        fault = _fault_of(entry, newest, tx.head, anchor)
        if fault:
            break
        entries += 1
        first = entry["seq"] if first is None else first
        newest = Head(entry["seq"], entry["hash"])
        is_anchored = is_anchored or newest == anchor
    else:
        fault = _fault_at_the_end(newest, tx.head, None if is_anchored else anchor)
    return Inspection(entries=entries, first=first, head=newest, fault=fault)


def _fault_of(entry: Row, newest: Head, head: Head, anchor: Head | None) -> Fault | None:
    seq = entry["seq"]
    hash_of = FORMS.get(entry["form"])
    # Text in place of a time may have the same hash.
    if hash_of is None or not isinstance(entry["at"], float) or entry["hash"] != hash_of(entry, newest.hash):
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


def _inspect_records(found: Iterable[Row], so_far: Inspection, digested: Sequence[str]) -> Inspection:
    records, forgotten, fault = so_far.records, so_far.forgotten, None
    for row in found:
        is_whole = _is_vouched_for(row, digested) if row["salt"] is not None else _is_forgotten(row, digested)
        is_now = (
            row["state_now"] == row["vouched_state"] and row.get("updated_at", row["vouched_at"]) == row["vouched_at"]
        )
        if not (is_whole and is_now and _is_readable(row, digested)):
            name = _name(row["id" if "id" in row else "request"], row.get("position"), of=row["size"])
            fault = Fault(flaw=Flaw.RECORD_CHANGED, record=name)
            break
        records += 1
        forgotten += row["salt"] is None
    return replace(so_far, records=records, forgotten=forgotten, fault=fault)


def _find_absence(tx: Tx) -> Fault | None:
    if gone := tx.one(GONE):
        name = _name(gone["request"], gone["position"], of=gone["size"])
        return Fault(flaw=Flaw.RECORD_GONE, seq=gone["seq"], record=name)
    if orphan := tx.one(ORPHAN):
        name = LookupId(f"{orphan['request']}/{orphan['position']}")  # its request's number is all that it has
        return Fault(flaw=Flaw.RECORD_CHANGED, record=name)
    return None


def _find_wrong_count(tx: Tx) -> Fault | None:
    """Where a refused code or an alarm is not what its entry says, or where one should be and is none."""
    for sql, is_right in ((REFUSED_CODES, _is_counted_rightly), (ALARMS, _is_alarm_right)):
        for row in tx.stream(sql):
            try:
                is_fault = not is_right(row)
            except (ValueError, TypeError, KeyError, AttributeError):  # facts of a form that we never wrote
                is_fault = True
            if is_fault:
                return Fault(flaw=Flaw.COUNT_CHANGED, seq=row["seq"])
    found = tx.one(COUNTED_FOR_NOTHING)
    return Fault(flaw=Flaw.COUNT_CHANGED, seq=found["entry"]) if found else None


def _find_foreign_part(tx: Tx) -> Fault | None:
    part = tx.foreign_part()
    return None if part is None else Fault(flaw=Flaw.SCHEMA_CHANGED, part=part)


def _is_vouched_for(row: Row, digested: Sequence[str]) -> bool:
    # HMAC fills short keys up with zeros: only a salt of the right length is the one there was.
    salt = row["salt"]
    is_a_salt = isinstance(salt, bytes) and len(salt) == SALT_BYTES
    return is_a_salt and row["vouched_digest"] == record_digest(row, salt, digested)


def _is_forgotten(row: Row, digested: Sequence[str]) -> bool:
    """Whether an entry says so, and vouches for what stays; its facts may be of a form that we never wrote."""
    if not row["times_forgotten"] or row["vouched_digest"] != record_digest(
        row, _salt_in(row["vouched_facts"]), digested
    ):
        return False
    left = [row["reason"], row.get("decision_reason") or ""]
    return not any(left) and row.get("phone_number_id") is None and row.get("phone") in (None, FORGOTTEN.digits)


def _salt_in(facts: Any) -> bytes:
    """The salt of what stays of something forgotten, which stands in its entry."""
    try:
        return bytes.fromhex(json.loads(facts)["salt"])
    except (ValueError, TypeError, KeyError):
        return b""


def _is_readable(row: Row, digested: Sequence[str]) -> bool:
    """Whether each cell is what its column holds: text in place of a number may have the same digest."""
    cells = Cells({name: row[name] for name in digested if name != "request"})
    try:
        return bool({**cells})
    except RecordDamaged:
        return False


def _name(request_id: str, position: int | None, *, of: int | None) -> RequestId | LookupId:
    if position is None or of is None:
        return RequestId(request_id)
    return lookup_id(request_id, position, of=of)


def _is_counted_rightly(row: Row) -> bool:
    problem = json.loads(row["facts"]).get("problem")
    counts_for = COUNTED_FOR.get(Problem(problem)) if problem else None
    was_called = row["event"] == "refused" or row["from_state"] in ("calling", "interrupted")
    if not (counts_for and was_called):
        return row["entry"] is None
    kept = [row["kept_phone"], row["kept_team_id"], row["kept_user_id"], row["for_agent"]]
    expected = [row["phone"], row["team_id"], person_in(row["user_id"]), int(Suspect.AGENT in counts_for)]
    return _is_of_its_entry(row) and kept == expected


def _is_alarm_right(row: Row) -> bool:
    if row["event"] != "suspected":
        return False
    facts = json.loads(row["facts"])
    said = [facts["suspect"], facts["refused"]]
    return _is_of_its_entry(row) and [row["suspect"], row["refused"]] == said and bool(row["is_told_rightly"])


def _is_of_its_entry(row: Row) -> bool:
    return [row["kept_request"], row["kept_position"], row["kept_at"]] == [row["number"], row["position"], row["at"]]

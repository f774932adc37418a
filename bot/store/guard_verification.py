"""Is what the guess guard counts, and what its alarms say, what the journal's entries say? Part of the verification."""

import json
from typing import Final

from bot.guesses import COUNTED_FOR, Suspect
from bot.models import Problem, person_in
from bot.store.engine import Row, Tx

_ENTRY = """
        journal.seq, journal.at, journal.event, journal.from_state, journal.facts, journal.position,
        requests.number, requests.team_id, requests.user_id, lookups.phone, kept.entry, kept.request AS kept_request,
        kept.position AS kept_position, kept.at AS kept_at"""

_OF = """
    FROM journal JOIN requests ON requests.id = journal.request
    JOIN lookups ON lookups.request = requests.number AND lookups.position = journal.position"""

REFUSED_CODES: Final = f"""SELECT {_ENTRY}, kept.phone AS kept_phone, kept.team_id AS kept_team_id,
        kept.user_id AS kept_user_id, kept.for_agent {_OF} LEFT JOIN refused_codes AS kept ON kept.entry = journal.seq
    WHERE kept.entry IS NOT NULL OR journal.event = 'refused' OR journal.from_state IN ('calling', 'interrupted')
    ORDER BY journal.seq"""

# Whoever was told was told with an entry, in the same change.
ALARMS: Final = f"""SELECT {_ENTRY}, kept.suspect, kept.refused, kept.told_at IS NULL OR EXISTS (
            SELECT 1 FROM journal AS warned
            WHERE warned.request = journal.request AND warned.position = journal.position
                AND warned.event = 'warned' AND warned.at = kept.told_at) AS is_told_rightly
    {_OF} LEFT JOIN alarms AS kept ON kept.entry = journal.seq
    WHERE kept.entry IS NOT NULL OR journal.event = 'suspected'
    ORDER BY journal.seq"""  # noqa: S608 - constants only

OF_NO_ENTRY: Final = f"""
    SELECT entry FROM (SELECT entry FROM refused_codes UNION ALL SELECT entry FROM alarms) AS kept
    WHERE NOT EXISTS (SELECT 1 {_OF} WHERE journal.seq = kept.entry)
    ORDER BY entry LIMIT 1"""  # noqa: S608 - constants only


def first_fault(tx: Tx) -> int | None:
    """The first entry with which a refused code or an alarm does not agree, or that should have one and has none."""
    for sql, is_right in ((REFUSED_CODES, _is_counted_rightly), (ALARMS, _is_alarm_right)):
        for row in tx.stream(sql):
            try:
                is_fault = not is_right(row)
            except (ValueError, TypeError, KeyError, AttributeError):  # facts of a form that we never wrote
                is_fault = True
            if is_fault:
                return int(row["seq"])
    found = tx.one(OF_NO_ENTRY)
    return int(found["entry"]) if found else None


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

"""What an administrator reads from ``phoneid journal`` and ``phoneid forget``."""

import math
from collections.abc import Mapping

from bot.audit import Footprint
from bot.evidence import Fault, Flaw, Head, Inspection
from bot.models import PhoneNumber
from bot.texts.numbers import counted

HEAD_UNREADABLE = "--since-head takes the output of phoneid journal head: a number, a colon and 64 characters."

FLAWS: Mapping[Flaw, str] = {
    Flaw.BROKEN: (
        "Entry {seq} does not match the chain: it was changed, moved or inserted, or an earlier entry was removed."
    ),
    Flaw.ADDED: "Entry {seq} was not written by the bot.",
    Flaw.MISSING: "Entry {seq} is missing, and so are all entries between the last intact one and it.",
    Flaw.NOT_AS_ANCHORED: "Entry {seq} is not the one you noted: it or an earlier entry was rewritten or removed.",
    Flaw.RECORD_CHANGED: "The entries are intact, but {record} no longer matches them: it was changed.",
    Flaw.COUNT_CHANGED: (
        "The entries are intact, but a wrong code or an alert no longer matches entry {seq}: it was changed, added or "
        "removed."
    ),
    Flaw.SCHEMA_CHANGED: (
        "The entries and records are intact, but the database is not as this release creates it: {part} was changed, "
        "added or removed."
    ),
    Flaw.RECORD_GONE: "The entries are intact, but {record}, which entry {seq} is about, was removed.",
}

_BESIDE_THE_ENTRIES = frozenset({Flaw.RECORD_CHANGED, Flaw.COUNT_CHANGED, Flaw.SCHEMA_CHANGED, Flaw.RECORD_GONE})
"""Flaws that leave every entry as it was: to call the journal broken would contradict the sentence that follows."""


def whole(inspection: Inspection, anchor: Head | None) -> str:
    if inspection.first is None:
        return "The journal is intact. It has no entries yet."
    lines = [
        f"The journal is intact: {counted(inspection.entries, 'entry', 'entries')}, "
        f"from {inspection.first} to {inspection.head.seq}.",
        f"{counted(inspection.records, 'record matches', 'records match')} it, "
        f"{inspection.forgotten} of them forgotten.",
    ]
    if anchor:
        lines.append(f"Entry {anchor.seq} is the one you noted.")
    return "\n".join([*lines, f"Head: {inspection.head.seq}:{inspection.head.hash}"])


def not_whole(inspection: Inspection) -> str:
    is_beside = inspection.fault is not None and inspection.fault.flaw in _BESIDE_THE_ENTRIES
    what = "The database does not match the journal." if is_beside else "The journal is broken."
    return (
        f"{what} {_flaw(inspection.fault)}\n{_whole_before(inspection)}\n"
        "Keep a copy of the database as it is now, and compare it with a backup."
    )


def _flaw(fault: Fault | None) -> str:
    # Whoever changed an id by hand may have put into it what moves the cursor.
    shown = "".join(each if each.isprintable() else "�" for each in (fault and (fault.record or fault.part)) or "")
    return FLAWS[fault.flaw].format(seq=fault.seq, record=shown, part=shown) if fault else ""


def _whole_before(inspection: Inspection) -> str:
    if inspection.first is None:
        return "No entry before it is intact."
    return f"The entries from {inspection.first} to {inspection.head.seq} are intact."


READ_BY_OTHERS = "another program is using them. Close programs that read the database"


def not_scrubbed(why: str) -> str:
    return (
        f"Parts of the forgotten data may still be in the database's files: {why}. Run this command again later; a "
        "running bot tries by itself within a day."
    )


def scrubbed_later(seconds: float) -> str:
    return (
        "The running bot will erase the forgotten data from the database's files within a day. Rewriting the files "
        f"took {math.ceil(seconds)} seconds the last time, and nothing else can be recorded during that time."
    )


SCRUBBED = "The database's files no longer contain it. Remove it from copies and backups yourself."
SCRUBBED_ON_A_SERVER = (
    "The server has removed the old rows. They remain in its write-ahead log and backups for as long as those are kept."
)


NO_ANSWER = "Nobody answered the question, so nothing was forgotten. In scripts, add --yes."


def asks_to_forget(phone: PhoneNumber, found: Footprint) -> str:
    asked = f"Remove {phone.international}, its ID and the reasons from {counted(found.ended, 'lookup')}"
    mentioned = f", and the reasons that mention it from {counted(found.mentions, 'request')} for other numbers"
    return f"{asked}{mentioned if found.mentions else ''}? This cannot be undone."


def forgotten(phone: PhoneNumber, found: Footprint) -> str:
    if not (found.ended or found.mentions):
        return f"There are no records of {phone.international}."
    mentions = f", and the reasons of {counted(found.mentions, 'request')} that mentioned it" if found.mentions else ""
    return (
        f"The number was removed from {counted(found.ended, 'lookup')}{mentions}. The journal records this without the "
        "number."
    )


def still_open(phone: PhoneNumber, found: Footprint) -> str:
    if found.running:
        return (
            f"Nothing was forgotten, because {phone.international} is still being looked up "
            f"({counted(found.running, 'lookup')}). Try again in a minute."
        )
    waiting = counted(found.waiting, "lookup is", "lookups are")
    return (
        f"Nothing was forgotten, because {waiting} still waiting for an approval or a code for {phone.international}. "
        "Have them denied, withdrawn or used first, or wait until they expire."
    )

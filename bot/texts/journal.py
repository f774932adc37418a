"""What an administrator reads from ``phoneid journal`` and ``phoneid forget``."""

import math
from collections.abc import Mapping

from bot.audit import Footprint
from bot.evidence import Fault, Flaw, Head, Inspection
from bot.models import PhoneNumber
from bot.texts.numbers import counted

HEAD_UNREADABLE = "--since-head takes what `phoneid journal head` printed: a number, a colon and 64 characters."

FLAWS: Mapping[Flaw, str] = {
    Flaw.BROKEN: (
        "Entry {seq} is not the one that was written there: it was changed, moved or inserted, or what stood before it "
        "is gone."
    ),
    Flaw.ADDED: "Entry {seq} was added past the bot.",
    Flaw.MISSING: "Entry {seq} is gone, with all that stood between it and the last one that is whole.",
    Flaw.NOT_AS_ANCHORED: "Entry {seq} is not the one you noted: it, or something before it, was rewritten or removed.",
    Flaw.RECORD_CHANGED: "The entries are whole, but {record} is not what they vouch for: it was changed.",
    Flaw.COUNT_CHANGED: (
        "The entries are whole, but what counts against guessing codes, or an alarm, is not what entry {seq} says: it "
        "was changed, added or removed."
    ),
    Flaw.SCHEMA_CHANGED: (
        "The entries and the records are whole, but the database is not as this release makes it: {part} was changed, "
        "added or removed."
    ),
    Flaw.RECORD_GONE: "The entries are whole, but {record}, which entry {seq} is about, was removed.",
}


def whole(inspection: Inspection, anchor: Head | None) -> str:
    if inspection.first is None:
        return "The journal is whole: it has no entries yet."
    lines = [
        f"The journal is whole: {counted(inspection.entries, 'entry', 'entries')}, "
        f"from {inspection.first} to {inspection.head.seq}.",
        f"{counted(inspection.records, 'record is', 'records are')} as recorded, "
        f"{inspection.forgotten} of them forgotten.",
    ]
    if anchor:
        lines.append(f"Entry {anchor.seq} is the one you noted.")
    return "\n".join([*lines, f"Head: {inspection.head.seq}:{inspection.head.hash}"])


def not_whole(inspection: Inspection) -> str:
    return (
        f"The journal is not whole. {_flaw(inspection.fault)}\n{_whole_before(inspection)}\n"
        "Keep a copy of the database file as it is, and compare it with a backup."
    )


def _flaw(fault: Fault | None) -> str:
    # Whoever changed an id by hand may have put into it what moves the cursor.
    shown = "".join(each if each.isprintable() else "�" for each in (fault and (fault.record or fault.part)) or "")
    return FLAWS[fault.flaw].format(seq=fault.seq, record=shown, part=shown) if fault else ""


def _whole_before(inspection: Inspection) -> str:
    if inspection.first is None:
        return "Nothing before it can be vouched for."
    return f"The entries from {inspection.first} to {inspection.head.seq} are whole."


READ_BY_OTHERS = "another program keeps them busy"


def not_scrubbed(why: str) -> str:
    return (
        f"Something of what was forgotten may still be in the database's files: {why}. The running bot tries again, at "
        "the latest after a day. Or remove the cause, such as a program that reads the database, and run this command "
        "once more."
    )


def scrubbed_later(seconds: float) -> str:
    return (
        "The bytes of what was forgotten leave the database's files within a day: the running bot sees to it. Writing "
        f"the files anew took {math.ceil(seconds)} seconds the last time, and nothing else can be recorded meanwhile."
    )


SCRUBBED = "Its bytes are in none of the database's files any more. Copies and backups are yours to remove."
SCRUBBED_ON_A_SERVER = (
    "The server has removed the old rows. Its own log and its backups keep them for as long as they are set to."
)


NO_ANSWER = "Standard input ended without an answer, so nothing was forgotten. Add --yes where nobody can answer."


def asks_to_forget(phone: PhoneNumber, found: Footprint) -> str:
    asked = f"Forget {phone.international}: the number, its ID and the reasons of {counted(found.ended, 'lookup')}"
    mentioned = f", and the reasons of {counted(found.mentions, 'request')} for other numbers that mention it"
    return f"{asked}{mentioned if found.mentions else ''}? This cannot be undone."


def forgotten(phone: PhoneNumber, found: Footprint) -> str:
    if not (found.ended or found.mentions):
        return f"Nothing is recorded of {phone.international}."
    mentions = f", and the reasons of {counted(found.mentions, 'request')} that mentioned it" if found.mentions else ""
    return f"Forgotten: {counted(found.ended, 'lookup')}{mentions}. The journal says so, without the number."


def still_open(phone: PhoneNumber, found: Footprint) -> str:
    if found.running:
        return (
            f"{phone.international} is still being asked for ({counted(found.running, 'lookup')}). Nothing was "
            "forgotten: try again in a minute."
        )
    return (
        f"{counted(found.waiting, 'lookup')} of {phone.international} still wait for a decision or a code. Nothing was "
        "forgotten: have them denied, withdrawn or used first, or wait until they expire."
    )

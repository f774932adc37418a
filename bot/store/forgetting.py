"""Removing a number, its ID and the reasons from the record, so that their bytes are in no file any more.

The entries stay whole: they hold only digests, and a digest's salt is destroyed with what it is of. What is forgotten
is found by the number of its request and its position: an id may have been edited into something that finds no row.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import phonenumbers

from bot.audit import Event, Footprint
from bot.entry.characters import normalise
from bot.errors import RecordDamaged, StillOpen
from bot.evidence import LOOKUP_DIGESTED, REQUEST_DIGESTED, record_digest
from bot.models import FORGOTTEN, Actor, PhoneNumber
from bot.store import journal, outbox, rows, scrubbing
from bot.store.cells import Cells, raw, readable, whole
from bot.store.engine import Query, Row, Tx, Value
from bot.store.journal import NewEntry
from bot.store.names import new_salt
from bot.store.processes import SWEEPER

# Also of states there are none of.
COUNTS: Final = """
    SELECT
        count(*) FILTER (WHERE state IN ('queued', 'calling')) AS running,
        count(*) FILTER (WHERE state = 'held') AS waiting,
        count(*) AS found
    FROM lookups WHERE phone = :phone"""

IDS_OF_NUMBER: Final = """
    SELECT DISTINCT phone_number_id FROM lookups WHERE phone = :phone AND phone_number_id <> ''"""

# Other hands may have written something that is no text.
REASONS: Final = """
    SELECT number, CAST(coalesce(reason, '') AS TEXT) AS reason,
        CAST(coalesce(decision_reason, '') AS TEXT) AS decision_reason
    FROM requests WHERE reason <> '' OR decision_reason <> ''"""

# A reason of its own is given to a number on the command line only.
OWN_REASONS: Final = """
    SELECT request, position, CAST(reason AS TEXT) AS reason FROM lookups WHERE reason <> '' AND phone <> :phone"""

# A request of nothing but this number is forgotten with it, and mentions nothing then.
KEPT: Final = """
    SELECT * FROM requests WHERE number = :request AND (
        NOT EXISTS (SELECT 1 FROM lookups WHERE request = :request AND phone = :phone)
        OR EXISTS (SELECT 1 FROM lookups WHERE request = :request AND phone <> :phone AND salt IS NOT NULL))"""

LOOKUP: Final = """
    SELECT lookups.*, requests.id FROM lookups JOIN requests ON requests.number = lookups.request
    WHERE lookups.request = :request AND lookups.position = :position"""

FORGET_REASONS: Final = """
    UPDATE requests SET
        reason = '', salt = :salt, decision_reason = CASE WHEN decided_at IS NOT NULL THEN '' END
    WHERE number = :number"""

FORGET_OWN_REASON: Final = """
    UPDATE lookups SET reason = '', salt = :salt WHERE request = :request AND position = :position"""

_WHAT_IS_LEFT = "phone = :forgotten, phone_number_id = NULL, reason = '', salt = NULL"

_LEFT = "*, (SELECT id FROM requests WHERE requests.number = lookups.request) AS id"

FORGET_NUMBER: Final = f"UPDATE lookups SET {_WHAT_IS_LEFT} WHERE phone = :phone RETURNING {_LEFT}"  # noqa: S608 - constants only

FORGET_ONE: Final = f"""
    UPDATE lookups SET {_WHAT_IS_LEFT}
    WHERE request = :request AND position = :position AND state NOT IN ('held', 'queued', 'calling')
    RETURNING {_LEFT}"""  # noqa: S608 - constants only

REASONS_OF: Final = "SELECT * FROM requests WHERE number = :request AND (reason <> '' OR decision_reason <> '')"

OWN_REASONS_OF: Final = """
    SELECT lookups.*, requests.id FROM lookups JOIN requests ON requests.number = lookups.request
    WHERE lookups.request = :request AND lookups.reason <> ''"""

# Whoever has not been told yet is told first. The outbox gives up after a day of tries; then they have left.
FORGET_OLD: Final = f"""
    UPDATE lookups SET {_WHAT_IS_LEFT}
    WHERE (request, position) IN (
        SELECT request, position FROM lookups
        WHERE salt IS NOT NULL AND asked_at < :before AND state NOT IN ('held', 'queued', 'calling')
            AND NOT EXISTS (
                SELECT 1 FROM outbox WHERE outbox.request = lookups.request AND outbox.kind = 'agent')
        ORDER BY asked_at, request, position LIMIT :limit)
    RETURNING {_LEFT}"""  # noqa: S608 - constants only

# They go on counting for their agent.
FORGET_REFUSED_OF_NUMBER: Final = "UPDATE refused_codes SET phone = :forgotten WHERE phone = :phone"

FORGET_REFUSED: Final = """
    UPDATE refused_codes SET phone = :forgotten
    WHERE phone <> :forgotten AND EXISTS (
        SELECT 1 FROM lookups
        WHERE lookups.request = refused_codes.request AND lookups.position = refused_codes.position
            AND lookups.salt IS NULL)"""

# Requests of which no number is left.
EMPTIED: Final = """
    SELECT * FROM requests
    WHERE number = :request AND (salt IS NOT NULL OR reason <> '' OR decision_reason <> '')
    AND NOT EXISTS (SELECT 1 FROM lookups WHERE request = :request AND salt IS NOT NULL)"""

# The command line may have been killed before the first number's turn: what was asked then has a reason and no number.
OLD_WITHOUT_NUMBERS: Final = """
    SELECT * FROM requests
    WHERE salt IS NOT NULL AND asked_at < :before
        AND NOT EXISTS (SELECT 1 FROM lookups WHERE lookups.request = requests.number)
    ORDER BY asked_at LIMIT :limit"""

_SHORT = 7
"""Digits: a shorter national number stands in many a reason by chance, so there the country code counts too."""


class _Found(NamedTuple):
    """A footprint, and where the reasons are that mention the number: rows of requests, and of lookups.

    They are forgotten whatever else stands in these rows.
    """

    footprint: Footprint
    requests: Sequence[Row]
    lookups: Sequence[Row]


def footprint(tx: Tx, phone: PhoneNumber) -> Footprint:
    """Where the number is. A read."""
    return _found(tx, phone).footprint


def forget(tx: Tx, phone: PhoneNumber, *, actor: Actor) -> Footprint:
    """Forget a number everywhere. Raises ``StillOpen`` while a lookup of it runs or waits; nothing is forgotten then.

    Who ends a request that waits is up to its agent and the approvers, whose cards must be redrawn: not to this.
    """
    found = _found(tx, phone)
    if found.footprint.running or found.footprint.waiting:
        raise StillOpen(found.footprint)
    forgetting = _Forgetting(tx, actor, "command")
    forgetting.reasons(found.requests, found.lookups)
    forgotten = tx.all(FORGET_NUMBER, phone=phone.digits, forgotten=FORGOTTEN.digits)
    tx.write(FORGET_REFUSED_OF_NUMBER, phone=phone.digits, forgotten=FORGOTTEN.digits)
    forgetting.rest_of(forgotten)
    forgetting.record()
    return found.footprint


def forget_these(tx: Tx, numbers: Collection[tuple[int, int]], reasons: Collection[int], *, actor: Actor) -> None:
    """Forget the numbers at these places, by request and position, and all reasons of these requests: a code is in
    them. Numbers that are still to be looked up stay.
    """
    forgetting = _Forgetting(tx, actor, "code")
    places = [{"request": request, "position": position} for request, position in sorted(numbers)]
    forgetting.rest_of([row for place in places for row in tx.all(FORGET_ONE, **place, forgotten=FORGOTTEN.digits)])
    of = [{"request": number} for number in sorted(reasons)]
    forgetting.reasons(_each(tx, REASONS_OF, of), _each(tx, OWN_REASONS_OF, of))
    forgetting.record()


def forget_old(tx: Tx, *, before: float, limit: int) -> int:
    """Forget up to ``limit`` ended lookups that were asked before then (Unix seconds), the oldest first. How many.

    Requests of that time which never got a number are forgotten too, and counted.
    """
    forgetting = _Forgetting(tx, SWEEPER, "retention")
    forgotten = tx.all(FORGET_OLD, before=before, limit=limit, forgotten=FORGOTTEN.digits)
    without_numbers = tx.all(OLD_WITHOUT_NUMBERS, before=before, limit=limit)
    forgetting.rest_of(forgotten)
    forgetting.requests(map(raw, without_numbers))
    forgetting.record()
    return len(forgotten) + len(without_numbers)


def _each(tx: Tx, sql: str, of: Iterable[Mapping[str, Value]]) -> list[Row]:
    """The rows of one question asked with each of these values, as they stand there."""
    return [raw(row) for answer in tx.gather(*(Query(sql, values) for values in of)) for row in answer]


def _found(tx: Tx, phone: PhoneNumber) -> _Found:
    of = {"phone": phone.digits}
    (counts,), ids = tx.gather(Query(COUNTS, of), Query(IDS_OF_NUMBER, of))
    running, waiting = counts["running"], counts["waiting"]
    mention = _Mention(phone, [row["phone_number_id"] for row in whole("lookups", ids)])
    numbers = [row["number"] for row in tx.stream(REASONS) if mention.stands_in(row["reason"], row["decision_reason"])]
    own = [raw(row) for row in tx.stream(OWN_REASONS, **of) if mention.stands_in(row["reason"])]
    requests = _each(tx, KEPT, ({"request": number, **of} for number in numbers))
    mentions = {row["number"] for row in requests} | {row["request"] for row in own}
    ended = counts["found"] - running - waiting
    return _Found(
        Footprint(ended=ended, running=running, waiting=waiting, mentions=len(mentions)),
        requests=requests,
        lookups=_each(tx, LOOKUP, own),
    )


class _Forgetting:
    """What one change forgets, by whom and why: ``command``, ``code`` or ``retention``."""

    def __init__(self, tx: Tx, actor: Actor, why: str) -> None:
        self._tx = tx
        self._actor = actor
        self._why = why
        self._entries: list[NewEntry] = []

    def reasons(self, requests: Iterable[Row], lookups: Iterable[Row]) -> None:
        """A digest with a salt of its own vouches for what is left, and the old one can be proved no more."""
        for row in requests:
            left = {**row, "reason": "", "salt": _another_salt(row), "decision_reason": row["decision_reason"] and ""}
            self._tx.write(FORGET_REASONS, **left)
            self._note(row, rows.request_digest(left), what="reasons")
        for row in lookups:
            left = {**row, "reason": "", "salt": _another_salt(row)}
            self._tx.write(FORGET_OWN_REASON, **left)
            self._note(row, rows.lookup_digest(left, row["id"]), what="reasons")

    def rest_of(self, forgotten: Collection[Row]) -> None:
        """With these lookups, what else there is of them: refused codes, and the requests of which nothing is left."""
        if not forgotten:
            return
        self._tx.write(FORGET_REFUSED, forgotten=FORGOTTEN.digits)
        numbers = sorted({*readable("lookups", forgotten, lambda row: int(row["request"]))})
        emptied = _each(self._tx, EMPTIED, ({"request": each} for each in numbers))
        for row in sorted(forgotten, key=_place):
            self._note_rest(raw(row), LOOKUP_DIGESTED)
        self.requests(emptied)

    def requests(self, emptied: Iterable[Row]) -> None:
        """Requests of which nothing is left but that they were."""
        for row in emptied:
            self._tx.write(FORGET_REASONS, number=row["number"], salt=None)
            outbox.drop_all(self._tx, row["number"])
            left = {**row, "reason": "", "decision_reason": None if row["decided_at"] is None else ""}
            self._note_rest(left, REQUEST_DIGESTED)

    def record(self) -> None:
        """Write the entries; and the bytes must leave the files."""
        if self._entries:
            scrubbing.remember(self._tx, journal.append(self._tx, *self._entries))

    def _note_rest(self, left: Row, digested: Sequence[str]) -> None:
        """Vouch for what stays. That is in clear for ever, so the salt may stand in the entry; the row has none."""
        salt = new_salt()
        # SQLite keeps 2.0 as 2, and forgets that it was a REAL where it returns a row that it has just changed.
        exact = {name: float(left[name]) for name in ("asked_at", "wait_until") if isinstance(left.get(name), int)}
        of_lookup = {"request": left["id"]} if "position" in left else {}
        digest = record_digest({**left, **exact, **of_lookup}, salt, digested)
        self._note(left, digest, what="all", salt=salt.hex())

    def _note(self, row: Row, digest: str | None, *, what: str, **more: str) -> None:
        """About a lookup, or about a request where the row has no position; about nothing where the id finds none."""
        facts = {"what": what, "why": self._why, **more}
        try:
            named = {**Cells({name: value for name, value in row.items() if name in ("id", "position")})}
            of = {"request": named["id"], "position": named.get("position"), "digest": digest}
        except RecordDamaged:  # it is gone, or its id was edited into no text
            of = {}
        self._entries.append(NewEntry(event=Event.FORGOTTEN, actor=self._actor, facts=facts, **of))


def _place(row: Row) -> tuple[int, int]:
    try:
        return row["request"], row["position"]
    except RecordDamaged:
        return 0, 0


def _another_salt(row: Row) -> bytes | None:
    return None if row["salt"] is None else new_salt()


class _Mention:
    """Finds a number, in any writing, or one of its IDs in a text."""

    def __init__(self, phone: PhoneNumber, ids: Sequence[str]) -> None:
        self._digits = _without_country(phone)
        self._ids = ids

    def stands_in(self, *reasons: str) -> bool:
        return any(self._digits in _digits(each) or any(one in each for one in self._ids) for each in reasons)


def _without_country(phone: PhoneNumber) -> str:
    try:
        national = str(phonenumbers.parse(f"+{phone.digits}").national_number)
    except phonenumbers.NumberParseException:
        return phone.digits
    return national if len(national) >= _SHORT else phone.digits


def _digits(text: str) -> str:
    if text.isascii():  # nearly all: others wait while every reason is looked at
        return re.sub(r"\D", "", text)
    return "".join(character for character in normalise(text) if character.isdigit())

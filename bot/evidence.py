"""What makes the journal evidence: an entry's canonical form, the chain of hashes, and salted digests of records.

``docs/journal.md`` describes the form for whoever checks it with a program of their own. It never changes: what was
hashed once must be hashed alike for ever.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.models import LookupId, RequestId

Value = str | int | float | None

GENESIS = "0" * 64
"""What the first entry follows."""

FORM = 1
"""The canonical form that new entries are written in. An entry names its own, and the verifier keeps them all."""

CHAINED = (
    "seq",
    "form",
    "at",
    "event",
    "request",
    "position",
    "from_state",
    "to_state",
    "enterprise_id",
    "team_id",
    "user_id",
    "through",
    "facts",
    "digest",
)
"""What of an entry is hashed in form 1: everything but the hash."""

REQUEST_DIGESTED = (
    "id",
    "enterprise_id",
    "team_id",
    "user_id",
    "through",
    "channel_id",
    "asked_at",
    "size",
    "reason",
    "decided_at",
    "decided_enterprise_id",
    "decided_team_id",
    "decided_user_id",
    "decided_through",
    "decision_reason",
)
"""What of a request is digested: what was asked, by whom, who decided and why. Its state is in the entries."""

LOOKUP_DIGESTED = (
    "request",
    "position",
    "asked_at",
    "phone",
    "reason",
    "follows",
    "phone_number_id",
    "problem",
    "api_code",
    "request_id",
    "http_status",
    "milliseconds",
    "attempts",
    "wait_until",
)
"""What of a lookup is digested: which number, and what came back. ``request`` is the request's id."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry, and with it all before: whoever knows both knows that none of them was changed since."""

    seq: int
    hash: str


EMPTY = Head(0, GENESIS)
"""The head of a journal without entries."""


class Flaw(StrEnum):
    """What is wrong where the journal is not whole; the words for each are in ``bot.texts``."""

    BROKEN = "broken"
    """The entry is not the one that was written there: it was changed, moved or inserted, or one before it is gone."""
    ADDED = "added"
    """The entry was added past the bot."""
    MISSING = "missing"
    """The newest entries are gone, up to this one."""
    NOT_AS_ANCHORED = "not as anchored"
    """The entry is not, or not any more, the one whose hash was noted elsewhere."""
    RECORD_CHANGED = "record changed"
    """The entries are whole, and a request or a lookup is not what they vouch for."""
    COUNT_CHANGED = "count changed"
    """The entries are whole, and what counts against guessing, or an alarm, is not what one of them says."""
    SCHEMA_CHANGED = "schema changed"
    """Everything is whole, and a table, an index or a trigger is not as this release makes it."""
    RECORD_GONE = "record gone"
    """The entries are whole, and a request or a lookup they speak of is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first place where the journal is not whole: an entry, or a record that the entries vouch for."""

    flaw: Flaw
    seq: int | None = None
    record: RequestId | LookupId | None = None
    part: str = ""
    """Of the schema: what was changed, added or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What checking the journal came to."""

    entries: int
    """So many entries are whole, from ``first`` to ``head``."""
    first: int | None
    head: Head
    records: int = 0
    """So many requests and lookups are what the entries vouch for."""
    forgotten: int = 0
    """Of these; what was forgotten of them can be proved no more."""
    fault: Fault | None


_WRITER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    default=lambda value: {"odd": repr(value)},  # put there by hand: it has a form, and nobody else's
)


def entry_hash(entry: Mapping[str, Value], previous: str) -> str:
    """SHA-256, in hexadecimal, of an entry (the columns ``CHAINED``) and the hash of the one before it."""
    return hashlib.sha256(_canonical({**{name: entry[name] for name in CHAINED}, "previous": previous})).hexdigest()


def record_digest(record: Mapping[str, Value], salt: bytes, digested: Sequence[str]) -> str:
    """HMAC-SHA-256, in hexadecimal, of a request (the columns ``REQUEST_DIGESTED``) or a lookup (``LOOKUP_DIGESTED``).

    Without the salt it tells nothing, not even to somebody who tries every number there is.
    """
    return hmac.new(salt, _canonical({name: record[name] for name in digested}), "sha256").hexdigest()


def settings_digest(settings: Mapping[str, object]) -> str:
    """SHA-256, in hexadecimal, of settings."""
    return hashlib.sha256(_canonical(settings)).hexdigest()


def _canonical(value: Mapping[str, object]) -> bytes:
    """JSON with sorted names, without spaces, in UTF-8.

    A number with a fraction is the 16 hexadecimal digits of its IEEE 754 double: decimals are written differently
    from language to language, and rounded they would hide a small change.
    """
    exact = {name: struct.pack(">d", each).hex() if isinstance(each, float) else each for name, each in value.items()}
    return _WRITER.encode(exact).encode("utf-8", "surrogateescape")  # bytes that are no UTF-8 were put there by hand

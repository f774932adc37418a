"""What an auditor reads: the events of the journal, its entries, and the questions that the log answers."""

from dataclasses import dataclass
from enum import StrEnum

from bot.models import Actor, Lookup, LookupId, PhoneNumber, Request, RequestId


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One lookup as the log shows it, with the request it belongs to; ``request.lookups`` is empty here."""

    request: Request
    lookup: Lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Where in the record a number is, before it is forgotten: how many lookups."""

    ended: int
    """Of this number, and over: these can be forgotten."""
    running: int
    waiting: int
    """For a decision, or for the code."""
    mentions: int
    """Requests of other numbers, with a reason in which this number or its ID stands."""


class Event(StrEnum):
    """What an entry of the journal is about."""

    ASKED = "asked"
    MOVED = "moved"
    """A request's approval, or a lookup, went from one state to another."""
    ABANDONED = "abandoned"
    """The process that ran the lookup is dead; another one ended it."""
    REFUSED = "refused"
    """A code was refused after its lookup had been ended for its process: it counts, and nothing else changed."""
    REMINDED = "reminded"
    """The approvers were reminded of a request that still waits."""
    SHOWN = "shown"
    """The ID, or the full number, was shown to somebody once more."""
    FORBIDDEN = "forbidden"
    """Somebody tried what they may not do; nothing changed."""
    SUSPECTED = "suspected"
    """With this lookup so many codes were refused that somebody may be guessing."""
    WARNED = "warned"
    """The approvers were told of it."""
    EXPORTED = "exported"
    """The record was read from the command line."""
    STARTED = "started"
    """A bot started: with these settings."""
    FORGOTTEN = "forgotten"
    """A lookup's number, ID and reasons were removed from the record, or only the reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One change, as the journal keeps it. Holds no phone number and no ID: those can be forgotten, entries cannot."""

    seq: int
    at: float
    event: Event
    request: RequestId | None
    """``None`` for something that concerns no request there is."""
    position: int | None
    """Which number of the request; ``None``: the request as a whole."""
    from_state: str | None
    to_state: str | None
    """A state of the lookup, or of the approval where ``position`` is ``None``; ``None`` when no state changed."""
    actor: Actor
    facts: dict[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which lookups to list, newest first; ``None`` means any."""

    limit: int | None = 50
    user_id: str | None = None
    team_id: str | None = None
    phone: PhoneNumber | None = None
    since: float | None = None
    """Unix seconds; lookups asked at or after it."""
    before: LookupId | None = None
    """Only lookups older than this one."""
    request_id: RequestId | None = None

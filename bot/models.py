"""The values everything else speaks in: who, which number, what state, what came back."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

import phonenumbers

LookupId = NewType("LookupId", str)
"""Names one lookup, e.g. ``L-7K3Q9FZ2``. Opaque and random; also the reference a user can quote."""

BatchId = NewType("BatchId", str)
"""Names one list of numbers, e.g. ``B-7K3Q9FZ2``. Opaque and random."""

MASK = "••••••"
"""How a verification code is shown everywhere: fixed, so that not even its length is told."""

A_FORGOTTEN_NUMBER = "a forgotten number"
"""How a number is shown that was forgotten."""


class Through(StrEnum):
    """What somebody acted through."""

    SLACK = "slack"
    COMMAND_LINE = "command line"
    BOT = "bot"
    """Nobody asked: the bot did it by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever acts: Slack's team and user id, or on the command line the host's and the user's name."""

    team_id: str
    user_id: str
    through: Through


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number in the API's form: country code and subscriber number, digits only, at most 15 (E.164)."""

    digits: str

    def __post_init__(self) -> None:
        if not (self.digits.isascii() and self.digits.isdigit() and len(self.digits) <= 15):
            raise ValueError("a phone number is 1 to 15 ASCII digits")

    @property
    def international(self) -> str:
        """As people write it: ``+86 138 0000 1234``."""
        if self == FORGOTTEN:
            return A_FORGOTTEN_NUMBER
        try:
            return phonenumbers.format_number(
                phonenumbers.parse(f"+{self.digits}"), phonenumbers.PhoneNumberFormat.INTERNATIONAL
            )
        except phonenumbers.NumberParseException:  # stored by an older release whose country codes were others
            return f"+{self.digits}"


FORGOTTEN = PhoneNumber("0")
"""Stands where a number was forgotten. It is nobody's: no country code starts with 0."""


class State(StrEnum):
    """Where a lookup is in its life."""

    REJECTED = "rejected"
    AWAITING = "awaiting"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    QUEUED = "queued"
    CALLING = "calling"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Side(StrEnum):
    """Whose turn it is when a call brought no ID."""

    AGENT = "agent"
    ADMIN = "administrator"
    ALIBABA = "Alibaba Cloud"
    US = "the bot"


class Problem(StrEnum):
    """What kind of "no" a lookup ended in; the words for each are in ``bot.texts``."""

    THROTTLED = "throttled"
    SERVICE_TROUBLE = "service trouble"
    NONCE_USED = "nonce used"
    TOKEN_EXPIRED = "token expired"
    NOT_SUBSCRIBED = "not subscribed"
    NOT_AUTHORIZED = "not authorized"
    NOT_YOURS = "not yours"
    BAD_NUMBER = "bad number"
    BAD_REQUEST = "bad request"
    BAD_CREDENTIALS = "bad credentials"
    CLOCK_OFF = "clock off"
    UNKNOWN_CODE = "unknown code"
    UNREADABLE = "unreadable"
    NO_ID = "no id"
    NO_ANSWER = "no answer"
    NOT_SENDABLE = "not sendable"
    NOT_ALLOWED = "not allowed"
    GUEST = "guest"
    OUTSIDER = "outsider"
    WHO_UNKNOWN = "who unknown"
    NOT_AN_APPROVER = "not an approver"
    OWN_REQUEST = "own request"
    NOT_YOUR_REQUEST = "not your request"
    TOO_MANY_GUESSES = "too many guesses"
    PROCESS_ENDED = "process ended"
    STOPPED = "stopped"
    """Its agent stopped the list before its turn came."""
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The API's yes."""

    phone_number_id: str
    """Opaque: it may look like a phone number and is not one."""
    request_id: str
    http_status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a lookup came to: an ID, or the kind of "no" with what the API said."""

    phone_number_id: str | None = None
    problem: Problem | None = None
    api_code: str | None = None
    request_id: str | None = None
    http_status: int | None = None
    milliseconds: int | None = None
    """From the first attempt's start to the last one's end, with every wait between them; the wait before the first is
    not in it."""
    attempts: int | None = None
    wait_until: float | None = None
    """Unix seconds: when trying again is possible, after too many refused codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a lookup stands in the list it was asked for with."""

    batch_id: BatchId
    number: int
    """From 1."""
    of: int
    """How many lookups the list holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLookup:
    """A lookup somebody asks for. The code is not part of it: a record of it must not exist."""

    agent: Actor
    phone: PhoneNumber
    reason: str
    channel_id: str
    """Where it was asked; empty on the command line and for shortcuts."""
    submission_key: str
    """The same submission delivered twice carries the same key."""
    place: Place | None = None
    """In a list; ``None`` for a number asked for by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What became of asking for approval. Times are Unix seconds (UTC)."""

    expires_at: float
    """Awaiting, the lookup expires then; approved, it lapses then."""
    decided_by: Actor | None = None
    """Who ended the waiting: the approver, the agent who withdrew, the bot when it expired."""
    decided_at: float | None = None
    reason: str = ""
    """The approver's, for the agent."""


@dataclass(frozen=True, slots=True)
class Card:
    """A message in which a lookup can be decided: where it is, as Slack names messages."""

    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One request for one number's ID, as recorded. Times are Unix seconds (UTC)."""

    id: LookupId
    state: State
    agent: Actor
    phone: PhoneNumber
    reason: str
    channel_id: str
    created_at: float
    updated_at: float
    result: Result
    approval: Approval | None = None
    """``None`` when none was needed."""
    place: Place | None = None
    """In a list; ``None`` for a number asked for by itself."""

    @property
    def is_forgotten(self) -> bool:
        """Whether its number, ID and reasons were forgotten; that it was asked, by whom and how it ended stays."""
        return self.phone == FORGOTTEN


class Event(StrEnum):
    """What an entry of the journal is about."""

    ASKED = "asked"
    MOVED = "moved"
    ABANDONED = "abandoned"
    """Its process let the lease run out; the sweeper ended it."""
    REMINDED = "reminded"
    """The approvers were reminded of a lookup that still waits."""
    SHOWN = "shown"
    """The ID, or the full number, was shown to somebody once more."""
    FORBIDDEN = "forbidden"
    """Somebody tried what they may not do; nothing changed."""
    SUSPECTED = "suspected"
    """With this lookup so many codes were refused that somebody may be guessing."""
    WARNED = "warned"
    """Those who decide were told of it."""
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
    lookup_id: LookupId | None
    """``None`` for something that was tried on no lookup there is."""
    from_state: State | None
    to_state: State | None
    """``None`` when no state changed."""
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
    batch_id: BatchId | None = None

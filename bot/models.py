"""The values everything else speaks in: who, which number, what state, what came back."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

import phonenumbers

RequestId = NewType("RequestId", str)
"""Names one request, e.g. ``R-7K3Q9FZ2``. Opaque and random; also the reference that a user can quote."""

LookupId = NewType("LookupId", str)
"""Names one number of a request: ``R-7K3Q9FZ2/17``, or the request's own name where it holds only one number."""

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
    """Whoever acts: Slack's ids of workspace and user, or on the command line the host and the user's number there.

    A request's agent has the workspace it was asked in. Of a click Slack names the person's first workspace, which may
    be another one of the same organisation. Behind the number stands the name that the user claims, which is only
    shown: ``1000 (olga)``.
    """

    team_id: str
    user_id: str
    through: Through
    enterprise_id: str = ""
    """Slack's id of the organisation, where the workspace belongs to one."""

    @property
    def person(self) -> str:
        """The user id without what is only claimed."""
        return person_in(self.user_id)

    @property
    def home(self) -> str:
        """Where a user id means one person: the organisation if there is one, else the workspace or the host."""
        return self.enterprise_id or self.team_id

    def is_same_person(self, other: "Actor") -> bool:
        """Whether both are one person: a user id alone is not enough, others may have the same elsewhere."""
        return (self.home, self.person) == (other.home, other.person)


def person_in(user_id: str) -> str:
    """What of a recorded user id is certain. Slack's ids hold no blank."""
    return user_id.partition(" ")[0]


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


class ApprovalState(StrEnum):
    """Where the approval of a request is in its life. What else a new state needs: ``bot.states``."""

    NOT_NEEDED = "not needed"
    AWAITING = "awaiting"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody decided in time."""
    LAPSED = "lapsed"
    """It was approved, and not used in time."""


class State(StrEnum):
    """Where a lookup is in its life. What else a new state needs: ``bot.states``."""

    HELD = "held"
    """It waits for the approval of its request, or for its code."""
    QUEUED = "queued"
    CALLING = "calling"
    ANSWERED = "answered"
    REFUSED = "refused"
    """Alibaba Cloud answered that there is no ID."""
    FAILED = "failed"
    """Alibaba Cloud could not be reached, or its answer says nothing about the number."""
    INTERRUPTED = "interrupted"
    """The process ended during the call or before it."""
    REJECTED = "rejected"
    """The policy or the guess guard did not allow it."""
    DROPPED = "dropped"
    """It was never called, because its request was denied, withdrawn, expired, lapsed or stopped."""


class Problem(StrEnum):
    """What kind of "no" a lookup ended in. What else a new one needs: ``bot.states``."""

    THROTTLED = "throttled"
    SERVICE_TROUBLE = "service trouble"
    NONCE_USED = "nonce used"
    TOKEN_EXPIRED = "token expired"
    NOT_SUBSCRIBED = "not subscribed"
    NOT_AUTHORIZED = "not authorized"
    ACCOUNT_BLOCKED = "account blocked"
    NO_SUCH_OPERATION = "no such operation"
    NOT_YOURS = "not yours"
    BAD_NUMBER = "bad number"
    BAD_REQUEST = "bad request"
    BAD_CREDENTIALS = "bad credentials"
    CLOCK_OFF = "clock off"
    UNKNOWN_CODE = "unknown code"
    UNREADABLE = "unreadable"
    NO_ID = "no id"
    NO_ANSWER = "no answer"
    NOT_TRUSTED = "not trusted"
    HOST_UNKNOWN = "host unknown"
    PROXY_REFUSED = "proxy refused"
    NO_RESOLVER = "no resolver"
    NO_CONNECTION = "no connection"
    NO_CREDENTIALS = "no credentials"
    NOT_SENDABLE = "not sendable"
    NOT_ALLOWED = "not allowed"
    GUEST = "guest"
    OUTSIDER = "outsider"
    WHO_UNKNOWN = "who unknown"
    SCOPE_MISSING = "scope missing"
    SLACK_FORBIDS = "slack forbids"
    NOT_A_MEMBER = "not a member"
    NOT_AN_APPROVER = "not an approver"
    OWN_REQUEST = "own request"
    NOT_YOUR_REQUEST = "not your request"
    AGENT_MAY_NOT_ASK = "agent may not ask"
    """Whoever asked is not, or not any more, allowed to: an approver cannot say yes to it."""
    CARD_OUTDATED = "card outdated"
    """Codes were refused since the card was drawn on which somebody approved."""
    TOO_MANY_OPEN = "too many open"
    CLOCK_UNSURE = "clock unsure"
    """The request's time is over, unless the bot's clock is wrong, which it may be."""
    TOO_MANY_GUESSES = "too many guesses"
    """Too many codes were refused for the number. Up to 0.2.0 also: by the agent."""
    TOO_MANY_GUESSES_OF_AGENT = "too many guesses of agent"
    PROCESS_ENDED = "process ended"
    STOPPED = "stopped"
    """Its agent stopped the list before its turn came."""
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a lookup came to: an ID, or the kind of "no" with what the API said."""

    phone_number_id: str | None = None
    """Opaque: it may look like a phone number and is not one."""
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
class NewRequest:
    """What somebody asks for at once. The codes are not part of it: a record of them must not exist."""

    agent: Actor
    phones: tuple[PhoneNumber, ...]
    """The numbers that are recorded with the request. The command line adds its others later, one by one."""
    reason: str
    channel_id: str
    """Where it was asked; empty on the command line and for shortcuts."""
    submission_key: str
    """The same submission delivered twice carries the same key."""
    size: int | None = None
    """How many numbers the request will hold in the end; ``None``: no more than ``phones``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What became of asking for approval. Times are Unix seconds (UTC)."""

    state: ApprovalState
    expires_at: float | None = None
    """While it is awaited, it expires then; once it is given, it lapses then. ``None`` where none was needed."""
    decided_by: Actor | None = None
    """Who ended the waiting: the approver, the agent who withdrew, the bot when it expired."""
    decided_at: float | None = None
    reason: str = ""
    """The approver's, for the agent."""


NOT_NEEDED = Approval(state=ApprovalState.NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a message is, as Slack names messages."""

    channel_id: str
    ts: str
    sent_to: str = field(default="", compare=False)
    """The channel or the person (by user id) it was sent to; a direct message has a channel id of its own. Empty where
    that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One number of a request, and what became of it. Times are Unix seconds (UTC)."""

    id: LookupId
    position: int
    """In its request, from 1."""
    phone: PhoneNumber
    asked_at: float
    state: State
    updated_at: float
    result: Result = Result()
    reason: str = ""
    """This number's own, where a list on the command line gives each number one; otherwise the request's counts."""
    follows: LookupId | None = None
    """The lookup of the same agent for the same number that was under way already: this one ends as that one does."""

    @property
    def is_forgotten(self) -> bool:
        """Whether its number, ID and reason were forgotten; that it was asked, by whom and how it ended stays."""
        return self.phone == FORGOTTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for at once: one to many numbers, one reason, one approval. Times are Unix seconds (UTC)."""

    id: RequestId
    agent: Actor
    reason: str
    channel_id: str
    asked_at: float
    size: int
    """How many numbers it holds in the end."""
    approval: Approval
    lookups: tuple[Lookup, ...]
    """In their order; of a request of the command line those whose turn has come."""

    @property
    def is_single(self) -> bool:
        """Whether it is for one number. Only three things depend on this: the lane, how the outcome looks, and where
        it is told."""
        return self.size == 1

    @property
    def lookup(self) -> Lookup:
        """The only lookup of a request for one number; otherwise the first."""
        return self.lookups[0]

    @property
    def answered(self) -> tuple[Lookup, ...]:
        return tuple(each for each in self.lookups if each.state is State.ANSWERED)

    @property
    def is_forgotten(self) -> bool:
        """Whether all of its numbers were forgotten."""
        return all(each.is_forgotten for each in self.lookups)

    def is_any(self, *states: State) -> bool:
        """Whether any of its lookups is in one of these states."""
        return any(each.state in states for each in self.lookups)

    def is_all(self, *states: State) -> bool:
        """Whether all of its lookups are in one of these states."""
        return all(each.state in states for each in self.lookups)

"""Every error this project raises on purpose.

PhoneIdError
├── SettingsError          the start is not possible; every mistake is named
│   └── AccessLost         what was good at the start is not any more: the bot cannot go on
├── EntryError             what somebody typed cannot be read
├── ListError              a list of numbers cannot be read; every mistake is named by its line
├── ApiError               a call brought no ID
├── CredentialsUnavailable a role's credentials could not be fetched
│   └── CredentialsRefused  asking again is no use
├── NotPossible            somebody may not do that, or not any more
├── StoreError             the database
│   ├── StoreUnavailable   it cannot be read or written now
│   │   ├── ChangeUnknown  the connection was lost during a change: it may or may not be recorded
│   │   ├── ConnectionCut  the connection was lost in a transaction, of which nothing is recorded
│   │   └── DatabaseGone   it was deleted, replaced or damaged: it does not come back
│   ├── SchemaUnknown      it was written by another release
│   │   └── OlderAtWork    processes of an older release would break if it were changed now
│   ├── TargetNotEmpty     there is something where a record is to be copied
│   ├── CopyNotWhole       what was copied is not what the journal vouches for
│   ├── RecordDamaged      a record in it was changed by other hands
│   ├── RequestMoved       a request is not, or not any more, in the state that a change expects
│   ├── LookupMoved        a lookup is not, or not any more, in the state that a change expects
│   ├── StillOpen          a number cannot be forgotten while it is being asked for
│   └── TooManyGuesses     a lookup may not be called: too many codes were refused
└── SlackError             Slack could not be asked or told
    ├── SlackRefused       it answered, and said no
    │   ├── SlackUnauthorised   it does not take the token
    │   └── SlackForbidden      an administrator has to allow it
    ├── SlackBusy          it was asked too often
    └── SlackUnreachable   no answer of Slack's came, or none for now
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.audit import Footprint
from bot.models import Lookup, Problem, Request, Result


class PhoneIdError(Exception):
    """The root. An error's text never holds a verification code or a secret."""


class SettingsError(PhoneIdError):
    """The settings, or what they lead to, do not allow a start. ``mistakes`` are sentences for the administrator."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class AccessLost(SettingsError):
    """What the settings lead to was good at the start and was taken away since."""


class EntryMistake(StrEnum):
    """Why something typed cannot be read; the words for each are in ``bot.texts``."""

    NUMBER_MISSING = "number missing"
    NUMBER_UNREADABLE = "number unreadable"
    NUMBER_HOLDS_LETTERS = "number holds letters"
    NUMBER_TOO_SHORT = "number too short"
    NUMBER_TOO_LONG = "number too long"
    NUMBER_WITHOUT_COUNTRY = "number without country"
    NUMBER_AMBIGUOUS = "number ambiguous"
    NUMBER_WITH_TRUNK_ZERO = "number with trunk zero"
    NUMBER_FROM_SPREADSHEET = "number from spreadsheet"
    NUMBERS_FUSED = "numbers fused"
    NUMBER_UNCERTAIN = "number uncertain"
    CODE_MISSING = "code missing"
    CODES_FOR_SOME = "codes for some"
    CODE_UNREADABLE = "code unreadable"
    CODE_TOO_LONG = "code too long"
    CODE_FROM_SPREADSHEET = "code from spreadsheet"
    CODE_SHORTENED = "code shortened"
    CODE_IS_NUMBER = "code is number"
    REASON_TOO_LONG = "reason too long"
    NUMBER_HOLDS_CODE = "number holds code"
    REASON_MISSING = "reason missing"
    REASON_HOLDS_CODE = "reason holds code"
    LINE_UNCERTAIN = "line uncertain"
    LINE_UNREADABLE = "line unreadable"
    NUMBER_TWICE = "number twice"
    NUMBER_NOT_APPROVED = "number not approved"
    NUMBERS_LEFT_OUT = "numbers left out"
    LIST_EMPTY = "list empty"
    LIST_TOO_LONG = "list too long"


class EntryError(PhoneIdError):
    """Something typed cannot be read. Never carries what was typed: it may be a code."""

    def __init__(self, mistake: EntryMistake) -> None:
        super().__init__(mistake.value)
        self.mistake = mistake


class ListMistake(StrEnum):
    """What only a list can have wrong; the words for each are in ``bot.texts``."""

    NOT_TEXT = "not text"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"
    EMPTY = "empty"
    COLUMNS_UNKNOWN = "columns unknown"
    COLUMNS_DOUBLE = "columns double"
    CELL_OVER_LINES = "cell over lines"
    UNCERTAIN = "uncertain"
    OTHER_CODE = "other code"
    CELLS_TOO_MANY = "cells too many"
    COUNTRY_DIFFERS = "country differs"
    CODE_SHORTENED = "code shortened"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMistake:
    """What is wrong with one line of a list."""

    mistake: EntryMistake | ListMistake
    line: int | None = None
    """From 1, as editors count; ``None``: it is the list as a whole."""
    other_line: int | None = None
    """The line this one contradicts."""
    headings: tuple[str, ...] = field(default=(), repr=False)
    """What was found where headings should be: never anything with a digit, as a code has one."""


class ListError(PhoneIdError):
    """A list of numbers cannot be read. Never carries what stands in it: there are codes among that."""

    def __init__(self, *mistakes: LineMistake) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.mistake.value}" for each in mistakes))
        self.mistakes = mistakes


class ApiError(PhoneIdError):
    """A call brought no ID. ``cause`` says for the log why no answer came; ``retry_after`` is in seconds."""

    def __init__(
        self,
        problem: Problem,
        *,
        code: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        retry_after: float | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(f"{problem.value} (Code {code}, RequestId {request_id}, HTTP {http_status})")
        self.problem = problem
        self.code = code
        self.request_id = request_id
        self.http_status = http_status
        self.result = Result(problem=problem, api_code=code, request_id=request_id, http_status=http_status)
        self.retry_after = retry_after
        self.cause = cause


class CredentialsUnavailable(PhoneIdError):
    """A role's credentials could not be fetched. The text says what broke, and nothing of the answer."""


class CredentialsRefused(CredentialsUnavailable):
    """The same where asking again is no use: somebody has to change something first."""


class NotPossible(PhoneIdError):
    """Somebody may not do that (``problem``), or the state does not allow it any more (``None``).

    ``request`` is what it is now, for telling who was quicker; ``None``: there is no such request.
    """

    def __init__(self, problem: Problem | None, request: Request | None, *, wait: float | None = None) -> None:
        """``wait``: seconds after which it is possible."""
        super().__init__(problem.value if problem else "too late")
        self.problem = problem
        self.request = request
        self.wait = wait


class StoreError(PhoneIdError):
    """The database did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be read or written now: locked, full, read-only or gone."""


class ChangeUnknown(StoreUnavailable):
    """The connection was lost while a change was recorded, and whether it was could not be found out."""


class ConnectionCut(StoreUnavailable):
    """The connection was lost in a transaction, of which nothing is recorded: it may be done again."""


class DatabaseGone(StoreUnavailable):
    """The database, or a part of it, was deleted, replaced or damaged, or does not let us in any more.

    Nothing that is done here brings it back: an administrator has to.
    """


class TablesInUse(StoreUnavailable):
    """Tables were to be changed, and somebody reads them, as a backup does for minutes: nothing is changed."""


class WrittenMeanwhile(StoreUnavailable):
    """Somebody began to use a file while it was read, so what was read may be of no one moment."""

    def __init__(self) -> None:
        super().__init__("the database was changed while it was read. Try again")


class SchemaUnknown(StoreError):
    """The database was written by another release: its schema is not one this release can migrate."""


class OlderAtWork(SchemaUnknown):
    """Processes of an older release are at work, ``count`` of them, and would break if the schema were changed now."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "the database must be migrated for this release, but processes of an older release are still running and "
            "would break. Run phoneid migrate, which waits for them to end, then try again"
        )
        self.count = count


class TargetNotEmpty(StoreError):
    """A record is copied into an empty database only, and this one is not, or somebody uses it."""


class CopyNotWhole(StoreError):
    """What was copied is not what the journal vouches for, so the copy was not made. The text says what was found."""


class RecordDamaged(StoreError):
    """A record cannot be read: somebody else changed it, or the disk did. ``column`` is where, not what."""

    def __init__(self, column: str) -> None:
        super().__init__(f"a record in the database is damaged: its {column} is not as the bot writes it")
        self.column = column


class LookupMoved(StoreError):
    """A lookup is not in the state that a change expects; ``current`` is what it is now (``None``: there is none)."""

    def __init__(self, current: Lookup | None) -> None:
        super().__init__(f"the lookup is {current.state.value if current else 'not there'}")
        self.current = current


class RequestMoved(StoreError):
    """A request is not in the state that a change expects; ``current`` is what it is now (``None``: there is none)."""

    def __init__(self, current: Request | None) -> None:
        super().__init__(f"the request is {current.approval.state.value if current else 'not there'}")
        self.current = current


class CardOutdated(RequestMoved):
    """Codes were refused that the card does not show on which somebody approves."""


class TooManyGuesses(StoreError):
    """A lookup may not be called before ``until`` (Unix seconds): too many codes were refused, as ``problem`` says."""

    def __init__(self, until: float, problem: Problem) -> None:
        super().__init__("too many codes were refused")
        self.until = until
        self.problem = problem


class StillOpen(StoreError):
    """Lookups of a number run, or wait for a decision or a code: it cannot be forgotten yet. Nothing was."""

    def __init__(self, found: Footprint) -> None:
        super().__init__(f"{found.running} running, {found.waiting} waiting")
        self.found = found


class SlackError(PhoneIdError):
    """A method of Slack's did not do what was asked.

    The text is the method and ``reason``: no URL, no token and nothing that was sent.
    """

    is_final = False
    """Whether trying again later is of no use."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"{method}: {reason}")
        self.method = method
        self.reason = reason


class SlackRefused(SlackError):
    """Slack answered and said no: the same call would be refused again.

    ``code`` is Slack's error word; ``needed`` and ``provided`` name scopes; ``details`` may quote what was sent.
    """

    is_final = True

    def __init__(
        self, method: str, code: str, *, needed: str = "", provided: str = "", details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(method, f"{code}, it needs {needed}" if needed else code)
        self.code = code
        self.needed = needed
        self.provided = provided
        self.details = details


class SlackUnauthorised(SlackRefused):
    """Slack does not take the token: no call works until an administrator acts."""

    is_final = False


class SlackForbidden(SlackRefused):
    """Slack does not let this app, or anybody from here, do that until an administrator allows it."""

    is_final = False


class SlackBusy(SlackError):
    """Slack was asked too often and did nothing. It wants to be left alone for ``retry_after`` seconds."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(method, f"busy for {retry_after:.0f} s")
        self.retry_after = retry_after


class SlackUnreachable(SlackError):
    """No answer of Slack's came, or it said that it is in trouble itself: ``code`` is then its word for that.

    ``arrived`` is ``False`` only if the request surely did not reach Slack: sending it again then does nothing twice.
    """

    def __init__(self, method: str, cause: str, *, arrived: bool, code: str = "") -> None:
        super().__init__(method, cause)
        self.cause = cause
        self.arrived = arrived
        self.code = code

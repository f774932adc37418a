"""What each "no" of the API means: the kind of problem, whose turn it is, and whether asking again could help.

Decided by ``Code``: Alibaba's own pages disagree on the HTTP status of the same code. What counts for the guess guard
is decided by the kind of problem, in ``bot.guesses``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ApiError
from bot.models import Problem, Side


@dataclass(frozen=True, slots=True)
class Failure:
    problem: Problem
    side: Side
    may_retry: bool

    def as_error(self, *, cause: str = "") -> ApiError:
        """Where no answer came; ``cause`` is for the log."""
        return ApiError(self.problem, side=self.side, may_retry=self.may_retry, cause=cause)


THROTTLED = Failure(Problem.THROTTLED, Side.ALIBABA, may_retry=True)
SERVICE_TROUBLE = Failure(Problem.SERVICE_TROUBLE, Side.ALIBABA, may_retry=True)
NONCE_USED = Failure(Problem.NONCE_USED, Side.US, may_retry=True)
TOKEN_EXPIRED = Failure(Problem.TOKEN_EXPIRED, Side.ADMIN, may_retry=True)
NOT_SUBSCRIBED = Failure(Problem.NOT_SUBSCRIBED, Side.ADMIN, may_retry=False)
NOT_AUTHORIZED = Failure(Problem.NOT_AUTHORIZED, Side.ADMIN, may_retry=False)
ACCOUNT_BLOCKED = Failure(Problem.ACCOUNT_BLOCKED, Side.ADMIN, may_retry=False)
NO_SUCH_OPERATION = Failure(Problem.NO_SUCH_OPERATION, Side.ADMIN, may_retry=False)
NOT_YOURS = Failure(Problem.NOT_YOURS, Side.AGENT, may_retry=False)
BAD_NUMBER = Failure(Problem.BAD_NUMBER, Side.AGENT, may_retry=False)
BAD_REQUEST = Failure(Problem.BAD_REQUEST, Side.AGENT, may_retry=False)
BAD_CREDENTIALS = Failure(Problem.BAD_CREDENTIALS, Side.ADMIN, may_retry=False)
CLOCK_OFF = Failure(Problem.CLOCK_OFF, Side.ADMIN, may_retry=False)
# The answer to a wrong verification code is not documented, so it arrives here; codes can be guessed: never again.
UNKNOWN_CODE = Failure(Problem.UNKNOWN_CODE, Side.AGENT, may_retry=False)
UNREADABLE = Failure(Problem.UNREADABLE, Side.ALIBABA, may_retry=False)
NO_ID = Failure(Problem.NO_ID, Side.ALIBABA, may_retry=False)
NO_ANSWER = Failure(Problem.NO_ANSWER, Side.ALIBABA, may_retry=True)
NOT_SENDABLE = Failure(Problem.NOT_SENDABLE, Side.US, may_retry=False)
# On the way there. The same call would meet the same certificate, and the same proxy, again.
NOT_TRUSTED = Failure(Problem.NOT_TRUSTED, Side.ADMIN, may_retry=False)
HOST_UNKNOWN = Failure(Problem.HOST_UNKNOWN, Side.ADMIN, may_retry=False)
PROXY_REFUSED = Failure(Problem.PROXY_REFUSED, Side.ADMIN, may_retry=False)
NO_RESOLVER = Failure(Problem.NO_RESOLVER, Side.ADMIN, may_retry=True)
NO_CONNECTION = Failure(Problem.NO_CONNECTION, Side.ADMIN, may_retry=True)

BY_CODE: Mapping[str, Failure] = {
    "System.LimitControl": THROTTLED,
    "UnknownError": SERVICE_TROUBLE,
    "SignatureNonceUsed": NONCE_USED,
    "InvalidSecurityToken.Expired": TOKEN_EXPIRED,
    "Unknown.ResourceOwnerId": NOT_YOURS,
    "InvalidParameter.PhoneNumberError": BAD_NUMBER,
}

BY_PREFIX: Mapping[str, Failure] = {
    "Throttl": THROTTLED,
    "TooManyRequests": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "FlowControl": THROTTLED,
    # The gateway's and the service's own: they come before the operation looks at anything, or instead of it. There are
    # more than are documented. Taken for unknown codes, they would be told, and counted, as wrong codes.
    "Internal": SERVICE_TROUBLE,
    "ServiceUnavailable": SERVICE_TROUBLE,
    "ServiceTimeout": SERVICE_TROUBLE,
    "ServiceBusy": SERVICE_TROUBLE,
    "SystemError": SERVICE_TROUBLE,
    "SystemBusy": SERVICE_TROUBLE,
    "GatewayTimeout": SERVICE_TROUBLE,
    "Product.": NOT_SUBSCRIBED,
    "ServiceNotOpen": NOT_SUBSCRIBED,
    "Forbidden.Unsubscribed": NOT_SUBSCRIBED,
    "Forbidden.RAM": NOT_AUTHORIZED,
    "Forbidden.Ram": NOT_AUTHORIZED,
    "Ram.": NOT_AUTHORIZED,
    "NoPermission": NOT_AUTHORIZED,
    "Authentication.": NOT_AUTHORIZED,
    "ActionUnauthorized": NOT_AUTHORIZED,
    "Unauthorized": NOT_AUTHORIZED,
    "AccessDenied": NOT_AUTHORIZED,
    "Forbidden": ACCOUNT_BLOCKED,
    "Account": ACCOUNT_BLOCKED,
    "InvalidAction": NO_SUCH_OPERATION,
    "InvalidApi": NO_SUCH_OPERATION,
    "InvalidVersion": NO_SUCH_OPERATION,
    "NoSuchVersion": NO_SUCH_OPERATION,
    "InvalidProduct": NO_SUCH_OPERATION,
    "InvalidOperation": NO_SUCH_OPERATION,
    "InvalidEndpoint": NO_SUCH_OPERATION,
    "Unsupported": NO_SUCH_OPERATION,
    "MissingAction": NO_SUCH_OPERATION,
    "MissingVersion": NO_SUCH_OPERATION,
    "InvalidAccessKey": BAD_CREDENTIALS,
    "InvalidSecurityToken.": BAD_CREDENTIALS,
    "InvalidSignature": BAD_CREDENTIALS,
    "Signature": BAD_CREDENTIALS,
    "IncompleteSignature": BAD_CREDENTIALS,
    "MissingSecurityToken": BAD_CREDENTIALS,  # by its beginning alone these would be about the request
    "MissingAccessKey": BAD_CREDENTIALS,
    "MissingSignature": BAD_CREDENTIALS,
    "InvalidTimeStamp": CLOCK_OFF,
    "InvalidTimestamp": CLOCK_OFF,
    "IllegalTimestamp": CLOCK_OFF,
    "MissingTimestamp": CLOCK_OFF,
    "RequestTimeTooSkewed": CLOCK_OFF,
    "InvalidParameter": BAD_REQUEST,
    "Missing": BAD_REQUEST,
}

BY_PART: Mapping[str, Failure] = {
    "Balance": ACCOUNT_BLOCKED,  # InsufficientBalance, NotEnoughBalance, …
    "Arrear": ACCOUNT_BLOCKED,
    "Overdue": ACCOUNT_BLOCKED,
    "RiskControl": ACCOUNT_BLOCKED,
}
"""What a ``Code`` means if it holds this anywhere."""


def failure_of_code(code: str) -> Failure:
    """What a ``Code`` other than ``OK`` means: by itself, else by its longest known beginning, else it is unknown."""
    if code in BY_CODE:
        return BY_CODE[code]
    beginning = max((prefix for prefix in BY_PREFIX if code.startswith(prefix)), key=len, default="")
    if beginning:
        return BY_PREFIX[beginning]
    return next((failure for part, failure in BY_PART.items() if part in code), UNKNOWN_CODE)


def failure_of_status(http_status: int) -> Failure | None:
    """What an answer without a known ``Code`` means by its status; ``None``: that says nothing."""
    if http_status == 429:
        return THROTTLED
    return SERVICE_TROUBLE if http_status >= 500 else None

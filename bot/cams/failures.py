"""What each "no" of the API means: the kind of problem, whose turn it is, and whether asking again could help.

Decided by ``Code``: Alibaba's own pages disagree on the HTTP status of the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models import Problem, Side


@dataclass(frozen=True, slots=True)
class Failure:
    problem: Problem
    side: Side
    may_retry: bool


THROTTLED = Failure(Problem.THROTTLED, Side.ALIBABA, may_retry=True)
SERVICE_TROUBLE = Failure(Problem.SERVICE_TROUBLE, Side.ALIBABA, may_retry=True)
NONCE_USED = Failure(Problem.NONCE_USED, Side.US, may_retry=True)
TOKEN_EXPIRED = Failure(Problem.TOKEN_EXPIRED, Side.ADMIN, may_retry=True)
NOT_SUBSCRIBED = Failure(Problem.NOT_SUBSCRIBED, Side.ADMIN, may_retry=False)
NOT_AUTHORIZED = Failure(Problem.NOT_AUTHORIZED, Side.ADMIN, may_retry=False)
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

BY_CODE: Mapping[str, Failure] = {
    "System.LimitControl": THROTTLED,
    "InternalError": SERVICE_TROUBLE,
    "UnknownError": SERVICE_TROUBLE,
    "ServiceUnavailable": SERVICE_TROUBLE,
    "SignatureNonceUsed": NONCE_USED,
    "InvalidSecurityToken.Expired": TOKEN_EXPIRED,
    "Product.Unsubscript": NOT_SUBSCRIBED,
    "Ram.PermissionDeny": NOT_AUTHORIZED,
    "Forbidden.RAM": NOT_AUTHORIZED,
    "NoPermission": NOT_AUTHORIZED,
    "Authentication.NoAuth": NOT_AUTHORIZED,
    "Unknown.ResourceOwnerId": NOT_YOURS,
    "InvalidParameter.PhoneNumberError": BAD_NUMBER,
    "SignatureDoesNotMatch": BAD_CREDENTIALS,
    "IncompleteSignature": BAD_CREDENTIALS,
    "InvalidAccessKeyId.NotFound": BAD_CREDENTIALS,
    "InvalidAccessKeyId.Inactive": BAD_CREDENTIALS,
    "MissingSecurityToken": BAD_CREDENTIALS,  # by its beginning it would be about the request
    "InvalidTimeStamp.Expired": CLOCK_OFF,
}

BY_PREFIX: Mapping[str, Failure] = {
    "Throttling": THROTTLED,
    # The gateway has more of these than are documented. Taken for unknown codes, they would be told as wrong codes.
    "InvalidAccessKey": BAD_CREDENTIALS,
    "InvalidSecurityToken.": BAD_CREDENTIALS,
    "InvalidTimeStamp": CLOCK_OFF,
    "InvalidParameter": BAD_REQUEST,
    "Missing": BAD_REQUEST,
}


def failure_of_code(code: str) -> Failure:
    """What a ``Code`` other than ``OK`` means: by itself, else by its beginning, else it is unknown."""
    if code in BY_CODE:
        return BY_CODE[code]
    return next((failure for prefix, failure in BY_PREFIX.items() if code.startswith(prefix)), UNKNOWN_CODE)


def failure_of_status(http_status: int) -> Failure:
    """What an answer without a readable ``Code`` means."""
    if http_status == 429:
        return THROTTLED
    return SERVICE_TROUBLE if http_status >= 500 else UNREADABLE

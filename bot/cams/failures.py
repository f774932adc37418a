"""What each "no" of the API means, as the kind of problem that it is.

Decided by ``Code``: Alibaba's own pages disagree on the HTTP status of the same code. Whether asking again could help,
``bot.cams.retry`` decides by the kind of problem; what counts for the guess guard, ``bot.guesses``; and what agents
read of it, ``bot.texts.problems``.

``phoneid doctor`` and a start go by a second table, ``bot.texts.doctor._ABOUT_ACCOUNT``: few codes, which stop a start.
A code that is documented to be about the key, the clock, the permission or the subscription belongs there, too.
"""

from collections.abc import Mapping

from bot.models import Problem

BY_CODE: Mapping[str, Problem] = {
    "System.LimitControl": Problem.THROTTLED,
    "UnknownError": Problem.SERVICE_TROUBLE,
    "SignatureNonceUsed": Problem.NONCE_USED,
    "InvalidSecurityToken.Expired": Problem.TOKEN_EXPIRED,
    "Unknown.ResourceOwnerId": Problem.NOT_YOURS,
    "InvalidParameter.PhoneNumberError": Problem.BAD_NUMBER,
}

BY_PREFIX: Mapping[str, Problem] = {
    "Throttl": Problem.THROTTLED,
    "TooManyRequests": Problem.THROTTLED,
    "RequestLimitExceeded": Problem.THROTTLED,
    "FlowControl": Problem.THROTTLED,
    # The gateway's and the service's own: they come before the operation looks at anything, or instead of it. There are
    # more than are documented. Taken for unknown codes, they would be told, and counted, as wrong codes.
    "Internal": Problem.SERVICE_TROUBLE,
    "ServiceUnavailable": Problem.SERVICE_TROUBLE,
    "ServiceTimeout": Problem.SERVICE_TROUBLE,
    "ServiceBusy": Problem.SERVICE_TROUBLE,
    "SystemError": Problem.SERVICE_TROUBLE,
    "SystemBusy": Problem.SERVICE_TROUBLE,
    "GatewayTimeout": Problem.SERVICE_TROUBLE,
    "Product.": Problem.NOT_SUBSCRIBED,
    "ServiceNotOpen": Problem.NOT_SUBSCRIBED,
    "Forbidden.Unsubscribed": Problem.NOT_SUBSCRIBED,
    "Forbidden.RAM": Problem.NOT_AUTHORIZED,
    "Forbidden.Ram": Problem.NOT_AUTHORIZED,
    "Ram.": Problem.NOT_AUTHORIZED,
    "NoPermission": Problem.NOT_AUTHORIZED,
    "Authentication.": Problem.NOT_AUTHORIZED,
    "ActionUnauthorized": Problem.NOT_AUTHORIZED,
    "Unauthorized": Problem.NOT_AUTHORIZED,
    "AccessDenied": Problem.NOT_AUTHORIZED,
    "Forbidden": Problem.ACCOUNT_BLOCKED,
    "Account": Problem.ACCOUNT_BLOCKED,
    "InvalidAction": Problem.NO_SUCH_OPERATION,
    "InvalidApi": Problem.NO_SUCH_OPERATION,
    "InvalidVersion": Problem.NO_SUCH_OPERATION,
    "NoSuchVersion": Problem.NO_SUCH_OPERATION,
    "InvalidProduct": Problem.NO_SUCH_OPERATION,
    "InvalidOperation": Problem.NO_SUCH_OPERATION,
    "InvalidEndpoint": Problem.NO_SUCH_OPERATION,
    "Unsupported": Problem.NO_SUCH_OPERATION,
    "MissingAction": Problem.NO_SUCH_OPERATION,
    "MissingVersion": Problem.NO_SUCH_OPERATION,
    "InvalidAccessKey": Problem.BAD_CREDENTIALS,
    "InvalidSecurityToken.": Problem.BAD_CREDENTIALS,
    "InvalidSignature": Problem.BAD_CREDENTIALS,
    "Signature": Problem.BAD_CREDENTIALS,
    "IncompleteSignature": Problem.BAD_CREDENTIALS,
    "MissingSecurityToken": Problem.BAD_CREDENTIALS,  # by its beginning alone these would be about the request
    "MissingAccessKey": Problem.BAD_CREDENTIALS,
    "MissingSignature": Problem.BAD_CREDENTIALS,
    "InvalidTimeStamp": Problem.CLOCK_OFF,
    "InvalidTimestamp": Problem.CLOCK_OFF,
    "IllegalTimestamp": Problem.CLOCK_OFF,
    "MissingTimestamp": Problem.CLOCK_OFF,
    "RequestTimeTooSkewed": Problem.CLOCK_OFF,
    "InvalidParameter": Problem.BAD_REQUEST,
    "Missing": Problem.BAD_REQUEST,
}

BY_PART: Mapping[str, Problem] = {
    "Balance": Problem.ACCOUNT_BLOCKED,  # InsufficientBalance, NotEnoughBalance, …
    "Arrear": Problem.ACCOUNT_BLOCKED,
    "Overdue": Problem.ACCOUNT_BLOCKED,
    "RiskControl": Problem.ACCOUNT_BLOCKED,
}
"""What a ``Code`` means if it holds this anywhere."""


def problem_of_code(code: str) -> Problem:
    """What a ``Code`` other than ``OK`` means: by itself, else by its longest known beginning, else it is unknown."""
    if code in BY_CODE:
        return BY_CODE[code]
    beginning = max((prefix for prefix in BY_PREFIX if code.startswith(prefix)), key=len, default="")
    if beginning:
        return BY_PREFIX[beginning]
    # The answer to a wrong verification code is not documented, so it arrives here.
    return next((problem for part, problem in BY_PART.items() if part in code), Problem.UNKNOWN_CODE)


def problem_of_status(http_status: int) -> Problem | None:
    """What an answer without a known ``Code`` means by its status; ``None``: that says nothing."""
    if http_status == 429:
        return Problem.THROTTLED
    return Problem.SERVICE_TROUBLE if http_status >= 500 else None

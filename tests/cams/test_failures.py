"""Every code of the API, and what it means."""

import pytest

from bot.cams.failures import (
    BY_CODE,
    BY_PART,
    BY_PREFIX,
    problem_of_code,
    problem_of_status,
)
from bot.cams.retry import RULES
from bot.models import Problem
from bot.texts.problems import Side
from tests.english import PROBLEMS

ROWS = [
    # over the limit: later
    ("System.LimitControl", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.User", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.Api", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.AnyOther", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttled", Problem.THROTTLED, Side.ALIBABA, True),
    ("TooManyRequests", Problem.THROTTLED, Side.ALIBABA, True),
    ("FlowControl", Problem.THROTTLED, Side.ALIBABA, True),
    ("RequestLimitExceeded", Problem.THROTTLED, Side.ALIBABA, True),
    # their trouble: later
    ("InternalError", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("InternalFailure", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("InternalError.Other", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("Internal.Dependency", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("UnknownError", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("ServiceUnavailable", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("ServiceUnavailable.Region", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("ServiceTimeout", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("ServiceBusy", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("SystemError", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("SystemBusy", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("GatewayTimeout", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    # once more, differently
    ("SignatureNonceUsed", Problem.NONCE_USED, Side.US, True),
    ("InvalidSecurityToken.Expired", Problem.TOKEN_EXPIRED, Side.ADMIN, True),
    # the account
    ("Product.Unsubscript", Problem.NOT_SUBSCRIBED, Side.ADMIN, False),
    ("Product.NotOpened", Problem.NOT_SUBSCRIBED, Side.ADMIN, False),
    ("ServiceNotOpen", Problem.NOT_SUBSCRIBED, Side.ADMIN, False),
    ("Forbidden.Unsubscribed", Problem.NOT_SUBSCRIBED, Side.ADMIN, False),
    ("Ram.PermissionDeny", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Forbidden.RAM", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("NoPermission", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Authentication.NoAuth", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("NoPermission.Action", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Forbidden.Ram", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("ActionUnauthorized", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Unauthorized", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("AccessDenied", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("InsufficientBalance", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("NotEnoughBalance", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("Forbidden", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("Forbidden.RiskControl", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("Forbidden.UserVerification", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("RiskControl.Intercepted", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("User.InArrears", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("AccountArrearage", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    ("OrderOverdue", Problem.ACCOUNT_BLOCKED, Side.ADMIN, False),
    # the installation
    ("InvalidAction.NotFound", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("InvalidApi.NotFound", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("InvalidVersion", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("NoSuchVersion", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("InvalidProduct.NotFound", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("InvalidOperation.NotSupportedEndpoint", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("InvalidEndpoint", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("UnsupportedOperation", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("UnsupportedHTTPMethod", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("MissingAction", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    ("MissingVersion", Problem.NO_SUCH_OPERATION, Side.ADMIN, False),
    # the request
    ("Unknown.ResourceOwnerId", Problem.NOT_YOURS, Side.AGENT, False),
    ("InvalidParameter.PhoneNumberError", Problem.BAD_NUMBER, Side.AGENT, False),
    ("InvalidParameter", Problem.BAD_REQUEST, Side.AGENT, False),
    ("InvalidParameter.VerifyCode", Problem.BAD_REQUEST, Side.AGENT, False),
    ("InvalidParameterValue", Problem.BAD_REQUEST, Side.AGENT, False),
    ("MissingPhoneNumber", Problem.BAD_REQUEST, Side.AGENT, False),
    ("MissingVerifyCode", Problem.BAD_REQUEST, Side.AGENT, False),
    # our key or our clock; "Missing" here is not about the request
    ("MissingSecurityToken", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("SignatureDoesNotMatch", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("IncompleteSignature", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidAccessKeyId.NotFound", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidAccessKeyId.Inactive", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidAccessKeySecret", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidAccessKeyId", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidSecurityToken.Malformed", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidSecurityToken.MismatchWithAccessKey", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("MissingAccessKeyId", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("MissingSignature", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidSignature", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("SignatureExpired", Problem.BAD_CREDENTIALS, Side.ADMIN, False),
    ("InvalidTimeStamp.Expired", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("InvalidTimeStamp.Format", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("InvalidTimestamp", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("IllegalTimestamp", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("MissingTimestamp", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("RequestTimeTooSkewed", Problem.CLOCK_OFF, Side.ADMIN, False),
    # anything else: in words, and never again
    ("VerifyCode.Incorrect", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("internalerror", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("NotThrottling", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("InvalidSecurity", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("Unknown.ResourceOwner", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("Code.Forbidden", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("", Problem.UNKNOWN_CODE, Side.AGENT, False),
]


@pytest.mark.parametrize(("code", "problem", "side", "may_retry"), ROWS)
def test_a_code_means(*, code: str, problem: Problem, side: Side, may_retry: bool) -> None:
    assert problem_of_code(code) is problem
    assert PROBLEMS[problem].turn is side
    assert (problem in RULES) is may_retry


def test_no_family_is_in_the_code_but_not_in_this_table() -> None:
    codes = {row[0] for row in ROWS}
    assert set(BY_CODE) <= codes
    assert all(any(code.startswith(prefix) for code in codes) for prefix in BY_PREFIX)
    assert all(any(part in code for code in codes) for part in BY_PART)


@pytest.mark.parametrize(
    ("http_status", "problem"),
    [
        # A proxy's page as likely as Alibaba's: it says nothing about permissions.
        *((status, None) for status in (200, 204, 302, 400, 403, 404)),
        (429, Problem.THROTTLED),
        (500, Problem.SERVICE_TROUBLE),
        (502, Problem.SERVICE_TROUBLE),
        (503, Problem.SERVICE_TROUBLE),
    ],
)
def test_without_a_known_code_the_status_may_decide(http_status: int, problem: Problem | None) -> None:
    assert problem_of_status(http_status) is problem

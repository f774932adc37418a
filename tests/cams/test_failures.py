"""Every code of the API, and what it means."""

import pytest

from bot.cams import failures
from bot.cams.failures import BY_CODE, Failure, failure_of_code, failure_of_status
from bot.models import Problem, Side
from bot.texts.problems import PROBLEMS

FAILURES = {name: value for name, value in vars(failures).items() if isinstance(value, Failure)}

ROWS = [
    # over the limit: later
    ("System.LimitControl", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.User", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.Api", Problem.THROTTLED, Side.ALIBABA, True),
    ("Throttling.AnyOther", Problem.THROTTLED, Side.ALIBABA, True),
    # their trouble: later
    ("InternalError", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("UnknownError", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    ("ServiceUnavailable", Problem.SERVICE_TROUBLE, Side.ALIBABA, True),
    # once more, differently
    ("SignatureNonceUsed", Problem.NONCE_USED, Side.US, True),
    ("InvalidSecurityToken.Expired", Problem.TOKEN_EXPIRED, Side.ADMIN, True),
    # the account
    ("Product.Unsubscript", Problem.NOT_SUBSCRIBED, Side.ADMIN, False),
    ("Ram.PermissionDeny", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Forbidden.RAM", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("NoPermission", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
    ("Authentication.NoAuth", Problem.NOT_AUTHORIZED, Side.ADMIN, False),
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
    ("InvalidTimeStamp.Expired", Problem.CLOCK_OFF, Side.ADMIN, False),
    ("InvalidTimeStamp.Format", Problem.CLOCK_OFF, Side.ADMIN, False),
    # anything else: in words, and never again
    ("VerifyCode.Incorrect", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("InternalError.Other", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("internalerror", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("NotThrottling", Problem.UNKNOWN_CODE, Side.AGENT, False),
    ("InvalidSecurity", Problem.UNKNOWN_CODE, Side.AGENT, False),
]


@pytest.mark.parametrize(("code", "problem", "side", "may_retry"), ROWS)
def test_a_code_means(*, code: str, problem: Problem, side: Side, may_retry: bool) -> None:
    failure = failure_of_code(code)
    assert (failure.problem, failure.side, failure.may_retry) == (problem, side, may_retry)


def test_no_code_is_in_the_code_but_not_in_this_table() -> None:
    assert set(BY_CODE) <= {row[0] for row in ROWS}


@pytest.mark.parametrize(
    ("http_status", "problem", "may_retry"),
    [
        (200, Problem.UNREADABLE, False),
        (204, Problem.UNREADABLE, False),
        (302, Problem.UNREADABLE, False),
        (400, Problem.UNREADABLE, False),
        (403, Problem.UNREADABLE, False),  # a proxy's page as likely as Alibaba's: it says nothing about permissions
        (429, Problem.THROTTLED, True),
        (500, Problem.SERVICE_TROUBLE, True),
        (502, Problem.SERVICE_TROUBLE, True),
        (503, Problem.SERVICE_TROUBLE, True),
    ],
)
def test_without_a_code_the_status_decides(*, http_status: int, problem: Problem, may_retry: bool) -> None:
    failure = failure_of_status(http_status)
    assert (failure.problem, failure.may_retry) == (problem, may_retry)


@pytest.mark.parametrize("name", FAILURES)
def test_the_agent_is_told_the_same_turn_as_the_caller(name: str) -> None:
    failure = FAILURES[name]
    assert failure.side is PROBLEMS[failure.problem].turn


def test_no_two_failures_share_their_words() -> None:
    problems = [failure.problem for failure in FAILURES.values()]
    assert len(problems) == len(set(problems)) > 10

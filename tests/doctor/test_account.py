"""What an answer of Alibaba Cloud's says about the account: only what is documented to be about it stops a start."""

import pytest

from bot.cams.echoes import holds_form
from bot.cams.failures import BY_CODE, BY_PREFIX, problem_of_code
from bot.cams.probe import NO_CODE, NOBODYS, Told
from bot.checks import CheckVerdict
from bot.doctor.alibaba import understood
from bot.models import Problem
from bot.texts.doctor import about_account

STOPS = {
    "InvalidAccessKeyId.NotFound": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "InvalidAccessKeyId.Inactive": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "InvalidSecurityToken.Expired": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "InvalidSecurityToken.MismatchWithAccessKey": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "MissingSecurityToken": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "InvalidTimeStamp.Expired": "clock",
    "IllegalTimestamp": "clock",
    "Forbidden.RAM": "permission",
    "Ram.PermissionDeny": "permission",
    "NoPermission": "permission",
    "Authentication.NoAuth": "permission",
    "Product.Unsubscript": "subscription",
    "Forbidden.Unsubscribed": "subscription",
}


def told(code: str) -> Told:
    return Told(problem=problem_of_code(code), code=code)


@pytest.mark.parametrize("code", STOPS)
def test_what_is_known_to_be_about_the_account_stops_with_its_code_and_a_remedy(code: str) -> None:
    check = understood(told(code))
    assert (check.verdict, check.name) == (CheckVerdict.STOP, STOPS[code])
    assert check.what.endswith(f"({code}).")
    assert len(check.remedy) > 20


@pytest.mark.parametrize(
    "code",
    [
        "Forbidden.RiskControl",
        "Forbidden.UserVerification",
        "InsufficientBalance",
        "AccessDenied.Network",
        "InvalidAccessKey",
        "IncompleteSignature",
        "SignatureNonceUsed",
        "ForbiddenRAM",
        "Ram.SomethingElse",
        "Product.Offline",
        "System.LimitControl",
        "Throttling.User",
        "InternalError",
        "InvalidAction.NotFound",
        "InvalidParameter.PhoneNumberError",
        "MissingPhoneNumber",
        "VerifyCode.Incorrect",
        "Anything.Else",
    ],
)
def test_what_is_not_certainly_about_it_stops_nothing(code: str) -> None:
    check = understood(told(code))
    assert check.verdict in (CheckVerdict.WARNING, CheckVerdict.SKIPPED)
    assert "could not be checked" in check.what


@pytest.mark.parametrize("problem", Problem)
def test_no_answer_at_all_stops_nothing(problem: Problem) -> None:
    check = understood(Told(problem=problem, cause="no answer in time"))
    assert check.verdict is not CheckVerdict.STOP


def test_only_an_answer_that_looked_at_the_number_is_a_yes() -> None:
    yes = [each for each in Problem if understood(Told(problem=each)).verdict is CheckVerdict.OK]
    assert yes == [Problem.NOT_YOURS]
    assert understood(Told(problem=None, code="OK")).verdict is CheckVerdict.SKIPPED


def test_the_code_that_is_none_is_found_in_no_name_of_an_error() -> None:
    names = {*STOPS, *BY_CODE, *BY_PREFIX}
    assert [each for each in names if holds_form(each, NO_CODE)] == []
    assert not any(each.isdigit() for each in NO_CODE.get_secret_value())


def test_the_number_is_one_of_those_that_are_kept_for_fiction() -> None:
    assert NOBODYS.digits.startswith("1")
    assert 5550100 <= int(NOBODYS.digits[4:]) <= 5550199


def test_a_code_by_whose_beginning_nothing_is_known_is_about_nothing() -> None:
    assert about_account("InvalidAccessKeyId") is None
    assert about_account("") is None

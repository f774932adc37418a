"""Troubles that can be switched on for the whole local API, whatever it is asked."""

from enum import StrEnum

from bot.sandbox.cams.answers import THROTTLED_BY_PRODUCT, UNKNOWN_KEY, Close, Hang, Refusal, Reply, Slow

SLOW_SECONDS = 3.0
LATE_SECONDS = 11.0
"""Just over the ten seconds for which Alibaba Cloud's own SDK waits."""


class ApiTrouble(StrEnum):
    NONE = "none"
    SLOW = "slow"
    DOWN = "down"
    THROTTLED = "throttled"
    HANG = "hang"
    LATE = "late"
    ARREARS = "arrears"
    FAILING = "failing"
    CLOCK = "clock"
    DELETED = "deleted"
    FORBIDDEN = "forbidden"
    UNSUBSCRIBED = "unsubscribed"

    @property
    def label(self) -> str:
        """For the page's switch."""
        return _LABELS[self]


_LABELS = {
    ApiTrouble.NONE: "Works",
    ApiTrouble.SLOW: "Slow: answers after 3 seconds",
    ApiTrouble.DOWN: "Down: closes every connection without an answer",
    ApiTrouble.THROTTLED: "Throttled: says that its limit is exceeded",
    ApiTrouble.HANG: "Hangs: accepts requests and never answers",
    ApiTrouble.LATE: "Late: answers after 11 seconds",
    ApiTrouble.ARREARS: "Unpaid: the account has an unpaid bill",
    ApiTrouble.FAILING: "Fails: an internal error for every call",
    ApiTrouble.CLOCK: "Wrong clock: rejects the time of every call",
    ApiTrouble.DELETED: "Key deleted: does not know the AccessKey",
    ApiTrouble.FORBIDDEN: "Forbidden: the AccessKey's user lacks the permission",
    ApiTrouble.UNSUBSCRIBED: "Not subscribed: the account has not activated the product",
}

_OVERRULING: dict[ApiTrouble, Reply] = {
    ApiTrouble.DOWN: Close(),
    ApiTrouble.HANG: Hang(),
    ApiTrouble.DELETED: UNKNOWN_KEY,
    # The other name for it: of a clock that is really off the local API says ``InvalidTimeStamp.Expired``.
    ApiTrouble.CLOCK: Refusal(code="IllegalTimestamp", message="The input parameter Timestamp is not legal."),
    ApiTrouble.FAILING: Refusal(code="InternalFailure", message="The request processing has failed.", status=500),
}

_OF_ACCOUNT: dict[ApiTrouble, Reply] = {
    ApiTrouble.THROTTLED: THROTTLED_BY_PRODUCT,
    ApiTrouble.ARREARS: Refusal(code="InsufficientBalance", message="Your account does not have enough balance."),
    ApiTrouble.FORBIDDEN: Refusal(
        code="Forbidden.RAM",
        message="User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        status=403,
        details={
            "AccessDeniedDetail": {
                "AuthAction": "cams:GetPreValidatePhoneId",
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalOwnerId": "1000000000000001",
                "AuthPrincipalDisplayName": "2000000000000002",
                "PolicyType": "AccountLevelIdentityBasedPolicy",
                "NoPermissionType": "ImplicitDeny",
            }
        },
    ),
    ApiTrouble.UNSUBSCRIBED: Refusal(code="Product.Unsubscript", message="You have not subscribed to the product."),
}
"""What only somebody is told whose key and signature are right."""

_SLOW = {ApiTrouble.SLOW: SLOW_SECONDS, ApiTrouble.LATE: LATE_SECONDS}


def overruling_reply(trouble: ApiTrouble) -> Reply | None:
    """What every request gets in this trouble; ``None`` where the request still decides."""
    return _OVERRULING.get(trouble)


def account_reply(trouble: ApiTrouble) -> Reply | None:
    """What every request with a right signature gets in this trouble; ``None`` where the request still decides."""
    return _OF_ACCOUNT.get(trouble)


def slowed(reply: Reply, trouble: ApiTrouble) -> Reply:
    return Slow(seconds=_SLOW[trouble], then=reply) if trouble in _SLOW else reply

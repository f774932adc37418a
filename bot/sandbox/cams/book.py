"""The book of numbers: each shows one thing the API can do. All of them are invented."""

from dataclasses import dataclass

from bot.sandbox.cams.answers import (
    BAD_NUMBER,
    INTERNAL_ERROR,
    NOT_YOURS,
    THROTTLED_BY_PRODUCT,
    Hang,
    Page,
    Refusal,
    Reply,
    Reset,
    Slow,
    Success,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A number, its code and what they show. ``replies`` are given in turn, and from the first again."""

    phone: str
    """As people write it: ``+1 202-555-0101``."""
    code: str
    outcome: str
    explanation: str
    replies: tuple[Reply, ...]

    @property
    def digits(self) -> str:
        """As the API is asked for it."""
        return "".join(character for character in self.phone if character.isdigit())


def _us(last: int) -> str:
    return f"+1 202-555-{last:04}"  # 555-0100 to 555-0199 belong to nobody, for use in fiction


BOOK: tuple[Entry, ...] = (
    Entry(
        phone="+86 138 0000 1234",
        code="208312",
        outcome="The ID",
        explanation="The number and the code are correct.",
        replies=(Success(phone_number_id="920155500012345"),),
    ),
    Entry(
        phone=_us(101),
        code="004217",
        outcome="An ID with letters",
        explanation="IDs can contain letters. The code's leading zeros count.",
        replies=(Success(phone_number_id="pvn-7Q3xK9_demo"),),
    ),
    Entry(
        phone=_us(102),
        code="310294",
        outcome="Product.Unsubscript",
        explanation="The Alibaba Cloud account has not subscribed to the product.",
        replies=(Refusal(code="Product.Unsubscript", message="You have not subscribed to the product."),),
    ),
    Entry(
        phone=_us(103),
        code="771530",
        outcome="Ram.PermissionDeny",
        explanation="The RAM user has no permission. Slack never shows the account names in the answer.",
        replies=(
            Refusal(
                code="Ram.PermissionDeny",
                message="You are not authorized to perform this operation.",
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
        ),
    ),
    Entry(
        phone=_us(104),
        code="642088",
        outcome="System.LimitControl, always",
        explanation="The account is over its limit, however often the bot tries.",
        replies=(THROTTLED_BY_PRODUCT,),
    ),
    Entry(
        phone=_us(105),
        code="918273",
        outcome="System.LimitControl once, then the ID",
        explanation="The first call is throttled, with a time to wait; the next one succeeds.",
        replies=(
            Refusal(code=THROTTLED_BY_PRODUCT.code, message=THROTTLED_BY_PRODUCT.message, retry_after=1500),
            Success(phone_number_id="920155500010500"),
        ),
    ),
    Entry(
        phone=_us(106),
        code="556012",
        outcome="Unknown.ResourceOwnerId",
        explanation="The number belongs to another account. So do all numbers that are not in this list.",
        replies=(NOT_YOURS,),
    ),
    Entry(
        phone=_us(107),
        code="120956",
        outcome="InvalidParameter.PhoneNumberError",
        explanation="The API does not accept this as a phone number.",
        replies=(BAD_NUMBER,),
    ),
    Entry(
        phone=_us(108),
        code="483920",
        outcome="The ID, after 3 seconds",
        explanation="A slow answer: the bot reports progress meanwhile.",
        replies=(Slow(seconds=3.0, then=Success(phone_number_id="920155500010800")),),
    ),
    Entry(
        phone=_us(109),
        code="230417",
        outcome="No answer",
        explanation="The API accepts the request and never answers; the bot gives up each attempt after a while.",
        replies=(Hang(),),
    ),
    Entry(
        phone=_us(110),
        code="869031",
        outcome="HTTP 502 with a page",
        explanation="A proxy answers with a page instead of JSON.",
        replies=(Page(status=502, text="<html><body><h1>502 Bad Gateway</h1></body></html>"),),
    ),
    Entry(
        phone=_us(111),
        code="705514",
        outcome="HTTP 500, empty",
        explanation="A server error with an empty answer.",
        replies=(Page(status=500, text=""),),
    ),
    Entry(
        phone=_us(112),
        code="394462",
        outcome="Connection reset",
        explanation="The connection breaks after the request was sent. Trying again is safe.",
        replies=(Reset(),),
    ),
    Entry(
        phone=_us(113),
        code="617305",
        outcome="HTTP 200 with an error",
        explanation="Some errors come with HTTP 200; only the field Code shows them.",
        replies=(Refusal(code=NOT_YOURS.code, message=NOT_YOURS.message, status=200),),
    ),
    Entry(
        phone=_us(114),
        code="158840",
        outcome="OK without an ID",
        explanation="The field Code is OK, but the ID is missing. That is an error, too.",
        replies=(Success(phone_number_id=None),),
    ),
    Entry(
        phone=_us(115),
        code="447726",
        outcome="An unknown error that repeats the verification code",
        explanation="The fields Code and Message repeat the verification code, which nobody must see.",
        # Invented: Alibaba documents no such answer, and nothing forbids it.
        replies=(
            Refusal(
                code="VerifyCode.Used.447726",
                message="The code 447726 (as 447 726 or 4-4-7-7-2-6) was used before.",
            ),
        ),
    ),
    Entry(
        phone=_us(116),
        code="991204",
        outcome="InternalError once, then the ID",
        explanation="A short problem at Alibaba Cloud; the bot tries again.",
        replies=(INTERNAL_ERROR, Success(phone_number_id="920155500011600")),
    ),
)

# Our invention: Alibaba does not document what a wrong or used-up verification code is answered with.
WRONG_CODE = Refusal(code="VerifyCode.Incorrect", message="The verification code is incorrect.")

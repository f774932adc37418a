"""What the local API says, in Alibaba Cloud's documented shapes.

Success and errors: https://api.alibabacloud.com/api/cams/2020-06-06/GetPreValidatePhoneId. The fields of errors are
those of Alibaba's gateway (https://www.alibabacloud.com/help/en/sdk/product-overview/common-error-codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOST_ID = "cams.ap-southeast-1.aliyuncs.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """``OK``, with ``Data.PhoneNumberId`` unless there is none."""

    phone_number_id: str | None

    def body(self, *, request_id: str, phone: str) -> dict[str, Any]:
        data = {"PhoneNumber": phone}
        if self.phone_number_id is not None:
            data["PhoneNumberId"] = self.phone_number_id
        return {"RequestId": request_id, "Code": "OK", "Message": "None", "Data": data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error with a ``Code``. ``retry_after`` is the header ``x-acs-retry-after``, in milliseconds."""

    code: str
    message: str
    status: int = 400
    details: Mapping[str, Any] = field(default_factory=dict)
    retry_after: int | None = None

    def body(self, *, request_id: str) -> dict[str, Any]:
        recommend = f"https://api.alibabacloud.com/troubleshoot?q={self.code}&product=Cams&requestId={request_id}"
        known = {"RequestId": request_id, "HostId": HOST_ID, "Code": self.code, "Message": self.message}
        return {**known, "Recommend": recommend, **self.details}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer that is not the API's: a proxy's page, or nothing."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, and the connection stays open."""


@dataclass(frozen=True, slots=True)
class Reset:
    """No answer, and the connection is reset (TCP RST)."""


@dataclass(frozen=True, slots=True)
class Close:
    """No answer, and the connection is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """An answer that takes its time."""

    seconds: float
    then: "Reply"


Reply = Success | Refusal | Page | Hang | Reset | Close | Slow

THROTTLED_BY_GATEWAY = Refusal(code="Throttling.User", message="Request was denied due to user flow control.")
THROTTLED_BY_PRODUCT = Refusal(code="System.LimitControl", message="The system is under flow control.")
UNKNOWN_KEY = Refusal(code="InvalidAccessKeyId.NotFound", message="Specified access key is not found.", status=404)
NOT_YOURS = Refusal(
    code="Unknown.ResourceOwnerId", message="The resource does not belong to the current resource owner."
)
BAD_NUMBER = Refusal(code="InvalidParameter.PhoneNumberError", message="The phone number is invalid.")
INTERNAL_ERROR = Refusal(
    code="InternalError", message="The request processing has failed due to some unknown error.", status=500
)

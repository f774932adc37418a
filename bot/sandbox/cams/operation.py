"""What the local API answers a request: signature first, then flow control, then parameters, as the real gateway."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import parse_qsl

from bot.sandbox.cams.answers import BAD_NUMBER, NOT_YOURS, THROTTLED_BY_GATEWAY, Refusal, Reply
from bot.sandbox.cams.book import BOOK, WRONG_CODE, Entry
from bot.sandbox.cams.verification import Account, SentRequest, Verifier, access_key_id
from bot.sandbox.cams.window import Counting, open_window


def form_parameters(request: SentRequest) -> dict[str, str]:
    """The parameters of the form body. Those of the query string are not looked at.

    Whether the real service reads them there too is not known; the strict answer shows a bot that puts a verification
    code into a URL, where proxies log it.
    """
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


class Operation:
    """``GetPreValidatePhoneId`` over the book of numbers."""

    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        qps: int,
        counting: Counting = Counting.SLIDING,
        book: Iterable[Entry] = BOOK,
    ) -> None:
        known = {account.access_key_id: account for account in accounts}
        self._verifier = Verifier(known)
        self._counting = counting
        self._windows = {key: open_window(counting, calls=qps) for key in known}
        self._entries = {entry.digits: entry for entry in book}
        self._asked: Counter[str] = Counter()

    @property
    def numbers(self) -> Collection[str]:
        """Those of the book, as the API is asked for them."""
        return self._entries.keys()

    def reply(self, request: SentRequest, *, now: float, monotonic: float, verdict: Reply | None = None) -> Reply:
        """``now``: Unix seconds, for the signature's date and calendar seconds; ``monotonic``: for a sliding limit.

        ``verdict``: what is told about the account to whoever's signature fits, whatever they ask.
        """
        refusal = self._verifier.refusal(request, now=now)
        if refusal is not None:
            return refusal
        if verdict is not None:
            return verdict
        counted_at = now if self._counting is Counting.FIXED else monotonic
        if not self._windows[access_key_id(request)].admit(counted_at):
            return THROTTLED_BY_GATEWAY
        return self._look_up(form_parameters(request))

    def _look_up(self, parameters: Mapping[str, str]) -> Reply:
        for name in ("PhoneNumber", "VerifyCode"):
            if not parameters.get(name):
                return Refusal(code=f"Missing{name}", message=f"{name} is mandatory for this action.")
        phone = parameters["PhoneNumber"]
        if not re.fullmatch(r"[1-9][0-9]{6,14}", phone):
            return BAD_NUMBER
        entry = self._entries.get(phone)
        if entry is None:
            return NOT_YOURS  # a number like any other, that this account has not bought
        if parameters["VerifyCode"] != entry.code:
            return WRONG_CODE
        self._asked[phone] += 1
        return entry.replies[(self._asked[phone] - 1) % len(entry.replies)]

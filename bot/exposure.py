"""Finds verification codes in what was recorded before they came. Pure: the record has no way to receive a code."""

from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from bot.entry.secrecy import ends_with, text_holds
from bot.models import PhoneNumber, RequestId
from bot.store.exposure import Beside, Exposed


def find_exposed(
    recorded: Iterable[Beside], codes: Mapping[PhoneNumber, SecretStr], *, entering: RequestId | None
) -> Exposed:
    """Where these numbers' codes stand, of what their agent had recorded beside them.

    The numbers for which codes are entered only now were recorded without them, and may have them at their own end.
    """
    numbers, reasons = [], []
    for each in recorded:
        for phone, code in codes.items():
            if ends_with(each.phone, code, behind=None if entering and each.phone == phone else phone):
                numbers.append(each)
            if each.phone == phone and any(text_holds(reason, code) for reason in each.reasons):
                reasons.append(each)
    return Exposed(numbers=numbers, reasons=reasons)

"""How numbers are written in sentences: one in full or with its middle hidden, or how many there are."""

from typing import NamedTuple

from bot.models import FORGOTTEN, PhoneNumber, Request
from bot.texts.said import Plain, Said, say, say_n

A_FORGOTTEN_NUMBER = say("a removed number")


class OneOrSeveral(NamedTuple):
    """What is said of one number, and of several: the only place where words depend on how many there are."""

    one: Said
    several: Said

    def of(self, request: Request) -> Said:
        return self.choose(is_several=not request.is_single)

    def choose(self, *, is_several: bool) -> Said:
        return self.several if is_several else self.one


def counted(count: int, one: str, many: str = "") -> str:
    """``1 lookup``, ``3 lookups``, for administrators; ``many`` where it is not ``one`` with an s."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def numbers(count: int) -> Said:
    return say_n("{n} number", "{n} numbers", count)


def subject(request: Request) -> Plain:
    """What a request is for: ``+86 138 0000 1234``, or ``3 numbers``."""
    return numbers(request.size) if not request.is_single else international(request.lookup.phone)


def hidden_subject(request: Request) -> Plain:
    """The same for eyes that need not see the number."""
    return numbers(request.size) if not request.is_single else hidden(request.lookup.phone)


def international(phone: PhoneNumber) -> Plain:
    """A number in full, unless it was forgotten."""
    return A_FORGOTTEN_NUMBER if phone == FORGOTTEN else phone.international


def hidden(phone: PhoneNumber) -> Plain:
    """A number with its middle hidden, at least half of it: ``+861•••••1234``."""
    if phone == FORGOTTEN:
        return A_FORGOTTEN_NUMBER
    digits = phone.digits
    head, tail = (3, 4) if len(digits) >= 13 else (2, 3)
    return f"+{digits[:head]}•••••{digits[-tail:]}" if len(digits) > 9 else f"+{digits[:2]}•••••"

"""Invented numbers, as many as a fault wants: each with an ID of its own, and all with the same code, the canary."""

from collections.abc import Iterator

from phonenumbers import is_valid_number, parse

from bot.sandbox.cams.answers import Reply, Success
from bot.sandbox.cams.book import Entry
from tests.canaries import CANARY

AREAS = tuple(area for area in range(200, 1000) if is_valid_number(parse(f"+1{area}5550100")))
"""In each of North America's area codes, 555-0100 to 555-0199 belong to nobody."""


SLOW_ID = "920000000000001"
"""What comes after a while, whatever the number."""


def entries(count: int, *replies: Reply) -> list[Entry]:
    """As many numbers; with ``replies`` each is answered so, in turn."""
    return [_entry(phone, replies) for phone, _ in zip(_phones(), range(count), strict=False)]


def id_of(digits: str) -> str:
    """The ID of a number."""
    return f"9200{digits}"


def _phones() -> Iterator[str]:
    for area in AREAS:
        yield from (f"+1 {area}-555-{last:04}" for last in range(100, 200))


def _entry(phone: str, replies: tuple[Reply, ...]) -> Entry:
    digits = "".join(filter(str.isdigit, phone))
    given = replies or (Success(phone_number_id=id_of(digits)),)
    return Entry(phone=phone, code=CANARY, outcome="The ID", explanation="Asked for once.", replies=given)

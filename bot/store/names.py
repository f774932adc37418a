"""What is drawn at random: the names of requests and processes, versions and salts. How a lookup is named."""

import secrets

from bot.models import LookupId, RequestId

SALT_BYTES = 32

REFERENCE = r"R-[0-9A-Z]{8}(?:/[1-9]\d{0,4})?"
"""The name of a request, or of one of its numbers, as a pattern of ASCII."""


def new_request_id() -> RequestId:
    """``R-`` and 8 characters that nobody confuses when reading them out (Crockford's base 32): 40 random bits."""
    return RequestId("R-" + "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(8)))


def new_process() -> str:
    """A name for this process. New at each start: whoever restarts must not inherit what the former one ran."""
    return secrets.token_hex(8)


def new_version() -> int:
    """A number that nothing had before. No counter: one would start again with a row that is removed and put anew."""
    return secrets.randbits(62)


def new_salt() -> bytes:
    """What makes a record's digests tell nothing: random, and long enough that nobody tries them all."""
    return secrets.token_bytes(SALT_BYTES)


def lookup_id(request_id: str, position: int, *, of: int) -> LookupId:
    """The name of one number of a request that holds ``of``."""
    return LookupId(request_id if of == 1 else f"{request_id}/{position}")


def split_lookup_id(name: str) -> tuple[RequestId, int]:
    """Which request, and which of its numbers: the first where the name does not say. Takes whatever a button says."""
    request_id, _, position = name.partition("/")
    is_number = position.isascii() and position.isdigit() and len(position) <= 9
    return RequestId(request_id), int(position) if is_number else 1

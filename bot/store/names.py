"""What is drawn at random: the names of lookups and lists, and salts."""

import secrets

from bot.models import BatchId, LookupId

SALT_BYTES = 32


def new_lookup_id() -> LookupId:
    """``L-`` and 8 characters that nobody confuses when reading them out (Crockford's base 32): 40 random bits."""
    return LookupId(f"L-{_random_name()}")


def new_batch_id() -> BatchId:
    """``B-`` and 8 such characters."""
    return BatchId(f"B-{_random_name()}")


def new_salt() -> bytes:
    """What makes a lookup's digests tell nothing: random, and long enough that nobody tries them all."""
    return secrets.token_bytes(SALT_BYTES)


def _random_name() -> str:
    return "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(8))

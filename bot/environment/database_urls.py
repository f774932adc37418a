"""The one word of ours in a Postgres URL: ``?schema=NAME``, where the tables are."""

import re

from bot.texts import settings as texts

DEFAULT_SCHEMA = "public"

_WORD = re.compile(r"(?<=[?&])schema=([^&@/]*)(?:&|$)")

_NAME = re.compile(r"(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}")
"""What means the same with quotes and without, and is none of the server's own."""


def split_schema(url: str) -> tuple[str, str]:
    """The URL as libpq takes it, which knows no such word, and the name of the schema.

    Raises ``ValueError`` with a sentence's end for a name that is none.
    """
    names: list[str] = _WORD.findall(url)
    if not names:
        return url, DEFAULT_SCHEMA
    if len(names) > 1 or not _NAME.fullmatch(names[0]):
        raise ValueError(texts.SCHEMA_UNREADABLE)
    return _WORD.sub("", url).rstrip("?&"), names[0]

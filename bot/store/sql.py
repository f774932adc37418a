"""The one change that Postgres' driver needs in the text of a statement."""

import re
from functools import cache

# Strings, quoted names and comments are passed over, and so is `::`, a cast; `:name` is a parameter.
_TOKENS = re.compile(
    r"""(?P<kept>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|::)|(?<![\w:]):(?P<name>[a-z_]\w*)""", re.DOTALL
)


@cache
def for_psycopg(sql: str) -> bytes:
    """The statement with ``%(name)s`` for ``:name`` and ``%%`` for ``%``, as bytes: psycopg wants those or literals."""
    parts: list[str] = []
    at = 0
    for token in _TOKENS.finditer(sql):
        parts.append(_escaped(sql[at : token.start()]))
        parts.append(f"%({token['name']})s" if token["name"] else _escaped(token[0]))
        at = token.end()
    parts.append(_escaped(sql[at:]))
    return "".join(parts).encode()


def _escaped(text: str) -> str:
    return text.replace("%", "%%")

"""Takes a verification code out of what the API says: its texts may echo it."""

import re
import unicodedata

from pydantic import SecretStr

from bot.models import MASK

# What may stand between two characters of an echoed code: "208 312", "208-312", "2.0.8.3.1.2", "208%20312".
_SEPARATORS = r"(?:%[0-9A-Fa-f]{2}|[\W_]){0,4}"


def redact(text: str, code: SecretStr) -> str:
    """``text`` with ``MASK`` for each occurrence of ``code``, also where separators part its characters.

    Digits of other widths count as the same; the text comes back in Unicode's NFKC form. A masked stretch may be longer
    than the code: to show a little less is the safe mistake.
    """
    shown = [character for character in _normal(code.get_secret_value()) if not character.isspace()]
    characters = [character for character in shown if character.isalnum()] or shown
    normal = _normal(text)
    if not characters:
        return normal
    pattern = _SEPARATORS.join(re.escape(character) for character in characters)
    return re.sub(pattern, MASK, normal, flags=re.IGNORECASE)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)

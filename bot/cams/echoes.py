"""Finds a verification code in what the API says: what it says is kept, and the code is not."""

import base64
import re
import unicodedata

from pydantic import SecretStr


def is_code(text: str, code: SecretStr) -> bool:
    """Whether a text is the code and nothing else, whatever stands between its characters."""
    secret = code.get_secret_value()
    return _characters(text) == _characters(secret) != "" or text.strip() == secret.strip()


def holds_form(name: str, code: SecretStr) -> bool:
    """Whether a name holds a code or half of it, forwards or backwards, or the code in base64 or hexadecimal.

    A name that holds half of one by chance is lost: that is the safe mistake.
    """
    secret = code.get_secret_value()
    said, shown = _characters(name), _characters(secret)
    if not shown:
        return False
    half = max(3, (len(shown) + 1) // 2)
    pieces = {way[at:][:half] for way in (shown, shown[::-1]) for at in range(max(1, len(shown) - half + 1))}
    if shown.isdecimal() and any(piece in re.sub(r"\D", "", said) for piece in pieces):
        return True  # with letters between the digits
    return any(form in said for form in pieces | {secret.encode().hex(), *_in_base64(secret.encode())})


def _in_base64(secret: bytes) -> list[str]:
    """The characters that are of the secret alone, for each place among the three bytes of a group."""
    ends = [(before, base64.b64encode(bytes(before) + secret).decode()) for before in range(3)]
    return [_characters(text[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]) for before, text in ends]


def _characters(text: str) -> str:
    """Letters and digits, of one width and one case."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum())

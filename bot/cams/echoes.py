"""Finds a verification code in what the API says: what it says is kept, and the code is not."""

import base64
import re
import unicodedata

from pydantic import SecretStr

_ID = re.compile(r"[0-9]{10,20}")
"""As the documentation shows them, and with some room: 13 digits there, 15 to 17 where Meta shows its own."""


def tells_code(phone_number_id: str, code: SecretStr) -> bool:
    """Whether what was sent as an ID is the code, or tells it: then it is none.

    In an ID's many digits those of a code may stand by chance, and such an ID is not given up. What has another form
    has none that is documented, and what holds the code in it is somebody's echo.
    """
    secret = code.get_secret_value()
    shown = _characters(secret)
    if phone_number_id.strip() == secret.strip() or _characters(phone_number_id) == shown != "":
        return True
    if _ID.fullmatch(phone_number_id):
        return secret.encode().hex() in phone_number_id
    return _holds(phone_number_id, secret, at_least=len(shown))


def holds_form(name: str, code: SecretStr) -> bool:
    """Whether a name holds a code or half of it, forwards or backwards, or the code in base64 or hexadecimal.

    A name that holds half of one by chance is lost: that is the safe mistake.
    """
    secret = code.get_secret_value()
    return _holds(name, secret, at_least=max(3, (len(_characters(secret)) + 1) // 2))


def _holds(text: str, secret: str, *, at_least: int) -> bool:
    """``at_least``: so many characters of the code in a row are taken for it."""
    said, shown = _characters(text), _characters(secret)
    if not shown:
        return False
    rows = range(max(1, len(shown) - at_least + 1))
    pieces = {way[at:][:at_least] for way in (shown, shown[::-1]) for at in rows}
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

"""Who reads Chinese reads nothing else: no Latin word stands in it but names that have no other."""

import html
import re
from collections.abc import Iterable

from tests.pseudo import DATA

NAMES = (
    "WhatsApp",
    "Meta",
    "Slack",
    "Embedded Signup",
    "Chat App",
    "ChatappBindWaba",
    "ChatappSyncPhoneNumber",
    "ChatappPhoneNumberRegister",
    "RAM",
    "cams:GetPreValidatePhoneId",
    "RequestId",
    "ID",
    "DNS",
    "HTTP",
    "A-Z",
    "missing_scope",
    "scope",
    "channels:read",
    "groups:read",
)
"""Of products and companies, of what the API, Slack and the field call by Latin letters."""

_NAME = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, sorted(NAMES, key=len, reverse=True)))})(?![A-Za-z])")


def latin_in(text: str, *, data: Iterable[str] = ()) -> list[str]:
    """What stands in Latin letters in a text, and is neither a name nor data."""
    text = html.unescape(text)
    for each in data:
        text = text.replace(each, "")
    return re.findall(r"[A-Za-z]+", DATA.sub("", _NAME.sub("", text)))

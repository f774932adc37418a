"""Canaries: invented secrets, and the search for them in every form in which something might have been written."""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bot.sandbox.cams.answers import Refusal
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.inspector import Wire
from bot.sandbox.slack.server import LocalSlack
from tests.amounts import IS_NIGHT, some_of

CANARY = "73019284"
"""The verification code that must be nowhere."""

DIGESTS = ("md5", "sha1", "sha256", "sha512")


def forms_of(secret: str) -> dict[str, bytes]:
    """What to look for, by the name of the form; everything in lower case, as ``found_in`` compares."""
    raw = secret.encode()
    utf_16 = secret.encode("utf-16-le")
    half = len(secret) // 2
    forms = {
        "raw": raw,
        "in groups": f"{secret[:half]} {secret[half:]}".encode(),
        "with dashes": "-".join(secret).encode(),
        "reversed": raw[::-1],
        "percent": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "percent, twice": "".join(f"%25{byte:02x}" for byte in raw).encode(),
        "json escapes": "".join(f"\\u{byte:04x}" for byte in raw).encode(),
        "json escapes, twice": "".join(f"\\\\u{byte:04x}" for byte in raw).encode(),
        "byte escapes": "".join(f"\\x{byte:02x}" for byte in raw).encode(),
        "entities": "".join(f"&#{byte};" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "hex in groups": raw.hex(" ").encode(),
        "byte by byte": ", ".join(map(str, raw)).encode(),
        "character by character": ", ".join(map(repr, secret)).encode(),
        "utf-16": utf_16,
        "utf-16, other end": secret.encode("utf-16-be"),
        "utf-16 in hex": utf_16.hex().encode(),
        **{f"base64 at {at}": form for at, form in enumerate(_base64_of(raw))},
        **{f"utf-16 in base64 at {at}": form for at, form in enumerate(_base64_of(utf_16))},
        **{name: hashlib.new(name, raw).hexdigest().encode() for name in DIGESTS},
        **{f"{name} in base64": base64.b64encode(hashlib.new(name, raw).digest()) for name in DIGESTS},
    }
    return {name: form.lower() for name, form in forms.items()}


def found_in(content: bytes, secrets: Iterable[str] = (CANARY,)) -> list[str]:
    """The forms in which any of the secrets stands in the content."""
    lower = content.lower()
    return [name for secret in secrets for name, form in forms_of(secret).items() if form in lower]


def _base64_of(raw: bytes) -> list[bytes]:
    """Base64 looks different at each of three offsets; the ends depend on the neighbours and are left out."""
    return [base64.b64encode(b"\0" * offset + raw)[(0, 2, 3)[offset] : -3] for offset in range(3)]


def with_canary(listed: Entry) -> Entry:
    """The same number, whose code is the canary; what the API says of the code it says of the canary."""
    replies = tuple(
        replace(reply, code=reply.code.replace(listed.code, CANARY), message=reply.message.replace(listed.code, CANARY))
        if isinstance(reply, Refusal)
        else reply
        for reply in listed.replies
    )
    return replace(listed, code=CANARY, replies=replies)


CANARY_BOOK = tuple(map(with_canary, BOOK))


CANNOT_END = "No answer"
"""Hangs for as long as the bot is patient."""

AT_ONCE = (
    "An ID with letters",
    "Product.Unsubscript",
    "Ram.PermissionDeny",
    "InvalidParameter.PhoneNumberError",
    "HTTP 200 with an error",
)
"""Outcomes that nobody waits for: no retry, and no pause for everybody."""

ALWAYS = ("The ID", "Unknown.ResourceOwnerId", "An unknown error that repeats the verification code")
"""Asked for each day: an ID, a refusal, and the answer that holds the code."""


def outcomes(what: str) -> list[Entry]:
    """Numbers of the book by what they show: at night all that end, by day ``ALWAYS`` and some of ``AT_ONCE``."""
    by_day = {*ALWAYS, *some_of(AT_ONCE, 2, what=what)}
    return [each for each in BOOK if each.outcome != CANNOT_END and (IS_NIGHT or each.outcome in by_day)]


def search_files(folder: Path, *, leaving_out: Iterable[str] = (), secrets: Iterable[str] = (CANARY,)) -> set[str]:
    """Search every file in a folder; the names of those that were searched."""
    sought, left_out = tuple(secrets), set(leaving_out)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in left_out]
    for path in files:
        assert found_in(path.read_bytes(), sought) == [], path.name
        assert found_in(path.name.encode(), sought) == []
    return {path.name for path in files}


def search_what_was_said(slack: LocalSlack, *, secrets: Iterable[str] = (CANARY,)) -> None:
    """Search all that went from the bot to Slack, questions and answers to Slack's own."""
    sought = tuple(secrets)
    said = 0
    for exchange in slack.inspector.entries():
        if exchange.wire is Wire.BOT_TO_API:  # the one place a code must go to
            continue
        by_the_bot = exchange.request if exchange.wire is Wire.BOT_TO_SLACK else exchange.response
        assert found_in(json.dumps(by_the_bot, default=str).encode(), sought) == [], exchange.title
        said += 1
    assert said

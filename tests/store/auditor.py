"""An auditor's own program, written from ``docs/journal.md`` alone: it shares no line with the bot."""

import hashlib
import hmac
import json
import struct
from typing import Any

ENTRY = [
    "seq",
    "at",
    "event",
    "lookup_id",
    "from_state",
    "to_state",
    "team_id",
    "user_id",
    "through",
    "facts",
    "digest",
]

RECORD = [
    "id",
    "team_id",
    "user_id",
    "through",
    "channel_id",
    "created_at",
    "batch_id",
    "batch_number",
    "batch_size",
    "phone",
    "reason",
    "phone_number_id",
    "problem",
    "api_code",
    "request_id",
    "http_status",
    "milliseconds",
    "attempts",
    "wait_until",
    "decided_at",
    "decided_team_id",
    "decided_user_id",
    "decided_through",
    "decision_reason",
]

NOTHING = "0" * 64


def form(members: dict[str, Any]) -> bytes:
    """The canonical form."""
    parts = []
    for name in sorted(members):
        value = members[name]
        if isinstance(value, float):
            value = "".join(f"{byte:02x}" for byte in struct.pack("!d", value))
        parts.append(f'"{name}":{json.dumps(value, ensure_ascii=False)}')
    return ("{" + ",".join(parts) + "}").encode()


def hash_of(entry: dict[str, Any], previous: str) -> str:
    return hashlib.sha256(form({name: entry[name] for name in ENTRY} | {"previous": previous})).hexdigest()


def digest_of(record: dict[str, Any]) -> str:
    return hmac.new(record["salt"], form({name: record[name] for name in RECORD}), hashlib.sha256).hexdigest()

"""An auditor's own program, written from ``docs/journal.md`` alone: it shares no line with the bot."""

import hashlib
import hmac
import json
import struct
from typing import Any

ENTRY = [
    "seq",
    "form",
    "at",
    "event",
    "request",
    "position",
    "from_state",
    "to_state",
    "enterprise_id",
    "team_id",
    "user_id",
    "through",
    "facts",
    "digest",
]

REQUEST = [
    "id",
    "enterprise_id",
    "team_id",
    "user_id",
    "through",
    "channel_id",
    "asked_at",
    "size",
    "reason",
    "decided_at",
    "decided_enterprise_id",
    "decided_team_id",
    "decided_user_id",
    "decided_through",
    "decision_reason",
]

LOOKUP = [
    "position",
    "asked_at",
    "phone",
    "reason",
    "follows",
    "phone_number_id",
    "problem",
    "api_code",
    "request_id",
    "http_status",
    "milliseconds",
    "attempts",
    "wait_until",
]
"""And ``request``, which is the id of its request."""

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
    assert entry["form"] == 1
    return hashlib.sha256(form({name: entry[name] for name in ENTRY} | {"previous": previous})).hexdigest()


def digest_of_request(row: dict[str, Any]) -> str:
    return hmac.new(row["salt"], form({name: row[name] for name in REQUEST}), hashlib.sha256).hexdigest()


def digest_of_lookup(row: dict[str, Any], request_id: str) -> str:
    members = {name: row[name] for name in LOOKUP} | {"request": request_id}
    return hmac.new(row["salt"], form(members), hashlib.sha256).hexdigest()


def is_forgotten(row: dict[str, Any]) -> bool:
    return row["salt"] is None


def check(journal: list[dict[str, Any]], requests: list[dict[str, Any]], lookups: list[dict[str, Any]]) -> str:
    """Compare every hash, every digest and every state; the last hash."""
    previous = NOTHING
    digests: dict[tuple[str, int | None], str] = {}
    states: dict[tuple[str, int | None], str] = {}
    forgotten: set[tuple[str, int | None]] = set()
    for entry in journal:
        previous = hash_of(entry, previous)
        assert entry["hash"] == previous
        about = (entry["request"], entry["position"])
        if entry["digest"] is not None:
            digests[about] = entry["digest"]
        if entry["to_state"] is not None:
            states[about] = entry["to_state"]
        if entry["event"] == "forgotten" and entry["facts"].startswith('{"what": "all"'):
            forgotten.add(about)
    ids = {row["number"]: row["id"] for row in requests}
    for row in requests:
        about = (row["id"], None)
        assert row["approval"] == states.pop(about)
        assert about in forgotten if is_forgotten(row) else digests[about] == digest_of_request(row)
    for row in lookups:
        about = (ids[row["request"]], row["position"])
        assert row["state"] == states.pop(about)
        assert about in forgotten if is_forgotten(row) else digests[about] == digest_of_lookup(row, about[0])
    assert not states, "the journal speaks of records that are not there"
    return previous

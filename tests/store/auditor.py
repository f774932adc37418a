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


def salted(row: dict[str, Any], salt: str | None) -> dict[str, Any]:
    """Of what was forgotten, the salt of what stays is in the entry."""
    return {**row, "salt": bytes.fromhex(salt)} if is_forgotten(row) and salt else row


def check(journal: list[dict[str, Any]], requests: list[dict[str, Any]], lookups: list[dict[str, Any]]) -> str:
    """Compare every hash, every digest and every state; the last hash."""
    previous = NOTHING
    digests: dict[tuple[str, int | None], str] = {}
    states: dict[tuple[str, int | None], str] = {}
    salts: dict[tuple[str, int | None], str | None] = {}
    moved_at: dict[tuple[str, int | None], float] = {}
    forgotten: set[tuple[str, int | None]] = set()
    for entry in journal:
        previous = hash_of(entry, previous)
        assert entry["hash"] == previous
        about = (entry["request"], entry["position"])
        if entry["digest"] is not None:
            digests[about] = entry["digest"]
            salts[about] = json.loads(entry["facts"]).get("salt")
        if entry["to_state"] is not None:
            states[about] = entry["to_state"]
            moved_at[about] = entry["at"]
        if entry["event"] == "forgotten" and entry["facts"].startswith('{"what": "all"'):
            forgotten.add(about)
    ids = {row["number"]: row["id"] for row in requests}
    for row in requests:
        about = (row["id"], None)
        assert row["approval"] == states.pop(about)
        assert not is_forgotten(row) or about in forgotten
        assert digests[about] == digest_of_request(salted(row, salts.get(about)))
    for row in lookups:
        about = (ids[row["request"]], row["position"])
        assert row["state"] == states.pop(about)
        assert not is_forgotten(row) or about in forgotten
        assert digests[about] == digest_of_lookup(salted(row, salts.get(about)), about[0])
        assert row["updated_at"] == moved_at[about]
    assert not states, "the journal speaks of records that are not there"
    return previous

"""The rows of requests and lookups, and the values they hold."""

from collections.abc import Iterable
from dataclasses import replace

from bot.errors import RecordDamaged
from bot.evidence import LOOKUP_DIGESTED, REQUEST_DIGESTED, record_digest
from bot.models import (
    MASK,
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    PhoneNumber,
    Request,
    Result,
)
from bot.store.cells import readable
from bot.store.engine import Row, Value
from bot.store.names import lookup_id

NO_DECISION: dict[str, Value] = dict.fromkeys(
    ("decided_at", "decided_enterprise_id", "decided_team_id", "decided_user_id", "decided_through", "decision_reason")
)

_SHORT = 8
"""Characters: a shorter ID stands in many of the API's request ids by chance."""


def apart(result: Result, phone: PhoneNumber) -> Result:
    """The result with the API's error code and request id masked where the number or the ID stands in them.

    Journal entries hold both, and entries are for ever.
    """
    phone_number_id = result.phone_number_id or ""
    hidden = [phone.digits, *([phone_number_id] if len(phone_number_id) >= _SHORT else [])]

    def mask(value: str | None) -> str | None:
        return MASK if value and any(each in value for each in hidden) else value

    return replace(result, api_code=mask(result.api_code), request_id=mask(result.request_id))


def result_columns(result: Result) -> dict[str, Value]:
    """What a lookup came to, by column."""
    return {
        "phone_number_id": result.phone_number_id,
        "problem": result.problem,
        "api_code": result.api_code,
        "request_id": result.request_id,
        "http_status": result.http_status,
        "milliseconds": result.milliseconds,
        "attempts": result.attempts,
        "wait_until": result.wait_until,
    }


def request_digest(row: Row) -> str | None:
    """What vouches for the request in a row of all its columns; ``None`` for a forgotten one."""
    return None if row["salt"] is None else record_digest(row, row["salt"], REQUEST_DIGESTED)


def lookup_digest(row: Row, request_id: str) -> str | None:
    """What vouches for the lookup in a row of all its columns; ``None`` for a forgotten one."""
    if row["salt"] is None:
        return None
    return record_digest({**row, "request": request_id}, row["salt"], LOOKUP_DIGESTED)


def request(row: Row, lookups: Iterable[Row]) -> Request:
    """The request in a row of all its columns, with its lookups. Raises ``RecordDamaged``.

    A lookup that cannot be read is left out, and the log says so.
    """
    row = {**row}  # all of it: what nothing can vouch for is no record
    return Request(
        id=row["id"],
        agent=actor(row),
        reason=row["reason"],
        channel_id=row["channel_id"],
        asked_at=row["asked_at"],
        size=row["size"],
        approval=_approval(row),
        lookups=tuple(readable("lookups", lookups, _Lookups(row["id"], row["size"]).read)),
    )


def lookup(row: Row, request_id: str, *, of: int) -> Lookup:
    """The lookup in a row of all its columns. Raises ``RecordDamaged``."""
    row = {**row}
    return Lookup(
        id=lookup_id(request_id, row["position"], of=of),
        position=row["position"],
        phone=PhoneNumber(row["phone"]),
        asked_at=row["asked_at"],
        state=row["state"],
        updated_at=row["updated_at"],
        reason=row["reason"],
        follows=row["follows"],
        result=Result(
            phone_number_id=row["phone_number_id"],
            problem=row["problem"],
            api_code=row["api_code"],
            request_id=row["request_id"],
            http_status=row["http_status"],
            milliseconds=row["milliseconds"],
            attempts=row["attempts"],
            wait_until=row["wait_until"],
        ),
    )


class _Lookups:
    """Reads the rows of one request's lookups."""

    def __init__(self, request_id: str, size: int) -> None:
        self._request_id = request_id
        self._size = size

    def read(self, row: Row) -> Lookup:
        return lookup(row, self._request_id, of=self._size)


def actor(row: Row, prefix: str = "") -> Actor:
    return Actor(
        enterprise_id=row[f"{prefix}enterprise_id"],
        team_id=row[f"{prefix}team_id"],
        user_id=row[f"{prefix}user_id"],
        through=row[f"{prefix}through"],
    )


def actor_columns(who: Actor, prefix: str = "") -> dict[str, Value]:
    return {
        f"{prefix}enterprise_id": who.enterprise_id,
        f"{prefix}team_id": who.team_id,
        f"{prefix}user_id": who.user_id,
        f"{prefix}through": who.through,
    }


def _approval(row: Row) -> Approval:
    state = row["approval"]
    if (state is ApprovalState.NOT_NEEDED) != (row["expires_at"] is None):
        raise RecordDamaged("expires_at")
    if (state in (ApprovalState.NOT_NEEDED, ApprovalState.AWAITING)) != (row["decided_at"] is None):
        raise RecordDamaged("decided_at")
    if row["decided_at"] is None:
        return Approval(state=state, expires_at=row["expires_at"])
    for column in NO_DECISION:  # a decision is whole
        if row[column] is None:
            raise RecordDamaged(column)
    return Approval(
        state=state,
        expires_at=row["expires_at"],
        decided_by=actor(row, "decided_"),
        decided_at=row["decided_at"],
        reason=row["decision_reason"],
    )

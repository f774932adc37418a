"""The rows of requests and lookups, and the values they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.errors import RecordDamaged
from bot.evidence import LOOKUP_DIGESTED, REQUEST_DIGESTED, record_digest
from bot.models import (
    MASK,
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    LookupId,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from bot.store.columns import count, maybe, moment, one_of, readable, text
from bot.store.engine import Row, Value
from bot.store.names import lookup_id

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
    return record_digest(row, row["salt"], REQUEST_DIGESTED) if _is_unforgotten(row) else None


def lookup_digest(row: Row, request_id: str) -> str | None:
    """What vouches for the lookup in a row of all its columns; ``None`` for a forgotten one."""
    if not _is_unforgotten(row):
        return None
    return record_digest({**row, "request": request_id}, row["salt"], LOOKUP_DIGESTED)


def request(row: Row, lookups: Iterable[Row]) -> Request:
    """The request in a row of all its columns, with its lookups. Raises ``RecordDamaged``.

    A lookup that cannot be read is left out, and the log says so.
    """
    _is_unforgotten(row)  # what nothing can vouch for is no record
    size, request_id = count(row, "size"), name(row, "id")
    return Request(
        id=request_id,
        agent=actor(row),
        reason=text(row, "reason"),
        channel_id=text(row, "channel_id"),
        asked_at=moment(row, "asked_at"),
        size=size,
        approval=_approval(row),
        lookups=tuple(readable("lookups", lookups, _Lookups(request_id, size).read)),
    )


def lookup(row: Row, request_id: str, *, of: int) -> Lookup:
    """The lookup in a row of all its columns. Raises ``RecordDamaged``."""
    _is_unforgotten(row)
    position = count(row, "position")
    return Lookup(
        id=lookup_id(request_id, position, of=of),
        position=position,
        phone=one_of(PhoneNumber, row, "phone"),
        asked_at=moment(row, "asked_at"),
        state=one_of(State, row, "state"),
        updated_at=moment(row, "updated_at"),
        reason=text(row, "reason"),
        follows=LookupId(text(row, "follows")) if row["follows"] is not None else None,
        result=Result(
            phone_number_id=maybe(text, row, "phone_number_id"),
            problem=one_of(Problem, row, "problem") if row["problem"] else None,
            api_code=maybe(text, row, "api_code"),
            request_id=maybe(text, row, "request_id"),
            http_status=maybe(count, row, "http_status"),
            milliseconds=maybe(count, row, "milliseconds"),
            attempts=maybe(count, row, "attempts"),
            wait_until=maybe(moment, row, "wait_until"),
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
        enterprise_id=text(row, f"{prefix}enterprise_id"),
        team_id=text(row, f"{prefix}team_id"),
        user_id=text(row, f"{prefix}user_id"),
        through=one_of(Through, row, f"{prefix}through"),
    )


def actor_columns(who: Actor, prefix: str = "") -> dict[str, Value]:
    return {
        f"{prefix}enterprise_id": who.enterprise_id,
        f"{prefix}team_id": who.team_id,
        f"{prefix}user_id": who.user_id,
        f"{prefix}through": who.through,
    }


def in_order(found: Sequence[Row]) -> list[Row]:
    """Rows of lookups by position: RETURNING and joins promise no order."""
    return sorted(found, key=lambda row: row["position"])


def name(row: Row, column: str) -> RequestId:
    """The name of a request. Raises ``RecordDamaged``."""
    found = text(row, column)
    if "\ufffd" in found:  # it was no UTF-8, and under what was read instead there is no request
        raise RecordDamaged(column)
    return RequestId(found)


def _is_unforgotten(row: Row) -> bool:
    if not isinstance(row["salt"], bytes | None):
        raise RecordDamaged("salt")
    return row["salt"] is not None


def _approval(row: Row) -> Approval:
    state = one_of(ApprovalState, row, "approval")
    if (state is ApprovalState.NOT_NEEDED) != (row["expires_at"] is None):
        raise RecordDamaged("expires_at")
    if (state in (ApprovalState.NOT_NEEDED, ApprovalState.AWAITING)) != (row["decided_at"] is None):
        raise RecordDamaged("decided_at")
    if row["decided_at"] is None:
        return Approval(state=state, expires_at=maybe(moment, row, "expires_at"))
    return Approval(
        state=state,
        expires_at=maybe(moment, row, "expires_at"),
        decided_by=actor(row, "decided_"),
        decided_at=moment(row, "decided_at"),
        reason=text(row, "decision_reason"),
    )

"""A lookup's row in the database, and the values it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.errors import RecordDamaged
from bot.evidence import record_digest
from bot.models import (
    MASK,
    Actor,
    Approval,
    BatchId,
    Lookup,
    LookupId,
    PhoneNumber,
    Place,
    Problem,
    Result,
    State,
    Through,
)
from bot.store.columns import Row, count, maybe, moment, one_of, readable, text

_SHORT = 8
"""Characters: a shorter ID stands in many a request id by chance."""


def apart(result: Result, phone: PhoneNumber) -> Result:
    """The result with what the API calls its answer masked where the number or the ID stands in it.

    Entries tell of the code and the request id, and entries are for ever.
    """
    phone_number_id = result.phone_number_id or ""
    hidden = [phone.digits, *([phone_number_id] if len(phone_number_id) >= _SHORT else [])]

    def mask(text: str | None) -> str | None:
        return MASK if text and any(each in text for each in hidden) else text

    return replace(result, api_code=mask(result.api_code), request_id=mask(result.request_id))


def result_columns(result: Result) -> dict[str, str | float | None]:
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


def decision_columns(actor: Actor, *, at: float, reason: str) -> dict[str, str | float | None]:
    """Who ended a lookup's waiting, when and why, by column."""
    return {
        "decided_at": at,
        "decided_team_id": actor.team_id,
        "decided_user_id": actor.user_id,
        "decided_through": actor.through,
        "decision_reason": reason,
    }


NO_DECISION: Mapping[str, None] = dict.fromkeys(
    ("decided_at", "decided_team_id", "decided_user_id", "decided_through", "decision_reason")
)


def place_columns(place: Place | None) -> dict[str, str | int | None]:
    """Where in which list a lookup stands, by column."""
    return {
        "batch_id": place.batch_id if place else None,
        "batch_number": place.number if place else None,
        "batch_size": place.of if place else None,
    }


def digest(row: dict[str, Any]) -> str | None:
    """What vouches for the lookup that a row, all its columns, holds; ``None`` for a forgotten one."""
    return record_digest(row, row["salt"]) if _is_unforgotten(row) else None


def lookup(row: Row) -> Lookup:
    """The lookup that a row, all its columns, holds. Raises ``RecordDamaged``."""
    _is_unforgotten(row)  # what nothing can vouch for is no record
    return Lookup(
        id=_id(row),
        state=one_of(State, row, "state"),
        agent=_actor(row),
        phone=one_of(PhoneNumber, row, "phone"),
        reason=text(row, "reason"),
        channel_id=text(row, "channel_id"),
        created_at=moment(row, "created_at"),
        updated_at=moment(row, "updated_at"),
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
        approval=_approval(row),
        place=_place(row),
    )


def _id(row: Row) -> LookupId:
    name = text(row, "id")
    if "\ufffd" in name:  # it was no UTF-8, and under what was read instead there is no lookup
        raise RecordDamaged("id")
    return LookupId(name)


def _is_unforgotten(row: Row) -> bool:
    if not isinstance(row["salt"], bytes | None):
        raise RecordDamaged("salt")
    return row["salt"] is not None


def lookups(found: Iterable[Row]) -> list[Lookup]:
    """Those that can be read."""
    return readable("lookups", found, lookup)


def _actor(row: Row, prefix: str = "") -> Actor:
    return Actor(
        team_id=text(row, f"{prefix}team_id"),
        user_id=text(row, f"{prefix}user_id"),
        through=one_of(Through, row, f"{prefix}through"),
    )


def one_of_each_list(lookups: Iterable[Lookup]) -> list[Lookup]:
    """Every lookup that was asked for by itself, and the first of each list; in the order in which they come."""
    chosen: dict[str, Lookup] = {}
    for each in lookups:
        name = each.place.batch_id if each.place else each.id
        before = chosen.get(name)
        if before is None or (each.place and before.place and each.place.number < before.place.number):
            chosen[name] = each
    return [*chosen.values()]


def _place(row: Row) -> Place | None:
    if row["batch_id"] is None:
        return None
    return Place(
        batch_id=BatchId(text(row, "batch_id")), number=count(row, "batch_number"), of=count(row, "batch_size")
    )


def _approval(row: Row) -> Approval | None:
    if row["expires_at"] is None:
        return None
    if row["decided_at"] is None:
        return Approval(expires_at=moment(row, "expires_at"))
    return Approval(
        expires_at=moment(row, "expires_at"),
        decided_by=_actor(row, "decided_"),
        decided_at=moment(row, "decided_at"),
        reason=text(row, "decision_reason"),
    )

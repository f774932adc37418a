"""A lookup's row in the database, and the values it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

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
    return record_digest(row, row["salt"]) if row["salt"] is not None else None


def lookup(row: dict[str, Any]) -> Lookup:
    """The lookup that a row, all its columns, holds."""
    return Lookup(
        id=LookupId(row["id"]),
        state=State(row["state"]),
        agent=Actor(team_id=row["team_id"], user_id=row["user_id"], through=Through(row["through"])),
        phone=PhoneNumber(row["phone"]),
        reason=row["reason"],
        channel_id=row["channel_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        result=Result(
            phone_number_id=row["phone_number_id"],
            problem=Problem(row["problem"]) if row["problem"] else None,
            api_code=row["api_code"],
            request_id=row["request_id"],
            http_status=row["http_status"],
            milliseconds=row["milliseconds"],
            attempts=row["attempts"],
            wait_until=row["wait_until"],
        ),
        approval=_approval(row),
        place=_place(row),
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


def _place(row: dict[str, Any]) -> Place | None:
    if row["batch_id"] is None:
        return None
    return Place(batch_id=BatchId(row["batch_id"]), number=row["batch_number"], of=row["batch_size"])


def _approval(row: dict[str, Any]) -> Approval | None:
    if row["expires_at"] is None:
        return None
    if row["decided_at"] is None:
        return Approval(expires_at=row["expires_at"])
    return Approval(
        expires_at=row["expires_at"],
        decided_by=Actor(
            team_id=row["decided_team_id"],
            user_id=row["decided_user_id"],
            through=Through(row["decided_through"]),
        ),
        decided_at=row["decided_at"],
        reason=row["decision_reason"],
    )

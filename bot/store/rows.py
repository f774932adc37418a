"""The rows of requests and lookups, and the values they hold."""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from typing import Any, Final

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
    RequestId,
    Result,
)
from bot.store.cells import readable
from bot.store.engine import Query, Row, Tx, Value
from bot.store.names import lookup_id
from bot.store.schema import COLUMNS

REQUEST: Final = "SELECT * FROM requests WHERE id = :id"

LOOKUPS: Final = """
    SELECT lookups.* FROM lookups JOIN requests ON requests.number = lookups.request
    WHERE requests.id = :id ORDER BY lookups.position"""

HOME: Final = "CASE requests.enterprise_id WHEN '' THEN requests.team_id ELSE requests.enterprise_id END"
"""``Actor.home`` of a request's agent."""

OF_PERSON: Final = f"requests.user_id = :user_id AND {HOME} = :home"
"""Whether a request is one person's, as ``Actor.is_same_person`` has it."""

NO_DECISION: dict[str, Value] = dict.fromkeys(
    ("decided_at", "decided_enterprise_id", "decided_team_id", "decided_user_id", "decided_through", "decision_reason")
)

_ACTOR = tuple(each.name for each in fields(Actor))
_RESULT = tuple(each.name for each in fields(Result))

_SHORT = 8
"""Characters: a shorter ID stands in many of the API's request ids by chance."""


def found(tx: Tx, request_id: RequestId, *more: Query) -> tuple[Row | None, list[Row], list[list[Row]]]:
    """A request's row, its lookups' in their order, and the answers to what else is asked with them."""
    of = {"id": request_id}
    request, lookups, *answers = tx.gather(Query(REQUEST, of), Query(LOOKUPS, of), *more)
    return (request[0] if request else None), lookups, answers


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
    """What a lookup came to, by column: they have its names."""
    return asdict(result)


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
        lookups=tuple(readable("lookups", lookups, lambda each: lookup(each, row["id"], of=row["size"]))),
    )


def lookup(row: Row, request_id: str, *, of: int) -> Lookup:
    """The lookup in a row of all its columns, its request's beside them or not. Raises ``RecordDamaged``."""
    row = {name: row[name] for name in COLUMNS["lookups"]}
    return Lookup(
        id=lookup_id(request_id, row["position"], of=of),
        position=row["position"],
        phone=PhoneNumber(row["phone"]),
        asked_at=row["asked_at"],
        state=row["state"],
        updated_at=row["updated_at"],
        reason=row["reason"],
        follows=row["follows"],
        result=Result(**{name: row[name] for name in _RESULT}),
    )


def actor(row: Row, prefix: str = "") -> Actor:
    """Whoever acted, from columns with the names of an actor's parts."""
    return Actor(**{name: row[prefix + name] for name in _ACTOR})


def actor_columns(who: Actor, prefix: str = "") -> dict[str, Any]:
    """The same columns, from whoever acts."""
    return {prefix + name: value for name, value in asdict(who).items()}


def person_values(who: Actor) -> dict[str, Value]:
    """What ``OF_PERSON`` asks for."""
    return {"user_id": who.user_id, "home": who.home}


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

"""Decisions on requests: made once, by whoever is first, and what follows from each for the held lookups."""

from collections.abc import Sequence
from typing import Final

from bot.audit import Event
from bot.errors import RequestMoved
from bot.models import Actor, ApprovalState, Request, RequestId, State, Through
from bot.policy import ENDS_UNUSED, check_approval_transition, check_transition
from bot.store import journal, outbox, requests, rows
from bot.store.engine import Row, Tx
from bot.store.journal import NewEntry
from bot.store.processes import SWEEPER

DECIDE: Final = """
    UPDATE requests SET
        approval = :approval, expires_at = :expires_at, decided_at = :decided_at,
        decided_enterprise_id = :decided_enterprise_id, decided_team_id = :decided_team_id,
        decided_user_id = :decided_user_id, decided_through = :decided_through, decision_reason = :decision_reason
    WHERE number = :number"""

MOVE_LOOKUP: Final = """
    UPDATE lookups SET state = :state, updated_at = :updated_at, process = :process, problem = :problem
    WHERE request = :request AND position = :position"""


def decide(
    tx: Tx,
    request_id: RequestId,
    to_state: ApprovalState,
    *,
    actor: Actor,
    reason: str = "",
    good_for: float | None = None,
) -> Request:
    """End the waiting for an approval: of any number of callers, one does.

    ``good_for``: seconds for which an approval can be used. Raises ``RequestMoved`` when the request is not, or not
    any more, waiting.
    """
    current, row, lookups = _current(tx, request_id)
    is_awaiting = current.approval.state is ApprovalState.AWAITING
    if not is_awaiting or (_is_overdue(tx, current) and to_state is not ApprovalState.EXPIRED):
        raise RequestMoved(current)
    decided = {
        **row,
        "approval": to_state,
        "expires_at": row["expires_at"] if good_for is None else tx.now + good_for,
        "decided_at": tx.now,
        **rows.actor_columns(actor, "decided_"),
        "decision_reason": reason,
    }
    return _move(tx, row, decided, lookups, actor=actor)


def lapse(tx: Tx, request_id: RequestId, *, actor: Actor) -> Request:
    """End an approval that was not used in time. Raises ``RequestMoved`` when it was, or is not given."""
    current, row, lookups = _current(tx, request_id)
    if current.approval.state is not ApprovalState.APPROVED or not _is_held(lookups):
        raise RequestMoved(current)
    return _move(tx, row, {**row, "approval": ApprovalState.LAPSED}, lookups, actor=actor)


def use(tx: Tx, request_id: RequestId) -> Request:
    """Queue the held lookups of an approved request, for this process to run. Raises ``RequestMoved``."""
    current, row, lookups = _current(tx, request_id)
    is_approved = current.approval.state is ApprovalState.APPROVED and not _is_overdue(tx, current)
    if not is_approved or not _is_held(lookups):
        raise RequestMoved(current)
    moved = [_moved(tx, each, State.QUEUED, process=tx.process) for each in lookups]
    tx.write_many(MOVE_LOOKUP, _as_moved(moved))
    journal.append(tx, *_entries(row, lookups, moved, actor=current.agent))
    outbox.drop(tx, outbox.Kind.AGENT, outbox.Kind.EXPIRE, request=row["number"])
    return rows.request(row, moved)


def reminded(tx: Tx, due: outbox.Due) -> None:
    """Record that the approvers were reminded of a request."""
    journal.append(tx, NewEntry(event=Event.REMINDED, actor=SWEEPER, request=due.request_id))
    outbox.said(tx, due)


def _move(tx: Tx, row: Row, moved: Row, lookups: Sequence[Row], *, actor: Actor) -> Request:
    """Record the new state of an approval, and drop what can never be called any more."""
    check_approval_transition(row["approval"], moved["approval"])
    is_over = moved["approval"] in ENDS_UNUSED
    held = [each for each in lookups if each["state"] == State.HELD] if is_over else []
    dropped = [_moved(tx, each, State.DROPPED) for each in held]
    tx.write(DECIDE, **{name: moved[name] for name in ("number", "approval", "expires_at", *rows.NO_DECISION)})
    tx.write_many(MOVE_LOOKUP, _as_moved(dropped))
    entry = NewEntry(
        event=Event.MOVED,
        actor=actor,
        request=RequestId(row["id"]),
        from_state=row["approval"],
        to_state=moved["approval"],
        digest=rows.request_digest(moved),
    )
    journal.append(tx, entry, *_entries(row, held, dropped, actor=actor))
    number = row["number"]
    due_at = tx.now if actor.through is Through.BOT else None  # nobody waits who would say it at once
    for kind in (outbox.Kind.AGENT, outbox.Kind.CARDS):
        outbox.put(tx, kind, number, due_at=due_at)
    outbox.drop(tx, outbox.Kind.REMIND, request=number)
    if is_over:
        outbox.drop(tx, outbox.Kind.EXPIRE, request=number)
    else:
        outbox.put(tx, outbox.Kind.EXPIRE, number, due_at=moved["expires_at"])
    by_position = {each["position"]: each for each in dropped}
    return rows.request(moved, [by_position.get(each["position"], each) for each in lookups])


def _current(tx: Tx, request_id: RequestId) -> tuple[Request, Row, list[Row]]:
    """A request that is to be changed, and its rows. Raises ``RequestMoved`` where there is none, ``RecordDamaged``."""
    row, lookups = requests.found(tx, request_id)
    if row is None:
        raise RequestMoved(None)
    return rows.request(row, lookups), row, lookups


def _is_overdue(tx: Tx, request: Request) -> bool:
    expires_at = request.approval.expires_at
    return expires_at is not None and expires_at <= tx.now


def _is_held(lookups: Sequence[Row]) -> bool:
    return bool(lookups) and all(each["state"] == State.HELD for each in lookups)


def _moved(tx: Tx, row: Row, to_state: State, *, process: str | None = None) -> Row:
    check_transition(row["state"], to_state)
    return {**row, "state": to_state, "updated_at": tx.now, "process": process}


def _as_moved(moved: Sequence[Row]) -> list[Row]:
    names = ("request", "position", "state", "updated_at", "process", "problem")
    return [{name: each[name] for name in names} for each in moved]


def _entries(request: Row, before: Sequence[Row], moved: Sequence[Row], *, actor: Actor) -> list[NewEntry]:
    return [
        NewEntry(
            event=Event.MOVED,
            actor=actor,
            request=RequestId(request["id"]),
            position=now["position"],
            from_state=was["state"],
            to_state=now["state"],
        )
        for was, now in zip(before, moved, strict=True)
    ]

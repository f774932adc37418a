"""Requests: recorded, decided, and used. Each change writes its journal entries and what must be said of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot import guesses as guard
from bot.errors import RequestMoved
from bot.models import (
    Actor,
    ApprovalState,
    Event,
    LookupId,
    NewRequest,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from bot.policy import ENDS_UNUSED, Decision, Verdict, check_approval_transition, check_transition
from bot.store import guesses, journal, outbox, rows
from bot.store.engine import Query, Row, Tx, Value
from bot.store.journal import NewEntry
from bot.store.names import lookup_id, new_request_id, new_salt

SWEEPER = Actor(team_id="-", user_id="sweeper", through=Through.BOT)
"""Who ends what nobody ended in time. A process on a host, like the command line, and no host is called "-"."""

STARTS_IN = {
    Verdict.MAY: (ApprovalState.NOT_NEEDED, State.QUEUED),
    Verdict.MAY_WITH_APPROVAL: (ApprovalState.AWAITING, State.HELD),
    Verdict.MAY_NOT: (ApprovalState.NOT_NEEDED, State.REJECTED),
}
"""The states that a request and its lookups start in, by what was decided."""

BY_ID: Final = "SELECT * FROM requests WHERE id = :id"

BY_SUBMISSION: Final = "SELECT * FROM requests WHERE submission_key = :submission_key"

LOOKUPS: Final = """
    SELECT lookups.* FROM lookups JOIN requests ON requests.number = lookups.request
    WHERE requests.id = :id ORDER BY lookups.position"""

NEWEST: Final = "SELECT coalesce(max(number), 0) AS number FROM requests"

# What this agent has under way already, by number: another call for it would bring nothing new.
RUNNING: Final = """
    SELECT lookups.phone, lookups.position, requests.id, requests.size FROM lookups
    JOIN requests ON requests.number = lookups.request
    WHERE lookups.process IS NOT NULL AND lookups.follows IS NULL
        AND requests.user_id = :user_id AND requests.team_id = :team_id AND requests.approval = 'not needed'"""

ADD: Final = """
    INSERT INTO requests (
        number, id, submission_key, enterprise_id, team_id, user_id, through, channel_id, reason, asked_at, size,
        approval, expires_at, decided_at, decided_enterprise_id, decided_team_id, decided_user_id, decided_through,
        decision_reason, salt)
    VALUES (
        :number, :id, :submission_key, :enterprise_id, :team_id, :user_id, :through, :channel_id, :reason, :asked_at,
        :size, :approval, :expires_at, :decided_at, :decided_enterprise_id, :decided_team_id, :decided_user_id,
        :decided_through, :decision_reason, :salt)"""

ADD_LOOKUP: Final = """
    INSERT INTO lookups (
        request, position, asked_at, phone, reason, state, updated_at, process, follows, phone_number_id, problem,
        api_code, request_id, http_status, milliseconds, attempts, wait_until, salt)
    VALUES (
        :request, :position, :asked_at, :phone, :reason, :state, :updated_at, :process, :follows, :phone_number_id,
        :problem, :api_code, :request_id, :http_status, :milliseconds, :attempts, :wait_until, :salt)"""

DECIDE: Final = """
    UPDATE requests SET
        approval = :approval, expires_at = :expires_at, decided_at = :decided_at,
        decided_enterprise_id = :decided_enterprise_id, decided_team_id = :decided_team_id,
        decided_user_id = :decided_user_id, decided_through = :decided_through, decision_reason = :decision_reason
    WHERE number = :number"""

MOVE_LOOKUP: Final = """
    UPDATE lookups SET state = :state, updated_at = :updated_at, process = :process, problem = :problem
    WHERE request = :request AND position = :position"""

_NO_DECISION: dict[str, Value] = dict.fromkeys(
    ("decided_at", "decided_enterprise_id", "decided_team_id", "decided_user_id", "decided_through", "decision_reason")
)


class _Known(NamedTuple):
    """What is known of an agent and their numbers when they ask."""

    counted: guesses.Counted
    running: Sequence[Row]
    """The lookups that they have under way."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A recorded request; ``is_new``: not recorded before with the same submission."""

    request: Request
    is_new: bool


def accept(tx: Tx, new: NewRequest, decision: Decision, *, expires_at: float | None = None) -> Accepted:
    """Record a request as it was decided; the recorded one when its submission was recorded before.

    Each number that may be asked is guarded by itself: it is rejected if too many codes were refused until now. One
    that its agent has under way already follows that lookup. ``expires_at`` (Unix seconds) is the end of the wait for
    an approval.
    """
    request_id = new_request_id()
    same, taken, (newest,), running, *refused = tx.gather(
        Query(BY_SUBMISSION, {"submission_key": new.submission_key}),
        Query(BY_ID, {"id": request_id}),
        Query(NEWEST, {}),
        Query(RUNNING, {"user_id": new.agent.user_id, "team_id": new.agent.team_id}),
        *guesses.queries(tx, new.agent, new.phones),
    )
    if same:
        return Accepted(rows.request(same[0], tx.all(LOOKUPS, id=same[0]["id"])), is_new=False)
    while taken:
        request_id = new_request_id()
        taken = tx.all(BY_ID, id=request_id)
    number = newest["number"] + 1
    request = _new_request(tx, new, decision, request_id=request_id, number=number, expires_at=expires_at)
    known = _Known(guesses.counted(tx, refused, new.agent, new.phones), running)
    starting = [
        _new_lookup(tx, request, position, phone, decision, known=known)
        for position, phone in enumerate(new.phones, start=1)
    ]
    tx.write(ADD, **request)
    tx.write_many(ADD_LOOKUP, starting)
    journal.append(tx, _asked(request, new.agent), *(_asked_lookup(request, each, new.agent) for each in starting))
    if new.agent.through is Through.SLACK:
        _put_first_words(tx, request, starting)
    return Accepted(rows.request(request, starting), is_new=True)


def add_lookup(
    tx: Tx, request: Request, position: int, phone: PhoneNumber, *, reason: str, decision: Decision
) -> Request:
    """Add one number to a request of the command line, when its turn has come. The request with this lookup alone.

    It is guarded as in ``accept``, and follows nothing: whoever runs a list waits for nobody's other lookup.
    """
    agent = request.agent
    (row,), *refused = tx.gather(Query(BY_ID, {"id": request.id}), *guesses.queries(tx, agent, (phone,)))
    known = _Known(guesses.counted(tx, refused, agent, (phone,)), running=())
    added = {**_new_lookup(tx, row, position, phone, decision, known=known), "reason": reason}
    tx.write(ADD_LOOKUP, **added)
    journal.append(tx, _asked_lookup(row, added, agent))
    return rows.request(row, [added])


def find(tx: Tx, request_id: RequestId) -> Request | None:
    """A request with all its lookups."""
    found, lookups = _found(tx, request_id)
    return rows.request(found, lookups) if found else None


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


def _new_request(
    tx: Tx,
    new: NewRequest,
    decision: Decision,
    *,
    request_id: RequestId,
    number: int,
    expires_at: float | None,
) -> Row:
    approval, _ = STARTS_IN[decision.verdict]
    check_approval_transition(None, approval)
    return {
        "number": number,
        "id": request_id,
        "submission_key": new.submission_key,
        **rows.actor_columns(new.agent),
        "channel_id": new.channel_id,
        "reason": new.reason,
        "asked_at": tx.now,
        "size": new.size or len(new.phones),
        "approval": approval,
        "expires_at": expires_at if approval is ApprovalState.AWAITING else None,
        **_NO_DECISION,
        "salt": new_salt(),
    }


def _new_lookup(tx: Tx, request: Row, position: int, phone: PhoneNumber, decision: Decision, *, known: _Known) -> Row:
    _, state = STARTS_IN[decision.verdict]
    problem, wait_until, follows = decision.problem, decision.wait_until, None
    if state is State.QUEUED:
        follows = _leader(known.running, phone)
        until = None if follows else guard.wait_until(known.counted.against(phone), now=tx.now)
        if until is not None:
            state, problem, wait_until = State.REJECTED, Problem.TOO_MANY_GUESSES, until
    check_transition(None, state)
    return {
        "request": request["number"],
        "position": position,
        "asked_at": tx.now,
        "phone": phone.digits,
        "reason": "",
        "state": state,
        "updated_at": tx.now,
        "process": tx.process if state is State.QUEUED else None,
        "follows": follows,
        **rows.result_columns(Result(problem=problem, wait_until=wait_until)),
        "salt": new_salt(),
    }


def _leader(running: Iterable[Row], phone: PhoneNumber) -> LookupId | None:
    for row in running:
        if row["phone"] == phone.digits:
            return lookup_id(row["id"], row["position"], of=row["size"])
    return None


def _put_first_words(tx: Tx, request: Row, lookups: Sequence[Row]) -> None:
    number = request["number"]
    if request["approval"] == ApprovalState.AWAITING:
        outbox.put(tx, outbox.Kind.CARDS, number)
        outbox.put(tx, outbox.Kind.AGENT, number)
        outbox.put(tx, outbox.Kind.EXPIRE, number, due_at=request["expires_at"])
        outbox.put(tx, outbox.Kind.REMIND, number, due_at=(request["asked_at"] + request["expires_at"]) / 2)
    elif all(each["state"] == State.REJECTED for each in lookups):
        outbox.put(tx, outbox.Kind.AGENT, number)


def _move(tx: Tx, row: Row, moved: Row, lookups: Sequence[Row], *, actor: Actor) -> Request:
    """Record the new state of an approval, and drop what can never be called any more."""
    check_approval_transition(ApprovalState(row["approval"]), ApprovalState(moved["approval"]))
    is_over = moved["approval"] in ENDS_UNUSED
    held = [each for each in lookups if each["state"] == State.HELD] if is_over else []
    dropped = [_moved(tx, each, State.DROPPED) for each in held]
    tx.write(DECIDE, **{name: moved[name] for name in ("number", "approval", "expires_at", *_NO_DECISION)})
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


def _found(tx: Tx, request_id: RequestId) -> tuple[Row | None, list[Row]]:
    found, lookups = tx.gather(Query(BY_ID, {"id": request_id}), Query(LOOKUPS, {"id": request_id}))
    return (found[0] if found else None), lookups


def _current(tx: Tx, request_id: RequestId) -> tuple[Request, Row, list[Row]]:
    """A request that is to be changed, and its rows. Raises ``RequestMoved`` where there is none, ``RecordDamaged``."""
    row, lookups = _found(tx, request_id)
    if row is None:
        raise RequestMoved(None)
    return rows.request(row, lookups), row, lookups


def _is_overdue(tx: Tx, request: Request) -> bool:
    expires_at = request.approval.expires_at
    return expires_at is not None and expires_at <= tx.now


def _is_held(lookups: Sequence[Row]) -> bool:
    return bool(lookups) and all(each["state"] == State.HELD for each in lookups)


def _moved(tx: Tx, row: Row, to_state: State, *, process: str | None = None) -> Row:
    check_transition(State(row["state"]), to_state)
    return {**row, "state": to_state, "updated_at": tx.now, "process": process}


def _as_moved(moved: Sequence[Row]) -> list[Row]:
    names = ("request", "position", "state", "updated_at", "process", "problem")
    return [{name: each[name] for name in names} for each in moved]


def _asked(request: Row, agent: Actor) -> NewEntry:
    return NewEntry(
        event=Event.ASKED,
        actor=agent,
        request=RequestId(request["id"]),
        to_state=request["approval"],
        facts={"size": request["size"]},
        digest=rows.request_digest(request),
    )


def _asked_lookup(request: Row, row: Row, agent: Actor) -> NewEntry:
    return NewEntry(
        event=Event.ASKED,
        actor=agent,
        request=RequestId(request["id"]),
        position=row["position"],
        to_state=row["state"],
        facts=journal.facts_of(Result(problem=row["problem"])) if row["problem"] else {},
        digest=rows.lookup_digest(row, request["id"]),
    )


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

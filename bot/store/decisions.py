"""Decisions on requests: made once, by whoever is first, and what follows from each for the held lookups."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bot import guesses
from bot.audit import Event
from bot.errors import CardOutdated, RequestMoved
from bot.models import Actor, ApprovalState, MessageRef, Request, RequestId, State, Through
from bot.states import ENDS_UNUSED, check_approval_transition, check_transition
from bot.store import journal, outbox, rows
from bot.store.cells import raw
from bot.store.engine import Query, Row, Tx
from bot.store.journal import NewEntry
from bot.store.processes import SWEEPER

DECIDE: Final = """
    UPDATE requests SET
        approval = :approval, expires_at = :expires_at, decided_at = :decided_at,
        decided_enterprise_id = :decided_enterprise_id, decided_team_id = :decided_team_id,
        decided_user_id = :decided_user_id, decided_through = :decided_through, decision_reason = :decision_reason
    WHERE number = :number"""

# When a card was drawn; one that is not known was never drawn with anything.
DRAWN: Final = """
    SELECT messages.posted_at FROM messages JOIN requests ON requests.number = messages.request
    WHERE requests.id = :id AND messages.kind = 'card' AND messages.channel_id = :channel_id AND messages.ts = :ts"""

REFUSED_OF_NUMBERS: Final = """
    SELECT max(refused_codes.at) AS latest FROM requests
    JOIN lookups ON lookups.request = requests.number
    JOIN refused_codes ON refused_codes.phone = lookups.phone AND refused_codes.at > :since
    WHERE requests.id = :id"""

REFUSED_OF_AGENT: Final = f"""
    SELECT count(*) AS refused, max(refused_codes.at) AS latest FROM requests
    JOIN refused_codes ON refused_codes.user_id = requests.user_id
        AND refused_codes.at > :since AND refused_codes.for_agent = 1
    JOIN requests AS theirs ON theirs.number = refused_codes.request
    WHERE requests.id = :id AND {rows.HOME} = {rows.HOME.replace("requests.", "theirs.")}"""  # noqa: S608 - constants only

MOVE_LOOKUP: Final = """
    UPDATE lookups SET state = :state, updated_at = :updated_at, process = :process, problem = :problem
    WHERE request = :request AND position = :position"""


USED_WITHIN: Final = 3.0
"""Seconds that whoever keeps the codes of an approved request has to use them, before its agent is asked for them."""


class _Decision(NamedTuple):
    to_state: ApprovalState
    actor: Actor
    reason: str = ""
    good_for: float | None = None
    card: MessageRef | None = None


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
    return _decide(tx, request_id, _Decision(to_state, actor, reason, good_for))


def approve(tx: Tx, request_id: RequestId, *, actor: Actor, good_for: float, card: MessageRef) -> Request:
    """The same for an approval that was given on a card. Raises ``CardOutdated`` too, if codes were refused that
    matter and that this card does not show.
    """
    return _decide(tx, request_id, _Decision(ApprovalState.APPROVED, actor, good_for=good_for, card=card))


def _decide(tx: Tx, request_id: RequestId, decision: _Decision) -> Request:
    to_state, actor, reason, good_for, card = decision
    current, row, lookups, shown = _current(tx, request_id, *(_what_is_shown(tx, request_id, card) if card else ()))
    is_awaiting = current.approval.state is ApprovalState.AWAITING
    if not is_awaiting or (_is_overdue(tx, current) and to_state is not ApprovalState.EXPIRED):
        raise RequestMoved(current)
    if card and not _shows_all(*shown):
        raise CardOutdated(current)
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
    current, row, lookups, _ = _current(tx, request_id)
    if current.approval.state is not ApprovalState.APPROVED or not _is_held(lookups):
        raise RequestMoved(current)
    return _move(tx, row, {**row, "approval": ApprovalState.LAPSED}, lookups, actor=actor)


def use(tx: Tx, request_id: RequestId, *, are_kept: bool = False) -> Request:
    """Queue the held lookups of an approved request, for this process to run. Raises ``RequestMoved``.

    ``are_kept``: its codes have waited for the approval, and are of no use once the agent is asked to enter them.
    """
    awaits_codes = Query(outbox.OF_REQUEST, {"kind": outbox.Kind.CODES, "request": request_id})
    current, row, lookups, (unasked,) = _current(tx, request_id, awaits_codes)
    is_approved = current.approval.state is ApprovalState.APPROVED and not _is_overdue(tx, current)
    if not is_approved or not _is_held(lookups) or (are_kept and not unasked):
        raise RequestMoved(current)
    moved = [_moved(tx, each, State.QUEUED, process=tx.process) for each in lookups]
    tx.write_many(MOVE_LOOKUP, moved)
    journal.append(tx, *_entries(row, lookups, moved, actor=current.agent))
    outbox.drop(tx, outbox.Kind.AGENT, outbox.Kind.CODES, outbox.Kind.EXPIRE, request=row["number"])
    return rows.request(row, moved)


def ask_for_codes(tx: Tx, due: outbox.Due) -> None:
    """Have the agent asked, unless whoever keeps the codes was quicker: one of the two removes the row. Repeatable."""
    number = outbox.take(tx, due)
    if number is not None:
        outbox.put(tx, outbox.Kind.AGENT, number, due_at=tx.now)


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
    tx.write(DECIDE, **moved)
    tx.write_many(MOVE_LOOKUP, dropped)
    entry = NewEntry(
        actor=actor,
        request=row["id"],
        from_state=row["approval"],
        to_state=moved["approval"],
        digest=rows.request_digest(moved),
    )
    journal.append(tx, entry, *_entries(row, held, dropped, actor=actor))
    _put_what_follows(tx, moved, is_over=is_over, due_at=tx.now if actor.through is Through.BOT else None)
    by_position = {each["position"]: each for each in dropped}
    return rows.request(moved, [by_position.get(each["position"], each) for each in lookups])


def _put_what_follows(tx: Tx, moved: Row, *, is_over: bool, due_at: float | None) -> None:
    """What is to be said of a request whose approval has moved; ``due_at`` where nobody waits who says it at once."""
    number = moved["number"]
    outbox.put(tx, outbox.Kind.CARDS, number, due_at=due_at)
    outbox.drop(tx, outbox.Kind.REMIND, request=number)
    if is_over:
        outbox.put(tx, outbox.Kind.AGENT, number, due_at=due_at)
        outbox.drop(tx, outbox.Kind.EXPIRE, outbox.Kind.CODES, request=number)
    else:
        outbox.drop(tx, outbox.Kind.AGENT, request=number)
        outbox.put(tx, outbox.Kind.CODES, number, due_at=tx.now + USED_WITHIN)
        outbox.put(tx, outbox.Kind.EXPIRE, number, due_at=moved["expires_at"])


def _current(tx: Tx, request_id: RequestId, *more: Query) -> tuple[Request, Row, list[Row], list[list[Row]]]:
    """A request that is to be changed, its rows, and the answers to what else is asked of it.

    Raises ``RequestMoved`` where there is none, ``RecordDamaged``.
    """
    row, lookups, answers = rows.found(tx, request_id, *more)
    if row is None:
        raise RequestMoved(None)
    return rows.request(row, lookups), row, lookups, answers


def _what_is_shown(tx: Tx, request_id: RequestId, card: MessageRef) -> list[Query]:
    since = tx.now - guesses.REMEMBERED
    return [
        Query(DRAWN, {"id": request_id, "channel_id": card.channel_id, "ts": card.ts}),
        Query(REFUSED_OF_NUMBERS, {"id": request_id, "since": since}),
        Query(REFUSED_OF_AGENT, {"id": request_id, "since": since}),
    ]


def _shows_all(drawn: list[Row], of_numbers: list[Row], of_agent: list[Row]) -> bool:
    """Whether a card was drawn after each refused code of its numbers, and of an agent who has none free any more."""
    (numbers,), (agent,) = map(raw, of_numbers), map(raw, of_agent)
    latest = [numbers["latest"], agent["latest"] if agent["refused"] >= guesses.FREE_FOR_AGENT else None]
    drawn_at = max((row["posted_at"] for row in drawn), default=0.0)
    return all(at is None or at < drawn_at for at in latest)


def _is_overdue(tx: Tx, request: Request) -> bool:
    expires_at = request.approval.expires_at
    return expires_at is not None and expires_at <= tx.now


def _is_held(lookups: Sequence[Row]) -> bool:
    return bool(lookups) and all(each["state"] == State.HELD for each in lookups)


def _moved(tx: Tx, row: Row, to_state: State, *, process: str | None = None) -> Row:
    check_transition(row["state"], to_state)
    return {**row, "state": to_state, "updated_at": tx.now, "process": process}


def _entries(request: Row, before: Sequence[Row], moved: Sequence[Row], *, actor: Actor) -> list[NewEntry]:
    of = {"actor": actor, "request": request["id"]}
    return [
        NewEntry(**of, position=now["position"], from_state=was["state"], to_state=now["state"])
        for was, now in zip(before, moved, strict=True)
    ]

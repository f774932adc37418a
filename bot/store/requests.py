"""Requests, as they are recorded and read. Each change writes its journal entries and what must be said of it."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot import guesses as guard
from bot.audit import Event
from bot.models import (
    Actor,
    ApprovalState,
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
from bot.policy import Decision, Rule, Verdict
from bot.states import check_approval_transition, check_transition
from bot.store import guesses, journal, outbox, processes, rows
from bot.store.cells import readable, whole
from bot.store.engine import Query, Row, Tx
from bot.store.journal import NewEntry
from bot.store.names import lookup_id, new_request_id, new_salt
from bot.store.schema import adding

STARTS_IN = {
    Verdict.MAY: (ApprovalState.NOT_NEEDED, State.QUEUED),
    Verdict.MAY_WITH_APPROVAL: (ApprovalState.AWAITING, State.HELD),
    Verdict.MAY_NOT: (ApprovalState.NOT_NEEDED, State.REJECTED),
}
"""The states that a request and its lookups start in, by what was decided."""

BY_SUBMISSION: Final = "SELECT * FROM requests WHERE submission_key = :submission_key"

# Other hands may have taken a request away and not its lookups, or put there what is no number: SQLite takes that for
# more than any number.
NEWEST: Final = """
    SELECT coalesce(max(number), 0) AS number FROM (
        SELECT max(number) AS number FROM requests WHERE number < 4611686018427387904
        UNION ALL SELECT max(request) FROM lookups WHERE request < 4611686018427387904) AS taken"""

# What this agent has under way already, by number: another call for it would bring nothing new. CROSS keeps SQLite from
# going through all that the agent has ever asked for, of which there is far more than of what runs.
RUNNING: Final = f"""
    SELECT lookups.phone, lookups.position, lookups.process, requests.id, requests.size FROM lookups CROSS JOIN requests
    WHERE requests.number = lookups.request AND lookups.process IS NOT NULL AND lookups.follows IS NULL
        AND {rows.OF_PERSON}"""  # noqa: S608 - constants only

OPEN: Final = f"""
    SELECT count(*) AS found FROM requests
    WHERE {rows.OF_PERSON} AND approval IN ('awaiting', 'approved') AND expires_at > :now
        AND EXISTS (SELECT 1 FROM lookups WHERE lookups.request = requests.number AND lookups.state = 'held')"""  # noqa: S608 - constants only

# Each has an end, which is in the outbox.
AWAITING: Final = """
    SELECT requests.* FROM outbox JOIN requests ON requests.number = outbox.request
    WHERE outbox.kind = 'expire' AND requests.approval = 'awaiting' ORDER BY requests.number"""

TOO_MANY_OPEN: Final = Decision(Verdict.MAY_NOT, Rule.APPROVALS, Problem.TOO_MANY_OPEN)

ADD: Final = adding("requests")

ADD_LOOKUP: Final = adding("lookups")


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


def awaiting(tx: Tx) -> list[tuple[RequestId, Actor]]:
    """The requests that await a decision, and who asked."""
    return readable("requests", tx.all(AWAITING), lambda row: (row["id"], rows.actor(row)))


def accept(
    tx: Tx, new: NewRequest, decision: Decision, *, expires_at: float | None = None, most_open: int | None = None
) -> Accepted:
    """Record a request as it was decided; the recorded one when its submission was recorded before.

    Each number that may be asked is guarded by itself: it is rejected if too many codes were refused until now. One
    that its agent has under way already follows that lookup. ``expires_at`` (Unix seconds) is the end of the wait for
    an approval. An agent of whom ``most_open`` requests wait for a decision, or their codes, makes none wait besides.
    """
    request_id = new_request_id()
    same, taken, (newest,), (waiting,), running, alive, scrubs, *refused = tx.gather(
        Query(BY_SUBMISSION, {"submission_key": new.submission_key}),
        Query(rows.REQUEST, {"id": request_id}),
        Query(NEWEST, {}),
        Query(OPEN, {**rows.person_values(new.agent), "now": tx.now}),
        *_running(tx, new.agent),
        *guesses.queries(tx, new.agent, new.phones),
    )
    if same:
        return Accepted(rows.request(same[0], tx.all(rows.LOOKUPS, id=same[0]["id"])), is_new=False)
    while taken:
        request_id = new_request_id()
        taken = tx.all(rows.REQUEST, id=request_id)
    if decision.verdict is Verdict.MAY_WITH_APPROVAL and most_open is not None and waiting["found"] >= most_open:
        decision = TOO_MANY_OPEN
    number = newest["number"] + 1
    request = _new_request(tx, new, decision, request_id=request_id, number=number, expires_at=expires_at)
    followable = _followable(tx, [running, alive, scrubs])
    known = _Known(guesses.counted(tx, refused, new.agent, new.phones), followable)
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

    It is guarded as in ``accept``, and follows nothing: a run that was killed a moment ago seems to live still, and
    whoever starts it again waits for none of its numbers.
    """
    agent = request.agent
    (row,), *refused = tx.gather(Query(rows.REQUEST, {"id": request.id}), *guesses.queries(tx, agent, (phone,)))
    known = _Known(guesses.counted(tx, refused, agent, (phone,)), running=())
    added = {**_new_lookup(tx, row, position, phone, decision, known=known), "reason": reason}
    tx.write(ADD_LOOKUP, **added)
    journal.append(tx, _asked_lookup(row, added, agent))
    return rows.request(row, [added])


def find(tx: Tx, request_id: RequestId) -> Request | None:
    """A request with all its lookups."""
    row, lookups, _ = rows.found(tx, request_id)
    return rows.request(row, lookups) if row else None


def show(tx: Tx, request: Request, positions: Container[int], *, actor: Actor) -> Request:
    """Record that these of its numbers are about to be shown. The request as it is now: what was forgotten is not."""
    current = find(tx, request.id) or request
    shown = [each for each in current.lookups if each.position in positions and not each.is_forgotten]
    journal.note_each(tx, Event.SHOWN, request.id, shown, actor=actor)
    return current


def under_way(tx: Tx, agent: Actor, phones: Iterable[PhoneNumber]) -> set[PhoneNumber]:
    """Which of these numbers an agent who asks for them again would join a lookup of. A read."""
    followable = _followable(tx, tx.gather(*_running(tx, agent)))
    return {phone for phone in phones if _leader(followable, phone)}


def _running(tx: Tx, agent: Actor) -> list[Query]:
    return [Query(RUNNING, rows.person_values(agent)), *processes.queries(tx)]


def _followable(tx: Tx, answers: Sequence[Sequence[Row]]) -> list[Row]:
    """Of what ``_running`` found, what a living process runs: nobody waits for anything else."""
    running, *known = answers
    living = processes.living(tx, known)
    return [row for row in whole("lookups", running) if not living.has_lost(row)]


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
        **rows.NO_DECISION,
        "salt": new_salt(),
    }


def _new_lookup(tx: Tx, request: Row, position: int, phone: PhoneNumber, decision: Decision, *, known: _Known) -> Row:
    _, state = STARTS_IN[decision.verdict]
    problem, wait_until, follows = decision.problem, decision.wait_until, None
    if state is State.QUEUED:
        follows = _leader(known.running, phone)
        wait = None if follows else guard.waits(known.counted.against(phone), now=tx.now)
        if wait:
            state, problem, wait_until = State.REJECTED, wait.problem, wait.until
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


def _asked(request: Row, agent: Actor) -> NewEntry:
    return NewEntry(
        event=Event.ASKED,
        actor=agent,
        request=request["id"],
        to_state=request["approval"],
        facts={"size": request["size"]},
        digest=rows.request_digest(request),
    )


def _asked_lookup(request: Row, row: Row, agent: Actor) -> NewEntry:
    return NewEntry(
        event=Event.ASKED,
        actor=agent,
        request=request["id"],
        position=row["position"],
        to_state=row["state"],
        facts=journal.facts_of(Result(problem=row["problem"])) if row["problem"] else {},
        digest=rows.lookup_digest(row, request["id"]),
    )

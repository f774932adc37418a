"""Requests as the store's functions make them: a test says only what matters to it.

Each function takes the transaction first, as the store's do: ``record.change(factories.asked, 3)``.
"""

import itertools
from collections.abc import Sequence

from bot.models import Actor, ApprovalState, Lookup, NewRequest, PhoneNumber, Problem, Request, Result, State, Through
from bot.policy import Decision, Rule, Verdict
from bot.states import STATE_AFTER
from bot.store import decisions, lookups, requests
from bot.store.engine import Tx

HOUR = 3600.0

ANA = Actor(team_id="T0001", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
OLGA = Actor(team_id="host", user_id="olga", through=Through.COMMAND_LINE)

MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
NEEDS_APPROVAL = Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)
MAY_NOT = Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, Problem.GUEST)

ANSWERED = Result(
    phone_number_id="920155500012345",
    api_code="OK",
    request_id="90E63D28",
    http_status=200,
    milliseconds=140,
    attempts=2,
)
REFUSED = Result(problem=Problem.UNKNOWN_CODE, api_code="VerifyCode.Incorrect", http_status=200)
FAILED = Result(problem=Problem.NO_ANSWER)

_keys = itertools.count(1)


def phones(count: int, *, first: int = 0) -> tuple[PhoneNumber, ...]:
    """Numbers that nobody has: +1 202 555 …."""
    return tuple(PhoneNumber(f"1202555{number:04}") for number in range(first, first + count))


def new_request(
    numbers: int | Sequence[PhoneNumber] = 1,
    *,
    agent: Actor = ANA,
    reason: str = "",
    key: str | None = None,
    size: int | None = None,
) -> NewRequest:
    """What somebody asks for; each time another submission, unless it has a ``key``."""
    return NewRequest(
        agent=agent,
        phones=phones(numbers) if isinstance(numbers, int) else tuple(numbers),
        reason=reason,
        channel_id="C0SUPPORT",
        submission_key=key or f"submission {next(_keys)}",
        size=size,
    )


def asked(
    tx: Tx,
    numbers: int | Sequence[PhoneNumber] = 1,
    *,
    decision: Decision = MAY,
    agent: Actor = ANA,
    reason: str = "",
) -> Request:
    """A recorded request; by default it needs no approval, so that its lookups are queued for this process."""
    new = new_request(numbers, agent=agent, reason=reason)
    return requests.accept(tx, new, decision, expires_at=tx.now + HOUR).request


def approve(tx: Tx, request: Request, *, actor: Actor = LEE, reason: str = "") -> Request:
    """Approve a request, for an hour."""
    return decisions.decide(tx, request.id, ApprovalState.APPROVED, actor=actor, reason=reason, good_for=HOUR)


def deny(tx: Tx, request: Request, *, actor: Actor = LEE, reason: str = "") -> Request:
    return decisions.decide(tx, request.id, ApprovalState.DENIED, actor=actor, reason=reason)


def call(tx: Tx, request: Request, position: int = 1) -> Lookup:
    """Begin the call for one number of a request."""
    return lookups.begin(
        tx, request.lookups[position - 1], agent=request.agent, approved_at=request.approval.decided_at
    )


def end(tx: Tx, request: Request, result: Result = ANSWERED, *, position: int = 1) -> Lookup:
    """End the lookup of one number of a request."""
    state = STATE_AFTER[result.problem] if result.problem else State.ANSWERED
    return lookups.end(tx, request.lookups[position - 1], state, result, agent=request.agent)


def finished(
    tx: Tx, numbers: int | Sequence[PhoneNumber] = 1, result: Result = ANSWERED, *, agent: Actor = ANA, reason: str = ""
) -> Request:
    """A request from its beginning to its end, all of it in one change: each number was called and ended so."""
    request = asked(tx, numbers, agent=agent, reason=reason)
    for each in request.lookups:
        call(tx, request, each.position)
        end(tx, request, result, position=each.position)
    return current(tx, request)


def current(tx: Tx, request: Request) -> Request:
    """The request as it is now."""
    found = requests.find(tx, request.id)
    assert found
    return found

"""Requests as values, for what needs no database: a test says only what matters to it."""

from collections.abc import Sequence

from bot.models import (
    NOT_NEEDED,
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    LookupId,
    PhoneNumber,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from tests.clocks import START

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)

AWAITING = Approval(state=ApprovalState.AWAITING, expires_at=START)


def decided(state: ApprovalState, *, by: Actor = LEE, reason: str = "") -> Approval:
    """An approval that somebody decided on."""
    return Approval(state=state, expires_at=START, decided_by=by, decided_at=START, reason=reason)


def phones(count: int) -> list[PhoneNumber]:
    """Numbers that nobody has: +1 202-555-01…."""
    return [PhoneNumber(f"120255501{number:02}") for number in range(count)]


def request(
    numbers: int | Sequence[PhoneNumber] = 1,
    *states: State,
    approval: Approval = NOT_NEEDED,
    result: Result = Result(),  # noqa: B008 - frozen
    reason: str = "ticket 7",
) -> Request:
    """A request for these numbers; ``states`` are theirs in their order, the last one counts for all that follow."""
    listed = phones(numbers) if isinstance(numbers, int) else numbers
    each_state = [states[min(index, len(states) - 1)] if states else State.HELD for index in range(len(listed))]
    lookups = tuple(
        Lookup(
            id=LookupId("R-7K3Q9FZ2" if len(listed) == 1 else f"R-7K3Q9FZ2/{position}"),
            position=position,
            phone=phone,
            asked_at=START,
            state=state,
            updated_at=START,
            result=result,
        )
        for position, (phone, state) in enumerate(zip(listed, each_state, strict=True), start=1)
    )
    return Request(
        id=RequestId("R-7K3Q9FZ2"),
        agent=ANA,
        reason=reason,
        channel_id="C0SUPPORT",
        asked_at=START,
        size=len(listed),
        approval=approval,
        lookups=lookups,
    )

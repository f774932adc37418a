"""One recorded lookup as tests look at it: with what its request says of it."""

from dataclasses import dataclass

from bot.audit import LogEntry
from bot.models import Actor, Approval, LookupId, PhoneNumber, RequestId, Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A lookup, flat."""

    id: LookupId
    request_id: RequestId
    position: int
    size: int
    agent: Actor
    channel_id: str
    asked_at: float
    reason: str
    approval: Approval
    phone: PhoneNumber
    state: State
    result: Result
    follows: LookupId | None

    @classmethod
    def of(cls, entry: LogEntry) -> "Recorded":
        request, lookup = entry.request, entry.lookup
        return cls(
            id=lookup.id,
            request_id=request.id,
            position=lookup.position,
            size=request.size,
            agent=request.agent,
            channel_id=request.channel_id,
            asked_at=lookup.asked_at,
            reason=lookup.reason or request.reason,
            approval=request.approval,
            phone=lookup.phone,
            state=lookup.state,
            result=lookup.result,
            follows=lookup.follows,
        )

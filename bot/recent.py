"""What was asked for lately, which approvers are told beside a request."""

from dataclasses import dataclass

from bot import guesses
from bot.models import Request
from bot.store import guesses as counts
from bot.store import search
from bot.store.record import Record

LATELY = 7 * 86400.0
"""Seconds over which an approver is told how often somebody, and a number, was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentCounts:
    """What an approver is told of an agent and a number besides the request."""

    by_agent: int
    """Numbers that the agent asked for in the last ``LATELY`` seconds, this request included."""
    for_number: int
    """How often the number was asked for in that time; of several numbers the first."""
    refused: guesses.Counts
    """Codes, over the time that the guess guard remembers; of several numbers for the one with the most."""
    at: float = 0.0
    """When these were counted: refused codes from then on are not in it."""


async def recent_counts(record: Record, request: Request) -> RecentCounts:
    """What an approver is told besides the request."""
    asked = await record.read(search.asked_lately, request, since=request.asked_at - LATELY)
    phones = [each.phone for each in request.lookups]
    counted = await record.read(counts.counts, request.agent, phones)
    most = max(phones, key=lambda phone: counted.for_number[phone].refused)
    return RecentCounts(
        by_agent=asked.by_agent, for_number=asked.for_number, refused=counted.against(most), at=counted.at
    )

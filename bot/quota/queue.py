"""What waits for a turn in this process: each agent's calls in the order they came, in each lane."""

import asyncio
from collections import deque
from dataclasses import dataclass

from bot.models import LookupId
from bot.quota.grants import Grant
from bot.quota.order import Demand, Party
from bot.tickets import Call, Lane, Ticket


@dataclass(frozen=True, slots=True)
class Held:
    """A slot that was granted here, and the call made on it."""

    grant: Grant
    call: Call


class Waiting:
    """One ticket, until a slot is held for it."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.party = Party(ticket.lane, ticket.agent)
        self.granted: asyncio.Future[Held] = asyncio.get_running_loop().create_future()


class Queue:
    """Not fair by itself: it says what waits, and is told whose turn it is."""

    def __init__(self) -> None:
        self._waiting: dict[Party, deque[Waiting]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, waiting: Waiting) -> None:
        """Behind its agent's others; a call that is asked again goes before them."""
        line = self._waiting.setdefault(waiting.party, deque())
        again = sum(each.ticket.is_again for each in line)  # they stand in front, in the order they came back
        line.insert(again if waiting.ticket.is_again else len(line), waiting)

    def remove(self, waiting: Waiting) -> None:
        """Whoever waited has left, or got their turn."""
        line = self._waiting.get(waiting.party, deque())
        if waiting in line:
            line.remove(waiting)
        if not line:
            self._waiting.pop(waiting.party, None)

    def first(self, party: Party) -> Waiting | None:
        """Whoever of this party came first and still waits: who was cancelled leaves a moment later."""
        return next((each for each in self._waiting.get(party, ()) if not each.granted.done()), None)

    def all(self) -> list[Waiting]:
        return [waiting for line in self._waiting.values() for waiting in line]

    def demand(self) -> Demand:
        """What waits, in numbers."""
        by_lane: dict[Lane, dict[str, int]] = {Lane.INTERACTIVE: {}, Lane.BULK: {}}
        for party, line in self._waiting.items():
            by_lane[party.lane][party.agent] = len(line)
        return Demand(interactive=by_lane[Lane.INTERACTIVE], bulk=by_lane[Lane.BULK])

    def position(self, lookup_id: LookupId) -> tuple[Party, int] | None:
        """Whose call for this lookup waits, and how many of the same party's come before it."""
        for party, line in self._waiting.items():
            for position, waiting in enumerate(line):
                if waiting.ticket.lookup_id == lookup_id:
                    return party, position
        return None

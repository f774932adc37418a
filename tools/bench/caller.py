"""One process of a contender: asks a list of numbers all at once, and single numbers of other agents meanwhile."""

import asyncio
import json
import logging
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bot.models import LookupId
from bot.tickets import Lane, Ticket
from tools.bench.contenders import CONTENDERS, Ask, NotAnswered, Seat
from tools.bench.processes import say, until_told

MOST_TRIES = 300
"""Of one call; who needs more is not going to make it."""


@dataclass
class Report:
    """What one process has to tell. Times are monotonic seconds, which all processes of a machine have in common."""

    last_answer_at: float = 0.0
    not_answered: int = 0
    """Tries that were given up, after the retries within each."""
    waits: list[float] = field(default_factory=list)
    """Seconds that each single number waited for its turn."""


class Caller:
    def __init__(self, ask: Ask, *, index: int) -> None:
        self._ask = ask
        self._index = index
        self.report = Report()

    async def run(self, *, calls: int, singles: int, seconds: float) -> None:
        """``calls`` in a list, and ``singles`` spread at random over ``seconds``."""
        chance = Random(self._index)
        async with asyncio.TaskGroup() as tasks:
            for number in range(calls):
                tasks.create_task(self._until_answered(f"list {number}", agent="lister", lane=Lane.BULK))
            for number in range(singles):
                tasks.create_task(self._single(number, at=chance.uniform(1.0, seconds)))
        self.report.last_answer_at = time.monotonic()

    async def _single(self, number: int, *, at: float) -> None:
        await asyncio.sleep(at)
        began = time.monotonic()
        granted_at = await self._until_answered(f"single {number}", agent=f"agent {number}", lane=Lane.INTERACTIVE)
        self.report.waits.append(granted_at - began)

    async def _until_answered(self, name: str, *, agent: str, lane: Lane) -> float:
        """When the first try had its turn."""
        ticket = Ticket(lookup_id=LookupId(f"{self._index} {name}"), agent=agent, lane=lane)
        granted_at: list[float] = []

        async def granted() -> None:
            granted_at.append(time.monotonic())

        for _ in range(MOST_TRIES):
            try:
                await self._ask(ticket, granted)
            except NotAnswered:
                self.report.not_answered += 1
                await asyncio.sleep(1 + random.random())  # as our client does between its attempts
            else:
                return granted_at[0]
        raise RuntimeError(f"{name} was never answered")


async def _run(order: dict[str, Any]) -> None:
    seat = Seat(
        url=order["url"],
        shared=Path(order["shared"]),
        database=order["database"],
        qps=order["qps"],
        processes=order["processes"],
        index=order["index"],
    )
    logging.getLogger("bot.cams").setLevel(logging.ERROR)  # it warns of each throttled call
    async with CONTENDERS[order["contender"]].open(seat) as ask:
        caller = Caller(ask, index=seat.index)
        say("ready")
        await until_told()
        await caller.run(calls=order["calls"], singles=order["singles"], seconds=order["seconds"])
    say(json.dumps(vars(caller.report)))


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))

"""Asking for a list's numbers: enough of them at once to use the quota, and no more."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from uuid import uuid4

from bot.cli.ids import Ids, Row
from bot.entry.table import Line
from bot.errors import StoreError
from bot.lookups import Lookups
from bot.models import Actor, BatchId, Lookup, NewLookup, Place, Problem, State
from bot.policy import Membership, Policy, Standing, decide
from bot.texts import listed
from bot.tickets import Lane


class Asking:
    """Asks for the numbers of one list, and writes each row as its result comes.

    ``why_stopped`` is a sentence when it ended before its list did.
    """

    def __init__(
        self, lookups: Lookups, ids: Ids, *, agent: Actor, batch_id: BatchId, tell: Callable[[Row], None]
    ) -> None:
        """``tell`` is called with each row that was written."""
        self.why_stopped: str | None = None
        self._lookups = lookups
        self._ids = ids
        self._agent = agent
        self._batch_id = batch_id
        self._tell = tell
        self._is_guarded = False
        self._writing = asyncio.Lock()

    async def ask(self, lines: Sequence[Line], *, at_once: int) -> None:
        """Ask for all of them, ``at_once`` at a time. A number is recorded as asked when its time comes.

        One at a time when too many codes were refused before: then what is under way counts as if it were refused.
        """
        at_once = 1 if await self._lookups.has_guessed(self._agent) else at_once
        waiting = iter(
            (line, Place(batch_id=self._batch_id, number=number, of=len(lines))) for number, line in enumerate(lines, 1)
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(lines))):
                group.create_task(self._ask_each(waiting))
        if self._is_guarded:
            with suppress(StoreError):  # what was said first is nearly right
                self.why_stopped = listed.guarded(await self._lookups.wait_of_agent(self._agent) or 0.0)

    def stop(self, why: str) -> None:
        """Begin no more, and break off what runs: it ends as interrupted, and in its row."""
        self.why_stopped = self.why_stopped or why
        self._lookups.interrupt()

    async def _ask_each(self, waiting: Iterator[tuple[Line, Place]]) -> None:
        while self.why_stopped is None and (next_one := next(waiting, None)):
            try:
                ended = await self._look_up(*next_one)
                await self._write(Row.of(ended))
                await self._heed(ended)
            except StoreError:
                self.stop(listed.NOT_RECORDED)

    async def _heed(self, ended: Lookup) -> None:
        """Begin no more once the guess guard makes the agent wait; what waits for its number's sake stops no other.

        What runs goes on: it is answered, or the guard rejects it in its turn.
        """
        if ended.result.problem is Problem.TOO_MANY_GUESSES:
            wait = await self._lookups.wait_of_agent(self._agent)
            if wait is not None and not self.why_stopped:
                self._is_guarded, self.why_stopped = True, listed.guarded(wait)

    async def _look_up(self, line: Line, place: Place) -> Lookup:
        new = NewLookup(
            agent=self._agent,
            phone=line.phone,
            reason=line.reason,
            channel_id="",
            submission_key=f"command line:{uuid4()}",
            place=place,
        )
        accepted, _ = await self._lookups.accept(new, decide(self._agent, Standing(Membership.UNKNOWN), Policy()))
        if accepted.state is State.REJECTED:
            return accepted
        return await self._lookups.run(accepted, line.code, lane=Lane.BULK)

    async def _write(self, row: Row) -> None:
        try:
            # On a thread: a full pipe would hold up every other number, and the leases.
            async with self._writing:
                await asyncio.to_thread(self._ids.add, row)
        except OSError as error:
            self.stop(listed.output_stopped(error.strerror or "", self._batch_id))
        else:
            self._tell(row)

"""Asking for a list's numbers: enough of them at once to use the quota, and no more."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from bot import guesses, policy
from bot.audit import LogEntry
from bot.cli.ids import Ids, Row
from bot.entry.table import Line
from bot.errors import DatabaseGone, RecordDamaged, SchemaUnknown, StoreError
from bot.lookups import Lookups
from bot.models import Actor, Lookup, Request
from bot.store import guesses as counts
from bot.store import migrations, requests
from bot.store.engine import Tx
from bot.store.record import Record
from bot.texts import command_line


class Asking:
    """Asks for the numbers of one list, and writes each row as its result comes.

    ``why_stopped`` is a sentence when it ended before its list did; ``may_go_on``: the same command would then go on.
    """

    def __init__(
        self, record: Record, lookups: Lookups, ids: Ids, *, request: Request, tell: Callable[[Row], None]
    ) -> None:
        """``request`` holds no numbers yet. ``tell`` is called with each row that was written."""
        self.why_stopped: str | None = None
        self.may_go_on = True
        self._record = record
        self._lookups = lookups
        self._ids = ids
        self._request = request
        self._tell = tell
        self._is_guarded = False
        self._writing = asyncio.Lock()

    async def ask(self, lines: Sequence[Line], *, at_once: int) -> None:
        """Ask for all of them, ``at_once`` at a time. A number is recorded as asked when its time comes.

        One at a time when too many codes were refused before: then what is under way counts as if it were refused.
        """
        at_once = 1 if await self._record.read(_has_guessed, self._request.agent) else at_once
        waiting = iter(enumerate(lines, start=1))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(lines))):
                group.create_task(self._ask_each(waiting))
        if self._is_guarded:
            with suppress(StoreError):  # what was said first is nearly right
                wait = await self._record.read(_wait, self._request.agent)
                self.why_stopped = command_line.guarded(wait or 0.0)

    def stop(self, why: str) -> None:
        """Begin no more, and break off what runs: it ends as interrupted, and in its row."""
        self.why_stopped = self.why_stopped or why
        self._lookups.interrupt()

    async def _ask_each(self, waiting: Iterator[tuple[int, Line]]) -> None:
        while self.why_stopped is None and (next_one := next(waiting, None)):
            try:
                ended = await self._look_up(*next_one)
                await self._write(Row.of(LogEntry(self._request, ended)))
                await self._heed(ended)
            except (DatabaseGone, RecordDamaged) as error:
                self.may_go_on = False
                self.stop(command_line.not_recorded(str(error)))
            except SchemaUnknown as error:  # what runs can still be recorded
                self.why_stopped = command_line.newer_release(str(error))
            except StoreError:
                self.stop(command_line.not_recorded(command_line.DATABASE_AWAY))

    async def _heed(self, ended: Lookup) -> None:
        """Begin no more once the guess guard makes the agent wait; what waits for its number's sake stops no other.

        What runs goes on: it is answered, or the guard rejects it in its turn.
        """
        if ended.result.problem in guesses.WAITS.values():
            wait = await self._record.read(_wait, self._request.agent)
            if wait is not None and not self.why_stopped:
                self._is_guarded, self.why_stopped = True, command_line.guarded(wait)

    async def _look_up(self, position: int, line: Line) -> Lookup:
        await self._record.read(migrations.check_usable)
        reason = "" if line.reason == self._request.reason else line.reason
        request = await self._record.change(
            requests.add_lookup, self._request, position, line.phone, reason=reason, decision=policy.YES
        )
        return await self._lookups.run(request, request.lookup, line.code)

    async def _write(self, row: Row) -> None:
        try:
            # On a thread: a full pipe would hold up every other number, and the heartbeat.
            async with self._writing:
                await asyncio.to_thread(self._ids.add, row)
        except OSError as error:
            self.stop(command_line.output_stopped(error.strerror or "", self._request.id))
        else:
            self._tell(row)


def _has_guessed(tx: Tx, agent: Actor) -> bool:
    """Whether an agent has used up the refused codes that are free."""
    return guesses.is_over(counts.counts(tx, agent, ()).against(None))


def _wait(tx: Tx, agent: Actor) -> float | None:
    """For how long (seconds) the guess guard lets an agent ask for no number at all; ``None``: it does not."""
    until = guesses.wait_until(counts.counts(tx, agent, ()).against(None), now=tx.now)
    return None if until is None else until - tx.now

"""The record as the use cases see it: whole changes and whole reads, away from the event loop."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Concatenate, ParamSpec, TypeVar

from bot.errors import ChangeUnknown, ConnectionCut, DatabaseGone, StoreUnavailable
from bot.store.engine import Engine, Noted, Tx
from bot.store.recording import Recording, awaited, guarded

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that closing waits for what was begun. More than the engines' own limits: only a dead server needs it."""

LONGEST_CHANGE = 30.0
"""Seconds after which a change is broken off: a server that took a question and says nothing would keep the thread for
ever, and no limit that it was told helps. Twice what the engines' own limits leave a change."""

LONGEST_READ = 660.0
"""The same for a read, which may be an export: a little more than the server is told."""


def changed(engine: Engine, do: Callable[[Tx], T], recording: Recording | None = None) -> T:
    """What ``do`` returns in a change. One whose connection was cut off is made once more: it left nothing.

    Of one without a journal entry that is not known, but it does no harm to make such a one twice.
    """
    recording = recording or Recording()
    do = guarded(do, recording)
    tx: Tx | None = None
    try:
        with engine.changing() as tx:
            return do(tx)
    except (ConnectionCut, ChangeUnknown) as error:
        if isinstance(error, ChangeUnknown) and (tx is None or tx.proof):
            raise  # it was asked about in vain
        recording.check(is_committing=False)  # for as long as the next try waits, nothing is
        log.warning("database change repeated", extra={"facts": {"error": str(error)}})
    with engine.changing() as tx:
        return do(tx)


def looked(engine: Engine, do: Callable[[Tx], T]) -> T:
    """What ``do`` returns in a read. One whose connection was cut off is done once more, unless it had begun to hand on
    what it read."""
    tx: Tx | None = None
    try:
        with engine.reading() as tx:
            return do(tx)
    except ConnectionCut:
        if tx is None or tx.has_streamed:
            raise
    with engine.reading() as tx:
        return do(tx)


class EngineThread:
    """An engine and the one thread that uses it. Work whose caller is cancelled has not begun or runs to its end."""

    def __init__(self, engine: Engine, *, name: str) -> None:
        self.engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._is_closed = False

    async def do(self, work: Callable[[], T], *, longest: float | None = None) -> T:
        """What ``work`` returns. After ``longest`` seconds the engine hangs up on the server, which ends it.

        Raises ``StoreUnavailable`` once this is closed.
        """
        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        # In a copy of the caller's context: what is logged meanwhile names the caller's request.
        doing = asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, work)
        try:
            while not (await asyncio.wait([doing], timeout=longest))[0]:
                self.engine.hang_up()
            return doing.result()
        finally:
            doing.cancel()

    async def aclose(self) -> None:
        """Finish what was begun and let go of the database; hang up on one that does not answer."""
        if self._is_closed:
            return
        self._is_closed = True
        closing = asyncio.get_running_loop().run_in_executor(self._thread, self.engine.close)
        while not (await asyncio.wait([closing], timeout=PATIENCE))[0]:
            self.engine.hang_up()
        await closing
        self._thread.shutdown()


class Record:
    """One database. Reads have an engine of their own, so that none waits behind a change that waits for the lock."""

    def __init__(
        self, changes: Engine, reads: Engine | None = None, *, another: Callable[[], Engine] | None = None
    ) -> None:
        """Without ``reads`` both have the same engine, as a database in memory needs: it has one connection.

        ``another`` gives an engine for what takes long.
        """
        self._another = another
        self._changes = EngineThread(changes, name="changes")
        self._reads = EngineThread(reads, name="reads") if reads else self._changes
        self._gone: DatabaseGone | None = None
        self.count: Callable[[Sequence[Noted]], object] = _count_nothing
        """Given what each change has added to the journal, once it is committed. It is called on another thread."""

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``, and ``SchemaUnknown`` for a database that is not this release's."""
        await self._changes.do(self._changes.engine.open)
        if self._reads is not self._changes:
            await self._reads.do(self._reads.engine.open)

    @property
    def is_new(self) -> bool:
        """Whether opening found the database empty, and made its tables."""
        return self._changes.engine.has_made_tables

    async def aclose(self) -> None:
        """Finish what was begun and let go of the database. Later work raises ``StoreUnavailable``."""
        await self._changes.aclose()
        await self._reads.aclose()

    async def change(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``fn`` returns. All that it changes is recorded, or nothing of it; no other change happens meanwhile.

        Raises ``StoreUnavailable``, also once the ``Recording`` that it belongs to is given up, ``SchemaUnknown`` once
        a newer release has taken over, and what ``fn`` raises.
        """

        recording = awaited()
        recording.check(is_committing=False)  # an earlier change of the same has been committed; this one waits
        noted: Sequence[Noted] = ()

        def do(tx: Tx) -> T:
            nonlocal noted
            noted = tx.noted  # of the last time, if the change is made once more
            return fn(tx, *args, **kwargs)

        def work() -> T:
            done = changed(self._changes.engine, do, recording)
            self.count(noted)
            return done

        return await self._do(self._changes, work, longest=LONGEST_CHANGE)

    async def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``fn`` returns. It sees the database as of one moment. Raises ``StoreUnavailable``."""

        def work() -> T:
            return looked(self._reads.engine, lambda tx: fn(tx, *args, **kwargs))

        return await self._do(self._reads, work, longest=LONGEST_READ)

    async def checkpoint(self) -> None:
        """Bring what was recorded into the file that people copy. Raises ``StoreUnavailable``."""
        await self._do(self._reads, self._reads.engine.checkpoint)

    async def scrub(self) -> bool:
        """Remove the bytes of what was overwritten and deleted. ``False`` while somebody who reads hinders it.

        Nothing waits behind it for this process's sake, and who is cancelled breaks it off. Raises
        ``StoreUnavailable``.
        """
        if self._another is None:
            return await self._do(self._changes, self._changes.engine.scrub)
        apart = EngineThread(self._another(), name="scrub")
        try:
            await self._do(apart, apart.engine.open)
            return await self._do(apart, apart.engine.scrub)
        except asyncio.CancelledError:
            apart.engine.hang_up()
            raise
        finally:
            await apart.aclose()

    async def _do(self, thread: EngineThread, work: Callable[[], T], *, longest: float | None = None) -> T:
        """What is gone stays gone: a damaged page need not be read again by whoever asks next."""
        if self._gone:
            raise DatabaseGone(str(self._gone))
        try:
            return await thread.do(work, longest=longest)
        except DatabaseGone as error:
            self._gone = error
            raise


def _count_nothing(_: Sequence[Noted]) -> None:
    """Where nobody asks how much there was."""

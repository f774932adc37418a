"""The record in SQLite, behind ``bot.interfaces.Store``: one thread owns the connection, the event loop never waits."""

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import StoreUnavailable
from bot.evidence import Head, Inspection
from bot.guesses import Alarm, Tally
from bot.interfaces import Clock
from bot.models import (
    Actor,
    Card,
    Event,
    JournalEntry,
    LogQuery,
    Lookup,
    LookupId,
    NewLookup,
    PhoneNumber,
    Problem,
    Result,
    State,
)
from bot.store import alarms, approvals, cards, forgetting, guesses, journal, lookups, search, verification
from bot.store.connection import changing, connect, file_behind, let_readers_pass, telling_foreign, telling_unavailable
from bot.store.lookups import Moment
from bot.store.migrations import migrate
from bot.store.names import new_lookup_id
from bot.traces import Traces

T = TypeVar("T")


class SqliteStore:
    """The record in one SQLite file. Any number of processes may have it open.

    A verb whose caller is cancelled has not begun or runs to its end on the store's thread: it is never torn. Later
    verbs see what it did.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Clock,
        owner: str | None = None,
        lease: float = 30.0,
        busy_timeout: float = 5.0,
        new_id: Callable[[], LookupId] = new_lookup_id,
    ) -> None:
        """``path`` may be ``:memory:``. ``owner`` names this process, by default at random.

        ``lease`` is how long (seconds) what it runs or tells is its own without ``renew``; ``busy_timeout`` how long
        (seconds) a verb waits for another process before ``StoreUnavailable``.
        """
        self._path = str(path)
        self._clock = clock
        self._owner = owner or secrets.token_hex(8)
        self._lease = lease
        self._busy_timeout = busy_timeout
        self._new_id = new_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._database: Database | None = None
        self._file: tuple[int, int] | None = None
        self._is_closed = False

    async def open(self) -> None:
        """Connect, and bring the schema to this release's. Raises ``StoreUnavailable`` or ``SchemaUnknown``."""
        await self._on_thread(telling_foreign()(self._open))

    async def aclose(self) -> None:
        """Finish what was begun and let go of the file. Every later verb raises ``StoreUnavailable``."""
        if not self._is_closed:
            await self._on_thread(self._close)
            self._is_closed = True
            self._thread.shutdown(wait=False)  # nothing is left to wait for

    async def accept(
        self,
        new: NewLookup,
        *,
        state: State,
        problem: Problem | None = None,
        expires_at: float | None = None,
        wait_until: float | None = None,
    ) -> tuple[Lookup, bool]:
        return await self._change(
            lambda db: lookups.accept(
                db,
                new,
                state=state,
                problem=problem,
                expires_at=expires_at,
                wait_until=wait_until,
                new_id=self._new_id,
                moment=self._moment(),
            )
        )

    async def move(
        self,
        lookup_id: LookupId,
        *,
        from_state: State,
        to_state: State,
        actor: Actor,
        result: Result | None = None,
        reason: str | None = None,
        expires_at: float | None = None,
    ) -> Lookup:
        return await self._change(
            lambda db: lookups.move(
                db,
                lookup_id,
                from_state=from_state,
                to_state=to_state,
                actor=actor,
                result=result,
                reason=reason,
                expires_at=expires_at,
                moment=self._moment(),
            )
        )

    async def note(
        self,
        event: Event,
        *,
        actor: Actor,
        lookup_id: LookupId | None,
        facts: Mapping[str, str | int | None] | None = None,
    ) -> None:
        await self._change(
            lambda db: journal.write(db, event, lookup_id, at=self._clock.now(), actor=actor, facts=facts)
        )

    async def add_card(self, lookup_id: LookupId, card: Card) -> None:
        await self._change(lambda db: cards.add(db, lookup_id, card))

    async def cards(self, lookup_id: LookupId) -> list[Card]:
        return await self._ask(lambda db: cards.of_lookup(db, lookup_id))

    async def due(self) -> list[Lookup]:
        return await self._ask(lambda db: approvals.due(db, now=self._clock.now()))

    async def claim_reminders(self, *, asked_before: float) -> list[Lookup]:
        return await self._change(
            lambda db: approvals.claim_reminders(db, asked_before=asked_before, moment=self._moment())
        )

    async def tally(self, agent: Actor, phone: PhoneNumber | None) -> Tally:
        return await self._ask(lambda db: guesses.tally(db, agent, phone, now=self._clock.now()))

    async def claim_alarms(self) -> list[Alarm]:
        return await self._change(lambda db: alarms.claim(db, now=self._clock.now()))

    async def alarm_told(self, alarm: Alarm, *, people: int) -> None:
        await self._change(lambda db: alarms.told(db, alarm, people=people, now=self._clock.now()))

    async def find(self, lookup_id: LookupId) -> Lookup | None:
        return await self._ask(lambda db: lookups.find(db, lookup_id))

    async def search(self, query: LogQuery) -> list[Lookup]:
        return await self._ask(lambda db: search.search(db, query))

    async def journal(self, lookup_id: LookupId) -> list[JournalEntry]:
        return await self._ask(lambda db: journal.read(db, lookup_id))

    async def renew(self, held: Collection[LookupId]) -> None:
        await self._change(lambda db: lookups.renew(db, held, moment=self._moment()))

    async def interrupt_abandoned(self, running: Collection[LookupId]) -> int:
        return await self._change(lambda db: lookups.interrupt_abandoned(db, running, moment=self._moment()))

    async def told(self, lookup_id: LookupId, state: State) -> None:
        await self._change(lambda db: lookups.told(db, lookup_id, state))

    async def claim_untold(self) -> list[Lookup]:
        return await self._change(lambda db: lookups.claim_untold(db, moment=self._moment()))

    async def traces(self, phone: PhoneNumber) -> Traces:
        return await self._ask(lambda db: forgetting.traces(db, phone))

    async def forget(self, phone: PhoneNumber, *, actor: Actor) -> Traces:
        return await self._change(lambda db: forgetting.forget(db, phone, actor=actor, now=self._clock.now()))

    async def forget_old(self, *, before: float, limit: int) -> int:
        return await self._change(
            lambda db: forgetting.forget_old(db, before=before, limit=limit, now=self._clock.now())
        )

    async def scrub(self) -> bool:
        return await self._ask(forgetting.scrub)

    async def journal_head(self) -> Head:
        return await self._ask(journal.head)

    async def inspect(self, *, anchor: Head | None = None) -> Inspection:
        return await self._ask(lambda db: verification.inspect(db, anchor=anchor))

    # --- the thread ---

    async def _ask(self, question: Callable[[Database], T]) -> T:
        return await self._on_thread(lambda: question(self._connected()))

    async def _change(self, change: Callable[[Database], T]) -> T:
        return await self._on_thread(partial(self._make, change))

    def _make(self, change: Callable[[Database], T]) -> T:
        database = self._connected()
        with changing(database):
            # The time is read in here, with the lock held: changes are recorded in the order they have their times.
            return change(database)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        def run() -> T:
            with telling_unavailable():
                return work()

        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _connected(self) -> Database:
        if self._database is None:
            raise StoreUnavailable("the database is not open")
        # SQLite would go on in a file that was deleted or replaced, and nobody would ever find what it records there.
        if file_behind(self._path) != self._file:
            raise StoreUnavailable("the database file was replaced")
        return self._database

    def _open(self) -> None:
        database = connect(self._path, busy_timeout=self._busy_timeout)
        try:
            migrate(database)
            let_readers_pass(database)
            self._file = file_behind(self._path)
        except BaseException:
            database.close()
            raise
        self._database = database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _moment(self) -> Moment:
        now = self._clock.now()
        return Moment(now=now, owner=self._owner, lease_until=now + self._lease)

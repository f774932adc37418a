"""The record in SQLite, behind ``bot.interfaces.Store``: one thread owns the connection, the event loop never waits."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.evidence import Head, Inspection
from bot.guesses import Alarm, Tally
from bot.interfaces import Clock
from bot.models import (
    Actor,
    BatchId,
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
from bot.store import (
    alarms,
    approvals,
    batches,
    cards,
    forgetting,
    guesses,
    journal,
    leases,
    lookups,
    search,
    verification,
)
from bot.store.connection import let_readers_pass, make
from bot.store.lookups import Moment
from bot.store.migrations import migrate
from bot.store.names import new_lookup_id
from bot.store.thread import DatabaseThread
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
        self._clock = clock
        self._owner = owner or secrets.token_hex(8)
        self._lease = lease
        self._new_id = new_id
        self._thread = DatabaseThread(path, busy_timeout=busy_timeout, name="store")

    async def open(self) -> None:
        """Connect, and bring the schema to this release's. Raises ``StoreUnavailable`` or ``SchemaUnknown``."""
        await self._thread.open(_prepare)

    async def aclose(self) -> None:
        """Finish what was begun and let go of the file. Every later verb raises ``StoreUnavailable``."""
        await self._thread.aclose()

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

    async def accept_list(
        self,
        news: Sequence[NewLookup],
        *,
        state: State,
        problem: Problem | None = None,
        expires_at: float | None = None,
        wait_until: float | None = None,
    ) -> tuple[list[Lookup], bool]:
        return await self._change(
            lambda db: batches.accept(
                db,
                news,
                state=state,
                problem=problem,
                expires_at=expires_at,
                wait_until=wait_until,
                new_id=self._new_id,
                moment=self._moment(),
            )
        )

    async def read_list(self, batch_id: BatchId) -> list[Lookup]:
        return await self._ask(lambda db: batches.read(db, batch_id))

    async def move_list(
        self,
        batch_id: BatchId,
        *,
        from_state: State,
        to_state: State,
        actor: Actor,
        reason: str | None = None,
        expires_at: float | None = None,
    ) -> list[Lookup]:
        return await self._change(
            lambda db: batches.move(
                db,
                batch_id,
                from_state=from_state,
                to_state=to_state,
                actor=actor,
                reason=reason,
                expires_at=expires_at,
                moment=self._moment(),
            )
        )

    async def stop_list(self, batch_id: BatchId, *, actor: Actor) -> list[Lookup]:
        return await self._change(lambda db: batches.stop(db, batch_id, actor=actor, moment=self._moment()))

    async def set_bulletin(self, batch_id: BatchId, message: Card) -> None:
        await self._change(lambda db: batches.set_bulletin(db, batch_id, message))

    async def bulletin(self, batch_id: BatchId) -> Card | None:
        return await self._ask(lambda db: batches.bulletin(db, batch_id))

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

    async def note_each(self, event: Event, *, actor: Actor, lookup_ids: Sequence[LookupId]) -> None:
        def write(db: Database) -> None:
            for lookup_id in lookup_ids:
                journal.write(db, event, lookup_id, at=self._clock.now(), actor=actor)

        await self._change(write)

    async def add_card(self, lookup_id: LookupId, card: Card) -> None:
        await self._change(lambda db: cards.add(db, lookup_id, card))

    async def cards(self, lookup_id: LookupId) -> list[Card]:
        return await self._ask(lambda db: cards.of_lookup(db, lookup_id))

    async def cards_drawn(self, lookup_id: LookupId, state: State) -> None:
        await self._change(lambda db: cards.drawn(db, lookup_id, state))

    async def claim_stale_cards(self) -> set[LookupId]:
        return await self._change(lambda db: cards.claim_stale(db, now=self._clock.now()))

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
        await self._change(lambda db: leases.renew(db, held, moment=self._moment()))

    async def interrupt_abandoned(self, running: Collection[LookupId]) -> int:
        return await self._change(lambda db: leases.interrupt_abandoned(db, running, moment=self._moment()))

    async def told(self, lookup_id: LookupId, state: State) -> None:
        await self._change(lambda db: leases.told(db, lookup_id, state))

    async def told_list(self, known: Collection[Lookup]) -> None:
        await self._change(lambda db: batches.told(db, known))

    async def claim_untold(self) -> list[Lookup]:
        return await self._change(lambda db: leases.claim_untold(db, moment=self._moment()))

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

    async def _ask(self, question: Callable[[Database], T]) -> T:
        return await self._thread.do(question)

    async def _change(self, change: Callable[[Database], T]) -> T:
        return await self._thread.do(lambda db: make(db, change))

    def _moment(self) -> Moment:
        now = self._clock.now()
        return Moment(now=now, owner=self._owner, lease_until=now + self._lease)


def _prepare(db: Database) -> None:
    migrate(db)
    let_readers_pass(db)

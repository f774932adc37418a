"""What the use cases need from the outside, as narrow as they need it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from pydantic import SecretStr

from bot.evidence import Head, Inspection
from bot.guesses import Alarm, Tally
from bot.models import (
    Actor,
    Answer,
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
from bot.tickets import Call, Outlook, Ticket
from bot.traces import Traces

T = TypeVar("T")


class Clock(Protocol):
    """Time, given from outside so that tests own it."""

    def now(self) -> float:
        """Unix seconds (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; for durations."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Cell(Protocol):
    """A text that processes share: read and changed by one of them at a time."""

    async def change(self, think: Callable[[str], tuple[str, T]]) -> T:
        """Give the text (empty at first) to ``think``, keep what it returns first, and return what it returns second.

        ``think`` may be called twice, and on another thread. Raises ``StoreUnavailable``.
        """
        ...


class Quota(Protocol):
    """The account's calls per second."""

    def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AbstractAsyncContextManager[Call]:
        """Wait for a free slot, hold it during the block, and give it back after it.

        One turn is one request on the wire: every attempt takes its own, and signs only inside it. ``before`` is done
        when the slot is certain and the block is about to begin.
        """
        ...

    def outlook(self, lookup_id: LookupId) -> Outlook | None:
        """What whoever waits for this lookup's turn can expect; ``None`` when it waits for none."""
        ...


class PhoneIdApi(Protocol):
    """Alibaba Cloud's ``GetPreValidatePhoneId``."""

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        """The ID of a pre-validated number.

        Each attempt happens inside its own ``turn()``. Raises ``ApiError`` when there is no ID, after the retries the
        policy allows.
        """
        ...


class Store(Protocol):
    """The record: lookups and their journal. Every change and its journal entry are one transaction.

    Every verb raises ``StoreUnavailable`` when the database cannot be used.
    """

    async def accept(
        self,
        new: NewLookup,
        *,
        state: State,
        problem: Problem | None = None,
        expires_at: float | None = None,
        wait_until: float | None = None,
    ) -> tuple[Lookup, bool]:
        """Record a lookup, in the state it starts in. ``False`` when its submission was recorded before.

        One that would start ``queued`` is rejected when too many codes were refused. ``expires_at`` (Unix seconds) is
        for one that awaits approval, and makes its ``Approval``; ``wait_until`` for one rejected for a while.
        """
        ...

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
        """Change a lookup's state if it is still ``from_state``. Raises ``LookupMoved`` when it is not.

        To ``calling`` it raises ``TooManyGuesses``, and changes nothing, when too many codes were refused.

        Leaving ``awaiting`` records ``actor`` as who decided, now, with ``reason``. ``expires_at``, when given,
        replaces the approval's.
        """
        ...

    async def accept_list(
        self,
        news: Sequence[NewLookup],
        *,
        state: State,
        problem: Problem | None = None,
        expires_at: float | None = None,
        wait_until: float | None = None,
    ) -> tuple[list[Lookup], bool]:
        """Record a list, all of it or nothing, and give each lookup its place. ``False`` when it was recorded before.

        Each has a submission key of its own; the first one's tells the list from others. Of a list that would start
        ``queued`` some may be rejected all the same, as in ``accept``.
        """
        ...

    async def read_list(self, batch_id: BatchId) -> list[Lookup]:
        """A list in its order; empty when there is none."""
        ...

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
        """As ``move``, for every lookup of a list at once. Raises ``LookupMoved``, changing none, when one differs."""
        ...

    async def stop_list(self, batch_id: BatchId, *, actor: Actor) -> list[Lookup]:
        """End what of a list is not called yet, as stopped. Gives those that this ended."""
        ...

    async def set_bulletin(self, batch_id: BatchId, message: Card) -> None:
        """Remember the message in which a list's agent follows it."""
        ...

    async def bulletin(self, batch_id: BatchId) -> Card | None: ...

    async def note(
        self,
        event: Event,
        *,
        actor: Actor,
        lookup_id: LookupId | None,
        facts: Mapping[str, str | int | None] | None = None,
    ) -> None:
        """Write an entry about something that changed no state."""
        ...

    async def note_each(self, event: Event, *, actor: Actor, lookup_ids: Sequence[LookupId]) -> None:
        """The same entry for each of several lookups, at once."""
        ...

    async def add_card(self, lookup_id: LookupId, card: Card) -> None:
        """Remember a message in which a lookup can be decided."""
        ...

    async def cards(self, lookup_id: LookupId) -> list[Card]: ...

    async def cards_drawn(self, lookup_id: LookupId, state: State) -> None:
        """Remember that every card of a lookup says this state, if it is still the last."""
        ...

    async def claim_stale_cards(self) -> set[LookupId]:
        """Lookups whose cards should say by now how they stand and do not. Each is the caller's for some minutes."""
        ...

    async def due(self) -> list[Lookup]:
        """Lookups that await approval, or are approved and unused, beyond their time; the longest overdue first.

        A list is spoken of once, by its first lookup.
        """
        ...

    async def claim_reminders(self, *, asked_before: float) -> list[Lookup]:
        """Lookups that await approval since before then (Unix seconds) and nobody was reminded of.

        Each is returned once, to one caller, and marked and journalled as reminded; of a list the first is returned.
        """
        ...

    async def tally(self, agent: Actor, phone: PhoneNumber | None) -> Tally:
        """What is counted against an attempt of this agent, for this number if it is known."""
        ...

    async def claim_alarms(self) -> list[Alarm]:
        """Alarms that codes may be guessed and nobody was told of.

        Each is the caller's to tell for some minutes; then, untold still, it goes to the next caller, for an hour.
        """
        ...

    async def alarm_told(self, alarm: Alarm, *, people: int) -> None:
        """Record that so many people or channels were told."""
        ...

    async def find(self, lookup_id: LookupId) -> Lookup | None: ...

    async def search(self, query: LogQuery) -> list[Lookup]:
        """Matching lookups, newest first."""
        ...

    async def journal(self, lookup_id: LookupId) -> list[JournalEntry]:
        """What happened to one lookup, oldest first."""
        ...

    async def renew(self, held: Collection[LookupId]) -> None:
        """Say that this process still runs these, or tells how they stand: they stay its own for another lease."""
        ...

    async def interrupt_abandoned(self, running: Collection[LookupId]) -> int:
        """End every queued or calling lookup whose lease ran out, but for those that still run here. How many."""
        ...

    async def told(self, lookup_id: LookupId, state: State) -> None:
        """Remember that a lookup's agent knows of this state, if it is still the last."""
        ...

    async def told_list(self, known: Collection[Lookup]) -> None:
        """The same for several at once."""
        ...

    async def claim_untold(self) -> list[Lookup]:
        """Ended lookups whose agents should know by now and do not.

        Each is the caller's to tell for a lease; then, untold still and not renewed, it goes to the next caller, for a
        day. A list is told as a whole, by its first lookup here, once nothing of it runs any more.
        """
        ...

    async def traces(self, phone: PhoneNumber) -> Traces:
        """Where a number is in the record."""
        ...

    async def forget(self, phone: PhoneNumber, *, actor: Actor) -> Traces:
        """Forget a number everywhere: it, its ID and the reasons. What there was of it.

        Raises ``StillOpen`` when a lookup of it runs or waits, and forgets nothing.
        """
        ...

    async def forget_old(self, *, before: float, limit: int) -> int:
        """Forget ended lookups that were asked before then (Unix seconds), ``limit`` at most. How many."""
        ...

    async def scrub(self) -> bool:
        """Remove the bytes of what was forgotten from the files. ``False`` while a reader hinders it."""
        ...

    async def journal_head(self) -> Head:
        """The newest entry's number and hash."""
        ...

    async def inspect(self, *, anchor: Head | None = None) -> Inspection:
        """Check that the journal is whole and the record what it vouches for; ``anchor`` is a head noted elsewhere."""
        ...

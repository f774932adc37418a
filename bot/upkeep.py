"""What a running bot does again and again: for what others did, for what they left behind, and for what is due."""

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager

from bot.app import Waits
from bot.interfaces import Clock, People
from bot.leavers import withdraw_requests_of_leavers
from bot.lookups import Lookups
from bot.models import RequestId, State
from bot.repeating import repeating
from bot.retention import Retention
from bot.slack.parts import Parts
from bot.store import journal
from bot.store.outbox import Kind
from bot.store.record import Record


class Upkeep:
    """Of one process among any number on a database: nobody tells it what the others do."""

    def __init__(self, record: Record, lookups: Lookups, people: People, parts: Parts) -> None:
        self._record = record
        self._people = people
        self._lookups = lookups
        self._parts = parts
        self._seen: int | None = None
        """The newest of the journal's entries that were followed."""

    @asynccontextmanager
    async def going_on(self, retention: Retention, clock: Clock, waits: Waits) -> AsyncIterator[None]:
        """All of it, while inside."""

        def until_followed() -> float:
            is_anything_here = self._parts.requests.has_codes or self._lookups.is_any_running
            return waits.following if is_anything_here else waits.resting

        async with (
            repeating(self.follow, every=until_followed, clock=clock),
            repeating(self.sweep, every=waits.sweeping, clock=clock),
            repeating(self.say, every=waits.saying, clock=clock),
            repeating(self.withdraw_for_leavers, every=waits.leavers, clock=clock),
            repeating(retention.apply, every=waits.forgetting, clock=clock),
        ):
            yield

    async def follow(self) -> None:
        """Use the codes kept here as soon as any process has approved, and wait for nothing that was stopped."""
        newest, moves = await self._record.read(journal.moves_since, self._seen)
        # One that was taken for dead goes on: its ID is recorded all the same.
        self._lookups.drop(each.lookup_id for each in moves if each.lookup_id and each.to_state == State.DROPPED)
        await self._use_kept(among={each.request_id for each in moves})
        self._seen = newest  # only now: what the database failed over is looked at again

    async def sweep(self) -> None:
        """End and take away what dead processes and passing time left behind."""
        await self._lookups.sweep()
        await self._use_kept()  # once more: the database may have failed when they were approved
        for request_id in await self._parts.notices.cards_to_take_away():
            self._parts.jobs.start(self._parts.outbox.deliver(Kind.CARDS, request_id))

    async def say(self) -> None:
        """Say what nobody has said in time."""
        for due in await self._parts.outbox.due():
            self._parts.jobs.start(self._parts.outbox.deliver(due.kind, due.request_id))

    async def withdraw_for_leavers(self) -> None:
        """Ask nobody to decide for people who are gone, and say so on the cards."""
        for request_id in await withdraw_requests_of_leavers(self._record, self._people):
            self._parts.jobs.start(self._parts.outbox.deliver(Kind.CARDS, request_id))

    async def _use_kept(self, among: Container[RequestId] | None = None) -> None:
        for request in await self._parts.requests.usable(among):
            self._parts.jobs.start(self._parts.asking.use_if_there(request))

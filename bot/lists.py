"""The use case: many numbers asked for at once, followed, stopped and read again as one list."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pydantic import SecretStr

from bot.approvals import Approvals
from bot.errors import NotPossible, StoreUnavailable
from bot.interfaces import Clock, Store
from bot.lookups import STARTS_IN, Lookups
from bot.models import Actor, BatchId, Card, Event, Lookup, LookupId, NewLookup, Problem, State
from bot.policy import Action, Decision, Standing, check_transition, is_final
from bot.repeating import while_running
from bot.tickets import Lane
from bot.vault import Vault

log = logging.getLogger(__name__)

FOLLOWED_AFTER = 0.5
"""Seconds until the first look at a running list: then its window can be stopped."""

FOLLOWED_EVERY = 2.5
"""Seconds between looks from then on."""

LOOKS_APART = 1.25
"""Seconds between looks at all lists together: each is an update of a message, and Slack takes 50 of these a minute."""

Codes = Mapping[LookupId, SecretStr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a list is: all its lookups, in order."""

    listed: Sequence[Lookup]
    seconds: float | None = None
    """An estimate of how long the rest takes; ``None`` where there is none."""

    @property
    def ended(self) -> list[Lookup]:
        return [each for each in self.listed if is_final(each.state)]

    @property
    def answered(self) -> list[Lookup]:
        return [each for each in self.listed if each.state is State.ANSWERED]

    @property
    def is_over(self) -> bool:
        return len(self.ended) == len(self.listed)

    @property
    def is_stopped(self) -> bool:
        """Whether its agent stopped it; what was being called then may still be."""
        return any(each.result.problem is Problem.STOPPED for each in self.listed)

    @property
    def has_stoppable(self) -> bool:
        """Whether anything is left that was not called yet."""
        return any(each.state is State.QUEUED for each in self.listed)


Follow = Callable[[Progress], Awaitable[None]]
"""Is given a running list as it stands, every so often."""


class Lists:
    """Takes lists in, runs them and reads them. A list is named by any lookup of it."""

    def __init__(
        self, *, store: Store, lookups: Lookups, approvals: Approvals, vault: Vault, seconds: float, clock: Clock
    ) -> None:
        """``seconds``: how long a decision is waited for."""
        self._store = store
        self._lookups = lookups
        self._approvals = approvals
        self._vault = vault
        self._seconds = seconds
        self._clock = clock
        self._running = 0
        """Lists that run in this process."""

    async def accept(
        self, news: Sequence[NewLookup], decision: Decision, codes: Sequence[SecretStr | None]
    ) -> tuple[list[Lookup], bool]:
        """Record a list as the decision has it; ``False`` when this submission was recorded before.

        Of a list that may be asked, those numbers are rejected for which too many codes were refused. Codes of a list
        that awaits approval wait in memory.
        """
        state = STARTS_IN[decision.verdict]
        check_transition(None, state)
        expires_at = self._clock.now() + self._seconds if state is State.AWAITING else None
        listed, is_new = await self._store.accept_list(
            news, state=state, problem=decision.problem, expires_at=expires_at, wait_until=decision.wait_until
        )
        if is_new and expires_at is not None:
            for lookup, code in zip(listed, codes, strict=True):
                if code:
                    self._vault.keep(lookup.id, code, until=expires_at)
        facts = {"batch": _batch_of(listed[0]), "count": len(listed), "state": state, "new": is_new}
        log.info("list accepted", extra={"facts": facts})
        return listed, is_new

    async def read(self, lookup: Lookup) -> list[Lookup]:
        """The list that a lookup stands in, in order."""
        return await self._store.read_list(_batch_of(lookup))

    async def use(self, lookup: Lookup, codes: Codes | None = None) -> list[tuple[Lookup, SecretStr]] | None:
        """Turn a list's approval into queued lookups and their codes; ``None`` when a code is not there yet.

        Raises ``NotPossible`` when somebody was quicker.
        """
        return await self._approvals.use_list(await self.read(lookup), codes)

    async def run(self, asked: Sequence[tuple[Lookup, SecretStr]], follow: Follow) -> list[Lookup]:
        """Ask for every number of a queued list, and return the list as it ended.

        Raises ``StoreUnavailable`` when an outcome cannot be recorded: the list then ends as what a dead process left.
        """
        runs = [asyncio.create_task(self._lookups.run(*each, lane=Lane.BULK)) for each in asked]
        first, _ = asked[0]
        everything = asyncio.gather(*runs, return_exceptions=True)
        self._running += 1
        try:
            async for _ in while_running(everything, self._pauses(), self._clock):
                await self._look(first, follow)
            outcomes = await everything
        finally:
            self._running -= 1
            for run in runs:
                run.cancel()
            await asyncio.wait(runs)
        listed = await self.read(first)
        if not Progress(listed=listed).is_over:
            log.error("list not recorded", extra={"facts": {"batch": _batch_of(first)}})
            raise next((each for each in outcomes if isinstance(each, Exception)), StoreUnavailable())
        return listed

    async def stop(self, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> list[Lookup]:
        """End what was not called yet, for the list's own agent. Raises ``NotPossible``, and journals it.

        What was ended by this; it may be nothing: what is being called ends by itself.
        """
        found = await self._store.find(lookup_id)
        listed = await self.read(found) if found and found.place else []
        # The last that has not ended: the first may have, before it is looked at again.
        running = next((each for each in reversed(listed) if not is_final(each.state)), None)
        lookup = await self._check(Action.STOP, running.id if running else lookup_id, actor=actor, standing=standing)
        stopped = await self._store.stop_list(_batch_of(lookup), actor=actor)
        self._lookups.drop(each.id for each in stopped)
        log.info("list stopped", extra={"facts": {"batch": _batch_of(lookup), "count": len(stopped)}})
        return stopped

    async def check(self, action: Action, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> list[Lookup]:
        """The list, if this person may do that to it now. Raises ``NotPossible``, and journals it."""
        return await self.read(await self._check(action, lookup_id, actor=actor, standing=standing))

    async def _check(self, action: Action, lookup_id: LookupId, *, actor: Actor, standing: Standing) -> Lookup:
        lookup = await self._approvals.check(action, lookup_id, actor=actor, standing=standing)
        if lookup.place is None:
            await self._approvals.forbid(action, actor, lookup_id, Problem.NOT_YOUR_REQUEST)
            raise NotPossible(Problem.NOT_YOUR_REQUEST, None)
        return lookup

    async def record_showing(self, listed: Sequence[Lookup], actor: Actor) -> None:
        """Record that the IDs, or the full numbers, of a list are about to be shown once more."""
        await self._store.note_each(Event.SHOWN, actor=actor, lookup_ids=[each.id for each in listed])

    async def follow_in(self, lookup: Lookup, message: Card) -> None:
        """Remember the message in which a list's agent follows it."""
        await self._store.set_bulletin(_batch_of(lookup), message)

    async def followed_in(self, lookup: Lookup) -> Card | None:
        return await self._store.bulletin(_batch_of(lookup))

    def telling(self, listed: Sequence[Lookup]) -> AbstractContextManager[None]:
        """While inside, telling how these stand is this process's; if it dies, it is the next one's."""
        return self._lookups.telling(*(each.id for each in listed))

    async def told(self, listed: Sequence[Lookup]) -> None:
        """Remember that the agent knows how each of these stands."""
        await self._store.told_list(listed)

    def _pauses(self) -> Iterator[float]:
        yield FOLLOWED_AFTER
        while True:
            yield max(FOLLOWED_EVERY, LOOKS_APART * self._running)

    async def _look(self, first: Lookup, follow: Follow) -> None:
        """Show how far the list is. Whatever comes of that, the list goes on."""
        try:
            listed = await self.read(first)
            self._lookups.drop(each.id for each in listed if is_final(each.state))  # stopped through another process
            waits = [outlook.seconds for each in listed if (outlook := self._lookups.outlook(each.id))]
            await follow(Progress(listed=listed, seconds=max(waits, default=None)))
        except Exception:
            log.exception("list not followed", extra={"facts": {"batch": _batch_of(first)}})


def _batch_of(lookup: Lookup) -> BatchId:
    if lookup.place is None:
        raise ValueError("the lookup stands in no list")
    return lookup.place.batch_id

"""The use case: one to many numbers asked for at once, decided on where that is needed, run, stopped and read again."""

import logging
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress

from pydantic import SecretStr

from bot import guesses, policy, states
from bot.access import FRESH, Access
from bot.errors import CardOutdated, NotPossible, RecordDamaged, RequestMoved, StoreUnavailable
from bot.exposure import find_exposed
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.mentioned import mention
from bot.models import (
    Actor,
    ApprovalState,
    Lookup,
    LookupId,
    MessageRef,
    NewRequest,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    State,
    Through,
)
from bot.pending_codes import Codes, PendingCodes
from bot.policy import Action, Decision
from bot.progress import Progress
from bot.store import decisions, exposure
from bot.store import guesses as counts
from bot.store import lookups as lookups_store
from bot.store import requests as store
from bot.store.record import Record

log = logging.getLogger(__name__)

BOT = Actor(team_id="-", user_id="bot", through=Through.BOT)
"""Who ends what nobody ended in time."""

UNKNOWN_CARD = MessageRef("", "")
"""Of a click that names no card: none shows anything."""

USE_AGAIN_AFTER = (0.3, 0.6, 1.2)
"""Seconds before each further try to use an approval, while the database cannot be used."""


class Requests:
    """Takes requests in, and does to them what people may do."""

    def __init__(self, *, record: Record, lookups: Lookups, access: Access, seconds: float, clock: Clock) -> None:
        """``seconds``: how long a decision is waited for, and again how long an approval is good for."""
        self._record = record
        self._lookups = lookups
        self._access = access
        self._seconds = seconds
        self._clock = clock
        self._pending = PendingCodes(clock)

    @property
    def has_codes(self) -> bool:
        """Whether any codes wait here for an approval, of which this process is to hear at once."""
        return bool(self._pending.request_ids)

    async def ask(self, new: NewRequest, decision: Decision, codes: Codes) -> store.Accepted:
        """Record a request as it was decided. The codes of one that awaits approval wait in memory, if all are there.

        Not new is one whose submission was recorded before: it is returned as it is. Raises ``StoreUnavailable``.
        """
        by_phone = {phone: codes[position] for position, phone in enumerate(new.phones, start=1) if position in codes}
        await self._forget_exposed(new.agent, by_phone)
        expires_at = self._clock.now() + self._seconds
        accepted = await self._record.change(
            store.accept, new, decision, expires_at=expires_at, most_open=self._access.most_open
        )
        request = accepted.request
        mention("request", request.id)
        if accepted.is_new and request.approval.expires_at is not None and _is_for_all(codes, request):
            self._pending.keep(request.id, codes, until=request.approval.expires_at)
        facts = {"request": request.id, "count": request.size, "approval": request.approval.state}
        log.info("request accepted", extra={"facts": {**facts, "new": accepted.is_new}})
        return accepted

    async def progress(self, request: Request) -> Progress:
        """How far a running request is."""
        now = await self._record.read(store.find, request.id) or request
        waits = [outlook.seconds for each in now.lookups if (outlook := self._lookups.outlook(each.id))]
        is_slow = any(self._lookups.is_slow(each.id) for each in now.lookups)
        return Progress(request=now, seconds=max(waits, default=None), is_slow=is_slow)

    async def approve(self, request_id: RequestId, *, actor: Actor, card: MessageRef | None = None) -> Request:
        """Approve; from now on the approval is good for as long as it was waited for. Raises ``NotPossible``.

        ``card``: the one that was approved on. If it does not show each refused code, it has to be drawn anew first.
        """
        request = await self._access.check(Action.APPROVE, request_id, actor=actor)
        if problem := await self._access.problem_of_agent(request, within=FRESH):
            await self._access.forbid(Action.APPROVE, actor, problem, request)
            raise NotPossible(problem if problem in policy.UNCERTAIN else Problem.AGENT_MAY_NOT_ASK, request)
        return await self._decide(Action.APPROVE, ApprovalState.APPROVED, request, actor, card=card or UNKNOWN_CARD)

    async def deny(self, request_id: RequestId, *, actor: Actor, reason: str) -> Request:
        """Deny, with the reason the agent will read. Raises ``NotPossible``."""
        request = await self._access.check(Action.DENY, request_id, actor=actor)
        return await self._decide(Action.DENY, ApprovalState.DENIED, request, actor, reason=reason)

    async def withdraw(self, request_id: RequestId, *, actor: Actor) -> Request:
        """Take one's own request back. Raises ``NotPossible``."""
        request = await self._access.check(Action.WITHDRAW, request_id, actor=actor)
        return await self._decide(Action.WITHDRAW, ApprovalState.WITHDRAWN, request, actor)

    async def check_entering(self, request_id: RequestId, *, actor: Actor) -> Request:
        """The approved request, if its codes may be entered now. Raises ``NotPossible``, and journals it.

        Nobody enters codes while one of the numbers has to wait: the approval stays, and can be used after the wait.
        """
        request = await self._access.check(Action.ENTER_CODE, request_id, actor=actor)
        if problem := await self._access.problem_of_agent(request):
            raise await self._access.forbidden(Action.ENTER_CODE, actor, problem, request)
        if wait := await self._wait_of(request):
            await self._access.forbid(Action.ENTER_CODE, actor, wait.problem, request)
            raise NotPossible(wait.problem, request, wait=wait.until - self._clock.now())
        return request

    async def use(self, request: Request, codes: Codes | None = None) -> tuple[Request, Codes] | None:
        """Queue an approved request, with the codes that were entered or those kept; ``None`` where one is missing.

        Those kept are used by one process, and only until their agent is asked to enter them. Raises ``NotPossible``
        when somebody was quicker, or time ran out; where codes were entered, that is journalled.
        """
        are_entered = bool(codes)
        codes = codes or self._pending.find(request.id)
        if codes is None or not _is_for_all(codes, request):
            return None
        try:
            if are_entered:
                queued = await self._record.change(decisions.use, request.id)
            else:
                queued = await self._use_kept(request.id)
        except RequestMoved as moved:
            self._pending.forget(request.id)
            if are_entered:
                await self._access.forbid(Action.ENTER_CODE, request.agent, None, moved.current)
            raise NotPossible(None, moved.current) from None
        self._pending.forget(request.id)  # only now: a database that fails for a moment must not cost the codes
        log.info("approval used", extra={"facts": {"request": request.id, "count": request.size}})
        return queued, codes

    async def end_exposed(self, request: Request, codes: Codes) -> bool:
        """Whether a number or the reason of an approved request holds the code that comes now. Then nothing is looked
        up: what holds it is forgotten, and the request has ended. Raises ``NotPossible`` when somebody was quicker.
        """
        by_phone = {each.phone: codes[each.position] for each in request.lookups if each.position in codes}
        return await self._forget_exposed(request.agent, by_phone, entering=request.id)

    async def stop(self, request_id: RequestId, *, actor: Actor) -> list[LookupId]:
        """End what was not called yet, for the request's own agent. Raises ``NotPossible``, and journals it.

        Which lookups were ended by this; it may be none: what is being called ends by itself.
        """
        request = await self._access.check(Action.STOP, request_id, actor=actor)
        stopped = await self._record.change(lookups_store.stop, request.id, actor=actor)
        self._lookups.drop(stopped)
        log.info("request stopped", extra={"facts": {"request": request.id, "count": len(stopped)}})
        return stopped

    async def record_showing(self, request: Request, lookups: Sequence[Lookup], *, actor: Actor) -> Request:
        """Record that IDs, or full numbers, are about to be shown once more: first the journal, then the screen.

        What is to be shown is the request that this returns: some may have been forgotten just now.
        """
        return await self._record.change(store.show, request, {each.position for each in lookups}, actor=actor)

    async def end_overdue(self, request_id: RequestId) -> Request | None:
        """End what nobody decided on or used in time; ``None`` when that is not so any more, or not certain."""
        request = await self._access.find(request_id)
        if request is None or await self._access.as_of_now(request) in (request, None):
            return None
        try:
            if request.approval.state is ApprovalState.AWAITING:
                ended = await self._record.change(decisions.decide, request_id, ApprovalState.EXPIRED, actor=BOT)
            else:
                ended = await self._record.change(decisions.lapse, request_id, actor=BOT)
        except RequestMoved:  # decided or used by somebody else in this very moment
            return None
        self._pending.forget(request_id)
        return ended

    async def usable(self, among: Container[RequestId] | None = None) -> list[Request]:
        """Approved requests whose codes are kept here, of all or ``among`` these, whichever process approved them.

        Codes that are not needed any more are forgotten: another process may have denied, or been given the code anew.
        """
        usable = []
        for request_id in self._pending.request_ids:
            if among is not None and request_id not in among:
                continue
            try:
                request = await self._access.find(request_id)
            except RecordDamaged:  # nobody uses what cannot be read, and the others must not wait for it
                log.exception("codes dropped: damaged request", extra={"facts": {"request": request_id}})
                request = None
            if request is None or not request.is_any(State.HELD):
                self._pending.forget(request_id)
            elif await self.is_usable(request):
                usable.append(request)
        return usable

    async def is_usable(self, request: Request) -> bool:
        """Whether it is approved, for somebody who may still ask.

        Not while its time seems to be over by a clock that cannot be believed: its codes wait for that.
        """
        if request.approval.state is not ApprovalState.APPROVED or await self._access.problem_of_agent(request):
            return False
        return await self._access.as_of_now(request) is not None

    def is_same_code(self, lookup: Lookup, codes: Codes) -> bool:
        """Whether a lookup that follows another has the code that is being tried for it; unknown counts as another."""
        code = codes.get(lookup.position)
        return bool(lookup.follows and code and self._lookups.is_trying(lookup.follows, code))

    async def _use_kept(self, request_id: RequestId) -> Request:
        """Tried again in the time before the agent is asked. Raises ``RequestMoved`` and ``StoreUnavailable``."""
        for again_after in USE_AGAIN_AFTER:
            with suppress(StoreUnavailable):
                return await self._record.change(decisions.use, request_id, are_kept=True)
            await self._clock.sleep(again_after)
        return await self._record.change(decisions.use, request_id, are_kept=True)

    async def _forget_exposed(
        self,
        agent: Actor,
        codes: Mapping[PhoneNumber, SecretStr],
        *,
        entering: RequestId | None = None,
    ) -> bool:
        """Forget where the codes stand in what their agent had recorded; whether that ended ``entering`` with it."""
        recorded = await self._record.read(exposure.beside, agent, codes) if codes else []
        exposed = find_exposed(recorded, codes, entering=entering)
        if not exposed.all:
            return False
        ending = entering if any(each.request_id == entering for each in exposed.all) else None
        try:
            await self._record.change(exposure.forget, exposed, actor=agent, entering=ending)
        except RequestMoved as moved:
            raise NotPossible(None, moved.current) from None
        facts = {"requests": sorted({each.request_id for each in exposed.all})}
        log.warning("verification code found in the records", extra={"facts": facts})
        return ending is not None

    async def _decide(
        self,
        action: Action,
        to_state: ApprovalState,
        request: Request,
        actor: Actor,
        *,
        reason: str = "",
        card: MessageRef | None = None,
    ) -> Request:
        change = self._record.change
        try:
            if card:
                decided = await change(decisions.approve, request.id, actor=actor, good_for=self._seconds, card=card)
            else:
                decided = await change(decisions.decide, request.id, to_state, actor=actor, reason=reason)
        except CardOutdated:
            raise await self._access.forbidden(action, actor, Problem.CARD_OUTDATED, request) from None
        except RequestMoved as moved:
            raise await self._access.too_late(action, actor, moved.current) from None
        if to_state in states.ENDS_UNUSED:
            self._pending.forget(request.id)
        log.info("request decided", extra={"facts": {"request": request.id, "state": to_state, "by": actor.user_id}})
        return decided

    async def _wait_of(self, request: Request) -> guesses.Wait | None:
        """Until when the guess guard keeps any number of an approved request from being called."""
        phones = [each.phone for each in request.lookups]
        counted = await self._record.read(counts.counts, request.agent, phones)
        now, approved_at = self._clock.now(), request.approval.decided_at
        found = [guesses.waits(counted.against(phone), now=now, approved_at=approved_at) for phone in phones]
        return max(filter(None, found), key=lambda wait: wait.until, default=None)


def _is_for_all(codes: Codes, request: Request) -> bool:
    """Whether each of its numbers has its code: some alone are of no use."""
    return all(each.position in codes for each in request.lookups)

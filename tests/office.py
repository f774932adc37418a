"""Approvals with what is quick behind them: a database in memory, a clock that steps, an API that says yes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from bot.approvals import Approvals
from bot.vault import Vault
from pydantic import SecretStr

from bot.audit import Event, JournalEntry
from bot.errors import NotPossible
from bot.lookups import Lookups
from bot.models import Actor, Answer, Lookup, LookupId, NewLookup, PhoneNumber, Through
from bot.policy import Action, Circle, Decision, Membership, Policy, Rule, Standing, Verdict
from bot.store.sqlite import SqliteStore
from bot.tickets import Call
from tests.clocks import SteppingClock
from tests.quotas import FreeQuota

HOUR = 3600.0
CODE = SecretStr("208312")
PHONE = PhoneNumber("12025550115")
FULL = Standing(Membership.FULL)
NEEDED = Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)


def member(user_id: str) -> Actor:
    return Actor(team_id="T0SANDBOX", user_id=user_id, through=Through.SLACK)


ANA, LEE, KIM = member("U0ANA"), member("U0LEE"), member("U0KIM")
POLICY = Policy(approvers=Circle(user_ids=frozenset({"U0LEE", "U0KIM"})), needs_approval=True)


class GoodApi:
    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            return Answer(phone_number_id="710000000000001", request_id="R-1")


@dataclass
class Office:
    approvals: Approvals
    lookups: Lookups
    vault: Vault
    store: SqliteStore
    clock: SteppingClock

    async def ask(
        self, *, code: SecretStr | None = CODE, key: str = "key", agent: Actor = ANA, phone: PhoneNumber = PHONE
    ) -> Lookup:
        new = NewLookup(agent=agent, phone=phone, reason="ticket 7", channel_id="C0SUPPORT", submission_key=key)
        lookup, _ = await self.approvals.ask(new, NEEDED, code)
        return lookup

    async def do(self, action: Action, lookup_id: LookupId, actor: Actor = LEE, standing: Standing = FULL) -> Lookup:
        match action:
            case Action.APPROVE:
                return await self.approvals.approve(lookup_id, actor=actor, standing=standing)
            case Action.DENY:
                return await self.approvals.deny(lookup_id, actor=actor, standing=standing, reason="not yours")
            case Action.WITHDRAW:
                return await self.approvals.withdraw(lookup_id, actor=actor, standing=standing)
            case _:
                return await self.approvals.check(action, lookup_id, actor=actor, standing=standing)

    async def refusal(self, action: Action, lookup: Lookup, actor: Actor, standing: Standing = FULL) -> NotPossible:
        with pytest.raises(NotPossible) as caught:
            await self.do(action, lookup.id, actor, standing)
        return caught.value

    async def forbidden(self, lookup: Lookup) -> list[JournalEntry]:
        return [entry for entry in await self.store.journal(lookup.id) if entry.event is Event.FORBIDDEN]


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    clock = SteppingClock()
    store, vault = SqliteStore(":memory:", clock=clock), Vault(clock)
    await store.open()
    lookups = Lookups(store=store, api=GoodApi(), quota=FreeQuota(), clock=clock)
    approvals = Approvals(store=store, lookups=lookups, vault=vault, policy=POLICY, seconds=HOUR, clock=clock)
    yield Office(approvals, lookups, vault, store, clock)
    await store.aclose()

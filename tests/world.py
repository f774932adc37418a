"""Processes on one database, in virtual time: an hour is over as soon as nobody has anything to do in it.

What they record is real; Alibaba Cloud answers as a test says, and whoever waits there is held until the test lets go.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import pytest
from pydantic import SecretStr

from bot.access import Access
from bot.audit import Event, JournalEntry
from bot.errors import NotPossible, StoreUnavailable
from bot.guesses import FREE_FOR_NUMBER
from bot.interfaces import Quota
from bot.lookups import Lookups
from bot.models import Actor, MessageRef, NewRequest, PhoneNumber, Request, RequestId, Through
from bot.pending_codes import Codes
from bot.policy import Action, Audience, Decision, Policy, Rule, Verdict
from bot.requests import Requests
from bot.store import journal, messages, outbox, processes
from bot.store.engine import Tx
from bot.store.outbox import Due, Kind
from bot.store.record import Record
from bot.store.recording import awaited, guarded
from bot.store.sqlite import SqliteEngine
from tests import factories
from tests.clocks import START, VirtualClock
from tests.doubles import Believed, FakePeople
from tests.fake_api import FakeApi
from tests.quotas import FreeQuota

P = ParamSpec("P")
T = TypeVar("T")

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def member(user_id: str) -> Actor:
    """Somebody in our workspace."""
    return Actor(team_id="T0SANDBOX", user_id=user_id, through=Through.SLACK)


ANA, BOB, LEE, KIM = member("U0ANA"), member("U0BOB"), member("U0LEE"), member("U0KIM")

APPROVERS = Audience(user_ids=frozenset({"U0LEE", "U0KIM"}))
WITH_APPROVALS = Policy(approvers=APPROVERS, needs_approval=True)
WITHOUT_APPROVALS = Policy(approvers=APPROVERS)

MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
NEEDS_APPROVAL = Decision(Verdict.MAY_WITH_APPROVAL, Rule.APPROVALS)

CODE, OTHER_CODE = SecretStr("208312"), SecretStr("999999")


class WorldClock(VirtualClock):
    """The loop's time, from ``START`` on."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0.0
        """Seconds for which this machine slept: its timers stood still meanwhile."""

    def now(self) -> float:
        return START + self.monotonic() + self.slept


class WorldRecord(Record):
    """A record whose work is done in the loop itself, in virtual time, and which can fail and be watched."""

    def __init__(self, engine: SqliteEngine) -> None:
        super().__init__(engine)
        self._engine = engine
        self.changes: list[str] = []
        """The names of the functions that changed it."""
        self.failing: dict[str, int] = {}
        """How often each of these functions cannot reach the database from now on."""
        self.before: Callable[[str], Awaitable[None]] | None = None
        """Awaited in every change, before it."""
        self.after: Callable[[str], Awaitable[None]] | None = None
        """Awaited in every change, after it is recorded and before its caller knows."""

    async def open(self) -> None:
        self._engine.open()

    async def aclose(self) -> None:
        self._engine.close()

    async def change(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        name, recording = fn.__name__, awaited()
        recording.check(is_committing=False)
        await self._pass(name)
        if self.before:
            await self.before(name)
        with self._engine.changing() as tx:
            result = guarded(lambda tx: fn(tx, *args, **kwargs), recording)(tx)
        self.changes.append(name)
        if self.after:
            await self.after(name)
        return result

    async def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        await self._pass(fn.__name__)
        with self._engine.reading() as tx:
            return fn(tx, *args, **kwargs)

    async def _pass(self, name: str) -> None:
        await asyncio.sleep(0)  # a thread would do it: others get their turn meanwhile
        if self.failing.get(name):
            self.failing[name] -= 1
            raise StoreUnavailable("the test says so")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of the bot's, without Slack."""

    record: WorldRecord
    lookups: Lookups
    access: Access
    requests: Requests
    clock: WorldClock

    async def ask(
        self,
        numbers: int = 1,
        decision: Decision = MAY,
        *,
        codes: Codes | None = None,
        agent: Actor = ANA,
        first: int = 0,
        key: str | None = None,
    ) -> Request:
        """Ask for so many numbers, each with the same code unless there are ``codes``."""
        new = factories.new_request(factories.phones(numbers, first=first), agent=agent, reason="ticket 7", key=key)
        return (await self.requests.ask(new, decision, codes_for(new) if codes is None else codes)).request

    async def asked_and_run(self, numbers: int = 1, *, agent: Actor = ANA, first: int = 0) -> Request:
        """The same, and run to its end."""
        return await self.run(await self.ask(numbers, agent=agent, first=first))

    async def run(self, request: Request, codes: Codes | None = None) -> Request:
        """Run a request's lookups to their end, all at once, each with the same code unless there are ``codes``."""
        codes = codes_for(request) if codes is None else codes
        runs = (self.lookups.run(request, each, codes[each.position]) for each in request.lookups)
        return replace(request, lookups=tuple(await asyncio.gather(*runs)))

    async def do(self, action: Action, request_id: RequestId, actor: Actor = LEE) -> Request:
        """What somebody's click on that button does to a request."""
        match action:
            case Action.APPROVE:
                card = MessageRef("D0CARD", request_id)  # drawn just now
                now = self.clock.now() + 0.001
                add, kind = messages.add, messages.Kind.CARD
                await self.record.change(add, kind, request_id, card, sent_to="U0LEE", drawn_at=now)
                return await self.requests.approve(request_id, actor=actor, card=card)
            case Action.DENY:
                return await self.requests.deny(request_id, actor=actor, reason="not yours")
            case Action.WITHDRAW:
                return await self.requests.withdraw(request_id, actor=actor)
            case _:
                return await self.access.check(action, request_id, actor=actor)

    async def refusal(self, action: Action, request_id: RequestId, actor: Actor = LEE) -> NotPossible:
        """Why somebody may not do that."""
        with pytest.raises(NotPossible) as caught:
            await self.do(action, request_id, actor)
        return caught.value

    async def find(self, request_id: RequestId) -> Request:
        found = await self.access.find(request_id)
        assert found
        return found

    async def journal(self, request_id: RequestId, event: Event | None = None) -> list[JournalEntry]:
        """A request's entries, all or those of one kind."""
        entries = await self.record.read(journal.of_request, request_id)
        return [each for each in entries if event in (None, each.event)]

    async def states(self, request_id: RequestId, position: int | None = 1) -> list[str | None]:
        """The states one of its numbers, or (``None``) its approval, was in."""
        return [each.to_state for each in await self.journal(request_id) if each.position == position and each.to_state]

    async def waiting(self, kind: Kind, request_id: RequestId) -> Due | None:
        """What must still be said of a request."""
        return await self.record.read(outbox.waiting, kind, request_id)

    async def beat(self) -> None:
        """Say that it lives, by the record: not as ``Lookups.beat`` does, which looks at the time as well."""
        await self.record.change(processes.beat)

    async def use_up(self, phone: PhoneNumber, agent: Actor = KIM) -> Request:
        """Refuse all the codes that a number has free, as if somebody had guessed. The last of the requests."""
        refused = [
            await self.record.change(factories.finished, (phone,), factories.REFUSED, agent=agent)
            for _ in range(FREE_FOR_NUMBER)
        ]
        return refused[-1]

    async def use_up_and_alarm(self) -> Request:
        """The same for some number; an alarm about the request is to be told, and nothing else about anything."""
        (phone,) = factories.phones(1)
        request = await self.use_up(phone, agent=ANA)
        await self.record.change(_say_all_but_alarms)
        return request


def codes_for(asked: Request | NewRequest, code: SecretStr = CODE) -> Codes:
    """The same code for each of a request's numbers."""
    count = len(asked.phones) if isinstance(asked, NewRequest) else len(asked.lookups)
    return dict.fromkeys(range(1, count + 1), code)


class World:
    """What processes share: the database, Alibaba Cloud, Slack's people, and time."""

    def __init__(self, database: Path) -> None:
        self.clock = WorldClock()
        self.time = Believed(self.clock)
        self.api = FakeApi()
        self.quota: Quota = FreeQuota()
        self.people = FakePeople()
        self.policy = WITH_APPROVALS
        self._database = database
        self._records: list[WorldRecord] = []

    async def start(self, name: str = "p1") -> Process:
        """A process that says of itself that it lives, once."""
        engine = SqliteEngine(self._database, process=name, clock_now=self.clock.now, synchronous="OFF")
        record = WorldRecord(engine)
        self._records.append(record)
        await record.open()
        lookups_here = Lookups(record=record, api=self.api, quota=self.quota, clock=self.clock)
        await lookups_here.beat()
        access = Access(record=record, people=self.people, policy=self.policy, clock=self.clock, time=self.time)
        requests = Requests(record=record, lookups=lookups_here, access=access, seconds=HOUR, clock=self.clock)
        return Process(record=record, lookups=lookups_here, access=access, requests=requests, clock=self.clock)

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass."""
        await self.clock.sleep(seconds)

    async def until_called(self, count: int = 1) -> None:
        """Wait until Alibaba Cloud got so many calls."""
        while len(self.api.called) < count:  # noqa: ASYNC110 - in virtual time this takes none
            await asyncio.sleep(0.01)

    async def aclose(self) -> None:
        for record in self._records:
            await record.aclose()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = World(tmp_path / "phoneid.db")
    yield opened
    await opened.aclose()


def _say_all_but_alarms(tx: Tx) -> None:
    tx.run("DELETE FROM outbox WHERE kind <> 'alarm'")

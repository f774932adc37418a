"""The use case of lists: followed within Slack's limits, stopped by their agent alone, used once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from bot.approvals import Approvals
from bot.errors import ApiError, NotPossible
from bot.lists import Lists, Progress
from bot.lookups import Lookups
from bot.models import Actor, Answer, Event, Lookup, NewLookup, PhoneNumber, Problem, Side, State
from bot.policy import Decision, Rule, Verdict
from bot.store.sqlite import SqliteStore
from bot.tickets import Call, Lane, Ticket
from bot.vault import Vault
from tests.clocks import SteppingClock
from tests.office import ANA, FULL, HOUR, LEE, NEEDED, POLICY
from tests.quotas import FreeQuota

MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
CODES = [SecretStr(f"10000{n}") for n in range(4)]


class HeldApi:
    """Answers nobody before ``release``; refuses the last of the numbers."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.called: list[str] = []

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            self.called.append(code.get_secret_value())
            await self.release.wait()
        if phone.digits.endswith("3"):
            raise ApiError(Problem.NOT_YOURS, side=Side.AGENT, may_retry=False)
        return Answer(phone_number_id=f"id {phone.digits}", request_id="R-1")


class NoTurns(FreeQuota):
    """Nobody's turn ever comes."""

    @asynccontextmanager
    async def turn(self, ticket: Ticket, *, before: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        await asyncio.Event().wait()
        yield Call()


@dataclass
class Office:
    lists: Lists
    lookups: Lookups
    approvals: Approvals
    api: HeldApi
    quota: FreeQuota
    vault: Vault
    store: SqliteStore
    clock: SteppingClock

    async def accept(
        self, *, decision: Decision = MAY, codes: list[SecretStr] | list[SecretStr | None] = CODES, key: str = "key"
    ) -> list[Lookup]:
        news = [
            NewLookup(
                agent=ANA,
                phone=PhoneNumber(f"1202555010{number}"),
                reason="ticket 7",
                channel_id="C0SUPPORT",
                submission_key=f"{key}:{number}",
            )
            for number in range(len(codes))
        ]
        listed, _ = await self.lists.accept(news, decision, codes)
        return listed

    async def states(self, lookup: Lookup) -> list[State]:
        return [each.state for each in await self.lists.read(lookup)]


@asynccontextmanager
async def opened(quota: FreeQuota) -> AsyncIterator[Office]:
    clock, api = SteppingClock(), HeldApi()
    store, vault = SqliteStore(":memory:", clock=clock), Vault(clock)
    await store.open()
    lookups = Lookups(store=store, api=api, quota=quota, clock=clock)
    approvals = Approvals(store=store, lookups=lookups, vault=vault, policy=POLICY, seconds=HOUR, clock=clock)
    lists = Lists(store=store, lookups=lookups, approvals=approvals, vault=vault, seconds=HOUR, clock=clock)
    yield Office(lists, lookups, approvals, api, quota, vault, store, clock)
    await store.aclose()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with opened(FreeQuota()) as office:
        yield office


async def ignore(_: Progress) -> None:
    """Nobody looks."""


async def test_every_number_is_asked_with_its_own_code_in_the_lane_of_lists(office: Office) -> None:
    listed = await office.accept()
    office.api.release.set()
    ended = await office.lists.run([*zip(listed, CODES, strict=True)], ignore)
    assert [each.state for each in ended] == [State.ANSWERED] * 3 + [State.REFUSED]
    assert sorted(office.api.called) == [code.get_secret_value() for code in CODES]
    assert {ticket.lane for ticket in office.quota.tickets} == {Lane.BULK}


async def test_a_running_list_is_looked_at_soon_and_then_less_often_the_more_run(office: Office) -> None:
    looks: list[Progress] = []

    async def look(now: Progress) -> None:
        looks.append(now)
        if len(looks) == 8:
            office.api.release.set()

    lists = [await office.accept(key=key) for key in "abc"]
    await asyncio.gather(*(office.lists.run([*zip(each, CODES, strict=True)], look) for each in lists))
    assert office.clock.naps[:3] == [0.5, 0.5, 0.5]
    assert office.clock.naps[3:6] == [3.75] * 3  # three lists, 1.25 seconds for each
    assert looks[0].ended == []
    assert not looks[0].is_over


async def test_whatever_becomes_of_looking_the_list_goes_on(office: Office) -> None:
    async def fail(_: Progress) -> None:
        office.api.release.set()
        raise RuntimeError("Slack is away")

    listed = await office.accept()
    ended = await office.lists.run([*zip(listed, CODES, strict=True)], fail)
    assert Progress(listed=ended).is_over


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["here", "by another process"])
async def test_what_is_stopped_waits_for_no_turn_any_more(*, is_elsewhere: bool) -> None:
    async with opened(NoTurns()) as office:
        listed = await office.accept()
        batch_id = listed[0].place.batch_id if listed[0].place else None
        assert batch_id
        stopped: list[Lookup] = []

        async def stop(_: Progress) -> None:
            if is_elsewhere:
                await office.store.stop_list(batch_id, actor=ANA)
            else:
                stopped.extend(await office.lists.stop(listed[0].id, actor=ANA, standing=FULL))

        ended = await asyncio.wait_for(office.lists.run([*zip(listed, CODES, strict=True)], stop), 5)
        assert [each.result.problem for each in ended] == [Problem.STOPPED] * 4
        assert len(stopped) == (0 if is_elsewhere else 4)
        assert office.api.called == []


async def test_where_everything_is_called_already_a_stop_ends_nothing_and_says_so(office: Office) -> None:
    listed = await office.accept()
    stopped: list[list[Lookup]] = []

    async def stop(_: Progress) -> None:
        stopped.append(await office.lists.stop(listed[0].id, actor=ANA, standing=FULL))
        office.api.release.set()

    ended = await office.lists.run([*zip(listed, CODES, strict=True)], stop)
    assert stopped == [[]]
    assert len(office.api.called) == len(ended)


@pytest.mark.parametrize(
    ("actor", "problem"), [(LEE, Problem.NOT_YOUR_REQUEST), (ANA, None)], ids=["another's", "over"]
)
async def test_who_cannot_stop_a_list_is_told_why_and_it_is_in_the_journal(
    office: Office, actor: Actor, problem: Problem | None
) -> None:
    listed = await office.accept()
    office.api.release.set()
    await office.lists.run([*zip(listed, CODES, strict=True)], ignore)
    with pytest.raises(NotPossible) as caught:
        await office.lists.stop(listed[0].id, actor=actor, standing=FULL)
    assert caught.value.problem is problem
    assert (await office.store.journal(listed[0].id))[-1].event is Event.FORBIDDEN


async def test_a_lookup_by_itself_is_no_list(office: Office) -> None:
    new = NewLookup(agent=ANA, phone=PhoneNumber("12025550100"), reason="", channel_id="", submission_key="single")
    single, _ = await office.lookups.accept(new, MAY)
    with pytest.raises(NotPossible) as caught:
        await office.lists.stop(single.id, actor=ANA, standing=FULL)
    assert caught.value.problem is Problem.NOT_YOUR_REQUEST
    assert (await office.store.find(single.id)) == single


async def test_an_approved_list_is_used_once_and_with_all_its_codes_or_not_at_all(office: Office) -> None:
    partly = await office.accept(decision=NEEDED, codes=[CODES[0], None], key="partly")
    await office.approvals.approve(partly[0].id, actor=LEE, standing=FULL)
    assert await office.lists.use(partly[0]) is None
    assert office.vault.lookup_ids == [partly[0].id]  # kept on: it was promised
    assert await office.states(partly[0]) == [State.APPROVED] * 2

    listed = await office.accept(decision=NEEDED)
    await office.approvals.approve(listed[0].id, actor=LEE, standing=FULL)
    approved = (await office.lists.read(listed[0]))[0]
    assert await office.approvals.use(approved, CODES[0]) is None  # one code is no list's
    used = await office.lists.use(approved)
    assert used
    assert [code for _, code in used] == CODES
    assert await office.states(listed[0]) == [State.QUEUED] * 4
    with pytest.raises(NotPossible):
        await office.lists.use(approved, {each.id: CODES[0] for each in listed})


async def test_the_codes_of_a_list_that_was_denied_are_forgotten(office: Office) -> None:
    listed = await office.accept(decision=NEEDED)
    assert len(office.vault) == 4
    await office.approvals.deny(listed[0].id, actor=LEE, standing=FULL, reason="no")
    assert await office.states(listed[0]) == [State.DENIED] * 4
    assert len(office.vault) == 0

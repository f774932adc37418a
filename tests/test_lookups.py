"""The use case: however the call, the store or the process fare, a lookup ends in one state, and rightly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from bot.errors import ApiError, StoreUnavailable
from bot.interfaces import PhoneIdApi, Store
from bot.lookups import Lookups
from bot.models import Actor, Answer, Lookup, NewLookup, PhoneNumber, Problem, Side, State, Through
from bot.policy import YES, Decision, Rule, Verdict
from bot.store.sqlite import SqliteStore
from bot.tickets import Call
from bot.trips import STATE_AFTER
from tests.clocks import SteppingClock
from tests.quotas import FreeQuota

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
CODE = SecretStr("208312")
YES_ANSWER = Answer(phone_number_id="710000000000001", request_id="R-1")

Turn = Callable[[], AbstractAsyncContextManager[Call]]
Script = Callable[[Turn], Awaitable[Answer]]


class ScriptedApi:
    """Does what its script says."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def get_phone_number_id(self, phone: PhoneNumber, code: SecretStr, *, turn: Turn) -> Answer:
        return await self._script(turn)


class FlakyStore(SqliteStore):
    """Cannot be written to as often as told, from the first outcome on."""

    failures = 0

    async def move(self, *args: Any, **kwargs: Any) -> Lookup:
        if kwargs["to_state"] is not State.CALLING and self.failures:
            self.failures -= 1
            raise StoreUnavailable
        return await super().move(*args, **kwargs)


class SlowMoves(SqliteStore):
    """Lets a test act while a move is under way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moving = asyncio.Event()

    async def move(self, *args: Any, **kwargs: Any) -> Lookup:
        if kwargs["to_state"] is State.CALLING:
            moved = await super().move(*args, **kwargs)
            self.moving.set()
            await asyncio.get_running_loop().create_future()  # the answer from the store's thread is never seen
            return moved
        return await super().move(*args, **kwargs)


def new(key: str = "key") -> NewLookup:
    return NewLookup(
        agent=ANA, phone=PhoneNumber("8613800001234"), reason="", channel_id="C0SUPPORT", submission_key=key
    )


async def answers(turn: Turn) -> Answer:
    async with turn():
        return YES_ANSWER


class Hangs:
    """A call that is not answered; ``called`` is set once it is under way."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def __call__(self, turn: Turn) -> Answer:
        async with turn():
            self.called.set()
            await asyncio.get_running_loop().create_future()
        return YES_ANSWER


def refuses(problem: Problem, *, attempts: int = 1) -> Script:
    async def script(turn: Turn) -> Answer:
        for _ in range(attempts):
            async with turn():
                pass
        raise ApiError(problem, side=Side.AGENT, may_retry=False, code="Some.Code", request_id="R-2", http_status=400)

    return script


@asynccontextmanager
async def using(
    script: Script, *, store_class: type[SqliteStore] = SqliteStore
) -> AsyncIterator[tuple[Lookups, SqliteStore, SteppingClock]]:
    clock = SteppingClock()
    store = store_class(":memory:", clock=clock)
    await store.open()
    api: PhoneIdApi = ScriptedApi(script)
    kept: Store = store
    yield Lookups(store=kept, api=api, quota=FreeQuota(), clock=clock), store, clock
    await store.aclose()


async def states(store: SqliteStore, lookup: Lookup) -> list[State | None]:
    return [each.to_state for each in await store.journal(lookup.id)]


async def test_an_answer_is_recorded_with_what_came_back() -> None:
    async with using(answers) as (lookups, store, _):
        queued, is_new = await lookups.accept(new(), YES)
        assert is_new
        ended = await lookups.run(queued, CODE)
        assert ended.state is State.ANSWERED
        assert ended.result.phone_number_id == "710000000000001"
        assert (ended.result.attempts, ended.result.request_id, ended.result.api_code) == (1, "R-1", "OK")
        assert await states(store, ended) == [State.QUEUED, State.CALLING, State.ANSWERED]


async def test_what_may_not_be_asked_is_recorded_as_rejected() -> None:
    async with using(answers) as (lookups, store, _):
        lookup, _ = await lookups.accept(new(), Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, Problem.GUEST))
        assert (lookup.state, lookup.result.problem) == (State.REJECTED, Problem.GUEST)
        assert await states(store, lookup) == [State.REJECTED]


async def test_the_same_submission_is_the_same_lookup() -> None:
    async with using(answers) as (lookups, _, _):
        first, _ = await lookups.accept(new(), YES)
        second, is_new = await lookups.accept(new(), YES)
        assert (second.id, is_new) == (first.id, False)


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (Problem.NOT_YOURS, State.REFUSED),
        (Problem.UNKNOWN_CODE, State.REFUSED),
        (Problem.BAD_CREDENTIALS, State.REFUSED),
        (Problem.THROTTLED, State.FAILED),
        (Problem.SERVICE_TROUBLE, State.FAILED),
        (Problem.NO_ANSWER, State.FAILED),
        (Problem.UNREADABLE, State.FAILED),
        (Problem.NO_ID, State.FAILED),
    ],
)
async def test_a_no_of_the_api_is_refused_and_no_word_from_it_is_failed(problem: Problem, state: State) -> None:
    async with using(refuses(problem, attempts=3)) as (lookups, _, _):
        queued, _ = await lookups.accept(new(), YES)
        ended = await lookups.run(queued, CODE)
        assert (ended.state, ended.result.problem) == (state, problem)
        assert (ended.result.attempts, ended.result.api_code, ended.result.http_status) == (3, "Some.Code", 400)


async def test_a_mistake_of_ours_ends_the_lookup_too(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(turn: Turn) -> Answer:
        raise ZeroDivisionError

    async with using(breaks) as (lookups, _, _):
        queued, _ = await lookups.accept(new(), YES)
        ended = await lookups.run(queued, CODE)
        assert (ended.state, ended.result.problem) == (State.FAILED, Problem.INTERNAL)
        assert any(record.exc_info for record in caplog.records)


async def test_an_interruption_ends_what_runs_and_what_comes_after() -> None:
    hangs = Hangs()
    async with using(hangs) as (lookups, _, _):
        queued, _ = await lookups.accept(new(), YES)
        running = asyncio.create_task(lookups.run(queued, CODE))
        await hangs.called.wait()
        lookups.interrupt()
        ended = await running
        assert (ended.state, ended.result.problem) == (State.INTERRUPTED, Problem.PROCESS_ENDED)
        late, _ = await lookups.accept(new("another"), YES)
        assert (await lookups.run(late, CODE)).state is State.INTERRUPTED


async def test_an_interruption_between_two_states_still_ends_the_lookup() -> None:
    async with using(answers, store_class=SlowMoves) as (lookups, store, _):
        assert isinstance(store, SlowMoves)
        queued, _ = await lookups.accept(new(), YES)
        running = asyncio.create_task(lookups.run(queued, CODE))
        await store.moving.wait()
        lookups.interrupt()
        assert (await running).state is State.INTERRUPTED
        assert await states(store, queued) == [State.QUEUED, State.CALLING, State.INTERRUPTED]


async def test_whoever_ended_it_first_ended_it() -> None:
    hangs = Hangs()
    async with using(hangs) as (lookups, store, clock):
        queued, _ = await lookups.accept(new(), YES)
        running = asyncio.create_task(lookups.run(queued, CODE))
        await hangs.called.wait()
        clock.time += 60  # this process was cut off from the database for long, and another took it for dead
        assert await store.interrupt_abandoned([]) == 1
        lookups.interrupt()
        assert (await running).state is State.INTERRUPTED
        assert await states(store, queued) == [State.QUEUED, State.CALLING, State.INTERRUPTED]


async def test_what_runs_here_is_neither_swept_nor_forgotten() -> None:
    hangs = Hangs()
    async with using(hangs) as (lookups, _, clock):
        queued, _ = await lookups.accept(new(), YES)
        running = asyncio.create_task(lookups.run(queued, CODE))
        await hangs.called.wait()
        clock.time += 3600
        assert await lookups.sweep() == []
        await lookups.renew()
        lookups.interrupt()
        assert (await running).state is State.INTERRUPTED


async def test_what_is_being_told_here_is_nobody_elses_to_tell_until_this_process_dies() -> None:
    async with using(answers) as (lookups, store, clock):
        queued, _ = await lookups.accept(new(), YES)
        ended = await lookups.run(queued, CODE)
        with lookups.telling(ended.id):
            for _ in range(5):  # Slack is slow, for longer than a lease
                clock.time += 10
                await lookups.renew()
            assert await store.claim_untold() == []
            clock.time += 60  # the database was locked for longer than a lease
            assert await lookups.sweep() == []
        clock.time += 60
        assert await lookups.sweep() == [ended]


async def test_a_lookup_whose_end_could_not_be_recorded_is_swept_and_told() -> None:
    async with using(answers, store_class=FlakyStore) as (lookups, store, clock):
        assert isinstance(store, FlakyStore)
        store.failures = 99
        queued, _ = await lookups.accept(new(), YES)
        with pytest.raises(StoreUnavailable):
            await lookups.run(queued, CODE)
        store.failures = 0
        for _ in range(4):  # the heartbeat goes on, but not for this one
            clock.time += 10
            await lookups.renew()
        (swept,) = await lookups.sweep()
        assert (swept.id, swept.state) == (queued.id, State.INTERRUPTED)


async def test_a_problem_of_every_kind_ends_in_a_state() -> None:
    assert set(STATE_AFTER) == set(Problem)


async def test_an_outcome_is_recorded_as_soon_as_the_store_is_back() -> None:
    async with using(answers, store_class=FlakyStore) as (lookups, store, clock):
        assert isinstance(store, FlakyStore)
        store.failures = 3
        queued, _ = await lookups.accept(new(), YES)
        assert (await lookups.run(queued, CODE)).state is State.ANSWERED
        assert clock.naps == [0.2, 1.0, 3.0]


async def test_an_outcome_that_cannot_be_recorded_is_not_given_out() -> None:
    async with using(answers, store_class=FlakyStore) as (lookups, store, _):
        assert isinstance(store, FlakyStore)
        store.failures = 99
        queued, _ = await lookups.accept(new(), YES)
        with pytest.raises(StoreUnavailable):
            await lookups.run(queued, CODE)


async def test_a_lookup_is_found_by_its_agent_only() -> None:
    async with using(answers) as (lookups, _, _):
        lookup, _ = await lookups.accept(new(), YES)
        assert await lookups.find(lookup.id, user_id="U0ANA", team_id="T0SANDBOX") == lookup
        assert await lookups.find(lookup.id, user_id="U0LEE", team_id="T0SANDBOX") is None
        assert await lookups.find(lookup.id, user_id="U0ANA", team_id="T0OTHER") is None

"""The use case: however the call, the database or the process fare, a lookup ends in one state, and rightly."""

import asyncio

import pytest

from bot.audit import Event
from bot.errors import DatabaseGone, StoreUnavailable
from bot.guesses import FREE_FOR_AGENT
from bot.lookups import SLOW_AFTER
from bot.models import Lookup, Problem, Request, State
from bot.policy import Action, Decision, Rule, Verdict
from bot.repeating import repeating
from bot.states import STATE_AFTER
from bot.store.outbox import Kind
from tests.factories import phones
from tests.fake_api import id_of
from tests.quotas import SlowQuota
from tests.world import ANA, CODE, DAY, KIM, MINUTE, NEEDS_APPROVAL, OTHER_CODE, Process, World, codes_for, world

__all__ = ["process", "world"]

pytestmark = pytest.mark.virtual_time

(PHONE,) = phones(1)
SILENCE = 31.0
"""Seconds after which a process counts as dead."""


@pytest.fixture
async def process(world: World) -> Process:
    return await world.start()


async def run_one(process: Process, request: Request) -> Lookup:
    return await process.lookups.run(request, request.lookup, CODE)


# --- the call ---


async def test_an_answer_is_recorded_with_what_came_back(process: Process) -> None:
    ended = (await process.asked_and_run()).lookup
    assert (ended.state, ended.result.phone_number_id) == (State.ANSWERED, id_of(PHONE))
    assert (ended.result.attempts, ended.result.request_id, ended.result.api_code) == (1, "A-1", "OK")
    assert await process.states(ended.id) == ["queued", "calling", "answered"]  # type: ignore[arg-type]
    assert (await process.find(ended.id)).lookup == ended  # type: ignore[arg-type]


async def test_an_answer_tells_how_long_the_calls_took_without_the_wait_for_the_first(world: World) -> None:
    world.quota = SlowQuota(world.clock, 60.0)
    world.api.attempts = 3
    ended = (await (await world.start()).asked_and_run()).lookup
    assert (ended.result.attempts, ended.result.milliseconds) == (3, 120_000)


async def test_what_may_not_be_asked_is_rejected_and_running_it_calls_nobody(world: World) -> None:
    process = await world.start()
    request = await process.ask(1, Decision(Verdict.MAY_NOT, Rule.NOT_A_MEMBER, Problem.GUEST))
    assert (request.lookup.state, request.lookup.result.problem) == (State.REJECTED, Problem.GUEST)
    assert await run_one(process, request) == request.lookup
    assert await process.states(request.id) == ["rejected"]
    assert world.api.called == []


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
async def test_a_no_of_the_api_is_refused_and_no_word_from_it_is_failed(
    world: World, problem: Problem, state: State
) -> None:
    world.api.problems[PHONE], world.api.attempts = problem, 3
    ended = (await (await world.start()).asked_and_run()).lookup
    assert (ended.state, ended.result.problem) == (state, problem)
    assert (ended.result.attempts, ended.result.api_code, ended.result.http_status) == (3, "Some.Code", 400)


def test_a_problem_of_every_kind_ends_in_a_state() -> None:
    assert set(STATE_AFTER) == set(Problem)


async def test_a_mistake_of_ours_ends_the_lookup_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.api.mistake = ZeroDivisionError()
    ended = (await (await world.start()).asked_and_run()).lookup
    assert (ended.state, ended.result.problem) == (State.FAILED, Problem.INTERNAL)
    assert any(record.exc_info for record in caplog.records)


# --- the database ---


async def test_an_outcome_is_recorded_as_soon_as_the_database_is_back(process: Process) -> None:
    process.record.failing["end"] = 3
    begun_at = process.clock.now()
    assert (await process.asked_and_run()).is_all(State.ANSWERED)
    assert process.clock.now() - begun_at == pytest.approx(0.2 + 1.0 + 3.0)


@pytest.mark.parametrize("times", [4, 40, 400])
async def test_an_answer_is_kept_until_it_is_recorded_however_long_that_takes(
    process: Process, times: int, caplog: pytest.LogCaptureFixture
) -> None:
    process.record.failing["end"] = times
    ended = (await process.asked_and_run()).lookup
    assert (ended.state, ended.result.phone_number_id) == (State.ANSWERED, id_of(PHONE))
    assert caplog.messages.count("outcome not recorded") == 1 + (times - 1) // 20


async def test_a_call_is_slow_while_it_runs_and_not_while_its_answer_waits_for_the_database(
    world: World, process: Process
) -> None:
    request = await process.ask()
    world.api.takes = SLOW_AFTER + 1
    process.record.failing["end"] = 5
    running = asyncio.create_task(run_one(process, request))
    await world.until_called()
    await world.pass_time(SLOW_AFTER)
    assert process.lookups.is_slow(request.lookup.id)
    await world.pass_time(1)
    assert not running.done()
    assert not process.lookups.is_slow(request.lookup.id)
    assert (await running).state is State.ANSWERED


async def test_a_stop_waits_no_longer_for_a_database_and_gives_out_nothing_that_is_not_recorded(
    world: World, process: Process
) -> None:
    request = await process.ask()
    process.record.failing["end"] = 1_000_000
    running = asyncio.create_task(run_one(process, request))
    await world.pass_time(600)
    assert not running.done()
    process.lookups.interrupt()
    with pytest.raises(StoreUnavailable):
        await running
    assert (await process.find(request.id)).is_all(State.CALLING)


async def test_a_database_that_is_gone_is_not_waited_for(process: Process) -> None:
    async def be_gone(name: str) -> None:
        if name == "end":
            raise DatabaseGone("the database file was replaced")

    request = await process.ask()
    process.record.before = be_gone
    with pytest.raises(DatabaseGone):
        await run_one(process, request)


async def test_an_outcome_that_was_recorded_before_the_connection_broke_is_given_out_once(process: Process) -> None:
    async def lose_the_answer(name: str) -> None:
        if name == "end":
            process.record.after = None
            raise StoreUnavailable("the connection broke")

    process.record.after = lose_the_answer
    ended = await process.asked_and_run()
    assert ended.is_all(State.ANSWERED)
    assert await process.states(ended.id) == ["queued", "calling", "answered"]


async def test_without_a_record_of_the_call_there_is_none(world: World) -> None:
    process = await world.start()
    process.record.failing["begin"] = 1
    assert (await process.asked_and_run()).is_all(State.FAILED)
    assert world.api.called == []


# --- the process ---


async def test_an_interruption_ends_what_runs_and_what_comes_after(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    running = asyncio.create_task(process.asked_and_run())
    await world.until_called()
    process.lookups.interrupt()
    ended = (await running).lookup
    assert (ended.state, ended.result.problem) == (State.INTERRUPTED, Problem.PROCESS_ENDED)
    assert (await process.asked_and_run(first=1)).is_all(State.INTERRUPTED)
    assert len(world.api.called) == 1


async def test_an_interruption_between_two_states_still_ends_the_lookup(process: Process) -> None:
    async def interrupt(name: str) -> None:
        if name == "begin":
            process.lookups.interrupt()
            await asyncio.sleep(0)  # the answer from the database is never seen

    process.record.after = interrupt
    ended = await process.asked_and_run()
    assert ended.is_all(State.INTERRUPTED)
    assert await process.states(ended.id) == ["queued", "calling", "interrupted"]


async def test_a_lookup_that_is_broken_off_runs_no_more(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    request = await process.ask()
    running = asyncio.create_task(run_one(process, request))
    await world.until_called()
    assert process.lookups.is_trying(request.lookup.id, CODE) is True
    assert process.lookups.is_trying(request.lookup.id, OTHER_CODE) is False
    running.cancel()
    await asyncio.wait({running})
    assert process.lookups.is_trying(request.lookup.id, CODE) is None
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_whoever_ended_it_first_ended_it(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    request = await here.ask()
    running = asyncio.create_task(run_one(here, request))
    await world.until_called()
    await world.pass_time(SILENCE)  # cut off from the database: taken for dead
    await elsewhere.beat()
    assert await elsewhere.lookups.sweep() == 1
    here.lookups.interrupt()
    assert (await running).state is State.INTERRUPTED
    assert await here.states(request.id) == ["queued", "calling", "interrupted"]
    assert [each.event for each in await here.journal(request.id)][-1] is Event.ABANDONED


async def test_an_id_that_comes_after_the_lookup_was_interrupted_is_recorded_and_to_be_told(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    request = await here.ask()
    running = asyncio.create_task(run_one(here, request))
    await world.until_called()
    await world.pass_time(SILENCE)
    await elsewhere.beat()
    await elsewhere.lookups.sweep()
    told_as_interrupted = await elsewhere.waiting(Kind.AGENT, request.id)
    world.api.is_open.set()
    assert (await running).result.phone_number_id == id_of(PHONE)
    assert await here.states(request.id) == ["queued", "calling", "interrupted", "answered"]
    to_be_told = await here.waiting(Kind.AGENT, request.id)
    assert told_as_interrupted
    assert to_be_told
    assert to_be_told.version != told_as_interrupted.version


@pytest.mark.parametrize("is_database_there", [True, False])
async def test_a_process_that_was_taken_for_dead_meanwhile_calls_no_more(
    world: World, *, is_database_there: bool
) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    world.api.attempts = 2
    request = await here.ask()
    running = asyncio.create_task(run_one(here, request))
    await world.until_called()
    await world.pass_time(SILENCE)
    await elsewhere.beat()
    assert await elsewhere.lookups.sweep() == 1
    here.record.failing["find"] = 0 if is_database_there else 1  # then it cannot know
    world.api.is_open.set()
    assert (await running).state is State.INTERRUPTED
    assert len(world.api.called) == 1


async def test_what_runs_here_is_neither_swept_nor_forgotten(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    running = asyncio.create_task(here.asked_and_run())
    await world.until_called()
    for _ in range(360):
        await world.pass_time(10)
        for each in (here, elsewhere):
            await each.lookups.beat()
            assert await each.lookups.sweep() == 0
    world.api.is_open.set()
    assert (await running).is_all(State.ANSWERED)


async def test_what_a_living_process_lost_still_has_an_end(process: Process) -> None:
    request = await process.ask()
    process.record.failing["end"] = 99
    process.lookups.interrupt()
    with pytest.raises(StoreUnavailable):
        await run_one(process, request)
    process.record.failing["end"] = 0
    swept = 0
    for _ in range(4):  # it goes on saying that it lives, and runs this one no more
        await process.clock.sleep(10)
        await process.lookups.beat()
        swept += await process.lookups.sweep()
    assert swept == 1
    assert (await process.find(request.id)).is_all(State.INTERRUPTED)
    assert await process.waiting(Kind.AGENT, request.id)


async def test_a_clock_that_was_ahead_for_a_moment_keeps_nobody_from_sweeping(world: World) -> None:
    dead, here = await world.start("p1"), await world.start("p2")
    world.clock.slept = 365 * DAY
    await here.lookups.beat()
    world.clock.slept = 0.0
    request = await dead.ask()
    await dead.beat()
    for _ in range(8):
        await world.pass_time(10)
        await here.lookups.keep_up()
    assert (await here.find(request.id)).is_all(State.INTERRUPTED)


async def test_what_a_process_leaves_behind_is_ended_by_the_next(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    request = await here.ask(2)
    await here.lookups.leave()
    assert await elsewhere.lookups.sweep() == 2
    assert (await here.find(request.id)).is_all(State.INTERRUPTED)


@pytest.mark.parametrize("slept", [600.0, 21.0])
async def test_a_process_that_was_silent_itself_ends_nobodys_lookups_until_the_others_could_speak(
    world: World, slept: float
) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    running = asyncio.create_task(here.asked_and_run())
    await world.until_called()
    await here.lookups.beat()
    await world.pass_time(10)
    await elsewhere.lookups.beat()
    world.clock.slept += slept  # the machine of both slept
    await elsewhere.lookups.beat()
    assert await elsewhere.lookups.sweep() == 0
    await world.pass_time(5)
    await here.lookups.beat()
    for _ in range(10):
        await world.pass_time(5)
        await here.lookups.beat()
        await elsewhere.lookups.beat()
        assert await elsewhere.lookups.sweep() == 0
    for _ in range(7):  # now it is silent alone
        await world.pass_time(5)
        await elsewhere.lookups.beat()
    assert await elsewhere.lookups.sweep() == 1
    world.api.is_open.set()
    await running


# --- a second request of an agent for a number that is under way ---


@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in one process", "in two"])
@pytest.mark.parametrize("state", [State.ANSWERED, State.REFUSED, State.INTERRUPTED])
async def test_who_asks_again_causes_no_second_call_and_gets_the_same_end(
    world: World, state: State, *, is_elsewhere: bool
) -> None:
    here = await world.start("p1")
    elsewhere = await world.start("p2") if is_elsewhere else here
    world.api.is_open.clear()
    if state is State.REFUSED:
        world.api.problems[PHONE] = Problem.NOT_YOURS
    first, again = asyncio.create_task(here.asked_and_run()), asyncio.create_task(elsewhere.asked_and_run())
    await world.until_called()
    if state is State.INTERRUPTED:
        here.lookups.interrupt()
    else:
        world.api.is_open.set()
    ended, followed = await first, await again
    assert followed.lookup.follows == ended.lookup.id
    assert followed.lookup.state is state
    assert len(world.api.called) == 1
    if is_elsewhere or state is not State.INTERRUPTED:
        assert followed.lookup.result.phone_number_id == ended.lookup.result.phone_number_id


async def test_whoever_asks_again_for_several_numbers_follows_only_for_those_under_way(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    first = asyncio.create_task(process.asked_and_run())
    await world.until_called()
    again = asyncio.create_task(process.asked_and_run(3))
    await world.until_called(3)
    world.api.is_open.set()
    ended = await again
    assert [bool(each.follows) for each in ended.lookups] == [True, False, False]
    assert ended.is_all(State.ANSWERED)
    assert sorted(phone.digits for phone, _ in world.api.called) == [phone.digits for phone in phones(3)]
    assert (await first).is_all(State.ANSWERED)


async def test_what_needs_approval_is_not_joined_to_what_runs(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    first = asyncio.create_task(process.asked_and_run())
    await world.until_called()
    used = await process.requests.use(await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id))
    assert used
    running = asyncio.create_task(process.run(*used))
    await world.until_called(2)
    world.api.is_open.set()
    assert (await running).lookup.follows is None
    await first


async def test_what_was_approved_and_runs_is_joined_by_what_needs_no_approval(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    used = await process.requests.use(await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id))
    assert used
    running = asyncio.create_task(process.run(*used))
    await world.until_called()
    again = asyncio.create_task(process.asked_and_run())
    await world.pass_time(1)
    world.api.is_open.set()
    assert (await again).lookup.follows == (await running).lookup.id
    assert len(world.api.called) == 1


async def test_another_agents_request_for_the_number_is_not_joined(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    running = asyncio.gather(process.asked_and_run(), process.asked_and_run(agent=KIM))
    await world.until_called(2)
    world.api.is_open.set()
    await running


async def test_whether_the_code_is_the_one_that_is_tried_is_known_where_it_is_tried(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    first = asyncio.create_task(here.asked_and_run())
    await world.until_called()
    again = await here.ask()
    assert here.requests.is_same_code(again.lookup, {1: CODE})
    assert not here.requests.is_same_code(again.lookup, {1: OTHER_CODE})
    assert not elsewhere.requests.is_same_code(again.lookup, {1: CODE})  # it does not know
    world.api.is_open.set()
    await first
    assert not here.requests.is_same_code(again.lookup, {1: CODE})  # it is tried no more


async def test_whoever_waits_for_a_process_that_dies_reads_that_it_did_where_no_bot_runs(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    leader = await elsewhere.ask()  # and says no more
    async with repeating(here.lookups.keep_up, every=10.0, clock=world.clock):
        ended = await asyncio.wait_for(here.asked_and_run(), 60)
    assert ended.lookup.follows == leader.lookup.id
    assert (ended.lookup.state, ended.lookup.result.problem) == (State.INTERRUPTED, Problem.PROCESS_ENDED)
    assert world.api.called == []


async def test_a_database_that_is_away_for_a_while_does_not_end_the_wait_for_the_first(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    first, again = asyncio.create_task(here.asked_and_run()), asyncio.create_task(elsewhere.asked_and_run())
    await world.until_called()
    elsewhere.record.failing["find"] = 10
    await world.pass_time(5)
    world.api.is_open.set()
    assert (await again).lookup.result == (await first).lookup.result


# --- the guess guard ---


async def test_a_yes_from_before_the_last_refusal_is_rejected_all_the_same(process: Process) -> None:
    last = await process.use_up(PHONE)
    request = await process.ask()
    assert (request.lookup.state, request.lookup.result.wait_until) == (
        State.REJECTED,
        last.lookup.updated_at + MINUTE,
    )


async def test_what_was_queued_before_the_last_refusal_is_not_asked(world: World) -> None:
    process = await world.start()
    request = await process.ask()
    last = await process.use_up(PHONE)
    ended = await run_one(process, request)  # the API would have said yes
    assert (ended.state, ended.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES)
    assert (ended.result.wait_until, ended.result.phone_number_id) == (last.lookup.updated_at + MINUTE, None)
    assert await process.states(request.id) == ["queued", "rejected"]
    assert world.api.called == []


async def test_running_what_was_rejected_asks_nobody(process: Process) -> None:
    await process.use_up(PHONE)
    request = await process.ask()
    assert await run_one(process, request) == request.lookup
    assert await process.states(request.id) == ["rejected"]


@pytest.mark.parametrize("is_approved", [False, True])
async def test_of_a_request_with_wrong_codes_the_agents_free_ones_are_called_unless_it_was_approved(
    world: World, *, is_approved: bool
) -> None:
    process = await world.start()
    world.api.wrong_codes.add("208312")
    request = await process.ask(30, NEEDS_APPROVAL if is_approved else Decision(Verdict.MAY, Rule.NO_APPROVALS))
    if is_approved:
        used = await process.requests.use(await process.do(Action.APPROVE, request.id))
        assert used
        request = used[0]
    states = [(await process.lookups.run(request, each, CODE)).state for each in request.lookups]
    called = 30 if is_approved else FREE_FOR_AGENT
    assert states == [State.REFUSED] * called + [State.REJECTED] * (30 - called)
    assert len(world.api.called) == called


async def test_an_approval_given_knowing_what_was_refused_is_used_at_once(process: Process) -> None:
    asked = await process.ask(1, NEEDS_APPROVAL)
    await process.use_up(PHONE)
    approved = await process.do(Action.APPROVE, asked.id)
    assert await process.requests.check_entering(approved.id, actor=ANA) == approved
    used = await process.requests.use(approved)
    assert used
    assert (await process.run(*used)).is_all(State.ANSWERED)


async def test_an_approval_from_before_is_rejected_like_everything_else(process: Process) -> None:
    approved = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    await process.clock.sleep(1)
    await process.use_up(PHONE)
    used = await process.requests.use(approved, codes_for(approved))
    assert used
    assert (await process.run(*used)).is_all(State.REJECTED)


async def test_whoever_follows_another_does_not_wait_for_a_database_that_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    await elsewhere.ask()
    request = await here.ask()

    async def be_gone(*_: object, **__: object) -> None:
        raise DatabaseGone("the database file was replaced")

    for way in ("read", "change"):
        monkeypatch.setattr(here.record, way, be_gone)
    with pytest.raises(DatabaseGone):
        await asyncio.wait_for(run_one(here, request), 60)

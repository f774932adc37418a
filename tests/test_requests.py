"""The use case: asked, decided by somebody else, once, and used; no code outlives its request."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.audit import Event
from bot.errors import NotPossible, StoreUnavailable
from bot.models import Actor, ApprovalState, Problem, Request, RequestId, State
from bot.policy import Action, Membership, Standing
from bot.recent import LATELY, recent_counts
from bot.requests import BOT, USE_AGAIN_AFTER
from bot.store import decisions
from bot.store import lookups as lookups_store
from bot.store.engine import Tx
from bot.store.outbox import Kind
from bot.tickets import Lane
from tests.factories import phones
from tests.fake_api import id_of
from tests.quotas import FreeQuota, SlowQuota
from tests.world import ANA, CODE, HOUR, KIM, LEE, NEEDS_APPROVAL, OTHER_CODE, Process, World, codes_for, world

__all__ = ["process", "world"]

pytestmark = pytest.mark.virtual_time

GUEST = Standing(Membership.GUEST)


@pytest.fixture
async def process(world: World) -> Process:
    return await world.start()


# --- asking ---


async def test_a_request_waits_for_its_hour_and_so_do_its_codes(process: Process) -> None:
    request = await process.ask(2, NEEDS_APPROVAL)
    assert request.approval.state is ApprovalState.AWAITING
    assert request.approval.expires_at == process.clock.now() + HOUR
    assert request.is_all(State.HELD)
    await process.clock.sleep(HOUR - 1)
    used = await process.requests.use(await process.do(Action.APPROVE, request.id))
    assert used
    assert used[1] == codes_for(request)


async def test_the_same_submission_twice_is_one_request_and_keeps_the_first_code(process: Process) -> None:
    first = await process.ask(1, NEEDS_APPROVAL, key="the same")
    again = await process.ask(1, NEEDS_APPROVAL, key="the same", codes={1: OTHER_CODE})
    assert again == first
    used = await process.requests.use(await process.do(Action.APPROVE, first.id))
    assert used
    assert used[1] == {1: CODE}


async def test_of_two_processes_that_get_one_submission_one_has_the_request(world: World) -> None:
    processes = [await world.start("p1"), await world.start("p2")]
    asked = await asyncio.gather(*(each.ask(3, key="the same") for each in processes))
    assert asked[0].id == asked[1].id
    assert [entry.to_state for entry in await processes[0].journal(asked[0].id)] == ["not needed", *["queued"] * 3]


# --- deciding ---


async def test_an_approval_is_good_for_an_hour_of_its_own(process: Process) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    await process.clock.sleep(HOUR / 2)
    approved = (await process.do(Action.APPROVE, request.id)).approval
    assert (approved.state, approved.decided_by) == (ApprovalState.APPROVED, LEE)
    assert approved.decided_at == process.clock.now()
    assert approved.expires_at == process.clock.now() + HOUR


@pytest.mark.parametrize(
    ("action", "actor", "state", "reason"),
    [(Action.DENY, LEE, ApprovalState.DENIED, "not yours"), (Action.WITHDRAW, ANA, ApprovalState.WITHDRAWN, "")],
)
@pytest.mark.parametrize("count", [1, 4])
async def test_a_no_ends_the_request_and_its_codes_with_it(
    process: Process, count: int, action: Action, actor: Actor, state: ApprovalState, reason: str
) -> None:
    request = await process.ask(count, NEEDS_APPROVAL)
    ended = await process.do(action, request.id, actor)
    assert (ended.approval.state, ended.approval.decided_by, ended.approval.reason) == (state, actor, reason)
    assert ended.is_all(State.DROPPED)
    assert await process.requests.use(request) is None  # no codes, or it would be too late


@pytest.mark.parametrize(
    ("first", "second"),
    [((Action.APPROVE, LEE), (Action.DENY, KIM)), ((Action.APPROVE, LEE), (Action.WITHDRAW, ANA))],
)
@pytest.mark.parametrize("is_elsewhere", [False, True], ids=["in one process", "in two"])
async def test_of_two_who_decide_at_once_one_does_and_the_other_is_told_who(
    world: World, first: tuple[Action, Actor], second: tuple[Action, Actor], *, is_elsewhere: bool
) -> None:
    here = await world.start("p1")
    elsewhere = await world.start("p2") if is_elsewhere else here
    request = await here.ask(1, NEEDS_APPROVAL)
    outcomes = await asyncio.gather(
        here.do(first[0], request.id, first[1]), elsewhere.do(second[0], request.id, second[1]), return_exceptions=True
    )
    (decided,) = [each for each in outcomes if isinstance(each, Request)]
    (refused,) = [each for each in outcomes if isinstance(each, NotPossible)]
    assert (refused.problem, refused.request) == (None, decided)
    assert [entry.facts["why"] for entry in await here.journal(request.id, Event.FORBIDDEN)] == ["too late"]
    assert len(await here.states(request.id, None)) == 2


@pytest.mark.parametrize("is_later", [False, True], ids=["the approval first", "the end first"])
async def test_of_an_approval_and_the_end_of_the_waiting_one_happens(process: Process, *, is_later: bool) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)

    async def last(name: str) -> None:
        """Whoever is held here comes a moment before the end, and gets to the database after it, or before."""
        process.record.before = None
        await process.clock.sleep(2.0 if is_later else 0.5)

    await process.clock.sleep(HOUR - 1)
    process.record.before = last
    approving = asyncio.create_task(process.do(Action.APPROVE, request.id))
    await process.clock.sleep(1.0)
    await process.requests.end_overdue(request.id)
    if is_later:
        with pytest.raises(NotPossible) as caught:
            await approving
        assert caught.value.request
        assert caught.value.request.approval.state is ApprovalState.EXPIRED
    else:
        used = await process.requests.use(await approving)
        assert used is None  # its code was kept until the request's own end, and no longer
        assert (await process.find(request.id)).approval.state is ApprovalState.APPROVED


async def test_codes_are_not_lost_to_an_end_that_came_too_late(process: Process) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    await process.clock.sleep(HOUR - 1)
    process.clock.slept += 1  # our clock is ahead of the one that decided

    async def approve_first(name: str) -> None:
        process.record.before = None
        process.clock.slept -= 1
        await process.do(Action.APPROVE, request.id)

    process.record.before = approve_first
    assert await process.requests.end_overdue(request.id) is None
    used = await process.requests.use(await process.find(request.id))
    assert used
    assert used[1] == {1: CODE}


async def test_whoever_may_not_ask_any_more_is_not_approved_and_it_is_in_the_journal(world: World) -> None:
    process = await world.start()
    request = await process.ask(1, NEEDS_APPROVAL)
    world.people.standings["U0ANA"] = GUEST
    refused = await process.refusal(Action.APPROVE, request.id)
    assert refused.problem is Problem.AGENT_MAY_NOT_ASK
    (entry,) = await process.journal(request.id, Event.FORBIDDEN)
    assert (entry.actor, entry.facts) == (LEE, {"action": "approve", "why": "guest"})
    assert await process.find(request.id) == request


# --- using ---


@pytest.mark.parametrize("count", [1, 3])
async def test_an_approval_with_its_codes_becomes_one_call_for_each_number(world: World, count: int) -> None:
    process = await world.start()
    request = await process.do(Action.APPROVE, (await process.ask(count, NEEDS_APPROVAL)).id)
    used = await process.requests.use(request)
    assert used
    ended = await process.run(*used)
    assert [each.result.phone_number_id for each in ended.lookups] == [id_of(phone) for phone in phones(count)]
    assert world.api.called == [(phone, "208312") for phone in phones(count)]
    with pytest.raises(NotPossible) as caught:  # used up: a second use is nobody's
        await process.requests.use(request, codes_for(request))
    assert caught.value.request == ended


async def test_an_approval_without_its_code_waits_for_it(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL, codes={})).id)
    assert await process.requests.use(request) is None
    assert (await process.requests.check_entering(request.id, actor=ANA)) == request
    used = await process.requests.use(request, {1: CODE})
    assert used
    assert used[0].is_all(State.QUEUED)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "entered"])
async def test_codes_for_some_of_the_numbers_are_not_taken(process: Process, *, is_kept: bool) -> None:
    some = {1: CODE}
    asked = await process.ask(2, NEEDS_APPROVAL, codes=some if is_kept else {})
    request = await process.do(Action.APPROVE, asked.id)
    assert process.requests._pending.request_ids == []
    assert await process.requests.use(request, None if is_kept else some) is None
    assert await process.find(request.id) == request
    assert await process.requests.use(request, codes_for(request))


async def test_a_code_kept_until_the_request_expires_is_not_used_later(process: Process) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    await process.clock.sleep(HOUR - 1)
    approved = await process.do(Action.APPROVE, request.id)
    await process.clock.sleep(1)
    assert await process.requests.use(approved) is None  # the agent is asked for it


async def test_a_code_that_was_entered_takes_the_place_of_the_one_that_was_kept(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    used = await process.requests.use(request, {1: OTHER_CODE})
    assert used
    assert used[1] == {1: OTHER_CODE}
    assert await process.requests.use(request) is None  # the other one is forgotten


async def test_a_database_that_fails_for_a_moment_costs_no_code_that_waits(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    process.record.failing["use"] = 1 + 2 * len(USE_AGAIN_AFTER)
    with pytest.raises(StoreUnavailable):
        await process.requests.use(request)
    used = await process.requests.use(request)  # at the last try
    assert used
    assert used[1] == {1: CODE}


@pytest.mark.parametrize("is_entered", [True, False], ids=["entered", "kept"])
@pytest.mark.parametrize("moved", ["used", "lapsed"])
async def test_codes_that_come_too_late_are_in_the_journal_if_somebody_entered_them(
    process: Process, moved: str, *, is_entered: bool
) -> None:
    asked = await process.ask(1, NEEDS_APPROVAL)
    await process.clock.sleep(1)
    request = await process.do(Action.APPROVE, asked.id)

    async def move(_name: str) -> None:
        process.record.before = None
        if moved == "lapsed":
            await process.record.change(decisions.lapse, request.id, actor=BOT)
        else:
            assert await process.requests.use(request, codes_for(request))

    process.record.before = move
    with pytest.raises(NotPossible) as caught:
        await process.requests.use(request, codes_for(request) if is_entered else None)
    assert (caught.value.problem, caught.value.request) == (None, await process.find(request.id))
    entries = await process.journal(request.id, Event.FORBIDDEN)
    expected = [(ANA, {"action": "enter code", "why": "too late"})]
    assert [(each.actor, each.facts) for each in entries] == (expected if is_entered else [])


# --- running and stopping ---


async def test_every_number_is_asked_with_its_own_code_and_ends_by_itself(world: World) -> None:
    process = await world.start()
    codes = {position: SecretStr(f"10000{position}") for position in range(1, 5)}
    world.api.problems[phones(4)[3]] = Problem.NOT_YOURS
    request = await process.ask(4, codes=codes)
    ended = await process.run(request, codes)
    assert [each.state for each in ended.lookups] == [State.ANSWERED] * 3 + [State.REFUSED]
    assert world.api.called == [(each.phone, f"10000{each.position}") for each in request.lookups]
    assert await process.find(request.id) == ended


@pytest.mark.parametrize(("count", "lane"), [(1, Lane.INTERACTIVE), (4, Lane.BULK)])
async def test_one_number_goes_before_several(world: World, count: int, lane: Lane) -> None:
    world.quota = quota = FreeQuota()
    process = await world.start()
    await process.asked_and_run(count)
    assert [ticket.lane for ticket in quota.tickets] == [lane] * count


async def test_of_a_request_some_numbers_may_be_rejected_while_the_others_are_asked(world: World) -> None:
    process = await world.start()
    await process.use_up(phones(1)[0])
    ended = await process.asked_and_run(3)
    assert [each.state for each in ended.lookups] == [State.REJECTED, State.ANSWERED, State.ANSWERED]


async def test_what_is_stopped_waits_for_no_turn_any_more(world: World) -> None:
    world.quota = SlowQuota(world.clock, 600.0)
    process = await world.start()
    request = await process.ask(4)
    running = asyncio.create_task(process.run(request))
    await world.pass_time(1)
    assert len(await process.requests.stop(request.id, actor=ANA)) == 4
    progress = await process.requests.progress(request)
    assert (progress.is_over, progress.is_stopped) == (True, True)
    async with asyncio.timeout(1):
        ended = await running
    assert [each.result.problem for each in ended.lookups] == [Problem.STOPPED] * 4
    assert world.api.called == []


async def test_where_everything_is_called_already_a_stop_ends_nothing_and_says_so(world: World) -> None:
    process = await world.start()
    world.api.is_open.clear()
    request = await process.ask(4)
    running = asyncio.create_task(process.run(request))
    await world.until_called(4)
    assert await process.requests.stop(request.id, actor=ANA) == []
    world.api.is_open.set()
    assert (await running).is_all(State.ANSWERED)


@pytest.mark.parametrize(
    ("actor", "problem"), [(LEE, Problem.NOT_YOUR_REQUEST), (ANA, None)], ids=["another's", "over"]
)
async def test_who_cannot_stop_a_request_is_told_why_and_it_is_in_the_journal(
    process: Process, actor: Actor, problem: Problem | None
) -> None:
    request = await process.asked_and_run(2)
    with pytest.raises(NotPossible) as caught:
        await process.requests.stop(request.id, actor=actor)
    assert caught.value.problem is problem
    (entry,) = await process.journal(request.id, Event.FORBIDDEN)
    assert entry.actor == actor


async def test_progress_counts_what_ended_and_says_how_long_the_rest_takes(world: World) -> None:
    world.quota = SlowQuota(world.clock, 8.0)
    process = await world.start()
    await process.use_up(phones(1)[0])
    request = await process.ask(3)
    running = asyncio.create_task(process.run(request))
    await world.pass_time(2)
    now = await process.requests.progress(request)
    assert (len(now.ended), len(now.answered), now.seconds, now.has_stoppable) == (1, 0, 6.0, True)
    await running
    now = await process.requests.progress(request)
    assert (len(now.ended), len(now.answered), now.seconds, now.is_over) == (3, 2, None, True)


async def test_looking_at_a_request_that_was_taken_for_dead_breaks_off_no_call(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    world.api.is_open.clear()
    request = await here.ask(2)
    running = asyncio.create_task(here.run(request))
    await world.until_called(2)
    await world.pass_time(60)
    await elsewhere.beat()
    assert await elsewhere.lookups.sweep() == 2
    await here.requests.progress(request)
    world.api.is_open.set()
    assert (await running).is_all(State.ANSWERED)


async def test_an_outcome_that_cannot_be_recorded_breaks_the_request(process: Process) -> None:
    request = await process.ask(2)
    process.record.failing["end"] = 99
    process.lookups.interrupt()  # otherwise it is tried for ever
    with pytest.raises(StoreUnavailable):
        await process.run(request)


# --- as time passes ---


@pytest.mark.parametrize("count", [1, 3])
async def test_what_nobody_decided_expires_once_and_its_codes_with_it(process: Process, count: int) -> None:
    request = await process.ask(count, NEEDS_APPROVAL)
    assert await process.requests.end_overdue(request.id) is None
    await process.clock.sleep(HOUR)
    expired = await process.requests.end_overdue(request.id)
    assert expired
    assert (expired.approval.state, expired.approval.decided_by) == (ApprovalState.EXPIRED, BOT)
    assert expired.is_all(State.DROPPED)
    assert process.requests._pending.request_ids == []
    assert await process.requests.end_overdue(request.id) is None
    assert await process.states(request.id, None) == ["awaiting", "expired"]


async def test_an_approval_that_nobody_used_lapses_and_its_approver_stays_known(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(2, NEEDS_APPROVAL, codes={})).id)
    await process.clock.sleep(HOUR)
    lapsed = await process.requests.end_overdue(request.id)
    assert lapsed
    assert (lapsed.approval.state, lapsed.approval.decided_by) == (ApprovalState.LAPSED, LEE)
    assert lapsed.is_all(State.DROPPED)
    with pytest.raises(NotPossible):
        await process.requests.use(request, codes_for(request))


async def test_what_was_used_in_time_does_not_lapse(world: World) -> None:
    process = await world.start()
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    used = await process.requests.use(request)
    assert used
    await world.pass_time(HOUR)
    assert await process.requests.end_overdue(request.id) is None
    assert (await process.find(request.id)).is_all(State.QUEUED)


async def test_the_recent_counts_hold_this_request_and_those_of_the_last_days(process: Process) -> None:
    await process.ask()
    await process.clock.sleep(LATELY + 1)
    await process.ask(agent=KIM)
    await process.ask(first=7)
    recent = await recent_counts(process.record, await process.ask())
    assert (recent.by_agent, recent.for_number) == (2, 2)


async def test_who_decides_sees_how_many_codes_were_refused_for_the_number_with_the_most(process: Process) -> None:
    asked = await process.ask(3, NEEDS_APPROVAL)
    assert (await recent_counts(process.record, asked)).refused.for_number.refused == 0
    await process.use_up(phones(3)[1])
    assert (await recent_counts(process.record, asked)).refused.for_number.refused == 5


async def test_what_is_shown_is_journalled_each_time_and_for_each_number(process: Process) -> None:
    request = await process.ask(3)
    for actor in (LEE, KIM, LEE):
        await process.requests.record_showing(request, request.lookups[1:], actor=actor)
    shown = [(entry.actor, entry.position) for entry in await process.journal(request.id, Event.SHOWN)]
    assert shown == [(LEE, 2), (LEE, 3), (KIM, 2), (KIM, 3), (LEE, 2), (LEE, 3)]


# --- codes that wait in one process, while another does something to their request ---


@pytest.mark.parametrize(("action", "actor"), [(Action.DENY, LEE), (Action.WITHDRAW, ANA)])
async def test_a_code_is_forgotten_when_its_request_ended_elsewhere(world: World, action: Action, actor: Actor) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    request = await here.ask(1, NEEDS_APPROVAL)
    await elsewhere.do(action, request.id, actor)
    await here.requests.usable()
    assert await here.requests.use(request) is None


@pytest.mark.parametrize("is_running", [False, True], ids=["and has ended", "and runs"])
async def test_a_code_is_forgotten_when_it_was_entered_again_elsewhere(world: World, *, is_running: bool) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    request = await elsewhere.do(Action.APPROVE, (await here.ask(1, NEEDS_APPROVAL)).id)
    assert await elsewhere.requests.use(request) is None
    used = await elsewhere.requests.use(request, {1: OTHER_CODE})
    assert used
    if not is_running:
        await elsewhere.run(*used)
    await here.requests.usable()
    assert await here.requests.use(request) is None  # it has none: with one it would be too late


@pytest.mark.parametrize("is_approved", [False, True])
async def test_a_code_stays_as_long_as_it_may_be_needed(process: Process, *, is_approved: bool) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    if is_approved:
        request = await process.do(Action.APPROVE, request.id)
    assert await process.requests.usable() == ([request] if is_approved else [])
    if not is_approved:
        request = await process.do(Action.APPROVE, request.id)
    assert await process.requests.use(request)


async def test_a_code_is_used_where_it_is_kept_whoever_approved(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    request, other = [await here.ask(1, NEEDS_APPROVAL, first=each) for each in range(2)]
    request = await elsewhere.do(Action.APPROVE, request.id)
    assert await elsewhere.requests.usable() == []
    assert await elsewhere.requests.use(request) is None
    assert await here.requests.usable({other.id}) == []
    assert await here.requests.usable({request.id}) == [request]
    assert await here.requests.use(request)
    assert await here.requests.usable() == []


async def test_a_code_that_was_asked_for_again_is_not_used_behind_its_agents_back(world: World) -> None:
    here, elsewhere = await world.start("p1"), await world.start("p2")
    request = await elsewhere.do(Action.APPROVE, (await here.ask(1, NEEDS_APPROVAL)).id)
    due = await elsewhere.waiting(Kind.CODES, request.id)
    assert due
    await elsewhere.record.change(decisions.ask_for_codes, due)
    with pytest.raises(NotPossible):
        await here.requests.use(request)
    assert not here.requests.has_codes
    assert await here.requests.use(request, {1: OTHER_CODE})


async def test_of_an_agent_who_may_not_ask_any_more_no_code_is_used_until_they_may(world: World) -> None:
    process = await world.start()
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    world.people.standings["U0ANA"] = GUEST
    assert await process.requests.usable() == []
    world.people.standings.clear()
    assert await process.requests.usable() == [request]


async def test_a_damaged_request_keeps_no_other_from_being_used(process: Process) -> None:
    damaged, request = [await process.ask(1, NEEDS_APPROVAL, first=each) for each in range(2)]
    request = await process.do(Action.APPROVE, request.id)
    await process.record.change(_damage, damaged.id)
    assert await process.requests.usable() == [request]
    assert process.requests._pending.request_ids == [request.id]


async def test_what_is_to_be_said_of_a_request_that_was_used_is_that_it_ended(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    used = await process.requests.use(request)
    assert used
    assert await process.waiting(Kind.AGENT, request.id) is None
    await process.run(*used)
    assert await process.waiting(Kind.AGENT, request.id)
    assert await process.record.read(lookups_store.find, request.lookup.id) == (await process.find(request.id)).lookup


def _damage(tx: Tx, request_id: RequestId) -> None:
    tx.run("UPDATE requests SET through = 'a postcard' WHERE id = :id", id=request_id)

"""Who may do what with whose request, anew for each thing somebody does; what is refused is in the journal."""

import asyncio
from dataclasses import replace

import pytest

from bot.audit import Event
from bot.errors import NotPossible
from bot.guesses import FREE_FOR_NUMBER, Chance
from bot.models import Actor, ApprovalState, PhoneNumber, Problem, RequestId, State, Through
from bot.policy import Action, Audience, Decision, Membership, Policy, Rule, Standing, Verdict
from bot.store import forgetting
from tests import factories
from tests.english import problems
from tests.factories import phones
from tests.world import (
    ANA,
    BOB,
    CODE,
    HOUR,
    KIM,
    LEE,
    MAY,
    MINUTE,
    NEEDS_APPROVAL,
    WITHOUT_APPROVALS,
    Process,
    World,
    codes_for,
    world,
)

__all__ = ["process", "world"]

pytestmark = pytest.mark.virtual_time

FULL = Standing(Membership.FULL)
ROOT = Actor(team_id="host", user_id="root", through=Through.COMMAND_LINE)
PHONE, OTHER = phones(2)


@pytest.fixture
async def process(world: World) -> Process:
    return await world.start()


# --- asking ---


async def test_a_yes_is_guarded_for_the_number_and_for_the_agent(world: World) -> None:
    world.policy = WITHOUT_APPROVALS
    process = await world.start()
    last = await process.use_up(PHONE)
    guarded = await process.access.decide(ANA, (PHONE,))
    assert (guarded.problem, guarded.wait_until) == (Problem.TOO_MANY_GUESSES, last.lookup.updated_at + MINUTE)
    assert await process.access.decide(ANA) == MAY  # no number yet, and Ana guessed nothing
    assert await process.access.decide(ANA, (OTHER,)) == MAY


async def test_what_is_left_after_a_wrong_code_is_known_where_no_approval_can_be_needed(world: World) -> None:
    world.policy = WITHOUT_APPROVALS
    process = await world.start()
    of = [await process.record.change(factories.finished, (PHONE,), factories.REFUSED, agent=KIM) for _ in range(2)]
    assert await process.access.chance(of[-1]) == Chance(left=FREE_FOR_NUMBER - 2)
    answered = await process.record.change(factories.finished, (OTHER,), factories.ANSWERED, agent=KIM)
    assert await process.access.chance(answered) is None
    world.policy = replace(world.policy, needs_approval=True)
    assert await (await world.start("p2")).access.chance(of[-1]) is None


async def test_a_number_that_has_to_wait_keeps_no_others_from_being_asked(world: World) -> None:
    world.policy = WITHOUT_APPROVALS
    process = await world.start()
    await process.use_up(PHONE)
    assert await process.access.decide(ANA, (PHONE, OTHER)) == MAY
    request = await process.ask(2)
    assert [each.state for each in request.lookups] == [State.REJECTED, State.QUEUED]


@pytest.mark.parametrize("is_trusted", [False, True], ids=["anybody", "the trusted"])
@pytest.mark.parametrize("is_called", [False, True], ids=["queued", "called"])
async def test_whoever_asks_again_joins_what_runs_whatever_was_refused_before(
    world: World, *, is_called: bool, is_trusted: bool
) -> None:
    world.policy = replace(
        WITHOUT_APPROVALS, needs_approval=is_trusted, trusted=Audience(user_ids=frozenset({"U0ANA"}))
    )
    process = await world.start()
    first = await process.ask()
    world.api.is_open.clear()
    running = asyncio.create_task(process.run(first)) if is_called else None
    await world.until_called(int(is_called))
    await process.use_up(PHONE)
    decided = await process.access.decide(ANA, (PHONE,))
    assert decided.verdict is Verdict.MAY
    assert (await process.access.decide(BOB, (PHONE,))).verdict is not Verdict.MAY
    again = (await process.ask(1, decided)).lookup
    assert (again.state, again.follows) == (State.QUEUED, first.lookup.id)
    world.api.is_open.set()
    if running:
        await running
    assert len(world.api.called) == int(is_called)


async def test_among_several_numbers_one_that_runs_is_joined_though_their_agent_has_to_wait(world: World) -> None:
    world.policy = WITHOUT_APPROVALS
    process = await world.start()
    first = await process.ask()
    for guessed in phones(2, first=5):
        await process.use_up(guessed, ANA)
    again = await process.ask(2, await process.access.decide(ANA, (PHONE, OTHER)))
    assert [(each.state, each.follows) for each in again.lookups] == [
        (State.QUEUED, first.lookup.id),
        (State.REJECTED, None),
    ]


async def test_a_guarded_no_is_recorded_with_its_wait(world: World) -> None:
    world.policy = WITHOUT_APPROVALS
    process = await world.start()
    await process.use_up(PHONE)
    guarded = await process.access.decide(ANA, (PHONE,))
    lookup = (await process.ask(1, guarded)).lookup
    assert (lookup.state, lookup.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES)
    assert lookup.result.wait_until == guarded.wait_until


async def test_whose_wait_it_is_is_on_record(process: Process) -> None:
    for phone in phones(2, first=50):
        await process.use_up(phone, agent=ROOT)
    lookup = (await process.ask(agent=ROOT)).lookup
    assert (lookup.state, lookup.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES_OF_AGENT)


async def test_whoever_runs_the_command_line_waits_too(process: Process) -> None:
    await process.use_up(PHONE)
    assert (await process.access.decide(ROOT, (PHONE,))).problem is Problem.TOO_MANY_GUESSES
    lookup = (await process.ask(agent=ROOT)).lookup
    assert lookup.state is State.REJECTED
    assert "You can try again in 1 minute." in problems.no_id(lookup)


@pytest.mark.parametrize("numbers", [(PHONE,), (OTHER, PHONE)], ids=["one", "among several"])
async def test_the_trusted_need_approval_for_what_was_guessed_at(
    world: World, numbers: tuple[PhoneNumber, ...]
) -> None:
    world.policy = replace(world.policy, trusted=Audience(user_ids=frozenset({"U0ANA"})))
    process = await world.start()
    assert await process.access.decide(ANA, numbers) == Decision(Verdict.MAY, Rule.TRUSTED)
    await process.use_up(PHONE)
    guarded = await process.access.decide(ANA, numbers)
    assert (guarded.verdict, guarded.rule) == (Verdict.MAY_WITH_APPROVAL, Rule.GUESSES)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.5, "1 minute."), (60.0, "1 minute."), (61.0, "2 minutes."), (3600.0, "60 minutes.")]
)
def test_a_wait_is_told_in_whole_minutes_and_never_too_short(seconds: float, words: str) -> None:
    assert f"in {words}" in problems.too_many_guesses(seconds).next


async def test_a_request_is_its_own_agents_alone(process: Process) -> None:
    request = await process.ask()
    assert await process.access.own(request.id, ANA) == request
    assert await process.access.own(request.id, LEE) is None
    assert await process.access.own(request.id, replace(ANA, team_id="T0OTHER")) is None
    assert await process.access.own(RequestId("R-FORGED00"), ANA) is None


# --- doing something to a request ---


@pytest.mark.parametrize(
    ("action", "actor", "standing", "problem"),
    [
        (Action.APPROVE, ANA, FULL, Problem.NOT_AN_APPROVER),
        (Action.DENY, BOB, FULL, Problem.NOT_AN_APPROVER),
        (Action.SEE_DETAILS, ANA, FULL, Problem.NOT_AN_APPROVER),
        (Action.WITHDRAW, LEE, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.ENTER_CODE, LEE, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.SHOW_ID, KIM, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.SHOW_RESULTS, KIM, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.STOP, KIM, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.APPROVE, LEE, Standing(Membership.GUEST), Problem.GUEST),
        (Action.APPROVE, LEE, Standing(Membership.OUTSIDER), Problem.OUTSIDER),
        (Action.WITHDRAW, ANA, Standing(Membership.UNKNOWN), Problem.NOT_A_MEMBER),
    ],
)
async def test_what_somebody_may_not_do_changes_nothing_and_is_journalled(
    world: World, action: Action, actor: Actor, standing: Standing, problem: Problem
) -> None:
    process = await world.start()
    request = await process.ask(1, NEEDS_APPROVAL)
    world.people.standings[actor.user_id] = standing
    refused = await process.refusal(action, request.id, actor)
    assert (refused.problem, refused.request) == (problem, request)
    assert await process.find(request.id) == request
    (entry,) = await process.journal(request.id, Event.FORBIDDEN)
    assert (entry.actor, entry.facts) == (actor, {"action": action.value, "why": problem.value})
    world.people.standings.clear()
    assert await process.requests.use(await process.do(Action.APPROVE, request.id))  # its code still waits


async def test_nobody_decides_on_their_own_request(process: Process) -> None:
    request = await process.ask(1, NEEDS_APPROVAL, agent=LEE)
    for action in (Action.APPROVE, Action.DENY):
        assert (await process.refusal(action, request.id, LEE)).problem is Problem.OWN_REQUEST
    assert (await process.do(Action.APPROVE, request.id, KIM)).approval.state is ApprovalState.APPROVED


@pytest.mark.parametrize("action", Action)
async def test_a_request_that_is_not_there_is_nobodys(process: Process, action: Action) -> None:
    with pytest.raises(NotPossible) as caught:
        await process.access.check(action, RequestId("R-FORGED00"), actor=LEE)
    assert (caught.value.problem, caught.value.request) == (Problem.NOT_YOUR_REQUEST, None)
    assert process.record.changes[-1] == "note"


@pytest.mark.parametrize(
    ("action", "actor"),
    [(Action.APPROVE, LEE), (Action.DENY, LEE), (Action.WITHDRAW, ANA), (Action.ENTER_CODE, ANA)],
)
async def test_where_no_approval_was_needed_there_is_nothing_to_decide(
    process: Process, action: Action, actor: Actor
) -> None:
    request = await process.ask()
    refused = await process.refusal(action, request.id, actor)
    assert (refused.problem, refused.request) == (Problem.NOT_YOUR_REQUEST, request)
    assert len(await process.journal(request.id, Event.FORBIDDEN)) == 1


@pytest.mark.parametrize("ending", [Action.DENY, Action.APPROVE, Action.WITHDRAW])
@pytest.mark.parametrize("late", [Action.DENY, Action.APPROVE, Action.WITHDRAW])
async def test_what_is_decided_stays_decided(process: Process, ending: Action, late: Action) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    decided = await process.do(ending, request.id, ANA if ending is Action.WITHDRAW else LEE)
    refused = await process.refusal(late, request.id, ANA if late is Action.WITHDRAW else KIM)
    assert (refused.problem, refused.request) == (None, decided)
    assert await process.find(request.id) == decided
    entries = await process.journal(request.id, Event.FORBIDDEN)
    assert [entry.facts for entry in entries] == [{"action": late.value, "why": "too late"}]


@pytest.mark.parametrize("action", [Action.APPROVE, Action.DENY, Action.WITHDRAW])
async def test_beyond_its_time_nothing_is_decided_even_before_the_sweeper_came(
    process: Process, action: Action
) -> None:
    request = await process.ask(1, NEEDS_APPROVAL)
    await process.clock.sleep(HOUR)
    refused = await process.refusal(action, request.id, ANA if action is Action.WITHDRAW else LEE)
    assert refused.request
    assert refused.request.approval.state is ApprovalState.EXPIRED
    assert len(await process.journal(request.id, Event.FORBIDDEN)) == 1
    assert await process.requests.end_overdue(request.id)


async def test_an_approval_beyond_its_time_takes_no_code_even_before_the_sweeper_came(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL, codes={})).id)
    await process.clock.sleep(HOUR)
    refused = await process.refusal(Action.ENTER_CODE, request.id, ANA)
    assert refused.request
    assert (refused.problem, refused.request.approval.state) == (None, ApprovalState.LAPSED)
    assert len(await process.journal(request.id, Event.FORBIDDEN)) == 1
    assert (await process.do(Action.SEE_DETAILS, request.id)).approval.state is ApprovalState.APPROVED


async def test_what_was_used_in_time_has_not_lapsed_however_long_it_takes(process: Process) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL)).id)
    used = await process.requests.use(request)
    assert used
    await process.clock.sleep(HOUR)
    refused = await process.refusal(Action.ENTER_CODE, request.id, ANA)
    assert refused.request
    assert refused.request.approval.state is ApprovalState.APPROVED


async def test_of_what_was_forgotten_nothing_is_shown(process: Process) -> None:
    request = await process.asked_and_run()
    assert await process.do(Action.SHOW_ID, request.id, ANA) == request
    await process.record.change(forgetting.forget, PHONE, actor=ROOT)
    refused = await process.refusal(Action.SHOW_ID, request.id, ANA)
    assert refused.problem is None
    assert refused.request
    assert refused.request.is_forgotten


async def test_of_several_numbers_of_which_one_was_forgotten_the_others_are_shown(process: Process) -> None:
    request = await process.asked_and_run(2)
    await process.record.change(forgetting.forget, PHONE, actor=ROOT)
    shown = await process.do(Action.SHOW_RESULTS, request.id, ANA)
    assert [each.is_forgotten for each in shown.lookups] == [True, False]


# --- entering the codes ---


async def test_nobody_enters_codes_while_one_of_the_numbers_has_to_wait_and_the_approval_stays(
    process: Process,
) -> None:
    request = await process.do(Action.APPROVE, (await process.ask(2, NEEDS_APPROVAL, codes={})).id)
    await process.clock.sleep(1)
    await process.use_up(OTHER)
    with pytest.raises(NotPossible) as caught:
        await process.requests.check_entering(request.id, actor=ANA)
    assert (caught.value.problem, caught.value.wait) == (Problem.TOO_MANY_GUESSES, MINUTE)
    (entry,) = await process.journal(request.id, Event.FORBIDDEN)
    assert entry.facts == {"action": "enter code", "why": "too many guesses"}
    await process.clock.sleep(MINUTE)
    assert await process.requests.check_entering(request.id, actor=ANA) == request
    assert await process.requests.use(request, codes_for(request))


async def test_whoever_may_not_ask_any_more_enters_no_code(world: World) -> None:
    process = await world.start()
    request = await process.do(Action.APPROVE, (await process.ask(1, NEEDS_APPROVAL, codes={})).id)
    strict = replace(world.policy, agents=Audience(user_ids=frozenset({"U0BOB"})))
    world.policy = strict
    restarted = await world.start("p2")
    with pytest.raises(NotPossible) as caught:
        await restarted.requests.check_entering(request.id, actor=ANA)
    assert caught.value.problem is Problem.NOT_ALLOWED
    (entry,) = await restarted.journal(request.id, Event.FORBIDDEN)
    assert (entry.actor, entry.facts) == (ANA, {"action": "enter code", "why": "not allowed"})


async def test_who_decides_needs_no_leave_to_ask(world: World) -> None:
    world.policy = Policy(
        agents=Audience(user_ids=frozenset({"U0ANA"})), approvers=world.policy.approvers, needs_approval=True
    )
    process = await world.start()
    request = await process.ask(1, NEEDS_APPROVAL, codes={1: CODE})
    assert (await process.do(Action.APPROVE, request.id)).approval.state is ApprovalState.APPROVED

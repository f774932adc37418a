"""The use case: somebody else decides, once; whatever is refused is journalled, and no code outlives its request."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.errors import NotPossible
from bot.models import Actor, Lookup, LookupId, Problem, State
from bot.policy import Action, Membership, Standing
from tests.office import ANA, CODE, FULL, HOUR, KIM, LEE, Office, member, open_office


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


# --- asking ---


async def test_a_request_waits_for_its_hour_and_so_does_its_code(office: Office) -> None:
    lookup = await office.ask()
    assert lookup.state is State.AWAITING
    assert lookup.approval
    assert lookup.approval.expires_at == office.clock.time + HOUR
    assert len(office.vault) == 1


async def test_the_same_submission_twice_is_one_request_and_keeps_the_first_code(office: Office) -> None:
    first = await office.ask()
    again = await office.ask(code=SecretStr("999999"))
    assert again == first
    assert office.vault.take(first.id) == CODE


# --- deciding ---


async def test_an_approval_is_good_for_an_hour_of_its_own(office: Office) -> None:
    lookup = await office.ask()
    office.clock.time += HOUR / 2
    approved = await office.do(Action.APPROVE, lookup.id)
    assert approved.state is State.APPROVED
    assert approved.approval
    assert (approved.approval.decided_by, approved.approval.decided_at) == (LEE, office.clock.time)
    assert approved.approval.expires_at == office.clock.time + HOUR


async def test_an_approval_with_its_code_becomes_one_call(office: Office) -> None:
    lookup = await office.do(Action.APPROVE, (await office.ask()).id)
    used = await office.approvals.use(lookup)
    assert used
    ended = await office.lookups.run(*used)
    assert (ended.state, ended.result.phone_number_id) == (State.ANSWERED, "710000000000001")
    assert len(office.vault) == 0
    with pytest.raises(NotPossible) as caught:  # used up: a second use is nobody's
        await office.approvals.use(lookup, CODE)
    assert caught.value.lookup == ended


async def test_an_approval_without_its_code_waits_for_it(office: Office) -> None:
    lookup = await office.do(Action.APPROVE, (await office.ask(code=None)).id)
    assert await office.approvals.use(lookup) is None
    assert (await office.do(Action.ENTER_CODE, lookup.id, ANA)).state is State.APPROVED
    used = await office.approvals.use(lookup, CODE)
    assert used
    assert (used[0].state, used[1]) == (State.QUEUED, CODE)


async def test_a_code_kept_until_the_request_expires_is_not_used_later(office: Office) -> None:
    lookup = await office.ask()
    office.clock.time += HOUR - 1
    approved = await office.do(Action.APPROVE, lookup.id)
    office.clock.time += 1
    assert await office.approvals.use(approved) is None  # the agent is asked for it


@pytest.mark.parametrize(
    ("action", "actor", "state", "reason"),
    [(Action.DENY, LEE, State.DENIED, "not yours"), (Action.WITHDRAW, ANA, State.WITHDRAWN, "")],
)
async def test_a_no_ends_the_request_and_the_code_with_it(
    office: Office, action: Action, actor: Actor, state: State, reason: str
) -> None:
    ended = await office.do(action, (await office.ask()).id, actor)
    assert ended.state is state
    assert ended.approval
    assert (ended.approval.decided_by, ended.approval.reason) == (actor, reason)
    assert len(office.vault) == 0


async def test_of_two_who_decide_at_once_one_does_and_the_other_is_told_who(office: Office) -> None:
    lookup = await office.ask()
    outcomes = await asyncio.gather(
        office.do(Action.APPROVE, lookup.id, LEE), office.do(Action.DENY, lookup.id, KIM), return_exceptions=True
    )
    (decided,) = [each for each in outcomes if isinstance(each, Lookup)]
    (refused,) = [each for each in outcomes if isinstance(each, NotPossible)]
    assert (refused.problem, refused.lookup) == (None, decided)
    assert [entry.facts["why"] for entry in await office.forbidden(lookup)] == ["too late"]


# --- refused, and journalled ---


@pytest.mark.parametrize(
    ("action", "actor", "standing", "problem"),
    [
        (Action.APPROVE, ANA, FULL, Problem.NOT_AN_APPROVER),
        (Action.DENY, member("U0BOB"), FULL, Problem.NOT_AN_APPROVER),
        (Action.SEE_DETAILS, ANA, FULL, Problem.NOT_AN_APPROVER),
        (Action.WITHDRAW, LEE, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.ENTER_CODE, LEE, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.SHOW_ID, KIM, FULL, Problem.NOT_YOUR_REQUEST),
        (Action.APPROVE, LEE, Standing(Membership.GUEST), Problem.GUEST),
        (Action.APPROVE, LEE, Standing(Membership.OUTSIDER), Problem.OUTSIDER),
        (Action.WITHDRAW, ANA, Standing(Membership.UNKNOWN), Problem.WHO_UNKNOWN),
    ],
)
async def test_what_somebody_may_not_do_changes_nothing_and_is_journalled(
    office: Office, action: Action, actor: Actor, standing: Standing, problem: Problem
) -> None:
    lookup = await office.ask()
    refused = await office.refusal(action, lookup, actor, standing)
    assert refused.problem is problem
    assert await office.store.find(lookup.id) == lookup
    (entry,) = await office.forbidden(lookup)
    assert (entry.actor, entry.facts) == (actor, {"action": action.value, "why": problem.value})
    assert len(office.vault) == 1


async def test_nobody_decides_on_their_own_request(office: Office) -> None:
    lookup = await office.ask(agent=LEE)
    for action in (Action.APPROVE, Action.DENY):
        assert (await office.refusal(action, lookup, LEE)).problem is Problem.OWN_REQUEST
    assert (await office.do(Action.APPROVE, lookup.id, KIM)).state is State.APPROVED


@pytest.mark.parametrize("action", Action)
async def test_a_request_that_is_not_there_is_nobodys(office: Office, action: Action) -> None:
    with pytest.raises(NotPossible) as caught:
        await office.do(action, LookupId("L-FORGED00"))
    assert (caught.value.problem, caught.value.lookup) == (Problem.NOT_YOUR_REQUEST, None)


@pytest.mark.parametrize("ending", [Action.DENY, Action.APPROVE, Action.WITHDRAW])
@pytest.mark.parametrize("late", [Action.DENY, Action.APPROVE, Action.WITHDRAW])
async def test_what_is_decided_stays_decided(office: Office, ending: Action, late: Action) -> None:
    lookup = await office.ask()
    decided = await office.do(ending, lookup.id, ANA if ending is Action.WITHDRAW else LEE)
    refused = await office.refusal(late, lookup, ANA if late is Action.WITHDRAW else KIM)
    assert (refused.problem, refused.lookup) == (None, decided)
    assert await office.store.find(lookup.id) == decided
    assert [entry.facts for entry in await office.forbidden(lookup)] == [{"action": late.value, "why": "too late"}]


@pytest.mark.parametrize("action", [Action.APPROVE, Action.DENY, Action.WITHDRAW])
async def test_beyond_its_time_nothing_is_decided_even_before_the_sweeper_came(office: Office, action: Action) -> None:
    lookup = await office.ask()
    office.clock.time += HOUR
    refused = await office.refusal(action, lookup, ANA if action is Action.WITHDRAW else LEE)
    assert refused.lookup
    assert refused.lookup.state is State.EXPIRED
    assert len(await office.forbidden(lookup)) == 1
    assert [each.state for each in await office.approvals.expire()] == [State.EXPIRED]


async def test_an_approval_beyond_its_time_takes_no_code_even_before_the_sweeper_came(office: Office) -> None:
    lookup = await office.do(Action.APPROVE, (await office.ask(code=None)).id)
    office.clock.time += HOUR
    refused = await office.refusal(Action.ENTER_CODE, lookup, ANA)
    assert (refused.problem, refused.lookup and refused.lookup.state) == (None, State.LAPSED)
    assert len(await office.forbidden(lookup)) == 1
    assert (await office.do(Action.SEE_DETAILS, lookup.id)).state is State.APPROVED

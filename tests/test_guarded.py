"""The guess guard in the use cases: what it keeps from being asked ends in words, and an approval is not lost to it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.errors import ApiError
from bot.guesses import FREE_FOR_AGENT
from bot.lookups import Lookups
from bot.models import Actor, Answer, BatchId, Lookup, NewLookup, PhoneNumber, Problem, Side, State, Through
from bot.policy import Action, Circle, Decision, Membership, Policy, Rule, Standing, Verdict, decide
from bot.texts import problems
from bot.tickets import Call, Lane
from tests.guessing import use_up
from tests.office import ANA, CODE, FULL, KIM, PHONE, Office, open_office
from tests.quotas import FreeQuota

MAY = Decision(Verdict.MAY, Rule.NO_APPROVALS)
ROOT = Actor(team_id="host", user_id="root", through=Through.COMMAND_LINE)
MINUTE = 60.0


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as opened:
        yield opened


def new(agent: Actor = ANA, key: str = "key") -> NewLookup:
    return NewLookup(agent=agent, phone=PHONE, reason="", channel_id="", submission_key=key)


async def test_a_yes_is_guarded_for_the_number_and_for_the_agent(office: Office) -> None:
    last = await use_up(office.store, KIM, PHONE)
    guarded = await office.lookups.guard(MAY, ANA, PHONE)
    assert (guarded.problem, guarded.wait_until) == (Problem.TOO_MANY_GUESSES, last.updated_at + MINUTE)
    assert await office.lookups.guard(MAY, ANA) == MAY  # no number yet, and Ana guessed nothing


async def test_a_yes_from_before_the_last_refusal_is_rejected_all_the_same(office: Office) -> None:
    last = await use_up(office.store, KIM, PHONE)
    lookup, _ = await office.lookups.accept(new(), MAY)
    assert (lookup.state, lookup.result.wait_until) == (State.REJECTED, last.updated_at + MINUTE)


async def test_a_guarded_no_is_recorded_with_its_wait(office: Office) -> None:
    await use_up(office.store, KIM, PHONE)
    guarded = await office.lookups.guard(MAY, ANA, PHONE)
    lookup, _ = await office.lookups.accept(new(), guarded)
    assert (lookup.state, lookup.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES)
    assert lookup.result.wait_until == guarded.wait_until


async def test_whoever_runs_the_command_line_waits_too(office: Office) -> None:
    await use_up(office.store, KIM, PHONE)
    lookup, _ = await office.lookups.accept(new(ROOT), decide(ROOT, Standing(Membership.UNKNOWN), Policy()))
    assert lookup.state is State.REJECTED
    assert "wait 1 minute, then try again" in problems.no_id(lookup)


async def test_what_was_queued_before_the_last_refusal_is_not_asked(office: Office) -> None:
    lookup, _ = await office.lookups.accept(new(), MAY)
    last = await use_up(office.store, KIM, PHONE)
    ended = await office.lookups.run(lookup, CODE)  # the API would have said yes
    assert (ended.state, ended.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES)
    assert (ended.result.wait_until, ended.result.phone_number_id) == (last.updated_at + MINUTE, None)
    moves = [(entry.from_state, entry.to_state) for entry in await office.store.journal(lookup.id)]
    assert moves == [(None, State.QUEUED), (State.QUEUED, State.REJECTED)]


class RefusingApi:
    """Says no to every code, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            self.asked += 1
            raise ApiError(Problem.UNKNOWN_CODE, side=Side.AGENT, may_retry=False)


async def test_a_list_of_wrong_codes_ends_when_its_agents_free_ones_are_used_up(office: Office) -> None:
    api = RefusingApi()
    lookups = Lookups(store=office.store, api=api, quota=FreeQuota(), clock=office.clock)
    phones = [PhoneNumber(f"1202555{number:04}") for number in range(30)]
    listed = [(await lookups.accept(replace(new(key=phone.digits), phone=phone), MAY))[0] for phone in phones]
    ended = [await lookups.run(lookup, CODE, lane=Lane.BULK) for lookup in listed]
    assert api.asked == FREE_FOR_AGENT
    assert Counter(each.state for each in ended) == {State.REFUSED: FREE_FOR_AGENT, State.REJECTED: 20}


class ForgetfulApi:
    """Refuses the first ten, answers all others; each takes a while."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.asked = 0

    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            self._office.clock.time += 0.1
            self.asked += 1
            if self.asked <= FREE_FOR_AGENT:
                raise ApiError(Problem.UNKNOWN_CODE, side=Side.AGENT, may_retry=False)
            return Answer(phone_number_id="710000000000001", request_id="R-1")


async def approved_list(office: Office, size: int) -> list[tuple[Lookup, SecretStr]]:
    news = [replace(new(key=f"list {number}"), phone=PhoneNumber(f"1202555{number:04}")) for number in range(size)]
    listed, _ = await office.store.accept_list(news, state=State.AWAITING, expires_at=office.clock.time + 3600)
    await office.do(Action.APPROVE, listed[0].id)
    approved = await office.store.read_list(of(listed[0]))
    asked = await office.approvals.use_list(approved, {each.id: CODE for each in approved})
    assert asked is not None
    return asked


def of(lookup: Lookup) -> BatchId:
    assert lookup.place is not None
    return lookup.place.batch_id


async def test_an_approved_list_is_asked_to_its_end_whatever_is_refused_in_it(office: Office) -> None:
    api = ForgetfulApi(office)
    lookups = Lookups(store=office.store, api=api, quota=FreeQuota(), clock=office.clock)
    asked = await approved_list(office, 40)
    ended = [await lookups.run(*each, lane=Lane.BULK) for each in asked]
    assert Counter(each.state for each in ended) == {State.REFUSED: 10, State.ANSWERED: 30}
    lookup, _ = await office.lookups.accept(new(key="after"), MAY)
    assert lookup.state is State.REJECTED  # they count all the same, for whatever else its agent asks


async def test_what_was_refused_elsewhere_after_the_approval_stops_an_approved_list(office: Office) -> None:
    asked = await approved_list(office, 3)
    office.clock.time += 1
    for number in range(2):
        await use_up(office.store, ANA, PhoneNumber(f"1202555010{number}"))
    ended = [await office.lookups.run(*each, lane=Lane.BULK) for each in asked]
    assert {each.result.problem for each in ended} == {Problem.TOO_MANY_GUESSES}


async def test_running_what_was_rejected_asks_nobody(office: Office) -> None:
    await use_up(office.store, KIM, PHONE)
    rejected, _ = await office.lookups.accept(new(), MAY)
    assert await office.lookups.run(rejected, CODE) == rejected
    assert len(await office.store.journal(rejected.id)) == 1


async def test_an_approval_given_knowing_what_was_refused_is_used_at_once(office: Office) -> None:
    asked = await office.ask()
    await use_up(office.store, KIM, PHONE)
    approved = await office.do(Action.APPROVE, asked.id)
    assert await office.lookups.wait_of(approved) is None
    used = await office.approvals.use(approved)
    assert used
    assert (await office.lookups.run(*used)).state is State.ANSWERED


async def test_an_approval_from_before_waits_like_everything_else(office: Office) -> None:
    approved = await office.do(Action.APPROVE, (await office.ask()).id)
    office.clock.time += 1
    await use_up(office.store, KIM, PHONE)
    assert await office.lookups.wait_of(approved) == MINUTE
    office.clock.time += MINUTE
    assert await office.lookups.wait_of(approved) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.5, "1 minute,"), (60.0, "1 minute,"), (61.0, "2 minutes,"), (3600.0, "60 minutes,")]
)
def test_a_wait_is_told_in_whole_minutes_and_never_too_short(seconds: float, words: str) -> None:
    assert f"wait {words}" in problems.too_many_guesses(seconds).next


async def test_the_trusted_need_approval_for_what_was_guessed_at(office: Office) -> None:
    policy = Policy(trusted=Circle(user_ids=frozenset({"U0ANA"})), needs_approval=True)
    decision = decide(ANA, FULL, policy)
    assert await office.lookups.guard(decision, ANA, PHONE) == decision
    await use_up(office.store, KIM, PHONE)
    guarded = await office.lookups.guard(decision, ANA, PHONE)
    assert (guarded.verdict, guarded.rule) == (Verdict.MAY_WITH_APPROVAL, Rule.GUESSES)


async def test_who_decides_sees_how_many_codes_were_refused(office: Office) -> None:
    asked = await office.ask()
    assert (await office.approvals.lately(asked)).refused.for_number.refused == 0
    await use_up(office.store, KIM, PHONE)
    assert (await office.approvals.lately(asked)).refused.for_number.refused == 5

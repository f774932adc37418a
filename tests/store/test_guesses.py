"""Refused codes are counted across processes, and no way leads past the count."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import TooManyGuesses
from bot.guesses import COUNTED, FREE_FOR_AGENT, FREE_FOR_NUMBER, REMEMBERED, Alarm, Suspect
from bot.interfaces import Store
from bot.models import Actor, Event, Lookup, NewLookup, PhoneNumber, Problem, Result, State, Through
from bot.store import guesses
from bot.store.sqlite import SqliteStore

New = Callable[..., NewLookup]
OpenStore = Callable[..., Awaitable[Store]]

LEE = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
OTHER_TEAMS_ANA = Actor(team_id="T0002", user_id="U0ANA", through=Through.SLACK)
OTHER_PHONE = PhoneNumber("12025550115")
REFUSED = Result(problem=Problem.UNKNOWN_CODE)
ANSWERED = Result(phone_number_id="861380000ID")
MINUTE, HOUR = 60.0, 3600.0


async def call(store: Store, new: NewLookup) -> Lookup:
    lookup, _ = await store.accept(new, state=State.QUEUED)
    assert lookup.state is State.QUEUED, lookup.result.problem
    return await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=new.agent)


async def end(store: Store, lookup: Lookup, result: Result = REFUSED) -> Lookup:
    to_state = State.ANSWERED if result.phone_number_id else State.REFUSED
    return await store.move(lookup.id, from_state=State.CALLING, to_state=to_state, actor=lookup.agent, result=result)


async def guess(store: Store, new: NewLookup, result: Result = REFUSED) -> Lookup:
    return await end(store, await call(store, new), result)


async def use_up(store: Store, new: New, **asked: Any) -> Lookup:
    """Refused codes for one number until none is free."""
    return [await guess(store, new(**asked)) for _ in range(FREE_FOR_NUMBER)][-1]


async def spray(store: Store, new: New, **asked: Any) -> None:
    """Refused codes of one agent for many numbers, until none is free."""
    for number in range(FREE_FOR_AGENT):
        await guess(store, new(phone=PhoneNumber(f"1202555{number:04}"), **asked))


async def test_after_the_free_ones_an_attempt_for_the_number_is_rejected_whoever_asks(store: Store, new: New) -> None:
    last = await use_up(store, new)
    for agent in (last.agent, LEE):
        rejected, is_new = await store.accept(new(agent=agent), state=State.QUEUED)
        assert (rejected.state, rejected.result.problem, is_new) == (State.REJECTED, Problem.TOO_MANY_GUESSES, True)
        assert rejected.result.wait_until == last.updated_at + MINUTE
        (entry,) = await store.journal(rejected.id)
        assert (entry.event, entry.to_state) == (Event.ASKED, State.REJECTED)
        assert entry.facts["problem"] == Problem.TOO_MANY_GUESSES
    other, _ = await store.accept(new(phone=OTHER_PHONE), state=State.QUEUED)
    assert other.state is State.QUEUED


async def test_an_agent_who_tries_many_numbers_is_rejected_and_nobody_else_is(store: Store, new: New) -> None:
    await spray(store, new)
    rejected, _ = await store.accept(new(), state=State.QUEUED)
    assert rejected.state is State.REJECTED
    for agent in (LEE, OTHER_TEAMS_ANA):  # a user id means something in its team only
        accepted, _ = await store.accept(new(agent=agent), state=State.QUEUED)
        assert accepted.state is State.QUEUED


async def test_the_wait_doubles_with_each_further_refusal(store: Store, clock: Any, new: New) -> None:
    last = await use_up(store, new)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.time = last.updated_at + minutes * MINUTE - 1
        early, _ = await store.accept(new(), state=State.QUEUED)
        assert (early.state, early.result.wait_until) == (State.REJECTED, last.updated_at + minutes * MINUTE)
        clock.time += 1
        last = await guess(store, new(agent=replace(LEE, user_id=f"U{clock.time}")))


async def test_a_rejected_attempt_makes_nobody_wait_longer(store: Store, clock: Any, new: New) -> None:
    last = await use_up(store, new)
    clock.time += MINUTE / 2
    for _ in range(20):
        rejected, _ = await store.accept(new(), state=State.QUEUED)
        assert rejected.result.wait_until == last.updated_at + MINUTE


async def test_what_was_refused_is_forgotten_in_time(store: Store, clock: Any, new: New) -> None:
    await use_up(store, new)
    clock.time += REMEMBERED
    assert (await store.tally(LEE, new().phone)).for_number.refused == 0
    await guess(store, new())
    assert (await store.tally(LEE, new().phone)).for_number.refused == 1


@pytest.mark.parametrize("problem", sorted(set(Problem) - COUNTED))
async def test_other_refusals_do_not_count(store: Store, new: New, problem: Problem) -> None:
    await guess(store, new(), Result(problem=problem))
    tally = await store.tally(new().agent, new().phone)
    assert (tally.for_number.refused, tally.by_agent.refused) == (0, 0)


@pytest.mark.parametrize("problem", sorted(COUNTED))
async def test_each_refusal_that_may_be_about_the_code_counts(store: Store, new: New, problem: Problem) -> None:
    await guess(store, new(), Result(problem=problem))
    tally = await store.tally(new().agent, new().phone)
    assert (tally.for_number.refused, tally.by_agent.refused) == (1, 1)


async def test_an_answer_clears_its_number_and_no_agent(store: Store, clock: Any, new: New) -> None:
    for _ in range(FREE_FOR_NUMBER - 1):
        await guess(store, new())
    clock.time += 1
    await guess(store, new(), ANSWERED)
    await guess(store, new(phone=OTHER_PHONE), ANSWERED)  # numbers of their own that they know the codes of
    tally = await store.tally(new().agent, new().phone)
    assert (tally.for_number.refused, tally.by_agent.refused) == (0, FREE_FOR_NUMBER - 1)


# --- no way past ---


async def test_what_was_queued_before_is_not_called_any_more(store: Store, new: New) -> None:
    """A list is accepted as a whole, and then its codes turn out to be guesses."""
    waiting = [(await store.accept(new(agent=LEE), state=State.QUEUED))[0] for _ in range(3)]
    await use_up(store, new)
    for lookup in waiting:
        with pytest.raises(TooManyGuesses):
            await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=LEE)
        assert await store.find(lookup.id) == lookup  # nothing of it is recorded
        assert [entry.event for entry in await store.journal(lookup.id)] == [Event.ASKED]


async def test_of_many_queued_at_once_one_is_called_when_the_wait_is_over(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    stores = [await open_store(), await open_store()]
    waiting = [(await stores[0].accept(new(agent=LEE), state=State.QUEUED))[0] for _ in range(6)]
    await use_up(stores[0], new)
    clock.time += MINUTE
    calls = [
        stores[number % 2].move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=LEE)
        for number, lookup in enumerate(waiting)
    ]
    told = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in told].count(Lookup) == 1
    # As if the one under way were refused now.
    assert {one.until for one in told if isinstance(one, TooManyGuesses)} == {clock.time + 2 * MINUTE}


async def test_an_approval_given_since_then_is_called_and_one_from_before_is_not(
    store: Store, clock: Any, new: New
) -> None:
    async def approved() -> Lookup:
        lookup, _ = await store.accept(new(), state=State.AWAITING, expires_at=clock.time + HOUR)
        return await store.move(lookup.id, from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)

    early = await approved()
    clock.time += 1
    await use_up(store, new)
    late = await approved()
    for lookup in (early, late):
        await store.move(lookup.id, from_state=State.APPROVED, to_state=State.QUEUED, actor=lookup.agent)
    with pytest.raises(TooManyGuesses):
        await store.move(early.id, from_state=State.QUEUED, to_state=State.CALLING, actor=early.agent)
    calling = await store.move(late.id, from_state=State.QUEUED, to_state=State.CALLING, actor=late.agent)
    assert calling.state is State.CALLING


# --- the alarm ---


async def test_one_refusal_too_many_is_in_the_journal_once(store: Store, clock: Any, new: New) -> None:
    started = clock.time
    for _ in range(FREE_FOR_NUMBER - 1):
        await guess(store, new())
    assert await store.claim_alarms() == []
    clock.time += 20 * MINUTE
    last = await guess(store, new())
    suspected = [entry for entry in await store.journal(last.id) if entry.event is Event.SUSPECTED]
    assert [entry.facts for entry in suspected] == [{"suspect": "number", "refused": FREE_FOR_NUMBER}]
    assert await store.claim_alarms() == [
        Alarm(lookup=last, suspect=Suspect.NUMBER, refused=FREE_FOR_NUMBER, seconds=clock.time - started)
    ]
    clock.time += HOUR
    further = await guess(store, new(agent=LEE))
    assert Event.SUSPECTED not in [entry.event for entry in await store.journal(further.id)]
    assert await store.claim_alarms() == []


async def test_an_agent_who_tries_many_numbers_raises_an_alarm_too(store: Store, new: New) -> None:
    await spray(store, new)
    (alarm,) = await store.claim_alarms()
    assert (alarm.suspect, alarm.refused) == (Suspect.AGENT, FREE_FOR_AGENT)


async def test_an_alarm_is_one_process_s_to_tell_and_another_s_if_it_cannot(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    stores = [await open_store(), await open_store()]
    last = await use_up(stores[0], new)
    claimed = [await store.claim_alarms() for store in stores]
    assert [len(alarms) for alarms in claimed] == [1, 0]
    clock.time += 200.0
    (again,) = await stores[1].claim_alarms()
    for store in stores:  # told by both after all: in the journal once
        await store.alarm_told(again, people=2)
    warned = [entry for entry in await stores[0].journal(last.id) if entry.event is Event.WARNED]
    assert [entry.facts for entry in warned] == [{"suspect": "number", "told": 2}]
    clock.time += 200.0
    assert await stores[0].claim_alarms() == []


async def test_an_alarm_nobody_could_be_told_of_ends_after_an_hour(store: Store, clock: Any, new: New) -> None:
    await use_up(store, new)
    clock.time += HOUR
    assert await store.claim_alarms() == []


# --- the questions ---


@pytest.mark.parametrize(
    ("sql", "plan"),
    [
        (
            guesses.FOR_NUMBER,
            "SEARCH lookups USING INDEX lookups_guessed_for_number (phone=? AND updated_at>?)",
        ),
        (
            guesses.BY_AGENT,
            "SEARCH lookups USING INDEX lookups_guessed_by_agent (user_id=? AND team_id=? AND updated_at>?)",
        ),
        (
            guesses.BY_AGENT_ELSEWHERE,
            "SEARCH lookups USING INDEX lookups_guessed_by_agent (user_id=? AND team_id=? AND updated_at>?)",
        ),
        (guesses.LAST_ANSWER, "SEARCH lookups USING INDEX lookups_answered (phone=?)"),
        (guesses.UNDER_WAY, "SEARCH lookups USING INDEX lookups_calling (state=?)"),
    ],
)
async def test_every_count_finds_its_index(store: SqliteStore, plain: sqlite3.Connection, sql: str, plan: str) -> None:
    values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
    (step,) = [row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert step == plan


@pytest.mark.parametrize("sql", [guesses.FOR_NUMBER, guesses.BY_AGENT])
def test_the_questions_count_what_the_guard_counts(sql: str) -> None:
    (listed,) = re.findall(r"problem IN \((.*)\)", sql)
    assert set(re.findall(r"'([^']+)'", listed)) == COUNTED

"""What every store promises, whatever database is behind it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Protocol

import pytest

from bot.errors import LookupMoved, StoreUnavailable
from bot.interfaces import Store
from bot.models import (
    Actor,
    BatchId,
    LogQuery,
    Lookup,
    LookupId,
    NewLookup,
    PhoneNumber,
    Place,
    Problem,
    Result,
    State,
    Through,
)

New = Callable[..., NewLookup]


class OpenedStore(Store, Protocol):
    """A store as whoever opened it sees it."""

    async def aclose(self) -> None: ...


OpenStore = Callable[..., Awaitable[OpenedStore]]

ANSWER = Result(
    phone_number_id="861380000ID",
    api_code="OK",
    request_id="90E63D28",
    http_status=200,
    milliseconds=140,
    attempts=2,
)


async def _queued(store: Store, new: NewLookup) -> Lookup:
    lookup, _ = await store.accept(new, state=State.QUEUED)
    return lookup


async def _calling(store: Store, lookup: Lookup) -> Lookup:
    return await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)


# --- accept ---


async def test_what_is_accepted_is_found_as_it_was_asked_for(store: Store, clock: Any, new: New) -> None:
    asked = new(reason="caf\u00e9 & <b>'\"; --", channel_id="")
    lookup, is_new = await store.accept(asked, state=State.QUEUED)
    assert is_new
    assert lookup == Lookup(
        id=lookup.id,
        state=State.QUEUED,
        agent=asked.agent,
        phone=asked.phone,
        reason=asked.reason,
        channel_id="",
        created_at=clock.time,
        updated_at=clock.time,
        result=Result(),
    )
    assert await store.find(lookup.id) == lookup


async def test_an_id_can_be_read_out_and_quoted(store: Store, new: New) -> None:
    ids = {(await _queued(store, new())).id for _ in range(50)}
    assert len(ids) == 50
    assert all(re.fullmatch("L-[0-9A-HJKMNP-TV-Z]{8}", one) for one in ids)


async def test_an_id_that_is_taken_is_not_given_out_again(open_store: OpenStore, new: New) -> None:
    ids: Iterator[str] = iter(["L-SAME", "L-SAME", "L-SAME", "L-OTHER"])
    store = await open_store(new_id=lambda: LookupId(next(ids)))
    assert [(await _queued(store, new())).id for _ in range(2)] == ["L-SAME", "L-OTHER"]


async def test_a_submission_delivered_twice_is_one_lookup(store: Store, clock: Any, new: New) -> None:
    first = await _calling(store, await _queued(store, new(submission_key="one", reason="first")))
    clock.time += 60
    again, is_new = await store.accept(new(submission_key="one", reason="again"), state=State.QUEUED)
    assert (again, is_new) == (first, False)
    assert len(await store.journal(first.id)) == 2
    assert await store.search(LogQuery()) == [first]


async def test_a_submission_delivered_at_the_same_time_to_two_processes_is_one_lookup(
    open_store: OpenStore, new: New
) -> None:
    stores = [await open_store(), await open_store()]
    for number in range(50):
        asked = new(submission_key=f"same {number}")
        told = await asyncio.gather(*(store.accept(asked, state=State.QUEUED) for store in stores))
        assert sorted(is_new for _, is_new in told) == [False, True]
        assert told[0][0] == told[1][0]


async def test_a_rejection_is_recorded_with_its_reason(store: Store, new: New) -> None:
    lookup, _ = await store.accept(new(), state=State.REJECTED, problem=Problem.GUEST)
    assert (lookup.state, lookup.result) == (State.REJECTED, Result(problem=Problem.GUEST))
    (entry,) = await store.journal(lookup.id)
    assert (entry.from_state, entry.to_state, entry.facts["problem"]) == (None, State.REJECTED, Problem.GUEST)


# --- move ---


async def test_a_move_records_state_result_and_time(store: Store, clock: Any, new: New) -> None:
    calling = await _calling(store, await _queued(store, new()))
    clock.time += 0.5
    answered = await store.move(
        calling.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=calling.agent, result=ANSWER
    )
    assert (answered.state, answered.result, answered.updated_at) == (State.ANSWERED, ANSWER, clock.time)
    assert answered.created_at == clock.time - 0.5
    assert await store.find(calling.id) == answered


async def test_a_move_from_a_state_it_is_not_in_is_told_what_is(store: Store, new: New) -> None:
    calling = await _calling(store, await _queued(store, new()))
    for wrong in set(State) - {State.CALLING}:
        with pytest.raises(LookupMoved) as lost:
            await store.move(calling.id, from_state=wrong, to_state=State.ANSWERED, actor=calling.agent, result=ANSWER)
        assert lost.value.current == calling
    assert await store.find(calling.id) == calling
    assert len(await store.journal(calling.id)) == 2


async def test_a_move_of_what_is_not_there_is_told_so(store: Store, ana: Actor) -> None:
    with pytest.raises(LookupMoved) as lost:
        await store.move(LookupId("L-NONE"), from_state=State.QUEUED, to_state=State.CALLING, actor=ana)
    assert lost.value.current is None
    assert await store.find(LookupId("L-NONE")) is None
    assert await store.journal(LookupId("L-NONE")) == []


async def test_of_two_movers_exactly_one_wins(open_store: OpenStore, new: New) -> None:
    stores = [await open_store(), await open_store()]
    for _ in range(200):
        lookup = await _queued(stores[0], new())
        told = await asyncio.gather(*(_calling(store, lookup) for store in stores), return_exceptions=True)
        lost = [one for one in told if isinstance(one, LookupMoved)]
        won = [one for one in told if isinstance(one, Lookup)]
        assert (len(won), len(lost)) == (1, 1)
        assert lost[0].current == won[0]
        assert len(await stores[1].journal(lookup.id)) == 2


# --- journal ---


async def test_the_journal_tells_each_change_by_whom_and_when(store: Store, clock: Any, new: New, ana: Actor) -> None:
    lookup = await _queued(store, new())
    clock.time += 1
    await _calling(store, lookup)
    clock.time += 1
    lee = Actor(team_id="host", user_id="lee", through=Through.COMMAND_LINE)
    await store.move(lookup.id, from_state=State.CALLING, to_state=State.ANSWERED, actor=lee, result=ANSWER)
    entries = await store.journal(lookup.id)
    assert [(entry.event, entry.from_state, entry.to_state, entry.actor) for entry in entries] == [
        ("asked", None, State.QUEUED, ana),
        ("moved", State.QUEUED, State.CALLING, ana),
        ("moved", State.CALLING, State.ANSWERED, lee),
    ]
    assert [clock.time - entry.at for entry in entries] == [2, 1, 0]
    assert [entry.seq for entry in entries] == sorted({entry.seq for entry in entries})
    assert {entry.lookup_id for entry in entries} == {lookup.id}
    assert [entry.facts for entry in entries] == [
        {},
        {},
        {
            "problem": None,
            "api_code": "OK",
            "request_id": "90E63D28",
            "http_status": 200,
            "milliseconds": 140,
            "attempts": 2,
        },
    ]


async def test_the_journal_of_one_lookup_holds_no_other(store: Store, new: New) -> None:
    first, second = await _queued(store, new()), await _queued(store, new())
    await _calling(store, first)
    assert {entry.lookup_id for entry in await store.journal(second.id)} == {second.id}


# --- search ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (LogQuery(), "edcba"),
        (LogQuery(limit=2), "ed"),
        (LogQuery(user_id="U0ANA"), "eba"),
        (LogQuery(phone=PhoneNumber("12025550100")), "db"),
        (LogQuery(since=1_800_000_002.0), "edc"),  # the instant itself included
        (LogQuery(user_id="U0ANA", phone=PhoneNumber("12025550100")), "b"),
        (LogQuery(user_id="U0ANA", since=1_800_000_001.0, limit=2), "eb"),
        (LogQuery(user_id="nobody"), ""),
    ],
)
async def test_the_log_lists_what_matches_newest_first(
    store: Store, clock: Any, new: New, query: LogQuery, found: str
) -> None:
    lee = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
    us, cn = PhoneNumber("12025550100"), PhoneNumber("8613800001234")
    for asked in (
        new(reason="a", phone=cn),
        new(reason="b", phone=us),
        new(reason="c", phone=cn, agent=lee),
        new(reason="d", phone=us, agent=lee),
        new(reason="e", phone=cn),
    ):
        await store.accept(asked, state=State.QUEUED)
        clock.time += 1
    assert "".join(lookup.reason for lookup in await store.search(query)) == found


async def test_of_two_in_the_same_instant_the_later_is_newer(store: Store, new: New) -> None:
    ids = [(await _queued(store, new())).id for _ in range(5)]
    assert [lookup.id for lookup in await store.search(LogQuery())] == ids[::-1]


async def test_the_log_can_be_narrowed_to_one_list(store: Store, new: New) -> None:
    for batch, number in (("B-1", 1), ("B-2", 1), ("B-1", 2)):
        place = Place(batch_id=BatchId(batch), number=number, of=2)
        await store.accept(new(reason=f"{batch} {number}", place=place), state=State.QUEUED)
    await store.accept(new(), state=State.QUEUED)
    found = await store.search(LogQuery(batch_id=BatchId("B-1")))
    assert [lookup.reason for lookup in found] == ["B-1 2", "B-1 1"]


# --- leases ---


async def test_a_lookup_whose_process_died_is_interrupted_once(open_store: OpenStore, clock: Any, new: New) -> None:
    dead, alive = await open_store(lease=30.0), await open_store(lease=30.0)
    queued = await _queued(dead, new())
    calling = await _calling(dead, await _queued(dead, new()))
    clock.time += 30.1
    assert await alive.interrupt_abandoned([]) == 2
    interrupted = await alive.claim_untold()
    assert {lookup.id for lookup in interrupted} == {queued.id, calling.id}
    assert {lookup.state for lookup in interrupted} == {State.INTERRUPTED}
    assert {lookup.result for lookup in interrupted} == {Result(problem=Problem.PROCESS_ENDED)}
    assert await alive.interrupt_abandoned([]) == 0
    entry = (await alive.journal(calling.id))[-1]
    assert (entry.event, entry.from_state, entry.to_state) == ("abandoned", State.CALLING, State.INTERRUPTED)
    assert (entry.actor.team_id, entry.actor.user_id) == ("-", "sweeper")
    assert entry.facts["problem"] == Problem.PROCESS_ENDED


async def test_a_lease_that_is_not_over_is_left_alone(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store(lease=30.0)
    await _queued(store, new())
    clock.time += 30.0
    assert await store.interrupt_abandoned([]) == 0


async def test_renewing_keeps_a_process_s_own_lookups_and_no_others(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    alive, dead = await open_store(owner="alive"), await open_store(owner="dead")
    kept = await _calling(alive, await _queued(alive, new()))
    lost = await _queued(dead, new())
    for _ in range(4):
        clock.time += 10
        await alive.renew([kept.id, lost.id])
    assert await alive.interrupt_abandoned([]) == 1
    assert [lookup.id for lookup in await alive.claim_untold()] == [lost.id]
    assert await alive.find(kept.id) == kept  # a renewal is no change
    assert len(await alive.journal(kept.id)) == 2


async def test_a_move_starts_a_new_lease(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store(lease=30.0)
    lookup = await _queued(store, new())
    clock.time += 20
    await _calling(store, lookup)
    clock.time += 20
    assert await store.interrupt_abandoned([]) == 0


@pytest.mark.parametrize("state", [State.ANSWERED, State.REFUSED, State.FAILED, State.INTERRUPTED])
async def test_what_has_ended_belongs_to_nobody(store: Store, clock: Any, new: New, state: State) -> None:
    calling = await _calling(store, await _queued(store, new()))
    await store.move(calling.id, from_state=State.CALLING, to_state=state, actor=calling.agent, result=ANSWER)
    clock.time += 1000
    await store.renew([calling.id])
    assert await store.interrupt_abandoned([]) == 0


async def test_of_two_sweepers_each_abandoned_lookup_goes_to_one(open_store: OpenStore, clock: Any, new: New) -> None:
    sweepers = [await open_store(), await open_store()]
    ids = [(await _queued(sweepers[0], new())).id for _ in range(40)]
    clock.time += 1000
    counts = await asyncio.gather(*(sweeper.interrupt_abandoned([]) for sweeper in sweepers))
    assert sum(counts) == 40
    told = await asyncio.gather(*(sweeper.claim_untold() for sweeper in sweepers))
    assert sorted(lookup.id for swept in told for lookup in swept) == sorted(ids)


# --- an end ---


async def test_a_closed_store_says_so(store: Store, open_store: OpenStore, new: New) -> None:
    closed = await open_store()
    await closed.aclose()
    await closed.aclose()  # twice is once
    with pytest.raises(StoreUnavailable):
        await closed.accept(new(), state=State.QUEUED)
    await store.accept(new(), state=State.QUEUED)


async def test_what_was_recorded_is_there_after_a_restart(open_store: OpenStore, new: New) -> None:
    before = await open_store()
    lookup = await _queued(before, new())
    await before.aclose()
    assert await (await open_store()).find(lookup.id) == lookup

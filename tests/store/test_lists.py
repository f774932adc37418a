"""What every store promises about lists, whatever database is behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from bot.errors import LookupMoved
from bot.interfaces import Store
from bot.models import (
    Actor,
    BatchId,
    Card,
    Event,
    LogQuery,
    Lookup,
    LookupId,
    NewLookup,
    PhoneNumber,
    Problem,
    Result,
    State,
    Through,
)

New = Callable[..., NewLookup]
OpenStore = Callable[..., Awaitable[Store]]

LEE = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
HOUR = 3600.0
LATER = 200.0
"""Seconds: more than whoever ended something has to tell it."""


def numbered(new: New, count: int = 3, key: str = "list") -> list[NewLookup]:
    return [new(phone=PhoneNumber(f"1202555010{n}"), submission_key=f"{key}:{n}") for n in range(count)]


async def accepted(store: Store, news: Sequence[NewLookup], state: State = State.QUEUED, **more: Any) -> list[Lookup]:
    listed, _ = await store.accept_list(news, state=state, **more)
    return listed


def batch_of(listed: Sequence[Lookup]) -> BatchId:
    assert listed[0].place
    return listed[0].place.batch_id


async def end(store: Store, lookup: Lookup, state: State = State.ANSWERED) -> None:
    await store.move(lookup.id, from_state=State.QUEUED, to_state=State.CALLING, actor=lookup.agent)
    await store.move(lookup.id, from_state=State.CALLING, to_state=state, actor=lookup.agent, result=Result())


async def test_a_list_is_found_in_its_order_and_each_number_asked_for_is_in_the_journal(store: Store, new: New) -> None:
    asked = numbered(new, 12)
    listed, is_new = await store.accept_list(asked, state=State.QUEUED)
    assert is_new
    assert [each.phone for each in listed] == [each.phone for each in asked]
    assert [(each.place.number, each.place.of) for each in listed if each.place] == [(n, 12) for n in range(1, 13)]
    assert len({batch_of([each]) for each in listed}) == 1
    assert await store.read_list(batch_of(listed)) == listed
    for each in listed:
        assert await store.find(each.id) == each
        assert [entry.event for entry in await store.journal(each.id)] == [Event.ASKED]


async def test_a_submission_delivered_twice_is_one_list_whichever_process_gets_it(
    open_store: OpenStore, new: New
) -> None:
    stores = [await open_store(), await open_store()]
    asked = numbered(new)
    outcomes = await asyncio.gather(*(each.accept_list(asked, state=State.QUEUED) for each in stores))
    assert sorted(is_new for _, is_new in outcomes) == [False, True]
    assert outcomes[0][0] == outcomes[1][0]
    assert len(await stores[0].search(LogQuery())) == 3


async def test_a_list_is_recorded_whole_or_not_at_all(open_store: OpenStore, new: New) -> None:
    left = [LookupId("L-1"), LookupId("L-2")]
    store = await open_store(new_id=left.pop)
    with pytest.raises(IndexError):
        await store.accept_list(numbered(new), state=State.QUEUED)
    assert await store.search(LogQuery()) == []


async def test_there_is_no_list_that_nobody_asked_for(store: Store) -> None:
    assert await store.read_list(BatchId("B-NOBODY00")) == []
    with pytest.raises(LookupMoved):
        await store.move_list(BatchId("B-NOBODY00"), from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)


@pytest.mark.parametrize("to_state", [State.APPROVED, State.DENIED, State.WITHDRAWN, State.EXPIRED])
async def test_the_end_of_waiting_is_the_whole_lists(store: Store, clock: Any, new: New, to_state: State) -> None:
    listed = await accepted(store, numbered(new), State.AWAITING, expires_at=clock.time + HOUR)
    moved = await store.move_list(
        batch_of(listed), from_state=State.AWAITING, to_state=to_state, actor=LEE, reason="seven"
    )
    assert [each.state for each in moved] == [to_state] * 3
    assert await store.read_list(batch_of(listed)) == moved
    for each in moved:
        assert each.approval
        assert (each.approval.decided_by, each.approval.reason) == (LEE, "seven")
        assert [entry.to_state for entry in await store.journal(each.id)] == [State.AWAITING, to_state]


async def test_one_lookup_that_is_elsewhere_keeps_the_whole_list_where_it_is(
    store: Store, clock: Any, new: New
) -> None:
    listed = await accepted(store, numbered(new), State.AWAITING, expires_at=clock.time + HOUR)
    await store.move(listed[-1].id, from_state=State.AWAITING, to_state=State.DENIED, actor=LEE)
    with pytest.raises(LookupMoved) as caught:
        await store.move_list(batch_of(listed), from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)
    assert caught.value.current
    assert caught.value.current.id == listed[-1].id
    assert [each.state for each in await store.read_list(batch_of(listed))] == [
        State.AWAITING,
        State.AWAITING,
        State.DENIED,
    ]
    assert len(await store.journal(listed[0].id)) == 1


async def test_of_two_who_decide_at_once_one_decides_on_all_of_it(open_store: OpenStore, clock: Any, new: New) -> None:
    stores = [await open_store(), await open_store()]
    listed = await accepted(stores[0], numbered(new, 20), State.AWAITING, expires_at=clock.time + HOUR)
    outcomes = await asyncio.gather(
        *(
            each.move_list(batch_of(listed), from_state=State.AWAITING, to_state=to_state, actor=LEE)
            for each, to_state in zip(stores, (State.APPROVED, State.DENIED), strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LookupMoved) for each in outcomes) == 1
    assert len({each.state for each in await stores[0].read_list(batch_of(listed))}) == 1


async def test_an_approved_list_that_is_used_belongs_to_whoever_used_it(store: Store, clock: Any, new: New) -> None:
    listed = await accepted(store, numbered(new), State.AWAITING, expires_at=clock.time + HOUR)
    await store.move_list(batch_of(listed), from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)
    await store.move_list(batch_of(listed), from_state=State.APPROVED, to_state=State.QUEUED, actor=listed[0].agent)
    clock.time += 31
    assert await store.interrupt_abandoned([each.id for each in listed]) == 0
    assert await store.interrupt_abandoned([]) == 3


# --- stopping ---


async def test_stopping_ends_what_is_queued_and_leaves_the_rest(store: Store, new: New) -> None:
    listed = await accepted(store, numbered(new, 4))
    await end(store, listed[0])
    await store.move(listed[1].id, from_state=State.QUEUED, to_state=State.CALLING, actor=listed[1].agent)
    stopped = await store.stop_list(batch_of(listed), actor=listed[0].agent)
    assert [each.id for each in stopped] == [listed[2].id, listed[3].id]
    now = await store.read_list(batch_of(listed))
    assert [each.state for each in now] == [State.ANSWERED, State.CALLING, State.INTERRUPTED, State.INTERRUPTED]
    assert {each.result.problem for each in stopped} == {Problem.STOPPED}
    assert [entry.to_state for entry in await store.journal(listed[2].id)] == [State.QUEUED, State.INTERRUPTED]
    assert await store.stop_list(batch_of(listed), actor=listed[0].agent) == []


# --- telling ---


async def test_a_list_is_to_be_told_once_and_not_while_any_of_it_runs(store: Store, clock: Any, new: New) -> None:
    listed = await accepted(store, numbered(new))
    for each in listed[:2]:
        await end(store, each)
    for _ in range(10):  # the last one's process is alive
        clock.time += 20
        await store.renew([listed[2].id])
    assert await store.claim_untold() == []
    await end(store, listed[2])
    assert await store.claim_untold() == []  # whoever ended the last has time to tell
    clock.time += LATER
    assert [each.id for each in await store.claim_untold()] == [listed[0].id]
    assert await store.claim_untold() == []


async def test_a_list_whose_process_died_is_told_at_once(store: Store, clock: Any, new: New) -> None:
    listed = await accepted(store, numbered(new))
    clock.time += 25
    await end(store, listed[0])  # its process dies now
    clock.time += 6
    assert await store.interrupt_abandoned([]) == 2
    assert [each.id for each in await store.claim_untold()] == [listed[0].id]


async def test_what_is_told_of_a_list_is_told_of_all_of_it(store: Store, clock: Any, new: New) -> None:
    listed = await accepted(store, numbered(new))
    for each in listed:
        await end(store, each)
    await store.told_list(listed)  # as they were, queued: that is not how they are
    ended = await store.read_list(batch_of(listed))
    clock.time += LATER
    assert len(await store.claim_untold()) == 1
    await store.told_list(ended)
    clock.time += LATER
    assert await store.claim_untold() == []


async def test_lists_and_single_lookups_are_told_side_by_side(store: Store, clock: Any, new: New) -> None:
    single, _ = await store.accept(new(), state=State.QUEUED)  # it runs on
    first = await accepted(store, numbered(new, key="first"), State.REJECTED, problem=Problem.GUEST)
    other, _ = await store.accept(new(), state=State.REJECTED, problem=Problem.GUEST)
    second = await accepted(store, numbered(new, key="second"), State.REJECTED, problem=Problem.GUEST)
    clock.time += LATER
    await store.renew([single.id])
    claimed = {each.id for each in await store.claim_untold()}
    assert claimed == {first[0].id, other.id, second[0].id}


# --- time ---


async def test_an_overdue_list_is_spoken_of_once(store: Store, clock: Any, new: New) -> None:
    listed = await accepted(store, numbered(new), State.AWAITING, expires_at=clock.time + HOUR)
    assert [each.id for each in await store.claim_reminders(asked_before=clock.time + 1)] == [listed[0].id]
    assert await store.claim_reminders(asked_before=clock.time + 1) == []
    for each in listed:
        assert [entry.event for entry in await store.journal(each.id)] == [Event.ASKED, Event.REMINDED]
    clock.time += HOUR
    assert [each.id for each in await store.due()] == [listed[0].id]


# --- besides ---


async def test_the_message_that_follows_a_list_is_remembered_the_last_one(store: Store, new: New) -> None:
    batch_id = batch_of(await accepted(store, numbered(new)))
    assert await store.bulletin(batch_id) is None
    for ts in ("1.000001", "1.000002"):
        await store.set_bulletin(batch_id, Card("D0ANA", ts))
    assert await store.bulletin(batch_id) == Card("D0ANA", "1.000002")


async def test_showing_a_list_is_in_the_journal_of_each(store: Store, new: New, ana: Actor) -> None:
    listed = await accepted(store, numbered(new))
    await store.note_each(Event.SHOWN, actor=ana, lookup_ids=[each.id for each in listed])
    for each in listed:
        assert [entry.event for entry in await store.journal(each.id)] == [Event.ASKED, Event.SHOWN]

"""What every store promises about lookups that need approval, whatever database is behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import LookupMoved
from bot.interfaces import Store
from bot.models import Actor, Approval, Card, Event, LogQuery, Lookup, LookupId, NewLookup, State, Through

New = Callable[..., NewLookup]
OpenStore = Callable[..., Awaitable[Store]]

LEE = Actor(team_id="T0001", user_id="U0LEE", through=Through.SLACK)
BOT = Actor(team_id="-", user_id="bot", through=Through.BOT)

HOUR = 3600.0
REASON = "not your shop's number & <b>'\"; --\n\u00e9"


async def _awaiting(store: Store, new: NewLookup, *, until: float) -> Lookup:
    lookup, _ = await store.accept(new, state=State.AWAITING, expires_at=until)
    return lookup


async def _approved(store: Store, lookup: Lookup, *, until: float | None = None) -> Lookup:
    return await store.move(lookup.id, from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE, expires_at=until)


# --- a decision ---


async def test_what_awaits_approval_has_an_end_and_no_decision(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    assert (lookup.state, lookup.approval) == (State.AWAITING, Approval(expires_at=clock.time + HOUR))
    assert await store.find(lookup.id) == lookup
    assert await store.search(LogQuery()) == [lookup]


async def test_what_needs_no_approval_has_none_whatever_becomes_of_it(store: Store, new: New) -> None:
    queued, _ = await store.accept(new(), state=State.QUEUED)
    moved = await store.move(queued.id, from_state=State.QUEUED, to_state=State.CALLING, actor=queued.agent)
    assert (queued.approval, moved.approval) == (None, None)


@pytest.mark.parametrize(
    ("to_state", "actor", "reason"),
    [
        (State.APPROVED, LEE, ""),
        (State.DENIED, LEE, REASON),
        (State.DENIED, Actor(team_id="host", user_id="lee", through=Through.COMMAND_LINE), REASON),
        (State.WITHDRAWN, Actor(team_id="T0001", user_id="U0ANA", through=Through.SLACK), ""),
        (State.EXPIRED, BOT, ""),
    ],
)
async def test_the_end_of_waiting_records_who_decided_when_and_why(
    store: Store, clock: Any, new: New, to_state: State, actor: Actor, reason: str
) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    clock.time += 60
    decided = await store.move(
        lookup.id, from_state=State.AWAITING, to_state=to_state, actor=actor, reason=reason or None
    )
    assert decided.state is to_state
    assert decided.approval == Approval(
        expires_at=clock.time - 60 + HOUR, decided_by=actor, decided_at=clock.time, reason=reason
    )
    assert await store.find(lookup.id) == decided


async def test_an_approval_is_good_until_a_time_of_its_own(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    approved = await _approved(store, lookup, until=clock.time + 2 * HOUR)
    assert approved.approval == Approval(expires_at=clock.time + 2 * HOUR, decided_by=LEE, decided_at=clock.time)


@pytest.mark.parametrize("path_taken", [[State.QUEUED, State.CALLING, State.ANSWERED], [State.LAPSED]])
async def test_who_decided_stays_whatever_becomes_of_the_lookup(
    store: Store, clock: Any, new: New, path_taken: list[State]
) -> None:
    lookup = approved = await _approved(store, await _awaiting(store, new(), until=clock.time + HOUR))
    for to_state in path_taken:
        clock.time += 60
        lookup = await store.move(lookup.id, from_state=lookup.state, to_state=to_state, actor=BOT)
    assert lookup.state is path_taken[-1]
    assert lookup.approval == approved.approval


async def test_the_journal_tells_of_a_decision_and_not_its_reason(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    await store.move(lookup.id, from_state=State.AWAITING, to_state=State.DENIED, actor=LEE, reason=REASON)
    entries = await store.journal(lookup.id)
    assert [(entry.event, entry.from_state, entry.to_state, entry.actor, entry.facts) for entry in entries] == [
        (Event.ASKED, None, State.AWAITING, lookup.agent, {}),
        (Event.MOVED, State.AWAITING, State.DENIED, LEE, {}),
    ]


async def test_what_waits_belongs_to_no_process(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store(lease=30.0)
    awaiting = await _awaiting(store, new(), until=clock.time + HOUR)
    approved = await _approved(store, await _awaiting(store, new(), until=clock.time + HOUR))
    clock.time += 1000
    assert await store.interrupt_abandoned([]) == 0
    assert [await store.find(one.id) for one in (awaiting, approved)] == [awaiting, approved]


@pytest.mark.parametrize(
    ("from_state", "contenders"),
    [
        (State.AWAITING, {State.APPROVED: LEE, State.DENIED: BOT}),
        (State.AWAITING, {State.EXPIRED: BOT, State.APPROVED: LEE}),
        (State.APPROVED, {State.LAPSED: BOT, State.QUEUED: LEE}),
    ],
    ids=["approve against deny", "expire against approve", "lapse against use"],
)
async def test_of_two_at_once_exactly_one_wins_and_the_other_is_told_by_whom(
    open_store: OpenStore, clock: Any, new: New, from_state: State, contenders: dict[State, Actor]
) -> None:
    stores = [await open_store(), await open_store()]
    for number in range(200):
        lookup = await _awaiting(stores[0], new(), until=clock.time + HOUR)
        if from_state is State.APPROVED:
            lookup = await _approved(stores[0], lookup)
        before = await stores[0].journal(lookup.id)
        moves = [
            store.move(lookup.id, from_state=from_state, to_state=to_state, actor=actor)
            for store, (to_state, actor) in zip(stores[:: (-1) ** number], contenders.items(), strict=True)
        ]
        told = await asyncio.gather(*moves[:: (-1) ** (number // 2)], return_exceptions=True)
        (won,) = [one for one in told if isinstance(one, Lookup)]
        (lost,) = [one for one in told if isinstance(one, LookupMoved)]
        assert lost.current == won
        assert won.approval
        assert won.approval.decided_by == (LEE if from_state is State.APPROVED else contenders[won.state])
        (entry,) = (await stores[1].journal(lookup.id))[len(before) :]
        assert (entry.to_state, entry.actor) == (won.state, contenders[won.state])


# --- note ---


async def test_a_note_is_in_the_journal_and_changes_nothing(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    clock.time += 60
    await store.note(Event.FORBIDDEN, actor=LEE, lookup_id=lookup.id, facts={"action": "approve", "n": 1, "w": None})
    await store.note(Event.SHOWN, actor=LEE, lookup_id=lookup.id)
    assert await store.find(lookup.id) == lookup
    first, second = (await store.journal(lookup.id))[1:]
    assert (first.event, first.actor, first.at, first.lookup_id) == (Event.FORBIDDEN, LEE, clock.time, lookup.id)
    assert (first.from_state, first.to_state) == (None, None)
    assert (first.facts, second.facts) == ({"action": "approve", "n": 1, "w": None}, {})
    assert second.event is Event.SHOWN


async def test_a_note_about_no_lookup_is_taken_and_in_no_lookup_s_journal(store: Store, new: New) -> None:
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    await store.note(Event.FORBIDDEN, actor=LEE, lookup_id=None, facts={"action": "approve"})
    await store.note(Event.SHOWN, actor=LEE, lookup_id=lookup.id)
    asked, shown = await store.journal(lookup.id)
    assert (asked.event, shown.event) == (Event.ASKED, Event.SHOWN)
    assert shown.seq == asked.seq + 2  # the one in between is kept


# --- cards ---


async def test_each_card_is_remembered_once_in_its_order_and_for_its_lookup(store: Store, clock: Any, new: New) -> None:
    first, second = [await _awaiting(store, new(), until=clock.time + HOUR) for _ in range(2)]
    one, same_channel, same_ts = Card("C9", "2.0"), Card("C9", "1.0"), Card("C1", "2.0")
    for card in (one, same_channel, one, same_ts, one):
        await store.add_card(first.id, card)
    await store.add_card(second.id, Card("C9", "3.0"))
    assert await store.cards(first.id) == [one, same_channel, same_ts]
    assert await store.cards(second.id) == [Card("C9", "3.0")]
    assert await store.cards(LookupId("L-NONE")) == []


async def test_remembering_a_card_is_no_change_of_the_lookup(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    clock.time += 60
    await store.add_card(lookup.id, Card("C9", "1.0"))
    assert await store.find(lookup.id) == lookup
    assert len(await store.journal(lookup.id)) == 1


async def test_cards_are_there_after_a_restart(open_store: OpenStore, clock: Any, new: New) -> None:
    before = await open_store()
    lookup = await _awaiting(before, new(), until=clock.time + HOUR)
    await before.add_card(lookup.id, Card("C9", "1.0"))
    assert await (await open_store()).cards(lookup.id) == [Card("C9", "1.0")]


# --- due ---


async def test_what_is_beyond_its_time_is_due_the_longest_overdue_first(store: Store, clock: Any, new: New) -> None:
    start = clock.time
    late = await _awaiting(store, new(), until=start + 30)
    lapsing = await _approved(store, await _awaiting(store, new(), until=start + 1), until=start + 20)
    later = await _awaiting(store, new(), until=start + 40)
    await _awaiting(store, new(), until=start + 40.1)
    clock.time = start + 40  # the instant itself included
    assert await store.due() == [lapsing, late, later]
    assert await store.due() == [lapsing, late, later]  # until somebody ends them


@pytest.mark.parametrize("to_state", [State.DENIED, State.WITHDRAWN, State.EXPIRED])
async def test_what_was_decided_is_not_due(store: Store, clock: Any, new: New, to_state: State) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    await store.move(lookup.id, from_state=State.AWAITING, to_state=to_state, actor=LEE)
    clock.time += 2 * HOUR
    assert await store.due() == []


@pytest.mark.parametrize("to_state", [State.QUEUED, State.LAPSED])
async def test_an_approval_that_was_used_or_lapsed_is_not_due(
    store: Store, clock: Any, new: New, to_state: State
) -> None:
    approved = await _approved(store, await _awaiting(store, new(), until=clock.time + HOUR))
    await store.move(approved.id, from_state=State.APPROVED, to_state=to_state, actor=LEE)
    clock.time += 2 * HOUR
    assert await store.due() == []


# --- reminders ---


async def test_a_reminder_is_claimed_once_and_journalled(store: Store, clock: Any, new: New) -> None:
    lookup = await _awaiting(store, new(), until=clock.time + HOUR)
    clock.time += 60
    assert await store.claim_reminders(asked_before=clock.time) == [lookup]
    assert await store.claim_reminders(asked_before=clock.time) == []
    assert await store.find(lookup.id) == lookup  # a reminder is no change
    entry = (await store.journal(lookup.id))[-1]
    assert (entry.event, entry.at, entry.from_state, entry.to_state) == (Event.REMINDED, clock.time, None, None)
    assert (entry.actor.team_id, entry.actor.user_id, entry.actor.through) == ("-", "sweeper", Through.BOT)
    assert len(await store.journal(lookup.id)) == 2


async def test_only_what_waits_since_before_then_is_reminded_of_the_longest_waiting_first(
    store: Store, clock: Any, new: New
) -> None:
    waiting = []
    for _ in range(3):
        waiting.append(await _awaiting(store, new(), until=clock.time + HOUR))
        clock.time += 1
    assert await store.claim_reminders(asked_before=waiting[2].created_at) == waiting[:2]
    assert await store.claim_reminders(asked_before=clock.time) == waiting[2:]


async def test_what_does_not_wait_is_not_reminded_of(store: Store, clock: Any, new: New) -> None:
    await store.accept(new(), state=State.QUEUED)
    await _approved(store, await _awaiting(store, new(), until=clock.time + HOUR))
    denied = await _awaiting(store, new(), until=clock.time + HOUR)
    await store.move(denied.id, from_state=State.AWAITING, to_state=State.DENIED, actor=LEE, reason=REASON)
    assert await store.claim_reminders(asked_before=clock.time + HOUR) == []


async def test_of_two_claimers_each_reminder_goes_to_one(open_store: OpenStore, clock: Any, new: New) -> None:
    claimers = [await open_store(), await open_store()]
    for _ in range(20):
        ids = [(await _awaiting(claimers[0], new(), until=clock.time + HOUR)).id for _ in range(5)]
        clock.time += 1
        told = await asyncio.gather(*(claimer.claim_reminders(asked_before=clock.time) for claimer in claimers))
        assert sorted(lookup.id for claimed in told for lookup in claimed) == sorted(ids)
        for lookup_id in ids:
            assert [entry.event for entry in await claimers[0].journal(lookup_id)] == [Event.ASKED, Event.REMINDED]

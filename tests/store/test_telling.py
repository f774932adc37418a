"""Who still has to be told how a lookup ended."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.interfaces import Store
from bot.models import Actor, Lookup, NewLookup, Problem, Result, State, Through

OpenStore = Callable[..., Awaitable[Store]]
New = Callable[..., NewLookup]

WITHIN, LATER, A_DAY = 25.0, 35.0, 90_000.0
"""Before a lease of 30 seconds ends, after it, and when nobody tries any more."""


async def _ended(store: Store, new: NewLookup) -> Lookup:
    lookup, _ = await store.accept(new, state=State.QUEUED)
    return await store.move(
        lookup.id,
        from_state=State.QUEUED,
        to_state=State.FAILED,
        actor=new.agent,
        result=Result(problem=Problem.NO_ANSWER),
    )


async def test_whoever_ended_it_has_a_lease_to_tell(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    lookup = await _ended(store, new())
    clock.time += WITHIN
    assert await store.claim_untold() == []
    clock.time += LATER - WITHIN
    assert [each.id for each in await store.claim_untold()] == [lookup.id]


async def test_who_was_told_is_not_told_again(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    lookup = await _ended(store, new())
    await store.told(lookup.id, lookup.state)
    clock.time += LATER
    assert await store.claim_untold() == []


async def test_being_told_of_an_earlier_state_is_not_being_told(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    lookup = await _ended(store, new())
    await store.told(lookup.id, State.APPROVED)
    clock.time += LATER
    assert [each.id for each in await store.claim_untold()] == [lookup.id]


async def test_one_process_tells_and_if_it_cannot_another_tries_later(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    stores = [await open_store(), await open_store()]
    lookup = await _ended(stores[0], new())
    clock.time += LATER
    assert len([*await stores[0].claim_untold(), *await stores[1].claim_untold()]) == 1
    clock.time += LATER
    assert [each.id for each in await stores[1].claim_untold()] == [lookup.id]


async def test_who_still_tells_keeps_it_for_another_lease_and_another(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    teller, other = await open_store(), await open_store()
    lookup = await _ended(teller, new())
    for _ in range(5):
        clock.time += WITHIN
        await teller.renew([lookup.id])
        assert await other.claim_untold() == []
    clock.time += LATER  # it died
    assert [each.id for each in await other.claim_untold()] == [lookup.id]


async def test_what_was_told_is_not_to_be_told_again_by_a_late_renewal(
    open_store: OpenStore, clock: Any, new: New
) -> None:
    store = await open_store()
    lookup = await _ended(store, new())
    await store.told(lookup.id, lookup.state)
    await store.renew([lookup.id])
    clock.time += LATER
    assert await store.claim_untold() == []


async def test_after_a_day_nobody_tries_any_more(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    await _ended(store, new())
    clock.time += A_DAY
    assert await store.claim_untold() == []


async def test_what_runs_is_nobodys_to_tell(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    await store.accept(new(), state=State.QUEUED)
    clock.time += LATER
    assert await store.claim_untold() == []


async def test_a_rejected_agent_is_told_too(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    lookup, _ = await store.accept(new(), state=State.REJECTED, problem=Problem.GUEST)
    clock.time += LATER
    assert [each.id for each in await store.claim_untold()] == [lookup.id]


@pytest.mark.parametrize("is_abandoned", [False, True])
async def test_the_command_line_is_not_told_in_slack(
    open_store: OpenStore, clock: Any, new: New, *, is_abandoned: bool
) -> None:
    # Its agent is a user name of the host, which could be the name of a channel in Slack.
    store = await open_store()
    asked = new(agent=Actor(team_id="host", user_id="support", through=Through.COMMAND_LINE))
    if is_abandoned:
        await store.accept(asked, state=State.QUEUED)
        clock.time += LATER
        assert await store.interrupt_abandoned([]) == 1
    else:
        await _ended(store, asked)
    clock.time += LATER
    assert await store.claim_untold() == []


async def test_an_abandoned_lookup_is_told_at_once(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    lookup, _ = await store.accept(new(), state=State.QUEUED)
    clock.time += 31
    assert await store.interrupt_abandoned([]) == 1
    clock.time += 1
    (told,) = await store.claim_untold()
    assert (told.id, told.state) == (lookup.id, State.INTERRUPTED)


async def test_what_runs_here_is_alive_however_late_its_lease(open_store: OpenStore, clock: Any, new: New) -> None:
    mine, other = await open_store(), await open_store()
    lookup, _ = await mine.accept(new(), state=State.QUEUED)
    clock.time += 3600  # the clock was set, or the database locked for an hour
    assert await mine.interrupt_abandoned([lookup.id]) == 0
    assert await other.interrupt_abandoned([lookup.id]) == 1  # another process's word for it does not count


async def test_what_a_process_runs_no_more_is_not_renewed(open_store: OpenStore, clock: Any, new: New) -> None:
    store = await open_store()
    given_up, _ = await store.accept(new(), state=State.QUEUED)
    running, _ = await store.accept(new(), state=State.QUEUED)
    for _ in range(3):
        clock.time += 20
        await store.renew([running.id])
    assert await store.interrupt_abandoned([running.id]) == 1
    ended = await store.find(given_up.id)
    assert ended is not None
    assert ended.state is State.INTERRUPTED

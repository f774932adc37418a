"""Cards say what the database says, whoever else redraws them and whatever becomes of the way to Slack."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import Approvals, Lately
from bot.models import FORGOTTEN, Actor, BatchId, Card, Lookup, NewLookup, PhoneNumber, Place, State, Through
from bot.policy import Circle
from bot.slack.cards import Cards, decided_card
from bot.slack.people import People
from bot.store.sqlite import SqliteStore
from bot.texts import approvals as texts
from tests.clocks import SteppingClock

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
LEE = Actor(team_id="T0SANDBOX", user_id="U0LEE", through=Through.SLACK)
APPROVERS = Circle(user_ids=frozenset({"U0LEE", "U0KIM"}))


@dataclass
class FakeSlack:
    """Keeps what each message says. Something may happen while a message is on its way; some never get there."""

    says: dict[str, str] = field(default_factory=dict)
    meanwhile: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    cut_off: set[str] = field(default_factory=set)

    async def chat_postMessage(self, *, channel: str, text: str, **_: Any) -> dict[str, str]:  # noqa: N802 - Slack's
        return await self._take(channel, text)

    async def chat_update(self, *, channel: str, text: str, **_: Any) -> dict[str, str]:
        return await self._take(channel, text)

    async def _take(self, channel: str, text: str) -> dict[str, str]:
        if self.meanwhile:
            await self.meanwhile.pop()()
        if channel in self.cut_off:
            raise aiohttp.ServerDisconnectedError
        self.says[channel] = text
        return {"channel": channel, "ts": "1.000001"}


class FakeApprovals:
    async def lately(self, lookup: Lookup) -> Lately:
        return Lately(by_agent=1, for_number=1)


class FakePeople:
    async def active(self, circle: Circle) -> frozenset[str]:
        return circle.user_ids


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SteppingClock) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "phoneid.db", clock=clock)
    await opened.open()
    yield opened
    await opened.aclose()


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def cards(slack: FakeSlack, store: SqliteStore) -> Cards:
    return Cards(
        cast(AsyncWebClient, slack),
        store=store,
        approvals=cast(Approvals, FakeApprovals()),
        people=cast(People, FakePeople()),
        approvers=APPROVERS,
        channel_id=None,
        clock=SteppingClock(),
    )


@pytest.fixture
async def approved(store: SqliteStore) -> Lookup:
    """A request that Lee approved; he and Kim have its card."""
    new = NewLookup(agent=ANA, phone=PhoneNumber("12025550115"), reason="7", channel_id="C1", submission_key="key")
    lookup, _ = await store.accept(new, state=State.AWAITING, expires_at=2_000_000_000.0)
    for channel_id in ("U0KIM", "U0LEE"):
        await store.add_card(lookup.id, Card(channel_id, "1.000001"))
    return await store.move(lookup.id, from_state=State.AWAITING, to_state=State.APPROVED, actor=LEE)


async def test_a_card_drawn_late_by_one_process_does_not_undo_what_another_drew(
    slack: FakeSlack, store: SqliteStore, cards: Cards, approved: Lookup
) -> None:
    async def another_process_goes_on() -> None:
        await store.move(approved.id, from_state=State.APPROVED, to_state=State.QUEUED, actor=ANA)
        await cards.redraw(approved.id)

    slack.meanwhile.append(another_process_goes_on)
    await cards.redraw(approved.id)
    now = await store.find(approved.id)
    assert now
    assert now.state is State.QUEUED
    assert slack.says == dict.fromkeys(("U0KIM", "U0LEE"), decided_card(now).text)


async def test_a_copy_that_cannot_be_redrawn_keeps_nobody_from_the_others(
    slack: FakeSlack, cards: Cards, approved: Lookup
) -> None:
    slack.cut_off.add("U0KIM")
    await cards.redraw(approved.id)
    assert slack.says == {"U0LEE": decided_card(approved).text}


async def test_a_copy_that_cannot_be_redrawn_is_tried_again_by_the_sweeper_of_any_process(
    slack: FakeSlack, store: SqliteStore, cards: Cards, approved: Lookup, clock: SteppingClock
) -> None:
    slack.cut_off.add("U0KIM")
    await cards.redraw(approved.id)
    assert await cards.stale() == set()  # whoever failed just now tries for a while
    clock.time += 200
    assert await cards.stale() == {approved.id}
    assert await cards.stale() == set()  # one process at a time
    slack.cut_off.clear()
    await cards.redraw(approved.id)
    clock.time += 200
    assert await cards.stale() == set()
    assert slack.says["U0KIM"] == decided_card(approved).text


async def test_a_copy_whose_process_died_before_it_was_redrawn_is_stale(
    store: SqliteStore, cards: Cards, approved: Lookup, clock: SteppingClock
) -> None:
    clock.time += 200
    assert await cards.stale() == {approved.id}


async def test_a_copy_that_was_posted_after_the_decision_is_stale_until_it_is_redrawn(
    store: SqliteStore, cards: Cards, approved: Lookup, clock: SteppingClock
) -> None:
    await cards.redraw(approved.id)
    await store.add_card(approved.id, Card("U0LATE", "1.000001"))
    clock.time += 200
    assert await cards.stale() == {approved.id}


async def test_a_copy_that_says_an_earlier_state_is_not_taken_for_redrawn(
    store: SqliteStore, cards: Cards, approved: Lookup, clock: SteppingClock
) -> None:
    await store.cards_drawn(approved.id, State.AWAITING)
    clock.time += 200
    assert await cards.stale() == {approved.id}


async def test_a_card_that_awaits_a_decision_is_true_and_an_old_one_matters_no_more(
    store: SqliteStore, cards: Cards, approved: Lookup, clock: SteppingClock
) -> None:
    new = NewLookup(agent=ANA, phone=PhoneNumber("12025550116"), reason="7", channel_id="C1", submission_key="other")
    lookup, _ = await store.accept(new, state=State.AWAITING, expires_at=2_000_000_000.0)
    await store.add_card(lookup.id, Card("U0KIM", "1.000002"))
    clock.time += 90_000
    assert await cards.stale() == set()


async def test_an_approver_who_cannot_be_asked_keeps_nobody_from_being_asked(
    slack: FakeSlack, cards: Cards, approved: Lookup
) -> None:
    slack.cut_off.add("U0KIM")
    assert await cards.post(approved)
    assert [*slack.says] == ["U0LEE"]
    slack.cut_off.add("U0LEE")
    assert not await cards.post(approved)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.REJECTED},  # by the guess guard: the others were asked
        {"state": State.ANSWERED, "phone": FORGOTTEN},
    ],
)
def test_a_lists_card_says_what_became_of_the_list_whatever_became_of_its_first_number(
    approved: Lookup, changes: dict[str, Any]
) -> None:
    first = replace(approved, place=Place(batch_id=BatchId("B-1"), number=1, of=3), **changes)
    said = decided_card(first).text
    assert said.startswith("IDs of 3 numbers")
    assert texts.ASKED_LIST in said

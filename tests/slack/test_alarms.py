"""An alarm that codes may be guessed reaches those who decide, or at least the log."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from bot.guesses import Alarm, Suspect
from bot.models import Actor, Event, Lookup, PhoneNumber, Through
from bot.slack.alarms import Alarms, alarm_message
from bot.slack.cards import Cards
from bot.slack.replies import Replies
from bot.slack.views import Message
from bot.store.sqlite import SqliteStore
from tests.clocks import SteppingClock
from tests.guessing import use_up
from tests.office import ANA

PHONE = PhoneNumber("8613800001234")


@dataclass
class FakeReplies:
    """Tells those it is told to reach."""

    reaches: frozenset[str] = frozenset({"U0LEE", "U0KIM"})
    told: list[tuple[str, str]] = field(default_factory=list)

    async def tell(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        if user_id in self.reaches:
            self.told.append((user_id, message.text))
        return user_id in self.reaches


@dataclass
class FakeCards:
    decide: list[str]

    async def places(self, lookup: Lookup) -> list[str]:
        return self.decide


@dataclass
class Watch:
    alarms: Alarms
    replies: FakeReplies
    cards: FakeCards
    store: SqliteStore
    clock: SteppingClock

    async def go_round(self) -> None:
        for work in await self.alarms.due():
            await work()

    async def warned(self, lookup: Lookup) -> list[object]:
        return [entry.facts["told"] for entry in await self.store.journal(lookup.id) if entry.event is Event.WARNED]


@pytest.fixture
async def watch(clock: SteppingClock) -> AsyncIterator[Watch]:
    store, replies, cards = SqliteStore(":memory:", clock=clock), FakeReplies(), FakeCards(["U0KIM", "U0LEE"])
    await store.open()
    alarms = Alarms(store=store, cards=cast("Cards", cards), replies=cast("Replies", replies))
    yield Watch(alarms, replies, cards, store, clock)
    await store.aclose()


async def test_each_approver_is_told_once(watch: Watch) -> None:
    last = await use_up(watch.store, ANA, PHONE)
    for _ in range(3):
        await watch.go_round()
        watch.clock.time += 200.0
    assert [user_id for user_id, _ in watch.replies.told] == ["U0KIM", "U0LEE"]
    assert all("5 refused codes for +861•••••1234" in said and "<@U0ANA>" in said for _, said in watch.replies.told)
    assert await watch.warned(last) == [2]


async def test_one_who_cannot_be_reached_keeps_nobody_else_from_it(watch: Watch) -> None:
    watch.replies.reaches = frozenset({"U0LEE"})
    last = await use_up(watch.store, ANA, PHONE)
    await watch.go_round()
    assert [user_id for user_id, _ in watch.replies.told] == ["U0LEE"]
    assert await watch.warned(last) == [1]


async def test_when_slack_takes_none_it_is_tried_again_later(watch: Watch) -> None:
    watch.replies.reaches = frozenset()
    last = await use_up(watch.store, ANA, PHONE)
    await watch.go_round()
    watch.replies.reaches = frozenset({"U0LEE"})
    await watch.go_round()
    assert watch.replies.told == []  # not at once: it may be another process's by now
    watch.clock.time += 200.0
    await watch.go_round()
    assert len(watch.replies.told) == 1
    assert await watch.warned(last) == [1]


async def test_where_nobody_decides_the_log_has_it(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.cards.decide = []
    last = await use_up(watch.store, ANA, PHONE)
    await watch.go_round()
    (record,) = [each for each in caplog.records if each.message == "codes may be guessed"]
    assert record.levelno == logging.WARNING
    assert await watch.warned(last) == [0]
    assert PHONE.digits not in str(record.__dict__)


async def test_the_words_name_who_and_hide_the_number(watch: Watch) -> None:
    last = await use_up(watch.store, ANA, PHONE)
    alarm = Alarm(lookup=last, suspect=Suspect.AGENT, refused=10, seconds=1200.0)
    message = alarm_message(alarm)
    assert "10 refused codes by <@U0ANA> within 20 minutes, the last for +861•••••1234." in message.text
    assert last.id in message.text
    assert PHONE.digits not in str(message)
    root = Actor(team_id="<host>", user_id="root", through=Through.COMMAND_LINE)
    by_root = alarm_message(replace(alarm, lookup=replace(last, agent=root)))
    assert "by root on &lt;host&gt; within" in by_root.text  # no mention: Slack knows nobody by that name

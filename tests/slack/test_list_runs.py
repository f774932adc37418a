"""What follows a list: a message that says how it ended whatever Slack takes, and a window that is not painted over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from pydantic import SecretStr

from bot.errors import StoreUnavailable
from bot.lists import Lists, Progress
from bot.models import Actor, BatchId, Card, Lookup, LookupId, PhoneNumber, Place, Result, State, Through
from bot.slack.list_runs import ListRuns, Window
from bot.slack.payloads import Origin
from bot.slack.replies import Replies, Shown
from bot.slack.views import Message, View
from bot.slack.windows import Windows
from bot.texts import lists as texts
from tests.clocks import START, SteppingClock

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
POSTED = Card("D0ANA", "1.000001")
QUEUED = [
    Lookup(
        id=LookupId(f"L-{number}"),
        state=State.QUEUED,
        agent=ANA,
        phone=PhoneNumber(f"1202555010{number}"),
        reason="",
        channel_id="C0SUPPORT",
        created_at=START,
        updated_at=START,
        result=Result(),
        place=Place(batch_id=BatchId("B-7K3Q9FZ2"), number=number + 1, of=2),
    )
    for number in range(2)
]
DONE = [replace(each, state=State.ANSWERED, result=Result(phone_number_id="710000000000001")) for each in QUEUED]


@dataclass
class FakeLists:
    """Runs a list in one look; ``breaks`` is what its record does."""

    breaks: Exception | None = None
    known: list[Sequence[Lookup]] = field(default_factory=list)
    followed_here: Card | None = None
    being_told: Sequence[Lookup] = ()

    @contextmanager
    def telling(self, listed: Sequence[Lookup]) -> Iterator[None]:
        self.being_told = listed
        yield
        self.being_told = ()

    async def run(
        self, asked: Sequence[tuple[Lookup, SecretStr]], follow: Callable[[Progress], Awaitable[None]]
    ) -> list[Lookup]:
        await asyncio.sleep(0)
        for _ in range(2):  # nothing new the second time
            await follow(Progress(listed=[DONE[0], QUEUED[1]]))
        if self.breaks:
            raise self.breaks
        return DONE

    async def read(self, lookup: Lookup) -> list[Lookup]:
        return DONE

    async def follow_in(self, lookup: Lookup, message: Card) -> None:
        self.followed_here = message

    async def followed_in(self, lookup: Lookup) -> Card | None:
        return self.followed_here

    async def told(self, listed: Sequence[Lookup]) -> None:
        assert [each.id for each in self.being_told] == [each.id for each in listed]  # nobody else tells it meanwhile
        self.known.append(listed)


@dataclass
class FakeReplies:
    """Takes what it is told to take, and remembers in order what it was given."""

    posts: Card | None = POSTED
    updates: list[Shown] = field(default_factory=list)
    tells: bool = True
    window: Shown = Shown.YES
    said: list[tuple[str, str]] = field(default_factory=list)

    async def post(self, user_id: str, message: Message) -> Card | None:
        self.said.append(("post", f"{message.text} {message.blocks}"))
        return self.posts

    async def update(self, posted: Card, message: Message) -> Shown:
        self.said.append(("update", f"{message.text} {message.blocks}"))
        return self.updates.pop(0) if self.updates else Shown.YES

    async def tell(self, user_id: str, message: Message, *, response_url: str = "") -> bool:
        self.said.append(("tell", f"{message.text} {message.blocks}"))
        return self.tells

    async def update_view(self, view_id: str, view: View) -> Shown:
        self.said.append(("window", str(view)))
        return self.window

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.said]


def runs(lists: FakeLists, replies: FakeReplies) -> ListRuns:
    clock = SteppingClock()
    windows = Windows(cast(Replies, replies), clock=clock, settled_after=(0.5,))
    return ListRuns(lists=cast(Lists, lists), replies=cast(Replies, replies), windows=windows, clock=clock)


WINDOW = Window(view_id="V1", origin=Origin(), submitted_at=START)
ASKED = [(each, SecretStr("208312")) for each in QUEUED]


async def test_window_and_message_follow_a_list_and_only_what_changed_is_drawn() -> None:
    lists, replies = FakeLists(), FakeReplies()
    assert await runs(lists, replies).run(ASKED, window=WINDOW) == DONE
    assert sorted(replies.kinds()) == ["post", "update", "update", "window", "window"]
    assert [text for kind, text in replies.said if kind == "update"][-1].startswith(texts.done(DONE))
    assert "710000000000001" in [text for kind, text in replies.said if kind == "window"][-1]
    assert not any("710000000000001" in text for kind, text in replies.said if kind != "window")
    assert lists.known == [DONE]
    assert lists.followed_here == POSTED


@pytest.mark.parametrize(
    ("posts", "updates", "kinds"),
    [
        pytest.param(None, [], ["post", "tell"], id="never posted"),
        pytest.param(POSTED, [Shown.YES, Shown.GONE], ["post", "update", "update", "tell"], id="deleted meanwhile"),
        pytest.param(
            POSTED,
            [Shown.YES, Shown.NOT_NOW, Shown.YES],
            ["post", "update", "update", "update"],
            id="Slack is busy for a moment",
        ),
        pytest.param(
            POSTED,
            [Shown.YES, *[Shown.NOT_NOW] * 3],
            ["post", "update", "update", "update", "update", "tell"],
            id="Slack stays busy",
        ),
    ],
)
async def test_how_a_list_ended_is_told_in_its_message_or_else_in_a_new_one(
    posts: Card | None, updates: list[Shown], kinds: list[str]
) -> None:
    lists, replies = FakeLists(), FakeReplies(posts=posts, updates=updates)
    await runs(lists, replies).run(ASKED, window=None)
    assert replies.kinds() == kinds
    assert lists.known == [DONE]


async def test_what_nobody_takes_is_left_to_the_sweeper() -> None:
    lists, replies = FakeLists(), FakeReplies(posts=None, tells=False)
    await runs(lists, replies).run(ASKED, window=None)
    assert lists.known == []


async def test_a_window_that_was_closed_is_not_insisted_on() -> None:
    replies = FakeReplies(window=Shown.GONE)
    await runs(FakeLists(), replies).run(ASKED, window=WINDOW)
    assert replies.kinds().count("window") == 2  # once while it ran, once at the end


async def test_a_list_that_cannot_be_recorded_breaks_as_what_it_is() -> None:
    lists, replies = FakeLists(breaks=StoreUnavailable()), FakeReplies()
    with pytest.raises(StoreUnavailable):
        await runs(lists, replies).run(ASKED, window=WINDOW)
    assert lists.known == []


async def test_what_a_dead_process_left_is_told_anew_and_its_message_points_there() -> None:
    lists, replies = FakeLists(followed_here=POSTED), FakeReplies()
    assert await runs(lists, replies).tell(DONE[0])
    assert replies.kinds() == ["tell", "update"]
    assert texts.SEE_BELOW in replies.said[1][1]

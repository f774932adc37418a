"""Whoever asked gets words, whatever Slack takes and in whatever order things arrive."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from pydantic import SecretStr

from bot.errors import SlackError, StoreUnavailable
from bot.lookups import Lookups
from bot.models import Actor, Answer, LogQuery, Lookup, LookupId, NewLookup, PhoneNumber, Problem, State, Through
from bot.policy import Agents, Membership
from bot.slack import views
from bot.slack.errands import Errands, Visit
from bot.slack.payloads import Origin
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.windows import Windows
from bot.store.sqlite import SqliteStore
from bot.texts import asking, problems
from tests.clocks import SteppingClock

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
ORIGIN = Origin(channel_id="C0SUPPORT", response_url="http://127.0.0.1/respond")
CODE = SecretStr("208312")


@dataclass
class FakeReplies:
    """Takes what it is told to take, and remembers in order what it was given."""

    takes_messages: bool = True
    takes_windows: bool = True
    opens_windows: bool = True
    said: list[tuple[str, str]] = field(default_factory=list)

    async def open_view(self, trigger_id: str, view: views.View) -> None:
        if not self.opens_windows:
            raise SlackError("expired_trigger_id")
        self.said.append(("open", str(view)))

    async def update_view(self, view_id: str, view: views.View) -> bool:
        self.said.append(("window", str(view)))
        return self.takes_windows

    async def tell(self, user_id: str, message: views.Message, *, response_url: str = "") -> bool:
        return await self.mention(user_id, message, response_url=response_url)

    async def mention(self, user_id: str, message: views.Message, *, response_url: str = "") -> bool:
        if self.takes_messages:
            self.said.append((f"message to {user_id}", message.text))
        return self.takes_messages

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.said]


@dataclass
class FakePeople:
    known_as: Membership = Membership.FULL

    async def membership(self, actor: Actor) -> Membership:
        return self.known_as


class FreeQuota:
    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


class GoodApi:
    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[None]]
    ) -> Answer:
        async with turn():
            return Answer(phone_number_id="710000000000001", request_id="R-1")


@dataclass
class Office:
    errands: Errands
    replies: FakeReplies
    people: FakePeople
    store: SqliteStore
    clock: SteppingClock

    async def only_lookup(self) -> Lookup:
        (lookup,) = await self.store.search(LogQuery())
        return lookup

    async def left_untold(self) -> list[LookupId]:
        self.clock.time += 300
        return [lookup.id for lookup in await self.store.claim_untold()]


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock, replies, people = SteppingClock(), FakeReplies(), FakePeople()
    store = SqliteStore(":memory:", clock=clock)
    await store.open()
    lookups = Lookups(store=store, api=GoodApi(), quota=FreeQuota(), clock=clock)
    as_replies = cast("Replies", replies)
    errands = Errands(
        lookups=lookups,
        people=cast("People", people),
        replies=as_replies,
        windows=Windows(as_replies, clock=clock),
        agents=Agents(None),
        clock=clock,
    )
    yield Office(errands, replies, people, store, clock)
    await store.aclose()


def visit(*, view_id: str | None = None) -> Visit:
    return Visit(actor=ANA, origin=ORIGIN, trigger_id="1.2.3", view_id=view_id)


def new(key: str = "key") -> NewLookup:
    return NewLookup(
        agent=ANA, phone=PhoneNumber("8613800001234"), reason="", channel_id="C0SUPPORT", submission_key=key
    )


async def test_an_answer_is_told_and_nobody_has_to_tell_it_again(office: Office) -> None:
    await office.errands.answer_command(visit(), new(), CODE)
    assert [text for kind, text in office.replies.said if "710000000000001" in text]
    assert await office.left_untold() == []


async def test_an_answer_that_slack_does_not_take_is_left_to_the_sweep_and_called_nothing_else(
    office: Office,
) -> None:
    office.replies.takes_messages = False
    await office.errands.answer_command(visit(), new(), CODE)
    assert (await office.only_lookup()).state is State.ANSWERED
    assert await office.left_untold() == [(await office.only_lookup()).id]
    office.replies.takes_messages = True
    await office.errands.tell_untold(await office.only_lookup())
    assert office.replies.kinds() == ["message to U0ANA"]
    assert "710000000000001" in office.replies.said[0][1]


async def test_the_window_shows_the_answer_even_when_no_message_gets_through(office: Office) -> None:
    office.replies.takes_messages = False
    await office.errands.answer_form(visit(view_id="V1"), new(), CODE)
    assert office.replies.said
    assert all(kind == "window" and "710000000000001" in shown for kind, shown in office.replies.said)


async def test_a_closed_window_is_not_insisted_on(office: Office) -> None:
    office.replies.takes_windows = False
    await office.errands.answer_form(visit(view_id="V1"), new(), CODE)
    assert sorted(office.replies.kinds()) == ["message to U0ANA", "window"]


async def test_a_submission_received_twice_is_answered_once(office: Office) -> None:
    await office.errands.answer_command(visit(), new(), CODE)
    await office.errands.answer_command(visit(), new(), CODE)
    assert sum("710000000000001" in text for _, text in office.replies.said) == 1


@pytest.mark.parametrize(
    ("known_as", "problem"),
    [
        (Membership.GUEST, Problem.GUEST),
        (Membership.OUTSIDER, Problem.OUTSIDER),
        (Membership.UNKNOWN, Problem.WHO_UNKNOWN),
    ],
)
async def test_who_may_not_ask_gets_a_reason_and_no_form(
    office: Office, known_as: Membership, problem: Problem
) -> None:
    office.people.known_as = known_as
    await office.errands.open_form(visit())
    ((kind, shown),) = office.replies.said
    assert kind == "open"
    assert "plain_text_input" not in shown
    assert problems.PROBLEMS[problem].what in shown


async def test_a_form_that_came_too_late_is_offered_once_more(office: Office) -> None:
    office.replies.opens_windows = False
    await office.errands.open_form(visit())
    assert office.replies.said == [("message to U0ANA", asking.FORM_TOO_LATE)]


async def test_what_broke_is_said_with_the_reference_to_quote(office: Office) -> None:
    await office.errands.tell_broken(visit(), RuntimeError("boom"), "E-1234")
    await office.errands.tell_broken(visit(view_id="V1"), StoreUnavailable(), "E-5678")
    (message, window) = office.replies.said
    assert message[0] == "message to U0ANA"
    assert "E-1234" in message[1]
    assert window[0] == "window"
    assert "E-5678" in window[1]
    assert "boom" not in message[1]

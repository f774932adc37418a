"""Whoever asked gets words, whatever Slack takes and in whatever order things arrive."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from pydantic import SecretStr

from bot.approvals import Approvals
from bot.errors import SlackError, StoreUnavailable
from bot.lists import Lists
from bot.lookups import Lookups
from bot.models import Actor, Answer, LogQuery, Lookup, LookupId, NewLookup, PhoneNumber, Problem, State, Through
from bot.policy import Circle, Membership, Policy, Standing
from bot.slack import form, views
from bot.slack.cards import Cards
from bot.slack.errands import Errands
from bot.slack.front import arrange
from bot.slack.payloads import Origin
from bot.slack.people import People
from bot.slack.replies import Replies, Shown
from bot.slack.visits import Visit
from bot.slack.windows import SETTLED_AFTER
from bot.store.sqlite import SqliteStore
from bot.texts import approvals, asking, problems
from bot.tickets import Call
from bot.vault import Vault
from tests.clocks import SteppingClock
from tests.quotas import FreeQuota

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
ORIGIN = Origin(channel_id="C0SUPPORT", response_url="http://127.0.0.1/respond")
CODE = SecretStr("208312")


@dataclass
class FakeReplies:
    """Takes what it is told to take, and remembers in order what it was given."""

    takes_messages: bool = True
    takes_windows: Shown = Shown.YES
    opens_windows: bool = True
    said: list[tuple[str, str]] = field(default_factory=list)

    async def open_view(self, trigger_id: str, view: views.View) -> None:
        if not self.opens_windows:
            raise SlackError("expired_trigger_id")
        self.said.append(("open", str(view)))

    async def update_view(self, view_id: str, view: views.View) -> Shown:
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

    async def standing(self, actor: Actor) -> Standing:
        return Standing(self.known_as)


@dataclass
class FakeCards:
    """Remembers whose cards were posted and redrawn."""

    posted: list[LookupId] = field(default_factory=list)
    redrawn: list[LookupId] = field(default_factory=list)

    async def post(self, lookup: Lookup, *, is_reminder: bool = False) -> bool:
        self.posted.append(lookup.id)
        return True

    async def redraw(self, lookup_id: LookupId) -> None:
        self.redrawn.append(lookup_id)


class GoodApi:
    async def get_phone_number_id(
        self, phone: PhoneNumber, code: SecretStr, *, turn: Callable[[], AbstractAsyncContextManager[Call]]
    ) -> Answer:
        async with turn():
            return Answer(phone_number_id="710000000000001", request_id="R-1")


@dataclass
class Office:
    errands: Errands
    replies: FakeReplies
    people: FakePeople
    cards: FakeCards
    store: SqliteStore
    clock: SteppingClock

    async def only_lookup(self) -> Lookup:
        (lookup,) = await self.store.search(LogQuery())
        return lookup

    async def left_untold(self) -> list[LookupId]:
        self.clock.time += 300
        return [lookup.id for lookup in await self.store.claim_untold()]


OFF = Policy()
ON = Policy(approvers=Circle(user_ids=frozenset({"U0LEE"})), needs_approval=True)


@asynccontextmanager
async def open_office(policy: Policy) -> AsyncIterator[Office]:
    clock, replies, people, cards = SteppingClock(), FakeReplies(), FakePeople(), FakeCards()
    store = SqliteStore(":memory:", clock=clock)
    await store.open()
    lookups = Lookups(store=store, api=GoodApi(), quota=FreeQuota(), clock=clock)
    vault = Vault(clock)
    use_case = Approvals(store=store, lookups=lookups, vault=vault, policy=policy, seconds=3600.0, clock=clock)
    front = arrange(
        store=store,
        approvals=use_case,
        lists=Lists(store=store, lookups=lookups, approvals=use_case, vault=vault, seconds=3600.0, clock=clock),
        cards=cast("Cards", cards),
        replies=cast("Replies", replies),
        lookups=lookups,
        people=cast("People", people),
        policy=policy,
        settling=SETTLED_AFTER,
        clock=clock,
    )
    yield Office(front.errands, replies, people, cards, store, clock)
    await store.aclose()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office(OFF) as opened:
        yield opened


@pytest.fixture
async def strict_office() -> AsyncIterator[Office]:
    """Where somebody must approve."""
    async with open_office(ON) as opened:
        yield opened


def visit(*, view_id: str | None = None) -> Visit:
    return Visit(actor=ANA, origin=ORIGIN, trigger_id="1.2.3", view_id=view_id)


def new(key: str = "key", *, reason: str = "") -> NewLookup:
    return NewLookup(
        agent=ANA, phone=PhoneNumber("8613800001234"), reason=reason, channel_id="C0SUPPORT", submission_key=key
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
    office.replies.takes_windows = Shown.GONE
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
    await office.errands.open_form(visit(), form.EMPTY)
    ((kind, shown),) = office.replies.said
    assert kind == "open"
    assert "plain_text_input" not in shown
    assert problems.PROBLEMS[problem].what in shown


async def test_a_form_that_came_too_late_is_offered_once_more(office: Office) -> None:
    office.replies.opens_windows = False
    await office.errands.open_form(visit(), form.EMPTY)
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


# --- where somebody must approve ---


async def test_a_command_with_a_code_opens_the_form_and_forgets_the_code(strict_office: Office) -> None:
    await strict_office.errands.answer_command(visit(), new(), CODE)
    ((kind, shown),) = strict_office.replies.said
    assert kind == "open"
    assert approvals.CODE_NOT_YET in shown
    assert "<@U0LEE>" in shown
    assert "208312" not in shown
    assert await strict_office.store.search(LogQuery()) == []


async def test_a_form_with_a_reason_becomes_a_request_with_a_receipt(strict_office: Office) -> None:
    await strict_office.errands.answer_form(visit(view_id="V1"), new(reason="ticket 7"), CODE)
    lookup = await strict_office.only_lookup()
    assert lookup.state is State.AWAITING
    assert strict_office.cards.posted == [lookup.id]
    assert strict_office.replies.kinds()[0] == "message to U0ANA"
    assert all("awaits approval" in said for _, said in strict_office.replies.said)
    assert not any("208312" in said for _, said in strict_office.replies.said)


async def test_a_request_received_twice_is_asked_for_once(strict_office: Office) -> None:
    for _ in range(2):
        await strict_office.errands.answer_form(visit(view_id="V1"), new(reason="ticket 7"), CODE)
    assert len(strict_office.cards.posted) == 1
    assert strict_office.replies.kinds().count("message to U0ANA") == 1


async def test_a_form_from_before_approvals_were_on_asks_for_the_reason(strict_office: Office) -> None:
    await strict_office.errands.answer_form(visit(view_id="V1"), new(), CODE)
    assert strict_office.cards.posted == []
    assert all(approvals.CODE_NOT_YET in shown for _, shown in strict_office.replies.said)
    assert await strict_office.store.search(LogQuery()) == []


async def test_a_form_from_before_approvals_were_off_asks_for_the_code(office: Office) -> None:
    await office.errands.answer_form(visit(view_id="V1"), new(reason="ticket 7"), None)
    assert all(asking.CODE_NEEDED in shown for _, shown in office.replies.said)
    assert await office.store.search(LogQuery()) == []


async def test_who_may_not_ask_is_rejected_and_nobody_is_bothered(strict_office: Office) -> None:
    strict_office.people.known_as = Membership.GUEST
    await strict_office.errands.answer_form(visit(view_id="V1"), new(reason="ticket 7"), CODE)
    assert (await strict_office.only_lookup()).state is State.REJECTED
    assert strict_office.cards.posted == []


async def test_a_telling_that_cannot_be_remembered_takes_nothing_back(office: Office) -> None:
    async def fails(lookup_id: object, state: object) -> None:
        raise StoreUnavailable

    office.store.told = fails  # type: ignore[method-assign]  # the database fails at this very moment
    await office.errands.answer_command(visit(), new(), CODE)
    assert [text for _, text in office.replies.said if "710000000000001" in text]
    assert not any("database" in text for _, text in office.replies.said)

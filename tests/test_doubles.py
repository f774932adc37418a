"""The doubles behave as what they stand for, as far as tests rely on it."""

import pytest

from bot.errors import SlackError
from bot.models import Actor, MessageRef, Through
from bot.policy import Audience, Membership, Standing
from bot.slack.blocks import Message
from bot.slack.messenger import Shown
from bot.texts.said import slacks
from tests.doubles import Doing, FakeMessenger, FakePeople
from tests.english import english

HELLO = Message(slacks("Hello"), [])
NEWS = Message(slacks("News"), [])
VIEW = {"type": "modal"}


def person(user_id: str) -> Actor:
    return Actor(team_id="T0SANDBOX", user_id=user_id, through=Through.SLACK)


async def test_what_is_told_is_kept_by_where_it_went() -> None:
    messenger = FakeMessenger()
    assert await messenger.tell("U0ANA", HELLO) is Shown.YES
    assert await messenger.tell("U0ANA", NEWS, response_url="https://slack.example/1") is Shown.YES
    assert (messenger.said_to("U0ANA"), messenger.said_to("https://slack.example/1")) == (["Hello"], ["News"])


async def test_a_reply_that_fails_becomes_a_direct_message() -> None:
    messenger = FakeMessenger()
    messenger.fail(Doing.RESPOND, times=1)
    assert await messenger.tell("U0ANA", HELLO, response_url="https://slack.example/1") is Shown.YES
    assert messenger.said_to("U0ANA") == ["Hello"]
    assert messenger.calls == [Doing.RESPOND, Doing.POST]


async def test_failures_last_as_long_as_they_are_told_to() -> None:
    messenger = FakeMessenger()
    messenger.fail(Doing.POST, times=2)
    assert [await messenger.tell("U0ANA", HELLO) for _ in range(3)] == [Shown.NOT_NOW, Shown.NOT_NOW, Shown.YES]
    messenger.fail(Doing.POST)
    assert await messenger.tell("U0ANA", HELLO) is Shown.NOT_NOW
    messenger.recover()
    assert await messenger.tell("U0ANA", HELLO) is Shown.YES


async def test_updates_fail_as_told_and_leave_what_was_there() -> None:
    messenger = FakeMessenger()
    posted = await messenger.post("C0LEADS", HELLO)
    assert isinstance(posted, MessageRef)
    assert posted == MessageRef("C0LEADS", "1")
    messenger.fail(Doing.UPDATE, Doing.UPDATE_VIEW, times=1, shown=Shown.GONE)
    assert await messenger.update(posted, NEWS) is Shown.GONE
    assert await messenger.update_view("V0FORM", VIEW, reader="U0ANA") is Shown.GONE
    assert (messenger.message(posted), messenger.window("V0FORM")) == (english(HELLO), None)
    assert await messenger.update(posted, NEWS) is Shown.YES
    assert await messenger.update_view("V0FORM", VIEW, reader="U0ANA") is Shown.YES
    assert (messenger.message(posted), messenger.window("V0FORM")) == (english(NEWS), VIEW)


async def test_a_window_that_does_not_open_is_an_error_of_slacks() -> None:
    messenger = FakeMessenger()
    messenger.fail(Doing.OPEN_VIEW, times=1)
    with pytest.raises(SlackError):
        await messenger.open_view("1.trigger", VIEW, reader="U0ANA")
    await messenger.open_view("2.trigger", VIEW, reader="U0ANA")
    assert messenger.opened == [("2.trigger", VIEW)]


async def test_people_are_members_but_for_those_named() -> None:
    people = FakePeople(
        {
            "U0GUS": Standing(Membership.GUEST),
            "U0LEE": Standing(Membership.FULL, frozenset({"S0LEADS"})),
        }
    )
    assert (await people.standing(person("U0ANA"))).membership is Membership.FULL
    assert (await people.standing(person("U0GUS"))).membership is Membership.GUEST
    everybody = Audience(user_ids=frozenset({"U0ANA", "U0GUS"}), group_ids=frozenset({"S0LEADS"}))
    listed = await people.listed(everybody)
    assert listed.doubt is None
    assert listed.user_ids == {"U0ANA", "U0GUS", "U0LEE"}
    assert [await people.is_full_member(each) for each in ("U0ANA", "U0GUS", "U0LEE")] == [True, False, True]
    assert people.asked == ["U0ANA", "U0GUS"]

"""People at their clients: they cannot do what is not on their screen, and a wait that fails shows what was."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.waiting import NeverHappened

Build = Callable[..., dict[str, Any]]


async def test_a_conversation_is_found_by_name_or_id_and_only_ones_own(slack: LocalSlack) -> None:
    ana, gus = slack.human("Ana"), slack.human("U0GUS")
    assert ana.sees("support") == ana.sees("C0SUPPORT") == []
    with pytest.raises(NotOnScreen):
        gus.sees("tea-room")
    with pytest.raises(NotOnScreen):
        gus.sees(ana.dm)
    with pytest.raises(NotOnScreen):
        _ = slack.human("Olu").dm


async def test_there_is_nobody_else(slack: LocalSlack) -> None:
    with pytest.raises(KeyError):
        slack.human("Zoe")


async def test_a_button_that_is_not_there_cannot_be_clicked(
    slack: LocalSlack, client: AsyncWebClient, button: Build
) -> None:
    ana, lee = slack.human("Ana"), slack.human("Lee")
    row = {"type": "actions", "elements": [button()]}
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="press", blocks=[row])
    with pytest.raises(NotOnScreen):
        await lee.clicks("Press")
    with pytest.raises(NotOnScreen):
        await ana.clicks("Pull")
    (message,) = ana.sees("support")
    ana.reloads()
    with pytest.raises(NotOnScreen):
        await ana.clicks("Press", message=message)
    assert slack.deliveries == []


async def test_a_button_that_was_taken_away_cannot_be_clicked(
    slack: LocalSlack, client: AsyncWebClient, button: Build
) -> None:
    row = {"type": "actions", "elements": [button()]}
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="press", blocks=[row])
    (seen_before,) = slack.human("Ana").sees("support")
    await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="gone", parse="none")
    with pytest.raises(NotOnScreen):
        await slack.human("Ana").clicks("Press", message=seen_before)


async def test_the_newest_of_several_buttons_is_the_one_meant(
    slack: LocalSlack, client: AsyncWebClient, button: Build
) -> None:
    for value in ("old", "new"):
        row = {"type": "actions", "elements": [button(value=value)]}
        await client.chat_postMessage(channel="C0SUPPORT", text=value, blocks=[row])
    await slack.human("Ana").clicks("Press")
    assert slack.deliveries[-1].payload["actions"][0]["value"] == "new"


async def test_two_buttons_of_one_name_need_their_ids(slack: LocalSlack, client: AsyncWebClient, button: Build) -> None:
    row = {"type": "actions", "elements": [button(), button(action_id="other")]}
    await client.chat_postMessage(channel="C0SUPPORT", text="press", blocks=[row])
    with pytest.raises(NotOnScreen, match="could be 2 things"):
        await slack.human("Ana").clicks("Press")
    await slack.human("Ana").clicks("other")


async def test_without_a_modal_there_is_nothing_to_fill_submit_or_close(slack: LocalSlack) -> None:
    ana = slack.human("Ana")
    with pytest.raises(NotOnScreen):
        ana.fills(block_id="what", text="x")
    with pytest.raises(NotOnScreen):
        await ana.submits()
    with pytest.raises(NotOnScreen):
        await ana.closes()


@pytest.fixture
async def open_modal(slack: LocalSlack, modal: Build, field: Build, button: Build) -> None:
    """Ana has a modal open, with a field and a button but nothing to submit it by."""
    content = modal(field(), {"type": "actions", "block_id": "row", "elements": [button()]})
    del content["submit"]
    slack.modals.open("U0ANA", content)


async def test_a_modal_covers_everything_else(slack: LocalSlack, open_modal: None) -> None:
    ana = slack.human("Ana")
    for covered in (ana.runs("support", "/ask"), ana.says("support", "hi"), ana.uses_shortcut("ask")):
        with pytest.raises(NotOnScreen, match="covers"):
            await covered


async def test_a_modal_without_a_button_cannot_be_submitted(slack: LocalSlack, open_modal: None) -> None:
    with pytest.raises(NotOnScreen):
        await slack.human("Ana").submits()


async def test_fields_are_filled_and_buttons_are_clicked(slack: LocalSlack, open_modal: None) -> None:
    ana = slack.human("Ana")
    with pytest.raises(NotOnScreen):
        ana.fills(block_id="nowhere", text="x")
    with pytest.raises(NotOnScreen):
        await ana.clicks("what")
    with pytest.raises(NotOnScreen):
        await ana.selects("press", "x")
    with pytest.raises(NotOnScreen):
        ana.fills(block_id="row", text="x")


@pytest.mark.parametrize(
    ("name", "callback_id"),
    [
        pytest.param("Ana", "nothing", id="a shortcut nobody declared"),
        pytest.param("Ana", "ask_about", id="a shortcut for messages, on none"),
        pytest.param("Olu", "ask", id="somebody who has not installed the app"),
    ],
)
async def test_a_shortcut_must_be_on_offer(slack: LocalSlack, name: str, callback_id: str) -> None:
    with pytest.raises(NotOnScreen):
        await slack.human(name).uses_shortcut(callback_id)


async def test_what_starts_without_a_slash_is_no_command(slack: LocalSlack) -> None:
    with pytest.raises(NotOnScreen):
        await slack.human("Ana").runs("support", "ask")


async def test_waiting_ends_when_it_happens_and_gives_what_it_found(slack: LocalSlack, client: AsyncWebClient) -> None:
    ana = slack.human("Ana")
    waiting = asyncio.create_task(ana.until(lambda: ana.sees("support")))
    await client.chat_postMessage(channel="C0SUPPORT", text="here")
    assert [message.text for message in await waiting] == ["here"]


async def test_a_wait_in_vain_shows_what_was_there_instead(
    slack: LocalSlack, client: AsyncWebClient, open_modal: None, button: Build
) -> None:
    row = {"type": "actions", "elements": [button()]}
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="press", blocks=[row])
    with pytest.raises(NeverHappened) as caught:
        await slack.until(lambda: False, timeout=0.01)
    picture = str(caught.value)
    assert "Ana sees:" in picture
    assert "Helper (only you):" in picture
    assert "[Press]" in picture
    assert "Form" in picture
    assert "Lee sees:" in picture
    with pytest.raises(NeverHappened) as caught:
        await slack.human("Lee").until(lambda: None, timeout=0.01)
    assert "Ana sees:" not in str(caught.value)


async def test_unread_messages_are_counted_per_person(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0SUPPORT", text="one")
    await slack.human("Lee").says("support", "two")
    slack.human("Ana").reads("support")
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0GUS", text="three")
    unread = {
        name: slack.workspace.count_unread(slack.human(name).person.id, "C0SUPPORT") for name in ("Ana", "Lee", "Gus")
    }
    assert unread == {"Ana": 0, "Lee": 1, "Gus": 3}

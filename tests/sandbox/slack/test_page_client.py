"""What the page is given to draw, and what it may ask for: the contract it is written against."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.forms import REQUIRED
from bot.sandbox.slack.server import LocalSlack

Build = Callable[..., dict[str, Any]]
OPTION = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}


async def test_a_users_state_has_everything_the_page_draws(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="psst")
    state = slack.state_for("U0ANA")
    assert state["version"] == slack.version
    assert state["workspace"] == {"team_id": "T0SANDBOX", "name": "Sandbox"}
    ana = {"id": "U0ANA", "name": "Ana", "title": "Support agent", "kind": "member", "locale": "en-US"}
    assert state["me"] == {**ana, "is_deactivated": False}
    kinds = {person["name"]: person["kind"] for person in state["people"] if not person["is_deactivated"]}
    assert list(kinds) == ["Ana", "Mei", "Lee", "Kim", "Gus", "Olu", "Helper"]
    assert list(kinds.values()) == ["member", "member", "member", "member", "guest", "outsider", "bot"]
    assert [person["name"] for person in state["people"] if person["is_deactivated"]] == ["Ida"]
    assert state["user_groups"] == [{"id": "S0LEADS", "handle": "leads"}]
    assert state["app"] == {
        "name": "Helper",
        "user_id": "U0BOT",
        "connected": False,
        "home": None,
        "commands": [
            {"command": "/ask", "description": "Asks", "usage_hint": "[what]"},
            {"command": "/escaped", "description": "Mentions arrive as ids", "usage_hint": ""},
        ],
        "shortcuts": [{"callback_id": "ask", "name": "Ask", "description": "Asks"}],
    }
    assert state["conversations"][0] == {
        "id": "C0SUPPORT",
        "name": "support",
        "kind": "channel",
        "is_private": False,
        "is_ext_shared": False,
        "topic": "Customer support",
        "unread": 1,
    }
    assert {"id": "D0ANA", "name": "Helper", "kind": "dm", "unread": 0} in state["conversations"]
    (message,) = state["messages"]["C0SUPPORT"]
    assert message.pop("ts")
    assert message == {
        "user": "U0BOT",
        "name": "Helper",
        "is_app": True,
        "text": "psst",
        "blocks": None,
        "ephemeral": True,
        "edited": False,
    }
    assert json.loads(json.dumps(state)) == state


async def test_nobody_is_shown_what_is_not_theirs(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="psst")
    assert slack.state_for("U0LEE")["messages"]["C0SUPPORT"] == []
    assert "C0APPROVALS" not in slack.state_for("U0ANA")["messages"]
    (private,) = [each for each in slack.state_for("U0KIM")["conversations"] if each["id"] == "C0APPROVALS"]
    assert private["is_private"] is True
    outsider = slack.state_for("U0OLU")
    assert [each["id"] for each in outsider["conversations"]] == ["C0PARTNER"]
    assert (outsider["app"]["commands"], outsider["app"]["shortcuts"]) == ([], [])
    with pytest.raises(KeyError):
        slack.state_for("U0NOBODY")


async def test_every_change_raises_the_version_and_is_told(slack: LocalSlack, client: AsyncWebClient) -> None:
    versions: list[int] = []
    slack.on_change(lambda: versions.append(slack.version))
    before = slack.version
    await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    assert versions
    assert versions == sorted(set(versions))
    assert versions[0] > before


@pytest.fixture
async def opened(
    slack: LocalSlack,
    app: AsyncApp,
    connect: Callable[[], Awaitable[object]],
    modal: Build,
    field: Build,
    button: Build,
) -> str:
    """Ana has a modal open; gives its id. Its submission says no, its button says nothing."""

    @app.view("form")
    async def submit(ack: Any) -> None:
        await ack(response_action="errors", errors={"what": "No."})

    @app.action("press")
    @app.action("more")
    async def press(ack: Any) -> None:
        await ack()

    await connect()
    select = field("pick") | {"element": {"type": "static_select", "action_id": "entry", "options": [OPTION]}}
    menu = {"type": "overflow", "action_id": "more", "options": [OPTION]}
    row = {"type": "actions", "block_id": "row", "elements": [button(), menu]}
    return slack.modals.open("U0ANA", modal(field(), select, row)).id


async def test_a_form_is_submitted_with_its_values(slack: LocalSlack, opened: str) -> None:
    values = {"what": {"entry": "typed"}, "pick": {"entry": {"selected": "1"}}}
    assert await slack.act("U0ANA", {"do": "submit", "view_id": opened, "values": values}) == {"ok": True}
    (shown,) = slack.state_for("U0ANA")["modals"]
    assert shown["id"] == opened
    assert shown["errors"] == {"what": "No."}
    assert shown["values"]["what"]["entry"]["value"] == "typed"
    assert shown["values"]["pick"]["entry"]["selected_option"] == OPTION
    assert (shown["submitting"], shown["notice"]) == (False, None)
    assert shown["view"]["title"]["text"] == "Form"
    sent = slack.deliveries[-1].payload["view"]["state"]["values"]
    assert sent == shown["values"]


async def test_a_form_with_empty_fields_is_marked_and_not_sent(slack: LocalSlack, opened: str) -> None:
    act = {"do": "submit", "view_id": opened, "values": {"what": {"entry": ""}}}
    assert await slack.act("U0ANA", act) == {"ok": True}
    assert slack.state_for("U0ANA")["modals"][0]["errors"] == {"what": REQUIRED, "pick": REQUIRED}
    assert slack.deliveries == []


async def test_a_click_in_a_form_keeps_what_was_typed(slack: LocalSlack, opened: str) -> None:
    act = {
        "do": "click",
        "container": "view",
        "view_id": opened,
        "block_id": "row",
        "action_id": "press",
        "values": {"what": {"entry": "typed"}},
    }
    assert await slack.act("U0ANA", act) == {"ok": True}
    assert slack.state_for("U0ANA")["modals"][0]["values"]["what"]["entry"]["value"] == "typed"
    assert slack.deliveries[-1].payload["actions"][0]["action_id"] == "press"


async def test_a_menu_in_a_form_is_a_click_with_its_choice(slack: LocalSlack, opened: str) -> None:
    act = {
        "do": "click",
        "container": "view",
        "view_id": opened,
        "block_id": "row",
        "action_id": "more",
        "values": {"row": {"more": {"selected": "1"}}},
    }
    assert await slack.act("U0ANA", act) == {"ok": True}
    assert slack.deliveries[-1].payload["actions"][0]["selected_option"] == OPTION


async def test_a_form_is_closed(slack: LocalSlack, opened: str) -> None:
    assert await slack.act("U0ANA", {"do": "close", "view_id": opened}) == {"ok": True}
    assert slack.state_for("U0ANA")["modals"] == []


async def test_commands_messages_shortcuts_and_reading(slack: LocalSlack) -> None:
    acts: list[dict[str, Any]] = [
        {"do": "message", "channel": "C0SUPPORT", "text": "hello"},
        {"do": "command", "channel": "C0SUPPORT", "text": "/nothing"},
        {"do": "shortcut", "callback_id": "ask"},
        {"do": "open_home"},
        {"do": "read", "channel": "D0ANA"},
    ]
    assert [await slack.act("U0ANA", act) for act in acts] == [{"ok": True}] * len(acts)
    state = slack.state_for("U0ANA")
    assert [message["text"] for message in state["messages"]["C0SUPPORT"]] == [
        "hello",
        "/nothing is not a valid command.",
    ]
    assert [delivery.title for delivery in slack.deliveries] == ["shortcut · ask", "app_home_opened"]
    assert state["conversations"][0]["unread"] == 1


async def test_a_click_on_a_message_and_on_the_home_tab(
    slack: LocalSlack, client: AsyncWebClient, button: Build
) -> None:
    row = {"type": "actions", "block_id": "row", "elements": [button()]}
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="press", blocks=[row])
    await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [row]})
    there = {"do": "click", "block_id": "row", "action_id": "press"}
    on_message = {**there, "container": "message", "channel": "C0SUPPORT", "ts": posted["ts"]}
    assert await slack.act("U0ANA", on_message) == {"ok": True}
    assert await slack.act("U0ANA", {**there, "container": "home"}) == {"ok": True}
    containers = [delivery.payload["container"]["type"] for delivery in slack.deliveries]
    assert containers == ["message", "view"]
    assert slack.state_for("U0ANA")["app"]["home"]["view"]["blocks"] == [row]


CLICK = {"do": "click", "block_id": "row", "action_id": "press"}
IMPOSSIBLE = {
    "a form that is not open": ({"do": "submit", "view_id": "V0"}, "That form is no longer open."),
    "a message that is gone": (
        {**CLICK, "container": "message", "channel": "C0SUPPORT", "ts": "1.2"},
        "That message is no longer there.",
    ),
    "an empty home tab": ({**CLICK, "container": "home"}, "The home tab is empty."),
    "a channel of others": (
        {"do": "message", "channel": "D0LEE", "text": "hi"},
        "There is no conversation D0LEE.",
    ),
    "an unknown act": ({"do": "dance"}, "The sandbox does not know what the page asked for."),
    "an unknown key": ({"do": "open_home", "x": 1}, "The sandbox does not know what the page asked for."),
    "no object": (["do"], "The sandbox does not know what the page asked for."),
}


@pytest.mark.parametrize(("act", "words"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_what_cannot_be_done_is_said_in_words(slack: LocalSlack, act: Any, words: str) -> None:
    assert await slack.act("U0ANA", act) == {"ok": False, "error": words}


async def test_a_field_that_is_gone_is_said_in_words(slack: LocalSlack, opened: str) -> None:
    act = {"do": "submit", "view_id": opened, "values": {"gone": {"entry": "typed"}}}
    assert await slack.act("U0ANA", act) == {"ok": False, "error": "That is no longer there."}


async def test_nobody_can_act_as_nobody(slack: LocalSlack) -> None:
    assert await slack.act("U0NOBODY", {"do": "open_home"}) == {"ok": False, "error": "There is no such person."}

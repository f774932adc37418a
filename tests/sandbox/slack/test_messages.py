"""Messages: who sees what, what may be changed, and what a click on them carries."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.acknowledgements import TROUBLE
from bot.sandbox.slack.server import LocalSlack

Build = Callable[..., dict[str, Any]]
RunApp = Callable[[], Awaitable[object]]


def section(text: str = "Words") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_message_to_a_user_id_is_a_direct_message(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="hello")
    ana = slack.human("Ana")
    assert posted["channel"] == ana.dm
    assert [message.text for message in ana.sees(ana.dm)] == ["hello"]
    assert posted["message"]["bot_id"] == "B0BOT"
    assert slack.human("Lee").sees(slack.human("Lee").dm) == []


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        pytest.param("C0TEAROOM", "not_in_channel", id="a channel the app is not in"),
        pytest.param("tea-room", "not_in_channel", id="a channel the app is not in, by name"),
        pytest.param("C0NOWHERE", "channel_not_found", id="no channel"),
        pytest.param("#nowhere", "channel_not_found", id="no channel's name"),
        pytest.param("U0NOBODY", "channel_not_found", id="nobody"),
        pytest.param("U0BOT", "cannot_dm_bot", id="itself"),
    ],
)
async def test_a_message_needs_a_place_the_app_may_write_to(client: AsyncWebClient, channel: str, error: str) -> None:
    assert await refused(client.chat_postMessage(channel=channel, text="hello")) == error


@pytest.mark.parametrize("channel", ["support", "#support"])
async def test_a_channels_name_is_taken_and_is_a_complaint(
    slack: LocalSlack, client: AsyncWebClient, channel: str
) -> None:
    posted = await client.chat_postMessage(channel=channel, text="hello")
    assert posted["channel"] == "C0SUPPORT"
    await client.chat_postEphemeral(channel=channel, user="U0ANA", text="hello, you")
    assert [message.text for message in slack.human("Ana").sees("support")] == ["hello", "hello, you"]
    assert slack.complaints == [
        f"{method}: a channel by its name, which anybody may rename: send its id"
        for method in ("chat.postMessage", "chat.postEphemeral")
    ]


async def test_a_direct_message_of_others_is_not_found(slack: LocalSlack, client: AsyncWebClient) -> None:
    private = slack.workspace.dm("U0ANA", "U0LEE").id
    assert await refused(client.chat_postMessage(channel=private, text="hello")) == "channel_not_found"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")
async def test_a_message_needs_words(slack: LocalSlack, client: AsyncWebClient) -> None:
    assert await refused(client.chat_postMessage(channel="C0SUPPORT", text=" ")) == "no_text"
    assert slack.complaints == []


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")
async def test_blocks_without_text_are_posted_and_are_a_complaint(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0SUPPORT", blocks=[section()])
    assert slack.human("Ana").sees("support")[0].words == "Words"
    assert slack.complaints == ["chat.postMessage: blocks without text: a screen reader reads nothing"]


async def test_refused_blocks_name_the_place(slack: LocalSlack, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0SUPPORT", text="x", blocks=[section("x" * 3001)])
    fault = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert caught.value.response.data == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [fault],
        "response_metadata": {"messages": [f"[ERROR] {fault}"]},
    }
    assert slack.complaints == [f"chat.postMessage: invalid_blocks: {fault}"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"text": "x", "blocks": "[{"}, "invalid_blocks_format", id="blocks that are no JSON"),
        pytest.param({"text": "x", "attachments": [{"fallback": "x"}]}, "invalid_attachments", id="attachments"),
        pytest.param({"text": "x" * 40_001}, "msg_too_long", id="a text over the limit"),
    ],
)
async def test_a_message_slack_cannot_show_is_refused(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    assert await refused(client.chat_postMessage(channel="C0SUPPORT", **arguments)) == error


async def test_an_ephemeral_message_is_for_one_member(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="psst")
    ana = slack.human("Ana")
    (message,) = ana.sees("support")
    assert message.is_ephemeral
    assert slack.human("Lee").sees("support") == []
    ana.reloads()
    assert ana.sees("support") == []


@pytest.mark.parametrize(
    ("channel", "user", "error"),
    [
        pytest.param("C0SUPPORT", "U0OLU", "user_not_in_channel", id="somebody who is not a member"),
        pytest.param("C0TEAROOM", "U0ANA", "not_in_channel", id="a channel the app is not in"),
        pytest.param("D0ANA", "U0ANA", "channel_not_found", id="a direct message"),
    ],
)
async def test_an_ephemeral_message_needs_a_shared_channel(
    client: AsyncWebClient, channel: str, user: str, error: str
) -> None:
    assert await refused(client.chat_postEphemeral(channel=channel, user=user, text="psst")) == error


async def test_an_update_without_blocks_removes_them(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="a", blocks=[section()])
    await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="b", parse="none")
    (message,) = slack.human("Ana").sees("support")
    assert (message.text, message.blocks, message.is_edited) == ("b", None, True)
    assert slack.complaints == []


async def test_an_update_that_is_parsed_as_typed_is_a_complaint(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="a")
    await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="b")
    assert slack.complaints == ['chat.update: without parse="none" mentions in the text come alive']


async def test_only_the_apps_lasting_messages_can_be_updated(slack: LocalSlack, client: AsyncWebClient) -> None:
    ephemeral = await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="psst")
    theirs = await slack.human("Ana").says("support", "mine")
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="a")

    def update(channel: str, ts: str, text: str) -> Awaitable[Any]:
        return client.chat_update(channel=channel, ts=ts, text=text, parse="none")

    assert await refused(update("C0SUPPORT", ephemeral["message_ts"], "b")) == "message_not_found"
    assert await refused(update("C0SUPPORT", theirs.ts, "b")) == "cant_update_message"
    assert await refused(update("C0SUPPORT", "1.2", "b")) == "message_not_found"
    assert await refused(update("U0ANA", posted["ts"], "b")) == "channel_not_found"
    assert await refused(update("C0SUPPORT", posted["ts"], "x" * 4001)) == "msg_too_long"
    assert await refused(update("C0SUPPORT", posted["ts"], "&" * 801)) == "msg_too_long"


@pytest.fixture
async def clicks(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> list[dict[str, Any]]:
    """What the app got for presses of the button ``press``."""
    bodies: list[dict[str, Any]] = []

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await run_app()
    return bodies


async def test_a_click_carries_the_message_the_channel_and_a_response_url(
    slack: LocalSlack, client: AsyncWebClient, clicks: list[dict[str, Any]], button: Build
) -> None:
    row = {"type": "actions", "block_id": "row", "elements": [button(value="7")]}
    posted = await client.chat_postMessage(channel="C0PARTNER", text="press it", blocks=[row])
    await slack.human("Olu").clicks("Press")
    (body,) = clicks
    assert body["user"] == {"id": "U0OLU", "username": "olu", "name": "olu", "team_id": "T0PARTNER"}
    assert body["team"] == {"id": "T0SANDBOX", "domain": "sandbox"}
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "C0PARTNER",
        "is_ephemeral": False,
    }
    assert body["channel"] == {"id": "C0PARTNER", "name": "partner"}
    assert body["message"]["blocks"] == [row]
    assert body["response_url"].startswith(f"{slack.base_url}/actions/")
    assert (body["type"], body["api_app_id"], body["enterprise"], body["is_enterprise_install"]) == (
        "block_actions",
        "A0SANDBOX",
        None,
        False,
    )
    assert (body["state"], body["actions"][0]["value"]) == ({"values": {}}, "7")
    assert slack.complaints == []


async def test_a_click_in_an_ephemeral_message_carries_no_message(
    slack: LocalSlack, client: AsyncWebClient, clicks: list[dict[str, Any]], button: Build
) -> None:
    row = {"type": "actions", "elements": [button()]}
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0ANA", text="press it", blocks=[row])
    await slack.human("Ana").clicks("press")
    assert clicks[0]["container"]["is_ephemeral"] is True
    assert "message" not in clicks[0]


async def test_a_choice_in_a_message_carries_its_state(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    bodies = []

    @app.action("pick")
    async def pick(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await run_app()
    option = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
    select = {"type": "static_select", "action_id": "pick", "options": [option]}
    await app.client.chat_postMessage(
        channel="C0SUPPORT", text="pick", blocks=[{"type": "actions", "block_id": "row", "elements": [select]}]
    )
    await slack.human("Ana").selects("pick", "1")
    assert bodies[0]["state"]["values"] == {"row": {"pick": {"type": "static_select", "selected_option": option}}}
    assert bodies[0]["actions"][0]["selected_option"] == option


async def test_a_click_nobody_answers_is_told_by_slack(
    slack: LocalSlack, client: AsyncWebClient, button: Build
) -> None:
    await client.chat_postMessage(
        channel="C0SUPPORT", text="press", blocks=[{"type": "actions", "elements": [button()]}]
    )
    await slack.human("Ana").clicks("Press")
    assert slack.human("Ana").sees("support")[-1].text == TROUBLE
    assert [message.text for message in slack.human("Lee").sees("support")] == ["press"]


async def test_words_in_the_acknowledgement_of_a_click_are_a_complaint(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp, button: Build
) -> None:
    @app.action("press")
    async def press(ack: Any) -> None:
        await ack("thanks")

    await run_app()
    await app.client.chat_postMessage(
        channel="C0SUPPORT", text="press", blocks=[{"type": "actions", "elements": [button()]}]
    )
    await slack.human("Ana").clicks("Press")
    assert slack.complaints == ["acknowledgement of an interaction: Slack ignores a body here"]


async def test_a_message_shortcut_carries_the_message(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    bodies = []

    @app.shortcut("ask_about")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await run_app()
    ana = slack.human("Ana")
    message = await ana.says("tea-room", "R&D has <it>: +86 138 0000 1234, code 7")
    await ana.uses_shortcut("ask_about", message=message)
    (body,) = bodies
    assert (body["type"], body["message_ts"], body["user"]) == (
        "message_action",
        message.ts,
        {"id": "U0ANA", "name": "ana"},
    )
    shown = body["message"]
    assert shown["text"] == "R&amp;D has &lt;it&gt;: <tel:+8613800001234|+86 138 0000 1234>, code 7"
    assert (shown["team"], UUID(shown["client_msg_id"]).version) == ("T0SANDBOX", 4)
    (block,) = shown["blocks"]
    assert block["type"] == "rich_text"
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "R&D has <it>: "},
        {"type": "link", "url": "tel:+8613800001234", "text": "+86 138 0000 1234"},
        {"type": "text", "text": ", code 7"},
    ]
    assert body["channel"] == {"id": "C0TEAROOM", "name": "tea-room"}
    assert body["response_url"]


async def test_a_global_shortcut_carries_no_channel(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    bodies = []

    @app.shortcut("ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    await run_app()
    await slack.human("Ana").uses_shortcut("ask")
    (body,) = bodies
    assert (body.pop("trigger_id") and body.pop("token") and body.pop("action_ts")) is not None
    assert body == {
        "type": "shortcut",
        "callback_id": "ask",
        "team": {"id": "T0SANDBOX", "domain": "sandbox"},
        "user": {"id": "U0ANA", "username": "ana", "team_id": "T0SANDBOX"},
        "is_enterprise_install": False,
        "enterprise": None,
    }


async def test_a_message_to_the_app_is_an_event_only_when_subscribed(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp
) -> None:
    events = []

    @app.event("message")
    async def hear(event: dict[str, Any]) -> None:
        events.append((event["channel_type"], event["text"]))

    await run_app()
    ana = slack.human("Ana")
    await ana.says(ana.dm, "to the app")
    await ana.says("support", "to everybody")
    assert events == [("im", "to the app")]
    assert slack.complaints == []


@pytest.mark.parametrize(("characters", "is_taken"), [(2_748, True), (2_751, False), (3_000, False)])
async def test_all_blocks_of_a_message_together_hold_no_more_than_so_much(
    client: AsyncWebClient, characters: int, *, is_taken: bool
) -> None:
    block = {"type": "section", "text": {"type": "plain_text", "text": "x" * characters}}
    sending = client.chat_postMessage(channel="C0SUPPORT", text="long", blocks=[block] * 4)
    if is_taken:
        await sending
    else:
        assert await refused(sending) == "msg_blocks_too_long"


async def test_a_thread_is_named_in_its_messages_and_in_clicks_on_them(
    slack: LocalSlack, client: AsyncWebClient, clicks: list[dict[str, Any]], button: Build
) -> None:
    first = await slack.human("Ana").says("support", "hello")
    row = {"type": "actions", "block_id": "row", "elements": [button()]}
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="press it", blocks=[row], thread_ts=first.ts)
    assert (posted["message"]["thread_ts"], posted["message"]["parent_user_id"]) == (first.ts, "U0ANA")
    answer = await client.chat_postMessage(channel="C0SUPPORT", text="and", thread_ts=posted["ts"])
    assert answer["message"]["thread_ts"] == first.ts
    await slack.human("Ana").clicks("Press")
    (body,) = clicks
    assert (body["container"]["thread_ts"], body["message"]["thread_ts"]) == (first.ts, first.ts)
    assert body["message"]["bot_profile"]["app_id"] == "A0SANDBOX"
    unknown = client.chat_postMessage(channel="C0SUPPORT", text="and", thread_ts="1.000000")
    assert await refused(unknown) == "thread_not_found"


async def test_an_answer_in_a_thread_tells_its_parent(slack: LocalSlack, app: AsyncApp, run_app: RunApp) -> None:
    events = []

    @app.event("message")
    async def listen(event: dict[str, Any]) -> None:
        events.append(event)

    await run_app()
    ana = slack.human("Ana")
    first = await ana.says(ana.dm, "hello")
    await ana.says(ana.dm, "+86 138 0000 1234", thread=first)
    await slack.until(lambda: len(events) == 2)
    assert "thread_ts" not in events[0]
    assert (events[1]["thread_ts"], events[1]["parent_user_id"]) == (first.ts, "U0ANA")
    assert events[1]["text"] == "<tel:+8613800001234|+86 138 0000 1234>"

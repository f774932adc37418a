"""Channels and who is in them: private ones, archived ones, and people who left."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import Conversation, ConversationKind

RunApp = Callable[[], Awaitable[object]]


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@pytest.fixture
def secret(slack: LocalSlack) -> str:
    """A private channel the app is not in."""
    slack.workspace.add_conversation(
        Conversation(
            id="C0SECRET",
            name="secret",
            kind=ConversationKind.CHANNEL,
            members=frozenset({"U0ANA", "U0LEE"}),
            is_private=True,
        )
    )
    return "C0SECRET"


def archive(slack: LocalSlack, channel: str) -> None:
    slack.workspace.conversations[channel] = replace(slack.workspace.conversations[channel], is_archived=True)


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        pytest.param("C0SUPPORT", {"is_private": False, "is_member": True, "name": "support"}, id="its channel"),
        pytest.param("C0TEAROOM", {"is_ext_shared": False, "is_member": False}, id="a channel it is not in"),
        pytest.param("C0PARTNER", {"is_ext_shared": True, "is_member": True}, id="a shared channel"),
        pytest.param("C0APPROVALS", {"is_private": True, "is_member": True, "is_group": False}, id="a private channel"),
        pytest.param("D0ANA", {"is_im": True, "user": "U0ANA"}, id="a direct message"),
    ],
)
async def test_conversations_are_told_apart(client: AsyncWebClient, channel: str, expected: dict[str, Any]) -> None:
    described = (await client.conversations_info(channel=channel))["channel"]
    assert {name: described[name] for name in expected} == expected
    assert described["is_archived"] is False


async def test_the_language_of_a_channel_is_told_to_who_asks_for_it(slack: LocalSlack, client: AsyncWebClient) -> None:
    channels = slack.workspace.conversations
    channels["C0APPROVALS"] = replace(channels["C0APPROVALS"], locale="zh-CN")
    asked = {
        each: (await client.conversations_info(channel="C0APPROVALS", include_locale=each))["channel"].get("locale")
        for each in (True, False)
    }
    assert asked == {True: "zh-CN", False: None}
    assert (await client.conversations_info(channel="C0SUPPORT", include_locale=True))["channel"]["locale"] == "en-US"
    assert slack.complaints == []


async def test_a_conversation_of_others_is_not_found(slack: LocalSlack, client: AsyncWebClient, secret: str) -> None:
    private = slack.workspace.dm("U0ANA", "U0LEE").id
    for channel in (private, secret, "C0NOWHERE"):
        assert await refused(client.conversations_info(channel=channel)) == "channel_not_found"


CONVERSATIONS = {"channels:read": "C0SUPPORT", "groups:read": "C0APPROVALS", "im:read": "D0ANA"}


@pytest.mark.parametrize("scope", CONVERSATIONS)
async def test_each_kind_of_conversation_needs_its_scope(session: aiohttp.ClientSession, scope: str) -> None:
    declared = {"display_information": {"name": "Helper"}, "oauth_config": {"scopes": {"bot": [scope]}}}
    slack = LocalSlack(manifest=Manifest.parse(declared))
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
    for needed, channel in CONVERSATIONS.items():
        if needed == scope:
            await client.conversations_info(channel=channel)
            continue
        with pytest.raises(SlackApiError) as caught:
            await client.conversations_info(channel=channel)
        answer = caught.value.response
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", needed, scope)
    assert len(slack.complaints) == 2
    assert await refused(client.conversations_info(channel="C0NOWHERE")) == "channel_not_found"
    await slack.stop()


async def test_to_a_private_channel_without_the_app_nothing_can_be_posted(client: AsyncWebClient, secret: str) -> None:
    assert await refused(client.chat_postMessage(channel=secret, text="hello")) == "channel_not_found"
    assert await refused(client.chat_postEphemeral(channel=secret, user="U0ANA", text="x")) == "channel_not_found"


async def test_a_private_channel_is_there_for_its_members_only(slack: LocalSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="a card")
    assert [message.text for message in slack.human("Kim").sees("approvals")] == ["a card"]
    for name in ("Ana", "Gus", "Olu"):
        with pytest.raises(NotOnScreen):
            slack.human(name).sees("approvals")


async def test_an_archived_channel_takes_no_messages_and_keeps_those_it_has(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="a card")
    archive(slack, "C0APPROVALS")
    assert await refused(client.chat_postMessage(channel="C0APPROVALS", text="one more")) == "is_archived"
    update = client.chat_update(channel="C0APPROVALS", ts=posted["ts"], text="decided", parse="none")
    assert await refused(update) == "is_inactive"
    assert (await client.conversations_info(channel="C0APPROVALS"))["channel"]["is_archived"] is True
    assert [message.text for message in slack.human("Lee").sees("approvals")] == ["a card"]


@pytest.mark.parametrize(
    ("is_read_only", "error"), [(True, "restricted_action_read_only_channel"), (False, "restricted_action")]
)
async def test_where_only_some_may_post_the_app_may_not(
    slack: LocalSlack, client: AsyncWebClient, error: str, *, is_read_only: bool
) -> None:
    channels = slack.workspace.conversations
    channel = channels["C0APPROVALS"]
    channels["C0APPROVALS"] = replace(channel, is_read_only=is_read_only, is_restricted=not is_read_only)
    assert await refused(client.chat_postMessage(channel="C0APPROVALS", text="a card")) == error
    described = (await client.conversations_info(channel="C0APPROVALS"))["channel"]
    assert ("is_read_only" in described) is is_read_only
    await client.chat_postMessage(channel="U0LEE", text="a card")


async def test_the_name_of_a_private_channel_is_in_no_payload(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp, button: Callable[..., dict[str, Any]]
) -> None:
    names = []

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        names.append(body["channel"])
        await ack()

    @app.command("/ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        names.append({"id": body["channel_id"], "name": body["channel_name"]})
        await ack()

    await run_app()
    row = {"type": "actions", "elements": [button()]}
    await app.client.chat_postMessage(channel="C0APPROVALS", text="press", blocks=[row])
    await slack.human("Lee").clicks("Press")
    await slack.human("Lee").runs("approvals", "/ask")
    assert names == [{"id": "C0APPROVALS", "name": "privategroup"}] * 2


@pytest.mark.parametrize(
    ("channel", "subscription", "channel_type"),
    [
        pytest.param("support", "message.channels", "channel", id="a public channel"),
        pytest.param("approvals", "message.groups", "group", id="a private channel"),
    ],
)
async def test_what_is_said_in_a_channel_is_an_event_by_its_kind(
    channel: str, subscription: str, channel_type: str
) -> None:
    declared = {
        "display_information": {"name": "Helper"},
        "settings": {"event_subscriptions": {"bot_events": [subscription]}},
    }
    slack = LocalSlack(manifest=Manifest.parse(declared))
    for name in ("support", "approvals"):
        await slack.human("Lee").says(name, "hello")
    (delivery,) = slack.deliveries
    assert delivery.payload["event"]["channel_type"] == channel_type
    assert delivery.payload["event"]["channel"] == slack.human("Lee").screen.conversation(channel).id


async def test_somebody_who_left_can_do_nothing(slack: LocalSlack) -> None:
    kim = slack.human("Kim")
    with pytest.raises(KeyError):
        slack.human("Ida")
    slack.deactivate("Kim")
    with pytest.raises(KeyError):
        slack.human("Kim")
    for attempt in (kim.runs("support", "/ask"), kim.says(kim.person.id, "hello"), kim.clicks("Press")):
        with pytest.raises(NotOnScreen):
            await attempt
    assert slack.deliveries == []


async def test_to_somebody_who_left_a_message_goes_only_where_one_went_before(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    assert await refused(client.chat_postMessage(channel="U0IDA", text="hello")) == "channel_not_found"
    slack.deactivate("Kim")
    assert (await client.chat_postMessage(channel="U0KIM", text="hello"))["channel"] == "D0KIM"
    assert await refused(client.chat_postEphemeral(channel="C0APPROVALS", user="U0KIM", text="x")) == (
        "user_not_in_channel"
    )


async def test_with_somebody_who_left_no_direct_message_is_opened(session: aiohttp.ClientSession) -> None:
    declared = {"display_information": {"name": "Helper"}, "oauth_config": {"scopes": {"bot": ["im:write"]}}}
    slack = LocalSlack(manifest=Manifest.parse(declared))
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
    assert await refused(client.conversations_open(users="U0IDA")) == "user_disabled"
    await slack.stop()

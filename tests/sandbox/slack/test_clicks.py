"""Clicks that matter: asked first, in the same instant, too late, forged; and the forms they open."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.confirmation import Confirmation
from bot.sandbox.slack.forms import NotOnScreen
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import Message
from tests.sandbox.slack.conftest import MANIFEST, plain

Build = Callable[..., dict[str, Any]]
RunApp = Callable[[], Awaitable[object]]
Bodies = list[dict[str, Any]]

SURE = {
    "title": plain("Approve?"),
    "text": {"type": "mrkdwn", "text": "It is called *once*."},
    "confirm": plain("Approve"),
    "deny": plain("Not yet"),
}


@pytest.fixture
async def bodies(app: AsyncApp, run_app: RunApp) -> Bodies:
    """What the app got for clicks on the card."""
    kept: Bodies = []

    @app.action("approve")
    @app.action("deny")
    async def decide(ack: Any, body: dict[str, Any]) -> None:
        kept.append(body)
        await ack()

    await run_app()
    return kept


@pytest.fixture
async def card(slack: LocalSlack, client: AsyncWebClient, button: Build) -> Message:
    """A card in the private channel: one button asks before it is sent, the other does not."""
    approve = button("Approve", action_id="approve", value="L-1", style="primary", confirm=SURE)
    deny = button("Deny", action_id="deny", value="L-1", style="danger")
    row = {"type": "actions", "block_id": "row", "elements": [approve, deny]}
    await client.chat_postMessage(channel="C0APPROVALS", text="Ana asks", blocks=[row])
    (message,) = slack.human("Lee").sees("approvals")
    return message


async def decide_card(client: AsyncWebClient, card: Message) -> None:
    await client.chat_update(channel=card.channel_id, ts=card.ts, text="Lee approved", blocks=[], parse="none")


async def test_a_button_says_what_it_asks(slack: LocalSlack, card: Message) -> None:
    lee = slack.human("Lee")
    asked = Confirmation(title="Approve?", text="It is called *once*.", confirm="Approve", deny="Not yet")
    assert lee.confirmation("approve") == lee.confirmation("approve", message=card) == asked
    with pytest.raises(NotOnScreen):
        lee.confirmation("deny")
    with pytest.raises(NotOnScreen):
        lee.confirmation("nothing")


async def test_a_click_that_is_dismissed_is_not_sent(slack: LocalSlack, card: Message, bodies: Bodies) -> None:
    lee = slack.human("Lee")
    await lee.clicks("approve", dismissing=True)
    assert (bodies, slack.deliveries) == ([], [])
    with pytest.raises(NotOnScreen):
        await lee.clicks("deny", dismissing=True)
    await lee.clicks("approve")
    assert [body["actions"][0]["value"] for body in bodies] == ["L-1"]


async def test_a_click_carries_the_message_as_it_stands_now(
    slack: LocalSlack, client: AsyncWebClient, card: Message, bodies: Bodies, button: Build
) -> None:
    row = {"type": "actions", "block_id": "again", "elements": [button("Deny", action_id="deny", value="L-2")]}
    await client.chat_update(channel="C0APPROVALS", ts=card.ts, text="Ana still asks", blocks=[row], parse="none")
    await slack.human("Kim").clicks("deny", message=card)
    (body,) = bodies
    assert (body["message"]["ts"], body["message"]["text"]) == (card.ts, "Ana still asks")
    assert body["message"]["blocks"] == [row]
    assert body["message"]["bot_id"] == "B0BOT"
    assert body["container"]["message_ts"] == card.ts
    assert (body["actions"][0]["block_id"], body["actions"][0]["value"]) == ("again", "L-2")
    assert body["response_url"].startswith(slack.base_url)


async def test_who_missed_the_change_clicks_what_was_there(
    slack: LocalSlack, client: AsyncWebClient, card: Message, bodies: Bodies
) -> None:
    kim = slack.human("Kim")
    await decide_card(client, card)
    with pytest.raises(NotOnScreen):
        await kim.clicks("approve")
    await kim.clicks_stale(card, "approve")
    (body,) = bodies
    assert (body["user"]["id"], body["actions"][0]["value"]) == ("U0KIM", "L-1")
    assert (body["message"]["ts"], body["message"]["text"]) == (card.ts, "Ana asks")
    assert kim.sees("approvals")[-1].text == "Lee approved"


async def test_nobody_clicks_what_they_never_saw(slack: LocalSlack, client: AsyncWebClient, card: Message) -> None:
    await client.chat_postEphemeral(channel="C0APPROVALS", user="U0LEE", text="x", blocks=card.blocks)
    for_lee = slack.human("Lee").sees("approvals")[-1]
    for name, message, what in (("Ana", card, "deny"), ("Kim", for_lee, "deny"), ("Kim", card, "nothing")):
        with pytest.raises(NotOnScreen):
            await slack.human(name).clicks_stale(message, what)
    assert slack.deliveries == []


async def test_a_copy_can_say_something_else_and_is_signed(slack: LocalSlack, card: Message, bodies: Bodies) -> None:
    await slack.human("Lee").clicks("deny")
    genuine = slack.deliveries[-1]

    def forge(payload: dict[str, Any]) -> None:
        payload["actions"][0]["value"] = "L-2"
        payload["user"] |= {"id": "U0OLU", "team_id": "T0PARTNER"}

    forged = await slack.redeliver(genuine, edit=forge)
    assert forged.is_acknowledged
    assert [(body["user"]["id"], body["actions"][0]["value"]) for body in bodies] == [
        ("U0LEE", "L-1"),
        ("U0OLU", "L-2"),
    ]
    assert bodies[0]["trigger_id"] == bodies[1]["trigger_id"]
    assert genuine.payload["actions"][0]["value"] == "L-1"


async def test_a_copy_with_a_new_trigger_is_another_click(
    slack: LocalSlack, client: AsyncWebClient, card: Message, bodies: Bodies, modal: Build
) -> None:
    await slack.human("Lee").clicks("deny")
    await slack.redeliver(edit=lambda payload: payload["user"].update(id="U0KIM"), with_new_trigger=True)
    first, second = (body["trigger_id"] for body in bodies)
    assert first != second
    await client.views_open(trigger_id=second, view=modal({"type": "divider"}))
    assert slack.human("Kim").modal
    assert slack.human("Lee").modal is None


async def test_a_command_can_be_copied_with_a_new_trigger(slack: LocalSlack, client: AsyncWebClient) -> None:
    await slack.human("Ana").runs("support", "/ask")
    copied = await slack.redeliver(edit=lambda payload: payload.update(text="else"), with_new_trigger=True)
    assert copied.payload["text"] == "else"
    assert copied.payload["trigger_id"] != slack.deliveries[0].payload["trigger_id"]


async def test_two_people_click_in_the_same_instant(
    slack: LocalSlack, app: AsyncApp, run_app: RunApp, card: Message
) -> None:
    both = asyncio.Barrier(2)
    who = []

    @app.action("deny")
    async def decide(ack: Any, body: dict[str, Any]) -> None:
        async with asyncio.timeout(1), both:  # neither goes on until the other is there
            who.append(body["user"]["id"])
        await ack()

    await run_app()
    await asyncio.gather(slack.human("Lee").clicks("deny"), slack.human("Kim").clicks("deny"))
    assert sorted(who) == ["U0KIM", "U0LEE"]
    assert [delivery.is_acknowledged for delivery in slack.deliveries] == [True, True]


@pytest.mark.parametrize("seed", [1, 2])
async def test_which_of_two_bots_gets_a_click_follows_from_the_random_numbers_given(seed: int, button: Build) -> None:
    async def receivers() -> list[int]:
        slack = LocalSlack(manifest=Manifest.parse(MANIFEST), random=Random(seed))
        await slack.start()
        got: list[int] = []
        handlers = [await connect_bot(slack, got, number) for number in range(2)]
        await slack.until(lambda: slack.connections == 2)
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        row = {"type": "actions", "block_id": "row", "elements": [button()]}
        await client.chat_postMessage(channel="C0SUPPORT", text="press", blocks=[row])
        for _ in range(8):
            await slack.human("Ana").clicks("Press")
        for handler in handlers:
            await handler.close_async()
        await slack.stop()
        return got

    once, again = await receivers(), await receivers()
    assert once == again
    assert set(once) == {0, 1}


async def connect_bot(slack: LocalSlack, got: list[int], number: int) -> AsyncSocketModeHandler:
    app = AsyncApp(client=AsyncWebClient(token=slack.bot_token, base_url=slack.api_url))

    @app.action("press")
    async def press(ack: Any) -> None:
        got.append(number)
        await ack()

    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    await slack.until(lambda: slack.connections == number + 1)
    return handler


@pytest.mark.parametrize(
    ("name", "channel", "team"),
    [
        pytest.param("Kim", "C0APPROVALS", "T0SANDBOX", id="a member"),
        pytest.param("Olu", "C0PARTNER", "T0PARTNER", id="an outsider"),
    ],
)
async def test_a_click_in_a_channel_opens_a_form_which_carries_what_it_was_opened_with(
    slack: LocalSlack,
    app: AsyncApp,
    run_app: RunApp,
    *,
    name: str,
    channel: str,
    team: str,
    modal: Build,
    field: Build,
    button: Build,
) -> None:
    submitted: Bodies = []

    @app.action("deny")
    async def ask_why(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field(), private_metadata="L-1"))

    @app.view("form")
    async def submit(ack: Any, body: dict[str, Any]) -> None:
        submitted.append(body)
        await ack()

    await run_app()
    row = {"type": "actions", "elements": [button("Deny", action_id="deny")]}
    await app.client.chat_postMessage(channel=channel, text="Ana asks", blocks=[row])
    human = slack.human(name)
    await human.clicks("Deny")
    await human.until(lambda: human.modal)
    human.fills(block_id="what", text="not now")
    await human.submits()
    (body,) = submitted
    assert body["user"]["team_id"] == body["team"]["id"] == team
    assert body["view"]["app_installed_team_id"] == "T0SANDBOX"
    assert body["view"]["private_metadata"] == "L-1"
    assert body["view"]["state"]["values"]["what"]["entry"]["value"] == "not now"
    assert human.modal is None
    assert slack.complaints == []

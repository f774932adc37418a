"""Socket Mode: frames as Slack sends them, several connections, and three seconds for each acknowledgement."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.inspector import Wire
from bot.sandbox.slack.delivery import Outcome
from bot.sandbox.slack.server import LocalSlack
from tests.clocks import SteppingClock

Link = aiohttp.ClientWebSocketResponse
OpenLink = Callable[[], Awaitable[Link]]


@pytest.fixture
def open_link(slack: LocalSlack, session: aiohttp.ClientSession) -> OpenLink:
    """Opens a connection by hand, its first frame still unread."""

    async def connect() -> Link:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        assert url.startswith(slack.base_url.replace("http", "ws"))
        return await session.ws_connect(url)

    return connect


@pytest.fixture
async def link(open_link: OpenLink) -> Link:
    """A connection by hand, after its greeting."""
    opened = await open_link()
    await opened.receive_json(timeout=2)
    return opened


async def acknowledge(link: Link, **frame: Any) -> dict[str, Any]:
    envelope: dict[str, Any] = await link.receive_json(timeout=2)
    await link.send_json({"envelope_id": envelope["envelope_id"], **frame})
    return envelope


async def test_a_connection_is_greeted(slack: LocalSlack, open_link: OpenLink) -> None:
    assert not slack.is_connected
    greeting = await (await open_link()).receive_json(timeout=2)
    assert (greeting["type"], greeting["num_connections"]) == ("hello", 1)
    assert greeting["connection_info"] == {"app_id": "A0SANDBOX"}
    assert slack.is_connected


async def test_a_connections_url_is_good_for_one_connection(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    await session.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url)


async def test_a_command_is_an_envelope_that_may_be_answered(slack: LocalSlack, link: Link) -> None:
    ana = slack.human("Ana")
    running = asyncio.create_task(ana.runs("support", "/ask"))
    envelope = await acknowledge(link, payload={"text": "answer"})
    await running
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert envelope["payload"]["command"] == "/ask"
    assert [message.text for message in ana.sees("support")] == ["answer"]
    exchange = slack.inspector.entries()[-1]
    assert (exchange.wire, exchange.title, exchange.request) == (Wire.SLACK_TO_BOT, "/ask", envelope)
    assert exchange.response == {"envelope_id": envelope["envelope_id"], "payload": {"text": "answer"}}


async def test_an_event_is_an_envelope_that_takes_no_answer(slack: LocalSlack, link: Link) -> None:
    ana = slack.human("Ana")
    saying = asyncio.create_task(ana.says(ana.dm, "hello"))
    envelope = await acknowledge(link, payload={"text": "answer"})
    await saying
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
    assert envelope["payload"]["event"]["text"] == "hello"
    assert slack.complaints == ["Socket Mode: an event's acknowledgement takes no payload"]


async def test_pings_are_answered(link: Link) -> None:
    await link.ping(b"sdk-ping-pong:1")
    with pytest.raises(asyncio.TimeoutError):  # aiohttp's client swallows the pong; the connection stays
        await link.receive(timeout=0.05)
    assert not link.closed


async def test_without_a_connection_the_user_is_told(slack: LocalSlack) -> None:
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "dispatch_failed"']
    assert slack.deliveries[-1].outcome is Outcome.UNREACHABLE


async def test_a_late_acknowledgement_is_a_timeout_and_changes_nothing(slack: LocalSlack, link: Link) -> None:
    slack.ack_seconds = 0.05
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "operation_timeout"']
    assert slack.deliveries[-1].outcome is Outcome.LATE
    await acknowledge(link, payload={"text": "too late"})
    slack.ack_seconds = 2.0
    running = asyncio.create_task(ana.runs("support", "/ask"))
    await acknowledge(link)
    await running
    assert len(ana.sees("support")) == 1
    assert slack.complaints == []


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("hello", id="no JSON"),
        pytest.param('{"type": "hello"}', id="no envelope_id"),
        pytest.param('{"envelope_id": "0"}', id="an envelope that was never sent"),
    ],
)
async def test_a_frame_that_makes_no_sense_is_a_complaint(slack: LocalSlack, link: Link, frame: str) -> None:
    await link.send_str(frame)
    await slack.until(lambda: slack.complaints)


async def test_an_envelope_acknowledged_twice_is_a_complaint(slack: LocalSlack, link: Link) -> None:
    running = asyncio.create_task(slack.human("Ana").runs("support", "/ask"))
    envelope = await acknowledge(link)
    await running
    await link.send_json({"envelope_id": envelope["envelope_id"]})
    await slack.until(lambda: slack.complaints)


async def test_each_payload_goes_to_one_of_the_connections(slack: LocalSlack, open_link: OpenLink) -> None:
    links = [await open_link(), await open_link()]
    received: list[int] = []

    async def answer(number: int, link: Link) -> None:
        async for frame in link:
            envelope = json.loads(frame.data)
            if "envelope_id" in envelope:
                received.append(number)
                await link.send_json({"envelope_id": envelope["envelope_id"]})

    answering = [asyncio.create_task(answer(number, link)) for number, link in enumerate(links)]
    await slack.until(lambda: slack.connections == 2)
    for _ in range(40):
        await slack.human("Ana").runs("support", "/ask")
    assert len(received) == 40
    assert set(received) == {0, 1}
    for link in links:
        await link.close()
    await asyncio.gather(*answering)


async def test_there_are_at_most_ten_connections(slack: LocalSlack, open_link: OpenLink) -> None:
    links = [await open_link() for _ in range(10)]
    assert [(await link.receive_json(timeout=2))["type"] for link in links] == ["hello"] * 10
    refusal = await (await open_link()).receive_json(timeout=2)
    assert (refusal["type"], refusal["reason"]) == ("disconnect", "too_many_websockets")
    assert slack.connections == 10


async def test_with_a_request_url_socket_mode_is_off(slack: LocalSlack, open_link: OpenLink) -> None:
    slack.request_url = "http://127.0.0.1:9/slack/events"
    refusal = await (await open_link()).receive_json(timeout=2)
    assert (refusal["type"], refusal["reason"]) == ("disconnect", "link_disabled")


async def test_a_connection_is_warned_served_meanwhile_and_ended(
    slack: LocalSlack, link: Link, open_link: OpenLink, clock: SteppingClock
) -> None:
    refreshing = asyncio.create_task(slack.refresh_connections())
    for reason in ("warning", "refresh_requested"):
        frame = await link.receive_json(timeout=2)
        assert frame == {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
    assert (await link.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE
    await refreshing
    assert not slack.is_connected
    fresh = await open_link()
    await fresh.receive_json(timeout=2)
    running = asyncio.create_task(slack.human("Ana").runs("support", "/ask"))
    await acknowledge(fresh)
    await running
    assert slack.deliveries[-1].is_acknowledged


async def test_an_upgrade_that_is_refused_uses_up_its_ticket(slack: LocalSlack, session: aiohttp.ClientSession) -> None:
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    slack.sockets.upgrades_refused = 1
    for status in (503, 403):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(url)
        assert caught.value.status == status


async def test_a_frozen_peer_sends_nothing_and_answers_no_ping(slack: LocalSlack, open_link: OpenLink) -> None:
    link = await open_link()
    await link.receive_json(timeout=2)
    slack.sockets.is_frozen = True
    slack.ack_seconds = 0.05
    await link.ping()
    await slack.human("Ana").runs("support", "/ask")
    assert slack.deliveries[-1].outcome is Outcome.LATE
    with pytest.raises(asyncio.TimeoutError):
        await link.receive(timeout=0.05)


async def test_only_the_connection_that_got_an_envelope_can_acknowledge_it(
    slack: LocalSlack, open_link: OpenLink
) -> None:
    slack.ack_seconds = 0.2
    links = [await open_link() for _ in range(2)]
    for link in links:
        await link.receive_json(timeout=2)
    running = asyncio.create_task(slack.human("Ana").runs("support", "/ask"))
    receiving = [asyncio.create_task(link.receive_json()) for link in links]
    (got,), (other,) = await asyncio.wait(receiving, return_when=asyncio.FIRST_COMPLETED)
    await links[receiving.index(other)].send_json({"envelope_id": got.result()["envelope_id"]})
    await running
    other.cancel()
    assert slack.deliveries[-1].outcome is Outcome.LATE
    assert str(UUID(got.result()["envelope_id"])) == got.result()["envelope_id"]


async def test_a_payload_can_be_delivered_again(slack: LocalSlack, app: AsyncApp, connect: Any) -> None:
    triggers = []

    @app.command("/ask")
    async def ask(ack: Any, body: dict[str, Any]) -> None:
        triggers.append(body["trigger_id"])
        await ack("once")

    await connect()
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    again = await slack.redeliver()
    assert again.is_acknowledged
    assert triggers[0] == triggers[1]
    assert [delivery.number for delivery in slack.deliveries] == [1, 2]
    assert [message.text for message in ana.sees("support")] == ["once"]


async def test_the_time_to_the_acknowledgement_is_kept(clock: Any, slack: LocalSlack, link: Link) -> None:
    running = asyncio.create_task(slack.human("Ana").runs("support", "/ask"))
    envelope = await link.receive_json(timeout=2)
    clock.time += 0.25
    await link.send_json({"envelope_id": envelope["envelope_id"]})
    await running
    assert slack.deliveries[-1].milliseconds == pytest.approx(250)

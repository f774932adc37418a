"""Signed HTTP: bodies as Slack posts them, signatures the official verifier accepts, replays and timeouts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.inspector import Wire
from bot.sandbox.slack.delivery import Outcome
from bot.sandbox.slack.server import LocalSlack

RunApp = Callable[[], Awaitable[object]]


@dataclass
class Endpoint:
    """A request URL that keeps what it got."""

    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    status: Callable[[], int] = lambda: 200

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        await self.is_open.wait()
        return web.Response(status=self.status())


@pytest.fixture
async def endpoint(slack: LocalSlack) -> AsyncIterator[Endpoint]:
    """Where Slack posts to in this test; it answers at once unless the test closes it."""
    kept = Endpoint()
    kept.is_open.set()
    raw = web.Application()
    raw.router.add_post("/slack/events", kept.handle)
    raw.router.add_post("/moved", _redirect)
    runner = web.AppRunner(raw, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield kept
    kept.is_open.set()
    await runner.cleanup()


async def _redirect(_request: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "/slack/events"})


def form(body: bytes) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(body.decode(), keep_blank_values=True).items()}


async def test_a_command_is_a_signed_form(slack: LocalSlack, endpoint: Endpoint, clock: Any) -> None:
    await slack.human("Ana").runs("support", "/ask päper & more")
    ((headers, body),) = endpoint.requests
    assert SignatureVerifier(slack.signing_secret, clock).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret", clock).is_valid_request(body, headers)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form(body)["text"] == "päper & more"
    assert form(body)["user_id"] == "U0ANA"


async def test_an_interaction_is_json_in_a_form(slack: LocalSlack, endpoint: Endpoint) -> None:
    await slack.human("Ana").uses_shortcut("ask")
    ((_, body),) = endpoint.requests
    assert list(form(body)) == ["payload"]
    assert json.loads(form(body)["payload"])["callback_id"] == "ask"


async def test_an_event_is_json(slack: LocalSlack, endpoint: Endpoint) -> None:
    ana = slack.human("Ana")
    await ana.says(ana.dm, "hello")
    ((headers, body),) = endpoint.requests
    assert headers["Content-Type"] == "application/json"
    event = json.loads(body)
    assert (event["type"], event["event"]["type"], event["event"]["text"]) == ("event_callback", "message", "hello")
    assert event["event_id"]


async def test_a_replay_is_the_same_request_with_the_same_signature(
    slack: LocalSlack, endpoint: Endpoint, clock: Any
) -> None:
    await slack.human("Ana").runs("support", "/ask one")
    await slack.human("Ana").runs("support", "/ask two")
    clock.time += 60
    await slack.redeliver(slack.deliveries[0])
    await slack.redeliver(slack.deliveries[1])
    assert endpoint.requests[2:] == endpoint.requests[:2]


async def test_bolt_accepts_the_signature_and_refuses_a_wrong_one(
    slack: LocalSlack, app: AsyncApp, serve: RunApp, session: Any
) -> None:
    @app.command("/ask")
    async def ask(ack: Any) -> None:
        await ack("hello")

    await serve()
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ["hello"]
    headers = {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": str(int(slack.clock.now()))}
    assert slack.request_url is not None
    async with session.post(slack.request_url, data={"command": "/ask"}, headers=headers) as response:
        assert response.status == 401


async def test_an_answer_after_the_limit_is_a_timeout(slack: LocalSlack, endpoint: Endpoint) -> None:
    endpoint.is_open.clear()
    slack.ack_seconds = 0.05
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "operation_timeout"']
    assert slack.deliveries[-1].outcome is Outcome.LATE


async def test_a_redirect_is_not_followed(slack: LocalSlack, endpoint: Endpoint) -> None:
    assert slack.request_url is not None
    slack.request_url = slack.request_url.replace("/slack/events", "/moved")
    await slack.human("Ana").runs("support", "/ask")
    assert slack.deliveries[-1].outcome is Outcome.REFUSED
    assert endpoint.requests == []


async def test_a_request_url_nobody_serves_is_a_failure(slack: LocalSlack, unused_tcp_port: int) -> None:
    slack.request_url = f"http://127.0.0.1:{unused_tcp_port}/slack/events"
    ana = slack.human("Ana")
    await ana.runs("support", "/ask")
    assert [message.text for message in ana.sees("support")] == ['/ask failed with the error "dispatch_failed"']
    assert slack.deliveries[-1].outcome is Outcome.UNREACHABLE


async def test_what_was_posted_is_kept(slack: LocalSlack, endpoint: Endpoint) -> None:
    await slack.human("Ana").runs("support", "/ask")
    (exchange,) = slack.inspector.entries()
    assert (exchange.wire, exchange.title, exchange.status) == (Wire.SLACK_TO_BOT, "/ask", 200)
    assert exchange.request["payload"]["command"] == "/ask"
    assert exchange.request["headers"]["X-Slack-Signature"] == endpoint.requests[0][0]["X-Slack-Signature"]


async def test_an_event_that_is_not_acknowledged_comes_again(slack: LocalSlack, endpoint: Endpoint, clock: Any) -> None:
    statuses = [500, 404]
    endpoint.status = lambda: statuses.pop(0) if statuses else 200
    ana, started = slack.human("Ana"), clock.time
    await ana.says(ana.dm, "hello")
    await slack.until(lambda: slack.deliveries[-1].is_acknowledged)
    retries = [
        (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in endpoint.requests
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert {body for _, body in endpoint.requests} == {endpoint.requests[0][1]}
    first, second, third = (headers["X-Slack-Signature"] for headers, _ in endpoint.requests)
    assert first == second != third  # the second came within the same second
    assert clock.time == started + 60


async def test_an_event_that_nobody_takes_is_sent_four_times_in_all(
    slack: LocalSlack, unused_tcp_port: int, clock: Any
) -> None:
    slack.request_url = f"http://127.0.0.1:{unused_tcp_port}/slack/events"
    ana, started = slack.human("Ana"), clock.time
    await ana.says(ana.dm, "hello")
    await slack.until(lambda: len(slack.deliveries) == 4)
    assert {each.payload["event_id"] for each in slack.deliveries} == {slack.deliveries[0].payload["event_id"]}
    assert clock.time == started + 360
    await ana.runs("support", "/ask")
    assert len(slack.deliveries) == 5  # a command is sent once

"""The adapter against the local Slack, over Socket Mode: what it says arrives, and a Slack in trouble is survived."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from bot.checks import Checklist
from bot.errors import SettingsError, SlackBusy
from bot.models import MessageRef
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import SlackTrouble
from bot.slack import blocks
from bot.slack.app import build_app
from bot.slack.blocks import Message
from bot.slack.connection import check_tokens, open_web
from bot.slack.links import Links
from bot.slack.messenger import Messenger, Shown
from bot.slack.web import Web
from bot.texts.said import slacks
from tests.clocks import SteppingClock
from tests.doubles import EnglishReaders
from tests.sandbox.slack.conftest import MANIFEST

HELLO = Message(slacks("Hello"), [blocks.section("Hello")])
NEWS = Message(slacks("News"), [blocks.section("News")])


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock(float(int(time.time())))  # near the real time, which Bolt's signature check reads


@pytest.fixture
async def slack(clock: SteppingClock) -> AsyncIterator[LocalSlack]:
    local = LocalSlack(manifest=Manifest.parse(MANIFEST), clock=clock, ack_seconds=1.0)
    await local.start()
    yield local
    await local.stop()


@pytest.fixture
async def web(slack: LocalSlack, clock: SteppingClock) -> AsyncIterator[Web]:
    async with open_web(token=slack.bot_token, base_url=slack.api_url, clock=clock) as opened:
        yield opened


class Asked:
    """Keeps the payloads of ``/ask``."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def register(self, app: AsyncApp) -> None:
        app.command("/ask")(self._ask)

    async def _ask(self, ack: Any, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack()


async def nobody_else() -> int:
    return 0


@pytest.fixture
async def asked(slack: LocalSlack, web: Web, clock: SteppingClock) -> AsyncIterator[Asked]:
    """The bot's app, connected."""
    listening = Asked()
    identity = await check_tokens(web, Checklist(), app_token=slack.app_token)
    app = build_app(web, [listening], signing_secret="unused", identity=identity)
    links = Links(app, web, slack.app_token, wanted=1, count_others=nobody_else)
    async with links.keep_open():
        await slack.until(lambda: slack.connections == 1)
        yield listening


async def test_an_agent_is_answered_where_they_typed_and_then_directly(
    slack: LocalSlack, web: Web, asked: Asked
) -> None:
    ana, messenger = slack.human("Ana"), Messenger(web, EnglishReaders())
    await ana.runs("support", "/ask")
    (body,) = asked.bodies
    for _ in range(6):  # a response URL takes five
        assert await messenger.tell("U0ANA", HELLO, response_url=body["response_url"]) is Shown.YES
    assert [message.text for message in ana.sees("support")] == ["Hello"] * 5
    assert slack.complaints == []
    posted = await messenger.post("U0ANA", HELLO)
    assert isinstance(posted, MessageRef)
    assert await messenger.update(posted, NEWS) is Shown.YES


async def test_a_throttling_slack_is_left_alone_until_it_wants_to_be_asked(
    slack: LocalSlack, web: Web, asked: Asked, clock: SteppingClock
) -> None:
    slack.trouble = SlackTrouble.RATE_LIMITED
    with pytest.raises(SlackBusy) as caught:
        await web.auth_test()
    slack.trouble = SlackTrouble.NONE
    with pytest.raises(SlackBusy):
        await web.auth_test()
    clock.time += caught.value.retry_after
    await web.auth_test()


async def test_a_token_of_the_other_kind_is_told_as_a_setting(slack: LocalSlack, clock: SteppingClock) -> None:
    async with open_web(token=slack.app_token, base_url=slack.api_url, clock=clock) as web:
        with pytest.raises(SettingsError) as caught:
            await check_tokens(web, Checklist(), app_token=slack.bot_token)
    assert [each.split("(")[0] for each in caught.value.mistakes] == [
        "Slack does not accept SLACK_BOT_TOKEN ",
        "Slack does not accept SLACK_APP_TOKEN ",
    ]

"""The whole bot against the whole sandbox, over real sockets, in one process."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.app import Waits, open_record
from bot.audit import LogQuery
from bot.interfaces import Clock
from bot.running import Bot, running_bot
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.cams.verification import Account
from bot.sandbox.inspector import Inspector
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import Message
from bot.settings import BotSettings, RecordSettings, read
from bot.store import search
from bot.texts.language import Languages
from tests.amounts import NIGHTLY
from tests.clocks import LoopClock
from tests.recorded import Recorded
from tests.scenarios.databases import url_for

TRANSPORTS = ("socket mode", pytest.param("signed http", marks=NIGHTLY))
"""How Slack's payloads reach the bot. By day all scenarios run in one way, and ``test_transports.py`` in both."""

PATIENCE = 30.0
"""Seconds: a wait ends as soon as what it waits for is there, so this is only how long a failure takes."""

QUICK = Waits(finishing=5.0, leaving=0.0, api_reading=5.0, settling=(0.3, 1.5), latest_arrival=0.3)
"""The bot as it is, but less patient: the local API is never slow by accident. A busy machine is: the second update of
a window comes after an acknowledgement that painted over the first."""


def latency() -> float:
    """Seconds that a call and its answer are on their way: even in virtual time they arrive later than they leave."""
    return 0.01


def entry(outcome: str) -> Entry:
    """A test number of the book, by what it shows."""
    return next(each for each in BOOK if each.outcome == outcome)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything a scenario plays with."""

    slack: LocalSlack
    cams: LocalCams
    environment: dict[str, str]
    bot: Bot | None = None

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    def human(self, name: str) -> Human:
        return next(human for human in self.slack.humans.values() if human.person.name == name)

    @property
    def clock(self) -> Clock:
        """Everybody's in the scene."""
        return self.slack.clock

    @property
    def ana(self) -> Human:
        return self.human("Ana")

    async def answer(self, human: Human, containing: str, *, channel: str = "support") -> Message:
        """The newest message that somebody sees with these words in it, as soon as it is there."""

        def find() -> Message | None:
            return next((each for each in reversed(human.sees(channel)) if containing in each.text), None)

        return await human.until(find, timeout=PATIENCE)

    async def ask(self, asked: Entry, *, human: Human | None = None, code: str | None = None) -> None:
        await (human or self.ana).runs("support", f"/phoneid {asked.phone} {code or asked.code}")

    async def lookups(self) -> list[Recorded]:
        """Every lookup recorded, newest first."""
        settings = read(RecordSettings, {"DATABASE_URL": self.environment["DATABASE_URL"]})
        async with open_record(settings, self.clock) as record:
            entries = await record.read(search.search, LogQuery(limit=10_000))
        return [Recorded.of(entry) for entry in entries]


@asynccontextmanager
async def open_scene(
    tmp_path: Path,
    *,
    is_http: bool = False,
    book: Sequence[Entry] = BOOK,
    accounts: Sequence[Account] = (SANDBOX_ACCOUNT,),
    settings: Mapping[str, str] | None = None,
    installation: Installation | None = None,
) -> AsyncIterator[Scene]:
    """The sandbox with no bot in it yet."""
    inspector, clock = Inspector(), LoopClock()
    slack = LocalSlack(inspector=inspector, clock=clock, installation=installation)
    cams = LocalCams(
        accounts=accounts, inspector=inspector, book=book, clock=clock, latency_there=latency, latency_back=latency
    )
    inspector.listen(slack.workspace.change)  # whoever waits for something to happen looks again after each request
    await slack.start()
    await cams.start()
    environment = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_URL": slack.api_url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
        "DATABASE_URL": url_for(tmp_path, clock),
        **(
            {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": "0"}
            if is_http
            else {"SLACK_APP_TOKEN": slack.app_token}
        ),
        **(settings or {}),
    }
    try:
        yield Scene(slack=slack, cams=cams, environment=environment)
    finally:
        await slack.stop()
        await cams.stop()


@asynccontextmanager
async def with_bot(scene: Scene, *, waits: Waits = QUICK, languages: Languages | None = None) -> AsyncIterator[Scene]:
    """The bot, running in it."""
    settings = read(BotSettings, scene.environment)
    async with running_bot(settings, waits=waits, clock=scene.clock, languages=languages) as bot:
        if bot.port:
            scene.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"
        await scene.slack.until(lambda: scene.slack.is_connected)
        scene.cams.calls[:] = scene.cams.lookups  # that a start asks how the account stands is no scene's matter
        yield Scene(slack=scene.slack, cams=scene.cams, environment=scene.environment, bot=bot)


OpenScene = Callable[..., AbstractAsyncContextManager[Scene]]
"""Opens a scene with settings of a test's own, its bot running."""


async def dispatch(scene: Scene, payload: dict[str, Any]) -> None:
    """Give the bot a payload that no screen of Slack's would produce, as Socket Mode would."""
    assert scene.bot
    response = await scene.bot.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
    assert response.status == 200

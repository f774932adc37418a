"""The whole bot against the whole sandbox, over real sockets, in one process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import Bot, open_store, running_bot
from bot.models import LogQuery, Lookup
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import Message
from bot.settings import BotSettings, RecordSettings, read

PATIENCE = 20.0
"""Seconds: a wait ends as soon as what it waits for is there, so this is only how long a failure takes."""


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

    def human(self, name: str) -> Human:
        return next(human for human in self.slack.humans.values() if human.person.name == name)

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

    async def lookups(self) -> list[Lookup]:
        """Every lookup recorded, newest first."""
        async with open_store(read(RecordSettings, {"DATABASE_URL": self.environment["DATABASE_URL"]})) as store:
            return await store.search(LogQuery(limit=10_000))


@asynccontextmanager
async def open_scene(tmp_path: Path, *, is_http: bool = False, **settings: str) -> AsyncIterator[Scene]:
    """The sandbox with no bot in it yet."""
    slack, cams = LocalSlack(), LocalCams()
    await slack.start()
    await cams.start()
    environment = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_URL": slack.api_url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'phoneid.db'}",
        **(
            {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": "0"}
            if is_http
            else {"SLACK_APP_TOKEN": slack.app_token}
        ),
        **settings,
    }
    try:
        yield Scene(slack=slack, cams=cams, environment=environment)
    finally:
        await slack.stop()
        await cams.stop()


@asynccontextmanager
async def with_bot(scene: Scene, *, finishing: float = 5.0) -> AsyncIterator[Scene]:
    """The bot, running in it."""
    async with running_bot(read(BotSettings, scene.environment), finishing=finishing) as bot:
        if bot.port:
            scene.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"
        await scene.slack.until(lambda: scene.slack.is_connected)
        yield Scene(slack=scene.slack, cams=scene.cams, environment=scene.environment, bot=bot)


OpenScene = Callable[..., AbstractAsyncContextManager[Scene]]
"""Opens a scene with settings of a test's own, its bot running."""

"""The local Slack: one server, one workspace, one installed app."""

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from aiohttp import web

from bot.clock import SystemClock
from bot.interfaces import Clock
from bot.sandbox.inspector import Inspector
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.manifest import Manifest, read_manifest
from bot.sandbox.slack.people import Kind, Person
from bot.sandbox.slack.trouble import SlackTrouble
from bot.sandbox.slack.workspace import Workspace, furnish

T = TypeVar("T")


class LocalSlack:
    """A Slack workspace on this machine, as strict as the real one."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        inspector: Inspector | None = None,
        manifest: Manifest | None = None,
        credentials: Credentials | None = None,
        ack_seconds: float = 3.0,
        random: Random | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.inspector = inspector or Inspector()
        self.manifest = manifest or read_manifest()
        self.credentials = credentials or Credentials.invent(random)
        self.ack_seconds = ack_seconds
        bot = Person(id="U0BOT", name=self.manifest.name, title="", kind=Kind.BOT)
        self.workspace = Workspace(bot=bot, clock=self.clock)
        furnish(self.workspace)
        self.humans = {
            person.id: Human(person, self) for person in self.workspace.people.values() if person.kind is not Kind.BOT
        }
        self.trouble = SlackTrouble.NONE
        self.complaints: list[str] = []
        """What a correct bot never does. Tests assert it empty."""
        self.deliveries: list[Delivery] = []
        self.request_url: str | None = None
        """Where signed HTTP requests go; ``None`` means Socket Mode."""
        self.web_app = web.Application()
        """Routes of others may be added before ``start``."""

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on a loopback address. Raises ``ValueError`` for any other."""
        raise NotImplementedError

    async def stop(self) -> None:
        raise NotImplementedError

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, ``http://127.0.0.1:PORT/api/``."""
        raise NotImplementedError

    @property
    def bot_token(self) -> str:
        return self.credentials.bot_token.get_secret_value()

    @property
    def app_token(self) -> str:
        return self.credentials.app_token.get_secret_value()

    @property
    def signing_secret(self) -> str:
        return self.credentials.signing_secret.get_secret_value()

    def human(self, name: str) -> Human:
        """By name (``"Ana"``) or user id."""
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        """Whether the bot can be reached: a Socket Mode connection is open, or a request URL is set."""
        raise NotImplementedError

    async def until(self, predicate: Callable[[], T | None], *, timeout: float = 5.0) -> T:  # noqa: ASYNC109 - the wait ends on a change, with a picture of the screen
        """Wait until ``predicate()`` is truthy; it is asked again after each change here, never by the clock."""
        raise NotImplementedError

    async def redeliver(self, delivery: Delivery | None = None) -> Delivery:
        """Send the same payload once more (the last one by default); in HTTP mode with the same signature: a replay."""
        raise NotImplementedError

    async def refresh_connections(self) -> None:
        """Ask every Socket Mode connection to reconnect, as Slack does every few hours."""
        raise NotImplementedError

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change of anything anybody sees."""
        self.workspace.listen(listener)

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self.workspace.version

    def state_for(self, user_id: str) -> dict[str, Any]:
        """Everything this user sees now, as the page draws it. Raises ``KeyError`` for an unknown user."""
        raise NotImplementedError

    async def act(self, user_id: str, action: dict[str, Any]) -> dict[str, Any]:
        """Do what the page asked on this user's behalf: ``{"ok": True}`` or ``{"ok": False, "error": words}``."""
        raise NotImplementedError

"""The local Slack: one server, one workspace, one installed app."""

from collections.abc import Callable
from email.utils import formatdate
from random import Random, SystemRandom
from typing import Any, TypeVar

from aiohttp import web

from bot.clock import SystemClock
from bot.interfaces import Clock
from bot.sandbox.inspector import Inspector
from bot.sandbox.slack import block_methods
from bot.sandbox.slack.acknowledgements import Acknowledgements
from bot.sandbox.slack.chat_methods import ChatMethods
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.contents import ContentReader
from bot.sandbox.slack.courier import Courier, Edit
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.delivery import Delivery, DeliveryKind, Nowhere, Transport
from bot.sandbox.slack.directory_methods import DirectoryMethods
from bot.sandbox.slack.doorkeeper import guard
from bot.sandbox.slack.furnishing import furnish
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.manifest import Manifest, read_manifest
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.page_client import PageClient
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.people import BOT_USER_ID, CAST, GRID_CAST, Kind, Person
from bot.sandbox.slack.replies import Replies
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.signed_http import SignedHttp
from bot.sandbox.slack.site import Site
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.trouble import Forced, SlackTrouble
from bot.sandbox.slack.user_group_methods import UserGroupMethods
from bot.sandbox.slack.view_methods import ViewMethods
from bot.sandbox.slack.waiting import Waiting
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import Workspace

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
        installation: Installation | None = None,
        ack_seconds: float = 3.0,
        random: Random | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.inspector = inspector or Inspector()
        self.manifest = manifest or read_manifest()
        self.credentials = credentials or Credentials.invent(random)
        self.installation = installation or Installation()
        self.ack_seconds = ack_seconds
        """How long the bot has to acknowledge, in real seconds."""
        self.trouble = SlackTrouble.NONE
        self.forced: dict[str, Forced] = {}
        """What single methods answer instead of doing anything, by their names; ``response_url`` is one here."""
        self.lacking: set[str] = set()
        """Scopes of the manifest that the installed token does not have: the app was not installed again."""
        self.surplus: set[str] = set()
        """Scopes that it has and the manifest does not ask for: of an older manifest, or added by hand."""
        self.request_url: str | None = None
        """Where signed HTTP requests go; ``None`` means Socket Mode."""
        self.web_app = web.Application(middlewares=[guard(lambda: self._site.port)])
        self.tells_time = self.clock.now
        self.web_app.on_response_prepare.append(self._date)
        """Routes of others may be added before ``start``; every request's ``Host`` is checked."""
        self.base_url = ""
        """``http://HOST:PORT``, once started."""
        self._random = random or SystemRandom()
        self._site = Site(self.web_app)
        self._waiting = Waiting()
        self._furnish()
        self._connect()
        self._open_for_clients()

    def _furnish(self) -> None:
        """The workspace, and what is given out in it."""
        bot = Person(id=BOT_USER_ID, name=self.manifest.name, title="App", kind=Kind.BOT)
        people = GRID_CAST if self.installation.is_grid else CAST
        self.workspace = Workspace(bot=bot, clock=self.clock, people=people)
        furnish(self.workspace)
        self.workspace.listen(self._waiting.wake)
        self.complaints = Complaints(on_change=self.workspace.change)
        """What a correct bot never does. Tests assert it empty."""
        self._triggers = Triggers(clock=self.clock, random=self._random)
        self._response_urls = ResponseUrls(clock=self.clock, random=self._random, owner=self.installation.owner)
        self.modals = Modals(
            workspace=self.workspace, clock=self.clock, random=self._random, complaints=self.complaints
        )
        self._reader = ContentReader(complaints=self.complaints, random=self._random)
        self._replies = Replies(workspace=self.workspace, reader=self._reader, complaints=self.complaints)

    def _connect(self) -> None:
        """Both ways between Slack and the bot."""
        self.sockets = Sockets(
            clock=self.clock,
            workspace=self.workspace,
            complaints=self.complaints,
            random=self._random,
            ack_seconds=lambda: self.ack_seconds,
            is_enabled=lambda: self.manifest.uses_socket_mode and self.request_url is None,
        )
        self._courier = Courier(
            workspace=self.workspace,
            clock=self.clock,
            credentials=self.credentials,
            inspector=self.inspector,
            triggers=self._triggers,
            transport=self._transport,
        )
        chat = ChatMethods(
            workspace=self.workspace,
            installation=self.installation,
            reader=self._reader,
            complaints=self.complaints,
        )
        views = ViewMethods(
            workspace=self.workspace, modals=self.modals, triggers=self._triggers, manifest=self.manifest
        )
        directory = DirectoryMethods(
            workspace=self.workspace, installation=self.installation, open_connection=self.sockets.issue_url
        )
        groups = UserGroupMethods(workspace=self.workspace, installation=self.installation)
        api = WebApi(
            methods={**chat.table(), **views.table(), **directory.table(), **groups.table(), **block_methods.table()},
            manifest=self.manifest,
            credentials=self.credentials,
            response_urls=self._response_urls,
            replies=self._replies,
            complaints=self.complaints,
            inspector=self.inspector,
            clock=self.clock,
            trouble=lambda: self.trouble,
            forced=self.forced,
            lacking=self.lacking,
            surplus=self.surplus,
        )
        self.web_app.router.add_route("*", "/api/{method}", api.call)
        self.web_app.router.add_post("/commands/{secret:.+}", api.respond)
        self.web_app.router.add_post("/actions/{secret:.+}", api.respond)
        self.web_app.router.add_get("/link/", self.sockets.serve)

    def _open_for_clients(self) -> None:
        """The people, and the page."""
        payloads = Payloads(
            workspace=self.workspace,
            installation=self.installation,
            clock=self.clock,
            credentials=self.credentials,
            triggers=self._triggers,
            response_urls=self._response_urls,
        )
        interactions = self._interactions = Interactions(
            workspace=self.workspace,
            installation=self.installation,
            manifest=self.manifest,
            payloads=payloads,
            courier=self._courier,
            modals=self.modals,
            acknowledgements=Acknowledgements(
                workspace=self.workspace, modals=self.modals, replies=self._replies, complaints=self.complaints
            ),
        )
        self.humans = {
            person.id: Human(
                person,
                workspace=self.workspace,
                manifest=self.manifest,
                interactions=interactions,
                waiting=self._waiting,
            )
            for person in self.workspace.people.values()
            if person.is_at_a_client
        }
        """By user id."""
        self._page_client = PageClient(
            workspace=self.workspace,
            manifest=self.manifest,
            interactions=interactions,
            humans=self.humans,
            is_connected=lambda: self.is_connected,
        )

    # Its life

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self.tells_time(), usegmt=True)

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve on a loopback address. Raises ``ValueError`` for any other."""
        await self._site.start(host=host, port=port)
        self.base_url = f"http://{self._site.authority}"
        self._response_urls.base_url = self.base_url
        self.sockets.base_url = f"ws://{self._site.authority}"

    async def stop(self) -> None:
        """End every connection and free the port."""
        await self._courier.aclose()
        await self.sockets.close()
        await self._site.stop()

    def _transport(self, kind: DeliveryKind) -> Transport:
        if kind is DeliveryKind.INTERACTION and not self.manifest.is_interactive:
            self.complaints.note("the manifest does not enable interactivity: Slack sends nothing")
            return Nowhere()
        if self.request_url is None:
            return self.sockets
        return SignedHttp(url=self.request_url, session=self._site.session, ack_seconds=self.ack_seconds)

    # What the bot needs

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, ``http://HOST:PORT/api/``."""
        return f"{self.base_url}/api/"

    @property
    def bot_token(self) -> str:
        return self.credentials.bot_token.get_secret_value()

    @property
    def app_token(self) -> str:
        return self.credentials.app_token.get_secret_value()

    @property
    def other_app_token(self) -> str:
        """Of an app that is not ours."""
        return self.credentials.other_app_token.get_secret_value()

    @property
    def signing_secret(self) -> str:
        return self.credentials.signing_secret.get_secret_value()

    @property
    def is_connected(self) -> bool:
        """Whether the bot can be reached: a Socket Mode connection is open, or a request URL is set."""
        return self.request_url is not None or self.sockets.count > 0

    @property
    def connections(self) -> int:
        """How many Socket Mode connections take payloads."""
        return self.sockets.count

    async def refresh_connections(self) -> None:
        """Ask every Socket Mode connection to reconnect, as Slack does every few hours."""
        await self.sockets.refresh()

    # What tests need

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to the bot and what became of it, in the order in which that was known."""
        return self._courier.deliveries

    async def redeliver(
        self, delivery: Delivery | None = None, *, edit: Edit | None = None, with_new_trigger: bool = False
    ) -> Delivery:
        """Send the same payload once more (the last one by default); in HTTP mode with the same signature: a replay.

        A copy for ``edit`` to change, or one ``with_new_trigger`` for whoever it then says did it, is signed anew: what
        Slack's secret in the wrong hands could send. What the bot answers is recorded and changes nobody's screen.
        """
        return await self._courier.redeliver(
            delivery or self.deliveries[-1], edit=edit, with_new_trigger=with_new_trigger
        )

    async def uninstall(self) -> None:
        """An administrator removes the app."""
        self.forced["auth.test"] = Forced("account_inactive")
        await self._interactions.uninstall()

    def deactivate(self, name: str) -> None:
        """Somebody leaves the workspace. They stay in their user groups: a bot has to look at each person."""
        person = self.human(name).person
        del self.humans[person.id]
        self.workspace.deactivate(person.id)

    def speaks(self, name: str, locale: str) -> None:
        """Somebody chooses another language (``zh-CN``) for their Slack."""
        self.workspace.speaks(self.human(name).person.id, locale)

    def human(self, name: str) -> Human:
        """By name (``"Ana"``) or user id. Raises ``KeyError`` for nobody."""
        by_name = {human.person.name: human for human in self.humans.values()}
        return self.humans.get(name) or by_name[name]

    async def until(
        self,
        predicate: Callable[[], T | None],
        *,
        timeout: float = 20.0,  # noqa: ASYNC109 - the wait ends with a picture of the screens, not with TimeoutError
    ) -> T:
        """Wait until ``predicate()`` is truthy, and give that. It is asked after each change here, not by a clock.

        Raises ``NeverHappened`` with what everybody sees.
        """
        return await self._waiting.until(predicate, seconds=timeout, describe=self.describe)

    def describe(self) -> str:
        """Everybody's screen in words."""
        screens = [human.screen.describe() for human in self.humans.values()]
        return "\n".join([*screens, *(f"complaint: {complaint}" for complaint in self.complaints)])

    # What the page needs

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change of anything anybody sees."""
        self.workspace.listen(listener)

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self.workspace.version

    def state_for(self, user_id: str) -> dict[str, Any]:
        """Everything this user sees now, as the page draws it. Raises ``KeyError`` for an unknown user."""
        return self._page_client.state_for(user_id)

    async def act(self, user_id: str, action: Any) -> dict[str, Any]:
        """Do what the page asked on this user's behalf: ``{"ok": True}`` or ``{"ok": False, "error": words}``."""
        return await self._page_client.act(user_id, action)

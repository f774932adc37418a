"""All links of this process to Slack: two, so that payloads come by one while the other is replaced or refused."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from slack_bolt.async_app import AsyncApp

from bot.checks import Check, ok, warning
from bot.errors import StoreError
from bot.health import Part
from bot.repeating import in_background
from bot.slack.link import PATIENT, Link, Patience
from bot.slack.web import Web
from bot.texts import health as health_texts
from bot.texts import links as texts

log = logging.getLogger(__name__)

MOST = 8
"""Links of all processes together. Slack allows an app ten websockets, and while one replaces another both are open."""

ASKED_EVERY = 30.0
"""Seconds between looks at whether there is room for another link."""

CountOthers = Callable[[], Awaitable[int]]
"""How many links the other processes keep that live on the same database. Raises ``StoreError``."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What Slack says when it takes a websocket."""

    connections: int
    """Websockets of the app, this one among them."""
    own: int
    """This process's own at that moment, those that are being replaced among them."""


class Links:
    """Each has a loop of its own. The first is opened at once; each further one as soon as there is room for it."""

    def __init__(
        self,
        app: AsyncApp,
        web: Web,
        app_token: str,
        *,
        wanted: int,
        count_others: CountOthers,
        patience: Patience = PATIENT,
    ) -> None:
        self.kept = 1
        """How many this process keeps open, or tries to."""
        self.hello: Hello | None = None
        """The last one."""
        self.clock = web.clock
        self._count_others = count_others
        self._links = [
            Link(app, web, app_token, company=self, clock=web.clock, patience=patience) for _ in range(wanted)
        ]

    @property
    def connected(self) -> int:
        """How many bring payloads now."""
        return sum(each.open > 0 for each in self._links)

    @property
    def part(self) -> Part:
        """For whoever asks whether the bot is ready: one link is enough."""
        words = health_texts.links(self.connected, self.kept)
        return Part(health_texts.SLACK, is_good=self.connected > 0, words=words)

    def greet(self, connections: object) -> None:
        """A link was opened, and Slack said that the app has so many now."""
        own = sum(each.open for each in self._links)
        self.hello = Hello(connections, own) if isinstance(connections, int) else None
        log.info("connected", extra={"facts": {"mode": "socket", "connections": connections, "own": own}})

    def replace_one(self) -> None:
        """Have one link replaced, to hear from Slack how many there are; others bring payloads meanwhile."""
        self._links[-1 if self._links[-1].open else 0].replace()

    @asynccontextmanager
    async def keep_open(self) -> AsyncIterator[list["asyncio.Task[Any]"]]:
        """Receive payloads while inside, from the first hello on; gives what ends only when the bot cannot go on.

        Raises ``AccessLost`` where none can be opened.
        """
        first, *further = self._links
        runs = [first.run(), *(self._run_when_there_is_room(each) for each in further)]
        async with AsyncExitStack() as stack:
            running = [await stack.enter_async_context(in_background(each)) for each in runs]
            greeted = [each.connected.wait() for each in self._links]
            waiting = [await stack.enter_async_context(in_background(each)) for each in greeted]
            await asyncio.wait({*running, *waiting}, return_when=asyncio.FIRST_COMPLETED)
            for each in running:
                if each.done():
                    each.result()
            yield running

    async def _run_when_there_is_room(self, link: Link) -> NoReturn:
        while not await self._has_room():
            await self.clock.sleep(ASKED_EVERY)
        self.kept += 1
        await link.run()

    async def _has_room(self) -> bool:
        try:
            others = await self._count_others()
        except StoreError:
            return False
        has_room = others + self.kept + 1 <= MOST
        if not has_room:
            log.info("link limit reached", extra={"facts": {"others": others, "kept": self.kept}})
        return has_room


def check_kept(kept: int) -> Check:
    """Whether all processes of one database together keep as many links to Slack as they may."""
    name = "PHONEID_LINKS"
    return warning(name, texts.too_many(kept), texts.FEWER) if kept > MOST else ok(name, texts.kept(kept))


def check_room(others: int, *, wanted: int) -> Check:
    """Whether a process that starts now can keep as many links as it is to. ``others``: those of all living ones."""
    name = "PHONEID_LINKS"
    if wanted == 1 or others + wanted <= MOST:
        return ok(name, texts.ROOM)
    return warning(name, texts.no_room(others), f"{texts.ONE_LINK} {texts.FEWER}")

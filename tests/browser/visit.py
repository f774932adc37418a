"""Visits to the page: what it is served from when no bot is needed, and what a visit watches."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Page, Route

from bot.sandbox.cams.book import BOOK
from bot.sandbox.inspector import Inspector
from bot.sandbox.page.world import Switch, World
from bot.sandbox.page_api import PageApi
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import SlackTrouble

APP: dict[str, Any] = {
    "display_information": {"name": "Helper"},
    "features": {
        "slash_commands": [{"command": "/ask", "description": "Asks"}],
        "shortcuts": [{"name": "Ask", "type": "global", "callback_id": "ask", "description": "Asks"}],
    },
    "settings": {"interactivity": {"is_enabled": True}, "socket_mode_enabled": True},
}


@dataclass
class Watch:
    """What a page said and asked for."""

    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    async def open_page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda sent: self.requested.append(sent.url))
        return page

    def check(self, *, base_url: str) -> None:
        """The page must stay on this machine and have nothing to complain about."""
        assert self.complaints == []
        assert all(url.startswith(base_url) for url in self.requested)


@asynccontextmanager
async def serve_slack(app_home: Mapping[str, bool] | None = None) -> AsyncIterator[LocalSlack]:
    """A Slack with an app whose manifest says ``app_home``."""
    features = {**APP["features"], "app_home": dict(app_home or {})}
    inspector = Inspector()
    slack = LocalSlack(manifest=Manifest.parse({**APP, "features": features}), inspector=inspector)
    switch = Switch(slack, SlackTrouble)  # there is no API either
    world = World(book=BOOK, switches={"api": switch, "slack": switch}, bot=None)
    PageApi(slack, inspector=inspector, world=world).add_to(slack.web_app)
    await slack.start()
    try:
        yield slack
    finally:
        await slack.stop()


FORM: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What"},
            "element": {"type": "plain_text_input", "action_id": "entry", "max_length": 20},
        }
    ],
}


async def be(page: Page, name: str) -> None:
    await page.get_by_test_id("person").filter(has_text=name).click()


class Held:
    """Somebody's state, which the page asks for and does not get until ``let_go``."""

    def __init__(self) -> None:
        self._is_asked = asyncio.Event()
        self._may_go = asyncio.Event()

    async def hold(self, page: Page, user_id: str = "") -> None:
        """Hold the states of ``user_id``, or everybody's."""
        await page.route(f"**/sandbox/state?user={user_id or '*'}", self._wait)

    async def asked(self) -> None:
        """Return once the page waits for one."""
        await asyncio.wait_for(self._is_asked.wait(), 30)

    async def _wait(self, route: Route) -> None:
        self._is_asked.set()
        await self._may_go.wait()
        await route.continue_()

    def let_go(self) -> None:
        self._may_go.set()

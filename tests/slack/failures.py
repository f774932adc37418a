"""Failures of Slack, caught and searched for secrets."""

import json
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from bot.errors import SlackError
from bot.network import Network
from bot.slack.web import Web
from tests.canaries import found_in
from tests.clocks import SteppingClock

TOKEN = "xoxb-59318264-canary"
PROXY_PASSWORD = "62947105"
TICKET = "71930586"
"""What only the owner of a response URL knows."""

SECRETS = (TOKEN, PROXY_PASSWORD, TICKET)
"""What must be in no error and no log."""


def check_clean(error: SlackError, address: str) -> None:
    """The error holds no secret and no address, in itself or in what it came from."""
    assert error.__context__ is None or error.__suppress_context__
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert found_in(told.encode(), SECRETS) == []
    assert address.removesuffix("/api/") not in told
    assert str(error) == f"{error.method}: {error.reason}"


def refusal(word: str, **more: Any) -> str:
    """Slack's answer that refuses something."""
    return json.dumps({"ok": False, "error": word, **more})


@asynccontextmanager
async def web_at(
    base_url: str, *, seconds: float = 5.0, session: aiohttp.ClientSession | None = None
) -> AsyncIterator[Web]:
    """A client of an address where something is wrong."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(session or aiohttp.ClientSession())
        yield Web(
            token=TOKEN,
            base_url=base_url,
            session=session,
            network=Network.read(),
            clock=SteppingClock(),
            seconds=seconds,
        )

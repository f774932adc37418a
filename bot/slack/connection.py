"""Connecting to Slack: tokens checked before anything starts, then Socket Mode or signed HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.texts import terminal

log = logging.getLogger(__name__)

CLOSING = 5.0
"""Seconds the Socket Mode client may take to close; it has been seen to wait for a peer that is gone."""

IsReady = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def web_client(*, token: str, base_url: str) -> AsyncIterator[AsyncWebClient]:
    """One Web API client over one shared HTTP session; the SDK would open a new connection for every call."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield AsyncWebClient(
            token=token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            session=session,
            retry_handlers=[AsyncConnectionErrorRetryHandler(), AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
            # The SDK's client keeps its own logger at the level of this one.
            logger=logging.getLogger("slack_sdk.web"),
        )


async def check_bot_token(client: AsyncWebClient) -> str:
    """The id of the workspace the bot token is for. Raises ``SettingsError``."""
    try:
        return str((await client.auth_test())["team_id"])
    except SlackApiError as error:
        raise SettingsError(terminal.bot_token_refused(error.response["error"])) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SettingsError(terminal.slack_unreachable(client.base_url)) from error


async def check_app_token(client: AsyncWebClient, app_token: str) -> None:
    """Raise ``SettingsError`` unless Socket Mode can be opened: with a bad token the client would retry for ever."""
    try:
        await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        raise SettingsError(terminal.app_token_refused(error.response["error"])) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SettingsError(terminal.slack_unreachable(client.base_url)) from error


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str) -> AsyncIterator[None]:
    """Receive payloads over Socket Mode while inside."""
    handler = AsyncSocketModeHandler(app, app_token)
    await handler.connect_async()
    log.info("connected", extra={"facts": {"mode": "socket"}})
    try:
        yield
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(handler.close_async(), CLOSING)


@asynccontextmanager
async def signed_http(app: AsyncApp, *, host: str, port: int, is_ready: IsReady) -> AsyncIterator[int]:
    """Receive signed requests at ``/slack/events`` while inside; gives the port. Raises ``SettingsError``."""
    web_app = app.server(port=port, path="/slack/events", host=host).web_app
    web_app.add_routes([web.get("/healthz", _alive), web.get("/readyz", _ready(is_ready))])
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            raise SettingsError(terminal.port_taken(host, port)) from None
        actual_port = int(runner.addresses[0][1])
        log.info("connected", extra={"facts": {"mode": "http", "host": host, "port": actual_port}})
        yield actual_port
    finally:
        await runner.cleanup()


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="alive\n")


def _ready(is_ready: IsReady) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ready\n") if await is_ready() else web.Response(status=503, text="not ready\n")

    return answer

"""The least a Bolt app can be: it acknowledges. What the bot is compared with, and how Bolt's own examples look."""

import os
from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


async def acknowledge(ack: Callable[[], Awaitable[object]]) -> None:
    await ack()


async def ready(_: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def main() -> None:
    client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
    app.command("/phoneid")(acknowledge)
    host, port = "127.0.0.1", int(os.environ["PORT"])
    web_app = app.server(port=port, path="/slack/events", host=host).web_app
    web_app.router.add_get("/readyz", ready)
    web.run_app(web_app, host=host, port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()

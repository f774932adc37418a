"""The page's routes: its files, what it shows, what somebody does on it, and when to look again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import asdict
from typing import Any, Protocol

from aiohttp import web

from bot.clock import SystemClock
from bot.interfaces import Clock
from bot.sandbox.inspector import Inspector
from bot.sandbox.page.changes import Changes
from bot.sandbox.page.files import read_files
from bot.sandbox.page.gate import guard
from bot.sandbox.page.world import World

BEAT = 15.0
"""Seconds between signs of life on an event stream."""


class Slack(Protocol):
    """What the page needs of the local Slack."""

    @property
    def humans(self) -> Mapping[str, object]:
        """Whom somebody can be, by user id; the first is who a new visitor is."""
        ...

    def state_for(self, user_id: str) -> dict[str, Any]: ...

    async def act(self, user_id: str, action: dict[str, Any]) -> dict[str, Any]: ...

    def on_change(self, listener: Callable[[], None]) -> None: ...


class PageApi:
    """The page of one sandbox, to be added to a server's application before it starts."""

    def __init__(self, slack: Slack, *, inspector: Inspector, world: World, clock: Clock | None = None) -> None:
        self.changes = Changes()
        self._slack = slack
        self._inspector = inspector
        self._world = world
        self._clock: Clock = clock or SystemClock()
        self._files = read_files()
        slack.on_change(self.changes.announce)
        inspector.listen(self.changes.announce)

    def add_to(self, app: web.Application) -> None:
        guard(app)
        app.on_shutdown.append(self._end_streams)
        app.cleanup_ctx.append(self._beat)
        app.router.add_get("/", self._show_page)
        app.router.add_get("/page/{name}", self._show_file)
        app.router.add_get("/sandbox/state", self._show_state)
        app.router.add_get("/sandbox/events", self._stream_events, allow_head=False)
        app.router.add_get("/sandbox/trace", self._show_trace)
        app.router.add_get("/sandbox/world", self._show_world)
        app.router.add_post("/sandbox/act", self._act)
        app.router.add_post("/sandbox/trouble", self._set_trouble)
        app.router.add_post("/sandbox/bot", self._control_bot)

    async def _end_streams(self, _app: web.Application) -> None:
        self.changes.end()

    async def _beat(self, _app: web.Application) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat_for_ever())
        yield
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating

    async def _beat_for_ever(self) -> None:
        while True:
            await self._clock.sleep(BEAT)
            self.changes.wake()

    async def _show_page(self, _request: web.Request) -> web.Response:
        return self._files["index.html"].response()

    async def _show_file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return file.response()

    async def _show_state(self, request: web.Request) -> web.Response:
        user_id = request.query.get("user") or next(iter(self._slack.humans))
        self._check_user(user_id)
        return web.json_response(self._slack.state_for(user_id))

    async def _stream_events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the browser went away
            async with aclosing(self.changes.frames()) as frames:
                async for frame in frames:
                    await response.write(frame)
        return response

    async def _show_trace(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            raise _mistake("after must be the number of an entry.")
        return web.json_response({"entries": [asdict(entry) for entry in self._inspector.entries(after=int(after))]})

    async def _show_world(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.describe())

    async def _act(self, request: web.Request) -> web.Response:
        user_id = request.query.get("user", "")
        self._check_user(user_id)
        return web.json_response(await self._slack.act(user_id, await _read_object(request)))

    async def _set_trouble(self, request: web.Request) -> web.Response:
        for name, value in (await _read_object(request)).items():
            try:
                self._world.switches[name].choose(value)
            except KeyError:
                raise _mistake("The sandbox cannot simulate that error.") from None
        self.changes.announce()
        return web.json_response(self._world.describe())

    async def _control_bot(self, request: web.Request) -> web.Response:
        bot = self._world.bot
        if bot is None:
            raise _mistake("The bot runs in the sandbox's own process here, so it cannot be stopped.")
        verbs = {"kill": bot.kill, "start": bot.start, "restart": bot.restart}
        verb = str((await _read_object(request)).get("do"))
        if verb not in verbs:
            raise _mistake("The bot can only be killed, started or restarted.")
        await verbs[verb]()
        self.changes.announce()
        return web.json_response(self._world.describe())

    def _check_user(self, user_id: str) -> None:
        if user_id not in self._slack.humans:
            raise _mistake("Nobody in the sandbox has this user ID.", kind=web.HTTPNotFound)


async def _read_object(request: web.Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _mistake("The request is not a JSON object.")
    return value


def _mistake(error: str, *, kind: type[web.HTTPClientError] = web.HTTPBadRequest) -> web.HTTPClientError:
    return kind(text=json.dumps({"ok": False, "error": error}), content_type="application/json")

"""Socket Mode: Slack's payloads over a websocket, and for a moment over two, while one replaces the other.

Every try asks for a new address: the SDK's client tries a used one for ever, and loses what comes while it reconnects.
"""

import asyncio
import json
import logging
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import AccessLost, SlackBusy, SlackError, SlackRefused, SlackUnreachable
from bot.interfaces import Clock
from bot.slack.failures import FOREIGN_ERRORS, TOKEN_REFUSED, unanswered
from bot.slack.gate import log_malformed
from bot.slack.web import Web, part
from bot.texts import terminal

log = logging.getLogger(__name__)

Json = dict[str, Any]

WEBSOCKET = "websocket"
"""What errors call opening one, which belongs to no method."""

FINAL = TOKEN_REFUSED | {"forbidden_team", "missing_scope", "no_permission"}
"""Slack's words for an app token that gets no address, however often it asks."""

DISABLED = "link_disabled"
"""Slack's word for an app whose Socket Mode is switched off, or was a moment ago."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
"""Seconds after a failure, doubling."""

TOO_MANY = 5.0
"""Seconds before another try where the app has all the websockets it may have."""

DEAF = 60.0
"""Seconds in which Slack gives addresses, and no websocket can be opened at any of them, until the bot gives up."""

SHORT_LIFE, STORM = 30.0, 3
"""Seconds, and how many lives of fewer in a row make a pause necessary: one websocket may be replaced early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the link waits, in seconds. Tests are less patient."""

    opening: float = 10.0
    """For Slack to take a websocket and to say hello."""
    heartbeat: float = 10.0
    """Between pings; half of it for the pong, after which the websocket counts as dead."""
    lingering: float = 10.0
    """For a websocket that was replaced to bring what it still has."""
    answering: float = 1.5
    """For acknowledgements under way, at the end."""
    closing: float = 1.0


PATIENT = Patience()


class Company(Protocol):
    """The links of one process, of which each knows of the others."""

    @property
    def connected(self) -> int:
        """How many bring payloads."""
        ...

    def greet(self, connections: object) -> None:
        """One was opened, and Slack said that the app has so many now."""


@dataclass(eq=False, slots=True)
class _Socket:
    ws: aiohttp.ClientWebSocketResponse
    opened_at: float
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """Slack wants it replaced, or it is gone."""
    reason: str = ""
    is_ended_by_us: bool = False
    reading: "asyncio.Task[None] | None" = None


class Link:
    """Keeps one websocket of Socket Mode open."""

    def __init__(
        self, app: AsyncApp, web: Web, app_token: str, *, company: Company, clock: Clock, patience: Patience = PATIENT
    ) -> None:
        """``company``: this link among those beside it."""
        self.connected = asyncio.Event()
        """Set from the first hello on."""
        self._app = app
        self._web = web
        self._app_token = app_token
        self._clock = clock
        self._patience = patience
        self._sockets: list[_Socket] = []
        self._answering: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._company = company
        self._refused_since: float | None = None
        self._is_ending = False

    @property
    def open(self) -> int:
        """Websockets: one, and for a moment another that it replaces, and that still brings payloads."""
        return len(self._sockets)

    def replace(self) -> None:
        """Open another websocket in the place of the one there is. Not lightly: Slack does not know of it, and what it
        sends by the old one in the very moment of its end is lost."""
        for each in self._sockets:
            each.is_ended_by_us = True
            each.leaving.set()

    async def run(self) -> NoReturn:
        """Until cancelled. Raises ``AccessLost`` when no further try can help."""
        failures = short_lives = times_disabled = 0
        try:
            while True:
                try:
                    socket = await self._open()
                    failures = 0
                    await socket.leaving.wait()
                    is_short = self._clock.monotonic() - socket.opened_at < SHORT_LIFE
                    short_lives = short_lives + 1 if is_short else 0
                    pause, reason = _pause(short_lives + 1 - STORM), socket.reason
                except SlackError as error:
                    failures += 1
                    pause, reason = max(_pause(failures), _least_pause(error)), error.reason
                    facts = {"error": reason, "again_in": round(pause, 1)}
                    log.warning("websocket failed", extra={"facts": facts})
                    self._check_hope(error, pause)
                times_disabled = times_disabled + 1 if reason == DISABLED else 0
                if times_disabled > 1:
                    raise AccessLost(terminal.app_token_refused(DISABLED))
                if pause:
                    await self._clock.sleep(pause)
        finally:
            await self._end()

    def _check_hope(self, error: SlackError, pause: float) -> None:
        """Raise ``AccessLost`` when no further try can help, or the bot would be deaf for more than a minute."""
        if isinstance(error, SlackRefused) and error.code in FINAL:
            raise AccessLost(terminal.app_token_refused(error.code)) from None
        now = self._clock.monotonic()
        if error.method != WEBSOCKET or self._company.connected:  # Slack is away as a whole, or payloads come
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = now
        elif now + pause - self._refused_since > DEAF:
            raise AccessLost(terminal.no_websocket(error.reason, is_too_many=isinstance(error, SlackBusy))) from None

    async def _open(self) -> _Socket:
        opened = await self._web.apps_connections_open(app_token=self._app_token)
        try:
            async with asyncio.timeout(self._patience.opening):
                ws = await self._web.connect(
                    part(opened, "url", str), heartbeat=self._patience.heartbeat, closing=self._patience.closing
                )
                try:
                    hello = json.loads(await ws.receive_str())
                except BaseException:
                    await ws.close()
                    raise
        except (*FOREIGN_ERRORS, TypeError) as error:  # the last: a frame that is no text
            raise self._web.counted(unanswered(WEBSOCKET, error)) from None
        match hello:
            case {"type": "hello"}:
                return self._take_over(ws, hello.get("num_connections"))
        await ws.close()
        reason = str(hello.get("reason")) if isinstance(hello, dict) else "no hello"
        if reason == "too_many_websockets":
            raise self._web.counted(SlackBusy(WEBSOCKET, TOO_MANY))
        raise self._web.counted(SlackUnreachable(WEBSOCKET, reason, arrived=True))

    def _take_over(self, ws: aiohttp.ClientWebSocketResponse, connections: Any) -> _Socket:
        """Read a new websocket, and let go of those before it."""
        socket = _Socket(ws, self._clock.monotonic())
        for each in self._sockets:
            _start(self._retire(each), among=self._reading)
        self._sockets.append(socket)
        self._refused_since = None
        self._company.greet(connections)
        socket.reading = _start(self._read(socket), among=self._reading)
        self.connected.set()
        return socket

    async def _read(self, socket: _Socket) -> None:
        try:
            async for frame in socket.ws:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(socket, frame.data)
                del frame  # it may be long until the next, and this one may have brought a code
        finally:
            socket.leaving.set()
            self._sockets.remove(socket)
            await socket.ws.close()

    def _take(self, socket: _Socket, text: str) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError) as error:
            log_malformed(error)
            return
        match frame:
            case {"type": "disconnect"}:
                socket.reason = str(frame.get("reason"))
                log.info("websocket closing", extra={"facts": {"reason": socket.reason}})
                socket.leaving.set()
            case {"envelope_id": str(), "payload": dict()} if not self._is_ending:
                _start(self._acknowledge(socket, frame), among=self._answering)

    async def _acknowledge(self, socket: _Socket, envelope: Json) -> None:
        payload = await answer_to(self._app, envelope["payload"])
        if payload is None:
            return
        frame = {"envelope_id": envelope["envelope_id"], **({"payload": payload} if payload else {})}
        cause = ""
        for each in (socket, *reversed(self._sockets)):  # the newest, where the one it came by is gone
            try:
                await each.ws.send_json(frame)
            except (aiohttp.ClientError, OSError) as error:
                cause = type(error).__name__
            else:
                return
        log.warning("acknowledgement failed", extra={"facts": {"error": cause}})

    async def _retire(self, socket: _Socket) -> None:
        if socket.reading:
            lingering = self._patience.closing if socket.is_ended_by_us else self._patience.lingering
            await asyncio.wait({socket.reading}, timeout=lingering)
        await socket.ws.close()

    async def _end(self) -> None:
        """Answer what is being answered, take nothing new, and wait long for nothing."""
        self._is_ending = True
        if self._answering:
            await asyncio.wait(self._answering, timeout=self._patience.answering)
        await asyncio.gather(*(each.ws.close() for each in self._sockets), return_exceptions=True)
        tasks = {*self._answering, *self._reading}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def answer_to(app: AsyncApp, payload: Json) -> Json | None:
    """What an acknowledgement carries, empty for nothing to show; ``None``: there is none. Never raises."""
    try:
        response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
    except Exception as error:  # noqa: BLE001 - a boundary, as the gate is one in HTTP mode: Bolt trips over some
        log_malformed(error)
        return None
    if response.status != 200:
        return None
    if not response.body:
        return {}
    is_json = response.headers.get("content-type", [""])[0].startswith("application/json")
    answer: Json = json.loads(response.body) if is_json else {"text": response.body}
    return answer


def _start(work: Coroutine[Any, Any, None], *, among: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
    return task


def _pause(failures: int) -> float:
    """Longer after each failure, and never the same for two bots."""
    if failures < 1:
        return 0.0
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def _least_pause(error: SlackError) -> float:
    return error.retry_after if isinstance(error, SlackBusy) else 0.0

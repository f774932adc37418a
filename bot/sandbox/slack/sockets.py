"""Socket Mode: the bot's websockets, and payloads through any one of them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from aiohttp import WSMsgType, web

from bot.interfaces import Clock
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.delivery import Answer, DeliveryKind, Outcome, Parcel
from bot.sandbox.slack.people import APP_ID
from bot.sandbox.slack.workspace import Workspace

MOST_CONNECTIONS = 10
WARNED = 0.5
"""Seconds between the warning that a connection will be replaced and its end; Slack's are about ten."""

_HOST = {"host": "sandbox"}
_DEBUG_INFO = {**_HOST, "build_number": 1, "approximate_connection_time": 18060}


@dataclass(slots=True)
class _Awaited:
    """An envelope that was sent, until its acknowledgement. Only the connection that got it can acknowledge it."""

    kind: DeliveryKind
    acknowledgement: asyncio.Future[Any]
    by: web.WebSocketResponse | None = None


class Sockets:
    """The open Socket Mode connections."""

    def __init__(
        self,
        *,
        clock: Clock,
        workspace: Workspace,
        complaints: Complaints,
        random: Random,
        ack_seconds: Callable[[], float],
        is_enabled: Callable[[], bool],
    ) -> None:
        self.base_url = ""
        """``ws://HOST:PORT``, known once the server listens."""
        self.upgrades_refused = 0
        """How many of the next upgrades fail. Their tickets are used up, as after every try."""
        self.is_frozen = False
        """A peer that is gone without a word: nothing is sent, no ping answered, no frame read."""
        self._clock = clock
        self._is_enabled = is_enabled
        self._workspace = workspace
        self._complaints = complaints
        self._random = random
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._awaited: dict[str, _Awaited] = {}

    @property
    def count(self) -> int:
        """How many connections take payloads."""
        return len(self._open)

    def issue_url(self) -> str:
        """A websocket URL, good for one connection."""
        ticket = f"{self._random.getrandbits(128):032x}"
        self._tickets.add(ticket)
        return f"{self.base_url}/link/?ticket={ticket}&app_id={APP_ID}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its opening to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="the ticket is unknown or used")
        self._tickets.discard(ticket)
        if self.upgrades_refused:
            self.upgrades_refused -= 1
            return web.Response(status=503, text="no websocket now")
        socket = web.WebSocketResponse(heartbeat=30.0, timeout=1.0, autoping=False)
        await socket.prepare(request)
        refusal = self._why_not()
        if refusal:
            await self.end(socket, refusal)
            return socket
        self._open.append(socket)
        try:
            await self._listen(socket)
        finally:
            self._forget(socket)
        return socket

    def _why_not(self) -> str | None:
        if not self._is_enabled():
            return "link_disabled"
        return "too_many_websockets" if len(self._open) >= MOST_CONNECTIONS else None

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        hello = {
            "type": "hello",
            "num_connections": self.count,
            "debug_info": _DEBUG_INFO,
            "connection_info": {"app_id": APP_ID},
        }
        await socket.send_str(json.dumps(hello))
        self._workspace.change()
        async for frame in socket:
            if self.is_frozen:
                continue
            if frame.type is WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                self._receive(socket, frame.data)

    def _receive(self, socket: web.WebSocketResponse, text: str) -> None:
        try:
            frame = json.loads(text)
        except json.JSONDecodeError:
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("envelope_id"), str):
            self._complaints.note("Socket Mode: a frame without an envelope_id")
            return
        awaited = self._awaited.get(frame["envelope_id"])
        if awaited and (awaited.acknowledgement.cancelled() or awaited.by is not socket):
            return  # too late, and on record as such; or by another connection, which Slack promises nothing about
        if awaited is None or awaited.acknowledgement.done():
            self._complaints.note("Socket Mode: an envelope was acknowledged twice or never sent")
            return
        if awaited.kind is DeliveryKind.EVENT and "payload" in frame:
            self._complaints.note("Socket Mode: an event's acknowledgement takes no payload")
        awaited.acknowledgement.set_result(frame)

    async def carry(self, parcel: Parcel) -> Answer:
        """Send through any open connection and wait for the acknowledgement."""
        envelope_id = str(UUID(int=self._random.getrandbits(128), version=4))
        envelope: JsonObject = {
            "envelope_id": envelope_id,
            "type": parcel.kind.value,
            "accepts_response_payload": parcel.kind is not DeliveryKind.EVENT,
            "payload": parcel.payload,
        }
        if parcel.kind is DeliveryKind.EVENT:
            envelope |= {"retry_attempt": parcel.attempt, "retry_reason": "timeout" if parcel.attempt else ""}
        awaited = _Awaited(parcel.kind, asyncio.get_running_loop().create_future())
        self._awaited[envelope_id] = awaited
        try:
            if not await self._send(json.dumps(envelope), awaited):
                return Answer(Outcome.UNREACHABLE, sent=envelope)
            async with asyncio.timeout(self._ack_seconds()):
                frame = await awaited.acknowledgement
        except TimeoutError:
            return Answer(Outcome.LATE, sent=envelope)
        response = frame.get("payload") or None
        return Answer(Outcome.ACKNOWLEDGED, response=response, sent=envelope, received=frame)

    async def _send(self, text: str, awaited: _Awaited) -> bool:
        for socket in self._random.sample(self._open, k=len(self._open)):
            awaited.by = socket
            try:
                if not self.is_frozen:
                    await socket.send_str(text)
            except ConnectionError:
                self._forget(socket)
            else:
                return True
        return False

    async def refresh(self, *, most: int = MOST_CONNECTIONS) -> None:
        """Warn so many connections that they will be replaced, serve them meanwhile, and end them."""
        asked = self._open[:most]
        for socket in asked:
            await self._disconnect(socket, "warning")
        await self._clock.sleep(WARNED)
        for socket in asked:
            await self.end(socket, "refresh_requested")

    async def end(self, socket: web.WebSocketResponse, reason: str) -> None:
        """End a connection, and say why; what it was sent may still be acknowledged."""
        self._forget(socket)
        under_way = [each.acknowledgement for each in self._awaited.values() if each.by is socket]
        if open_ones := [each for each in under_way if not each.done()]:
            await asyncio.wait(open_ones)
        await self._disconnect(socket, reason)
        await socket.close()

    async def end_one(self, reason: str) -> None:
        """End the connection that is open longest, and say why: no warning came before."""
        await self.end(self._open[0], reason)

    async def end_all(self, reason: str) -> None:
        """End every connection, and say why."""
        for socket in [*self._open]:
            await self.end(socket, reason)

    async def say(self, text: str) -> None:
        """Send a frame that is no envelope, through every connection."""
        for socket in self._open:
            await socket.send_str(text)

    async def close(self) -> None:
        """End every connection without a word."""
        for socket in [*self._open]:
            self._forget(socket)
            await socket.close()

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._open = [each for each in self._open if each is not socket]
        self._workspace.change()

    async def _disconnect(self, socket: web.WebSocketResponse, reason: str) -> None:
        with suppress(ConnectionError):  # it is gone already
            await socket.send_str(json.dumps({"type": "disconnect", "reason": reason, "debug_info": _HOST}))

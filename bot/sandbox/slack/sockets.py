"""Socket Mode: the bot's websockets, and payloads through any one of them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.delivery import Answer, DeliveryKind, Outcome, Parcel
from bot.sandbox.slack.people import APP_ID
from bot.sandbox.slack.workspace import Workspace

MOST_CONNECTIONS = 10
_DEBUG_INFO = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060}


class Sockets:
    """The open Socket Mode connections."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        complaints: Complaints,
        random: Random,
        ack_seconds: Callable[[], float],
        is_enabled: Callable[[], bool],
    ) -> None:
        self.base_url = ""
        """``ws://HOST:PORT``, known once the server listens."""
        self._is_enabled = is_enabled
        self._workspace = workspace
        self._complaints = complaints
        self._random = random
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._retiring: list[web.WebSocketResponse] = []
        self._awaited: dict[str, tuple[DeliveryKind, asyncio.Future[Any]]] = {}

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
        socket = web.WebSocketResponse(heartbeat=30.0, timeout=1.0)
        await socket.prepare(request)
        refusal = self._why_not()
        if refusal:
            await self._disconnect(socket, refusal)
            await socket.close()
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
            if frame.type is WSMsgType.TEXT:
                self._receive(frame.data)

    def _receive(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except json.JSONDecodeError:
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("envelope_id"), str):
            self._complaints.note("Socket Mode: a frame without an envelope_id")
            return
        kind, waiting = self._awaited.get(frame["envelope_id"], (None, None))
        if waiting is not None and waiting.cancelled():
            return  # too late, and on record as such
        if waiting is None or waiting.done():
            self._complaints.note("Socket Mode: an envelope was acknowledged twice or never sent")
            return
        if kind is DeliveryKind.EVENT and "payload" in frame:
            self._complaints.note("Socket Mode: an event's acknowledgement takes no payload")
        waiting.set_result(frame)

    async def carry(self, parcel: Parcel) -> Answer:
        """Send through any open connection and wait for the acknowledgement."""
        envelope_id = f"{self._random.getrandbits(128):032x}"
        envelope: JsonObject = {
            "envelope_id": envelope_id,
            "type": parcel.kind.value,
            "accepts_response_payload": parcel.kind is not DeliveryKind.EVENT,
            "payload": parcel.payload,
        }
        if parcel.kind is DeliveryKind.EVENT:
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._awaited[envelope_id] = (parcel.kind, waiting)
        try:
            if not await self._send(json.dumps(envelope)):
                return Answer(Outcome.UNREACHABLE, sent=envelope)
            async with asyncio.timeout(self._ack_seconds()):
                frame = await waiting
        except TimeoutError:
            return Answer(Outcome.LATE, sent=envelope)
        response = frame.get("payload") or None
        return Answer(Outcome.ACKNOWLEDGED, response=response, sent=envelope, received=frame)

    async def _send(self, text: str) -> bool:
        for socket in self._random.sample(self._open, k=len(self._open)):
            try:
                await socket.send_str(text)
            except ConnectionError:
                self._forget(socket)
            else:
                return True
        return False

    async def refresh(self) -> None:
        """Ask every connection to be replaced by a new one; payloads go through the new ones only."""
        asked, self._open = self._open, []
        self._retiring += asked
        self._workspace.change()
        for socket in asked:
            await self._disconnect(socket, "refresh_requested")

    async def close(self) -> None:
        """End every connection."""
        for socket in [*self._open, *self._retiring]:
            self._forget(socket)
            await socket.close()

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._retiring = [each for each in self._retiring if each is not socket]
        self._open = [each for each in self._open if each is not socket]
        self._workspace.change()

    async def _disconnect(self, socket: web.WebSocketResponse, reason: str) -> None:
        with suppress(ConnectionError):  # it is gone already
            await socket.send_str(json.dumps({"type": "disconnect", "reason": reason, "debug_info": _DEBUG_INFO}))

"""The local API: Alibaba Cloud's ``GetPreValidatePhoneId`` on this machine's loopback, as strict as the real one."""

import asyncio
import logging
import socket
import struct
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot.clock import SystemClock
from bot.interfaces import Clock
from bot.sandbox.cams.answers import Hang, Page, Refusal, Reply, Reset, Slow, Success
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.operation import Operation, form_parameters
from bot.sandbox.cams.trouble import ApiTrouble, account_reply, overruling_reply, slowed
from bot.sandbox.cams.verification import Account, SentRequest
from bot.sandbox.cams.window import Counting
from bot.sandbox.inspector import Inspector, Wire
from bot.serving import HttpServer

log = logging.getLogger(__name__)

SANDBOX_ACCOUNT = Account(
    access_key_id="SandboxAccessKeyId", access_key_secret=SecretStr("SandboxAccessKeySecretThatOpensNothing")
)

CONNECTIONS = 500
"""At once: more than the calls of any client that keeps to the limit."""

BROKEN = "SANDBOX BROKEN"
"""Begins the body of an answer that is the sandbox's own failure and says nothing about the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """A request the local API saw. ``api_code`` is the ``Code`` it chose, ``None`` where it answers with none."""

    arrived_at: float
    """Monotonic seconds, as flow control counts them."""
    phone: str
    api_code: str | None


class LocalCams:
    """The server. ``calls`` is what it saw, in order of arrival; ``trouble`` may be set at any time.

    ``latency_there`` and ``latency_back`` give the seconds a request and its answer spend on the way. A request counts,
    against ``qps`` and as ``counting`` says, when it arrives.
    """

    def __init__(
        self,
        *,
        accounts: Iterable[Account] = (SANDBOX_ACCOUNT,),
        qps: int = 10,
        counting: Counting = Counting.SLIDING,
        book: Iterable[Entry] = BOOK,
        clock: Clock | None = None,
        inspector: Inspector | None = None,
        latency_there: Callable[[], float] | None = None,
        latency_back: Callable[[], float] | None = None,
    ) -> None:
        self.trouble = ApiTrouble.NONE
        self.calls: list[SeenCall] = []
        self._operation = Operation(accounts, qps=qps, counting=counting, book=book)
        self._clock = clock or SystemClock()
        self._inspector = inspector
        self._latency_there = latency_there
        self._latency_back = latency_back
        self._server: HttpServer | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Port 0 takes any that is free."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(self._date)
        # A caller that gave up ends its handler; at the stop nobody is waited for.
        self._server = HttpServer(
            app, most=CONNECTIONS, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._server.start(host, port)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """Where it listens, once started: ``http://127.0.0.1:49152``."""
        if self._server is None:
            raise RuntimeError("the local API is not started")
        host, port = self._server.address
        return f"http://{host}:{port}"

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self._clock.now(), usegmt=True)

    @property
    def lookups(self) -> list[SeenCall]:
        """The calls for numbers of its book: a bot that starts calls for one that nobody has, to see whether it may."""
        return [call for call in self.calls if call.phone in self._operation.numbers]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except web.HTTPException:
            raise
        except Exception:  # an answer the API could have given would hide that the sandbox is broken
            log.exception("local API broke")
            return web.Response(status=500, text=f"{BROKEN}: see its log", headers={"X-Sandbox-Broken": "yes"})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        sent = await _sent(request)
        await self._travel(self._latency_there)
        at, arrived_at = self._clock.now(), self._clock.monotonic()
        phone = form_parameters(sent).get("PhoneNumber", "")
        verdict = account_reply(self.trouble)
        reply = overruling_reply(self.trouble) or self._operation.reply(
            sent, now=at, monotonic=arrived_at, verdict=verdict
        )
        self.calls.append(SeenCall(arrived_at=arrived_at, phone=phone, api_code=_code_of(reply)))
        response: web.Response | None = None
        body: Any = None
        try:
            said = await self._wait_out(slowed(reply, self.trouble), request)
            if said is not None:
                body = _body(said, phone)
                response = _response(said, body)
                await self._travel(self._latency_back)
        finally:
            self._record(sent, at=at, arrived_at=arrived_at, body=body, response=response)
        return response or web.Response()  # nothing of it reaches a caller whose connection was cut

    async def _wait_out(self, reply: Reply, request: web.Request) -> Success | Refusal | Page | None:
        """Take the time a reply takes, or cut the connection when it is none."""
        while isinstance(reply, Slow):
            await self._clock.sleep(reply.seconds)
            reply = reply.then
        if isinstance(reply, Success | Refusal | Page):
            return reply
        if isinstance(reply, Hang):
            await asyncio.Event().wait()  # until the caller gives up or the server stops: both cancel the handler
        _cut(request, is_reset=isinstance(reply, Reset))
        return None

    async def _travel(self, latency: Callable[[], float] | None) -> None:
        if latency is not None:
            await self._clock.sleep(latency())

    def _record(
        self, sent: SentRequest, *, at: float, arrived_at: float, body: Any, response: web.Response | None
    ) -> None:
        if self._inspector is None:
            return
        self._inspector.record(
            Wire.BOT_TO_API,
            "GetPreValidatePhoneId",
            at=at,
            request={
                "method": sent.method,
                "path": sent.path,
                "query": sent.query,
                "headers": dict(sent.headers),
                "parameters": form_parameters(sent),
            },
            response=body,
            status=None if response is None else response.status,
            milliseconds=(self._clock.monotonic() - arrived_at) * 1000,
        )


async def _sent(request: web.Request) -> SentRequest:
    path, _, query = request.raw_path.partition("?")
    return SentRequest(
        method=request.method,
        path=path,
        query=query,
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("utf-8", "replace")) for name, value in request.raw_headers
        ),
        body=await request.read(),
    )


def _code_of(reply: Reply) -> str | None:
    if isinstance(reply, Slow):
        return _code_of(reply.then)
    if isinstance(reply, Success):
        return "OK"
    return reply.code if isinstance(reply, Refusal) else None


def _body(said: Success | Refusal | Page, phone: str) -> Any:
    request_id = str(uuid.uuid4()).upper()
    if isinstance(said, Success):
        return said.body(request_id=request_id, phone=phone)
    return said.body(request_id=request_id) if isinstance(said, Refusal) else said.text


def _response(said: Success | Refusal | Page, body: Any) -> web.Response:
    if isinstance(said, Page):
        return web.Response(status=said.status, text=said.text, content_type="text/html")
    if isinstance(said, Success):
        return web.json_response(body)
    headers = {} if said.retry_after is None else {"x-acs-retry-after": str(said.retry_after)}
    return web.json_response(body, status=said.status, headers=headers)


def _cut(request: web.Request, *, is_reset: bool) -> None:
    transport = request.transport
    if not isinstance(transport, asyncio.WriteTransport):
        return  # the caller was faster
    connection = transport.get_extra_info("socket")
    if is_reset and connection is not None:
        # Lingering for zero seconds makes the kernel send RST; a plain close would say goodbye with FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

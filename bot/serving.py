"""Serving HTTP so that nobody can hold all of it: a bound on connections, and on the time that a request takes to come.

aiohttp has neither. Its connections wait for ever, and where no descriptor is left asyncio logs one traceback after the
other.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.logs import Seldom

log = logging.getLogger(__name__)

READING: Final = 10.0
"""Seconds for a request to come, head and body together."""

MOST: Final = 100
"""Connections at once."""

LONGEST_LINE: Final = 8190
"""Bytes of a request's first line, and of each line below it."""

PAUSE: Final = 0.05
"""Seconds before the next try to accept, where no connection can give way; and for which a new one need not."""

BACKLOG: Final = 128

REACHED: Final = web.RequestKey("reached", bool)
"""What a request is marked with once ours see it. The connection keeps none: it lives for an hour after the answer."""


class Connection(web.RequestHandler):
    """One connection. It may give way unless a whole request of its own is being answered."""

    def __init__(
        self, server: web.Server, *, seconds: float, longest_line: int, ended: Callable[["Connection"], None]
    ) -> None:
        self._clock = asyncio.get_running_loop()
        # Unpacking is not bounded: half a megabyte that nobody signed could hold everything up for seconds.
        options: dict[str, Any] = {"access_log": None, "auto_decompress": False}
        options |= {"max_line_size": longest_line, "max_field_size": longest_line}
        super().__init__(server, loop=self._clock, **options)
        self.since = self._clock.time()
        """When the last whole request had come; before the first one, when the connection was made."""
        self._seconds, self._ended = seconds, ended
        self._wire: asyncio.BaseTransport | None = None  # aiohttp's own reference goes before what is sent has left
        self._timer: asyncio.TimerHandle | None = None
        self._answered: web.Request | None = None
        self._is_whole = self._has_more = False

    @property
    def is_open(self) -> bool:
        return self._wire is not None

    @property
    def may_give_way(self) -> bool:
        """Not before what was sent at once could be read."""
        return self.is_open and not self._is_whole and self._clock.time() >= self.since + PAUSE

    def give_way(self) -> None:
        if isinstance(self._wire, asyncio.Transport):
            self._wire.abort()

    def begin(self, request: web.Request) -> None:
        """Its head has come, and it is being answered."""
        self._answered = request
        request[REACHED] = True
        request.content.on_eof(lambda: self._come(request))

    def end(self) -> None:
        """It is answered. What came meanwhile begins another one."""
        self._answered, self._is_whole = None, False
        if self._has_more:
            self._await_request()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport
        self._await_request()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._has_more = True
        if not self._is_whole:
            self._await_request()
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wire = None
        self._stop_waiting()
        self._ended(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """As aiohttp does, but what it trips over before any of ours sees the request is the sender's: one line."""
        if REACHED in request:
            return super().handle_error(request, status, exc, message)
        if not self._is_left(exc):
            # By its kind alone: the text of such an error may quote what was sent.
            log.warning("request malformed", extra={"facts": {"error": type(exc).__name__}})
        refusal = web.Response(status=400)
        refusal.force_close()
        return refusal

    def log_exception(self, *args: Any, **more: Any) -> None:
        """As aiohttp does, but for who left in the middle of a request: that can anybody, as often as they like."""
        if not self._is_left(more.get("exc_info")):
            super().log_exception(*args, **more)

    def _is_left(self, error: object) -> bool:
        return isinstance(error, ConnectionError) and (self._wire is None or self._wire.is_closing())

    def _come(self, request: web.Request) -> None:
        if self._answered is request:  # the rest of one that was refused by its head comes too late
            self._is_whole, self._has_more, self.since = True, False, self._clock.time()
            self._stop_waiting()

    def _await_request(self) -> None:
        self._timer = self._timer or self._clock.call_later(self._seconds, self.give_way)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None


class HttpServer:
    """A web application at an address."""

    def __init__(
        self,
        app: web.Application,
        *,
        most: int = MOST,
        seconds: float = READING,
        longest_line: int = LONGEST_LINE,
        **options: Any,
    ) -> None:
        """``most`` connections at once, of half the descriptors at most: the other half is for what they ask for."""
        app.middlewares.insert(0, _note_whole_requests)
        self._runner = web.AppRunner(app, **options)
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = most if descriptors == resource.RLIM_INFINITY else min(most, max(1, descriptors // 2))
        self._seconds, self._longest_line = seconds, longest_line
        self._doors: list[socket.socket] = []
        self._open: set[Connection] = set()
        self._joining: set[asyncio.Task[Any]] = set()
        self._seldom = Seldom(most=1)
        self.address: tuple[str, int] = ("", 0)
        """Host and port, once started."""

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any that is free. Raises ``OSError``."""
        log.addFilter(self._seldom)
        loop = asyncio.get_running_loop()
        await self._runner.setup()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            door = socket.create_server(address[:2], family=family, backlog=BACKLOG)
            door.settimeout(0.0)
            self._doors.append(door)
            loop.add_reader(door, self._accept, door)
        self.address = self._doors[0].getsockname()[:2]

    async def stop(self) -> None:
        """Free the port, let what runs finish for a while, then end every connection."""
        log.removeFilter(self._seldom)
        for door in self._doors:
            asyncio.get_running_loop().remove_reader(door)
            door.close()
        await self._runner.cleanup()

    def _accept(self, door: socket.socket) -> None:
        """One at a time, because each may need another to give way."""
        if len(self._open) >= self._most and not self._make_room():
            self._pause(door)
            return
        try:
            accepted, _ = door.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):  # whoever came is gone
            return
        except OSError as error:  # as a rule no descriptor is left, to us or to the machine
            log.warning("cannot accept connections", extra={"facts": {"error": str(error)}})
            if not self._make_room():
                self._pause(door)
            return
        accepted.settimeout(0.0)
        assert self._runner.server
        connection = Connection(
            self._runner.server, seconds=self._seconds, longest_line=self._longest_line, ended=self._open.discard
        )
        self._open.add(connection)
        joining = asyncio.ensure_future(self._join(connection, accepted))
        self._joining.add(joining)
        joining.add_done_callback(self._joining.discard)

    async def _join(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, accepted)
        except OSError:  # it was gone before it was heard
            self._open.discard(connection)
            accepted.close()

    def _make_room(self) -> bool:
        """End the connection that has gone longest without a whole request; whether there is one."""
        may_give_way = [each for each in self._open if each.may_give_way]
        if not may_give_way:
            return False
        longest = min(may_give_way, key=lambda each: each.since)
        self._open.discard(longest)
        longest.give_way()
        return True

    def _pause(self, door: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(door)
        loop.call_later(PAUSE, self._go_on, door)

    def _go_on(self, door: socket.socket) -> None:
        if door.fileno() >= 0:  # it was not stopped meanwhile
            asyncio.get_running_loop().add_reader(door, self._accept, door)


@web.middleware
async def _note_whole_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    connection = request.protocol
    if not isinstance(connection, Connection):  # a connection that is gone
        return await handler(request)
    connection.begin(request)
    try:
        return await handler(request)
    finally:
        connection.end()
        # aiohttp keeps a connection's last request, and has no way to drop what was sent with it, say a code.
        request._read_bytes = b""

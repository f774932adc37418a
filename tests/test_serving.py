"""Connections: strangers may hold as many as they like and as they like, and whoever comes with a request is served."""

import asyncio
import errno
import gc
import gzip
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.serving import HttpServer

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"

HELD: dict[str, bytes] = {
    "silent": b"",
    "half a head": POST + b"Content-Le",
    "half a body": POST + b"Content-Length: 100000\r\n\r\nx",
    "half a chunked body": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "about to go on": POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "the rest of a refused one": b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx",
}
"""What strangers send before they fall silent, by what that is."""

IDLE = {"kept alive and idle": GET, "one more behind a whole one": GET + POST}
"""Nobody waits for a request: it may stay for as long as there is room."""

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Served:
    """A server of an application that answers at once, or when told."""

    server: HttpServer
    begun: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def hold(self, sent: bytes = b"") -> Wire:
        reader, writer = await asyncio.open_connection(*self.server.address)
        self.stack.callback(writer.close)
        writer.write(sent)
        await writer.drain()
        return reader, writer

    async def status(self, sent: bytes = GET) -> int:
        reader, _ = await self.hold(sent)
        return int((await reader.readline()).split()[1])


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(*, most: int = 100, seconds: float = 1000.0) -> Served:
            app = web.Application()
            served = Served(HttpServer(app, most=most, seconds=seconds, access_log=None, shutdown_timeout=0.1))

            async def answer(request: web.Request) -> web.Response:
                await request.read()
                if request.path == "/slow":
                    served.begun.put_nowait(None)
                    await served.release.wait()
                if request.path == "/large":
                    served.begun.put_nowait(None)
                    return web.Response(body=bytes(10_000_000))
                return web.Response()

            async def refuse(_: web.Request) -> web.Response:
                return web.Response(status=401)

            app.router.add_route("*", "/refused", refuse)
            app.router.add_route("*", "/{path:.*}", answer)
            await served.server.start("127.0.0.1", 0)
            stack.push_async_callback(served.server.stop)
            await stack.enter_async_context(served.stack)
            return served

        yield start


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that came until the connection ended."""
    heard = b""
    try:
        async with asyncio.timeout(10):
            while more := await reader.read(65536):
                heard += more
    except ConnectionError:
        pass
    return heard


@pytest.mark.parametrize("kind", HELD | IDLE)
async def test_however_strangers_hold_connections_a_request_is_answered(serve: Serve, kind: str) -> None:
    served = await serve(most=4)
    async with asyncio.timeout(10):
        held = [await served.hold((HELD | IDLE)[kind]) for _ in range(12)]
        assert await served.status() == 200
        for reader, _ in held[:8]:
            await ended(reader)


async def test_the_one_that_has_gone_longest_without_a_request_gives_way(serve: Serve) -> None:
    served = await serve(most=3)
    async with asyncio.timeout(10):
        reader, writer = await served.hold(GET)
        await reader.readuntil(b"\r\n\r\n")
        silent, _ = await served.hold()
        writer.write(GET)  # the oldest connection has the newest request
        await reader.readuntil(b"\r\n\r\n")
        assert [await served.status() for _ in range(2)] == [200, 200]
        assert await ended(silent) == b""
        writer.write(GET)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"


async def test_what_is_being_answered_gives_way_to_nobody_and_others_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, has_no_room = await serve(most=3), asyncio.Event()
    slow, make_room = GET.replace(b" / ", b" /slow "), served.server._make_room

    def listen() -> bool:
        is_room = make_room()
        if not is_room:
            has_no_room.set()
        return is_room

    async with asyncio.timeout(10):
        answers = [asyncio.create_task(served.status(slow)) for _ in range(7)]
        for _ in range(3):
            await served.begun.get()
        monkeypatch.setattr(served.server, "_make_room", listen)
        with monkeypatch.context() as impatient:
            impatient.setattr("bot.serving.PAUSE", 0.0)  # whoever may give way does so at once
            await has_no_room.wait()
        served.release.set()
        assert await asyncio.gather(*answers) == [200] * 7


@pytest.mark.parametrize("kind", HELD)
async def test_a_request_that_does_not_come_ends_its_connection(serve: Serve, kind: str) -> None:
    served = await serve(seconds=0.05)
    reader, _ = await served.hold(HELD[kind])
    assert b" 200 OK" not in await ended(reader)


async def test_a_drip_of_bytes_buys_no_time(serve: Serve) -> None:
    served = await serve(seconds=0.2)
    reader, writer = await served.hold(POST + b"Content-Length: 100000\r\n\r\n")
    ending = asyncio.create_task(ended(reader))
    async with asyncio.timeout(10):
        while not ending.done():
            writer.write(b"x")
            await asyncio.wait({ending}, timeout=0.01)


async def test_what_is_compressed_is_not_unpacked(serve: Serve) -> None:
    served, packed = await serve(), gzip.compress(bytes(2_000_000))  # unpacked it is larger than any request may be
    head = POST + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert await served.status(head + packed) == 200


async def test_an_idle_connection_and_a_slow_answer_have_no_such_end(serve: Serve) -> None:
    served = await serve(seconds=0.05)
    reader, writer = await served.hold(GET)
    await reader.readuntil(b"\r\n\r\n")
    slow = asyncio.create_task(served.status(GET.replace(b" / ", b" /slow ")))
    other, _ = await served.hold()
    await ended(other)  # as long as that takes
    served.release.set()
    assert await slow == 200
    writer.write(GET)
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"


async def test_who_does_not_read_what_they_asked_for_gives_way(serve: Serve) -> None:
    served = await serve(most=1)
    reader, writer = await served.hold()
    writer.transport.pause_reading()  # type: ignore[attr-defined] # a transport of asyncio's streams
    writer.write(GET.replace(b" / ", b" /large ") * 4)
    await served.begun.get()
    async with asyncio.timeout(10):
        assert await served.status() == 200
    del reader


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"CANARY: \x00\r\n\r\n",
        POST + b"Expect: CANARY\xd9\r\n\r\n",  # aiohttp's answer would quote it, and cannot
        GET + b"CANARY\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_one_line_a_minute_that_quotes_nothing(
    serve: Serve, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    served = await serve()
    for _ in range(5):
        reader, _ = await served.hold(sent)
        assert b" 400 Bad Request\r\n" in await ended(reader)
    assert caplog.messages == ["request malformed"]
    assert "CANARY" not in repr(vars(caplog.records[0]))


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\nbody body",
        POST + b"Content-Length: 9\r\n\r\nbody",
        GET.replace(b" / ", b" /slow "),
        GET.replace(b" / ", b" /large "),
        GET * 3,
    ],
)
async def test_who_leaves_in_the_middle_is_no_line_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    served = await serve()
    for ending in ("half", "at once"):
        reader, writer = await served.hold(sent)
        if b"/slow" in sent or b"/large" in sent:
            await served.begun.get()
        if ending == "half":
            writer.write_eof()
        else:
            writer.transport.abort()
        served.release.set()
        await ended(reader)
    assert await served.status() == 200
    assert caplog.records == []


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
async def test_what_cannot_be_accepted_is_one_line_a_minute(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    served, accept, failures = await serve(), socket.socket.accept, iter(range(50))

    def fail_at_first(door: socket.socket) -> object:
        if next(failures, None) is not None:
            raise OSError(number, os.strerror(number))
        return accept(door)

    async with asyncio.timeout(10):
        held = [await served.hold() for _ in range(60)]
        assert await served.status() == 200  # each of them was accepted
        monkeypatch.setattr(socket.socket, "accept", fail_at_first)
        assert await served.status() == 200
    (line,) = [each for each in caplog.records if each.getMessage() == "cannot accept connections"]
    assert vars(line)["facts"]["error"].startswith(f"[Errno {number}]")
    assert len(caplog.records) == 1
    del held


async def test_what_was_sent_is_not_kept_once_it_is_answered(serve: Serve) -> None:
    served = await serve()
    sent = POST + b"Content-Length: 6\r\n\r\nCANARY"
    async with asyncio.timeout(10):
        reader, _ = await served.hold(sent)
        await reader.readuntil(b"\r\n\r\n")
    gc.collect()
    (connection,) = served.server._open
    assert connection.is_open  # a kept connection keeps its last request
    requests = [each for each in gc.get_objects() if isinstance(each, web.Request)]
    assert [each for each in requests if b"CANARY" in (each._read_bytes or b"")] == []
    assert [each for each in vars(connection).values() if isinstance(each, web.Request)] == []


async def test_half_the_descriptors_are_kept_for_what_requests_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (64, 64))
    assert HttpServer(web.Application(), most=100)._most == 32

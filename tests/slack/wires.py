"""Servers that fail below HTTP, or in the middle of it: what a web framework cannot be made to answer."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

BOMB = gzip.compress(b" " * 2**24 + b'{"ok": true}')
"""Sixteen kilobytes of a good answer, of which most is blank: sixteen million of it."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def listening(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port where every connection is talked to like that, and then closed."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever called has hung up
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read the request and close."""
    await reader.readuntil(b"\r\n\r\n")


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request and break the connection off."""
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def stay_silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read for ever and say nothing."""
    await reader.read(-1)


async def stop_midway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promise a hundred bytes, give five."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + b'{"ok"')
    await writer.drain()


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and never end it."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"Content-Length: 100\r\n\r\n" + b'{"ok"')
    await reader.read(-1)


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what is neither HTTP nor TLS."""
    await reader.readexactly(1)
    writer.write(b"220 mail.example ESMTP ready\r\n")
    await writer.drain()


async def claim_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say that the body is compressed, and send text."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n" + b'{"ok": true}')
    await writer.drain()


async def redirect_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the caller round in a circle."""
    while True:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /api/again\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()


async def want_credentials(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a proxy that lets nobody through."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()

"""A load balancer in front of several bots, as plain as they are: it asks who is ready, and sends nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from bot.interfaces import Clock
from bot.repeating import repeating
from bot.serving import HttpServer

EVERY = 1.0
"""Seconds between its looks at who is ready."""

FAILURES = 2
"""Looks in vain after which it sends nothing more to somebody."""

ANSWERING = 5.0
"""Seconds in which it wants an answer."""


class Balancer:
    """Takes turns among those who are ready. What it cannot send is lost: a proxy must not repeat what it sent."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._failures: dict[int, int] = {}
        self._turns = 0

    def add(self, port: int) -> None:
        """A bot that may become ready on this port, or be ready again."""
        self._failures[port] = FAILURES

    @property
    def ready(self) -> list[int]:
        return [port for port, failures in self._failures.items() if failures < FAILURES]

    async def look(self) -> None:
        """Ask each once."""
        for port in self._failures:
            is_ready = False
            with suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(EVERY), self._session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    is_ready = answer.status == 200
            self._failures[port] = 0 if is_ready else self._failures[port] + 1

    async def pass_on(self, request: web.Request) -> web.Response:
        """To the next who is ready, over a connection that is kept if they keep it."""
        ready = self.ready
        if not ready:
            return web.Response(status=503)
        self._turns += 1
        url = f"http://127.0.0.1:{ready[self._turns % len(ready)]}{request.path}"
        try:
            async with (
                asyncio.timeout(ANSWERING),
                self._session.post(url, data=await request.read(), headers=_passed_on(request.headers)) as answer,
            ):
                return web.Response(status=answer.status, body=await answer.read(), headers=_passed_on(answer.headers))
        except (aiohttp.ClientError, TimeoutError):
            return web.Response(status=502)


@asynccontextmanager
async def open_balancer(clock: Clock) -> AsyncIterator[tuple[Balancer, str]]:
    """The balancer, and the address at which it takes what Slack sends."""
    async with aiohttp.ClientSession() as session:
        balancer, app = Balancer(session), web.Application()
        app.router.add_post("/slack/events", balancer.pass_on)
        server = HttpServer(app, access_log=None)
        await server.start("127.0.0.1", 0)
        try:
            async with repeating(balancer.look, every=EVERY, clock=clock):
                yield balancer, f"http://127.0.0.1:{server.address[1]}/slack/events"
        finally:
            await server.stop()


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    of_this_connection = {"host", "connection", "content-length", "transfer-encoding", "date", "server"}
    return {name: value for name, value in headers.items() if name.lower() not in of_this_connection}

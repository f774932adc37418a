"""Serving on this machine: an address, while it is served, and the session for requests of one's own."""

import ipaddress

import aiohttp
from aiohttp import web

from bot.serving import HttpServer

CONNECTIONS = 500
"""At once: several bots keep theirs open, and real services have no bound that they would meet."""


class Site:
    """A web application on a loopback address."""

    def __init__(self, web_app: web.Application) -> None:
        self.authority = ""
        """``HOST:PORT``, once started."""
        self.port: int | None = None
        self._web_app = web_app
        self._server: HttpServer | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self, *, host: str, port: int) -> None:
        """Serve. Raises ``ValueError`` for an address that others reach."""
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the sandbox listens on a loopback address only")
        # A bot that was restarted has closed what it kept alive: a connection is for one request.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        self._server = HttpServer(self._web_app, most=CONNECTIONS, access_log=None, shutdown_timeout=1.0)
        await self._server.start(host, port)
        self.port = self._server.address[1]
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    async def stop(self) -> None:
        """Free the port."""
        if self._session is not None:
            await self._session.close()
        if self._server is not None:
            await self._server.stop()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the sandbox's Slack is not started")
        return self._session

"""Who may knock: this machine's bot and this machine's browser, and neither in the other's name.

Any web page can send requests to localhost. What it cannot do is leave out its ``Origin`` or choose its ``Host``.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

_FOR_THE_BOT = ("/api/", "/link/", "/commands/", "/actions/")
_HTTP_PORT = 80

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guard(port: Callable[[], int | None]) -> Middleware:
    """Refuses requests for another host, and those of browsers where only the bot has business."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Host") not in own_names(port()):
            return web.Response(status=403, text="wrong Host")
        if request.path.startswith(_FOR_THE_BOT) and "Origin" in request.headers:
            return web.Response(status=403, text="not for browsers")
        return await handler(request)

    return check


def own_names(port: int | None) -> set[str]:
    """What a request for the local Slack at ``port`` may have as its ``Host``."""
    names = {"127.0.0.1", "[::1]", "localhost"}
    with_port = {f"{name}:{port}" for name in names}
    return with_port | names if port == _HTTP_PORT else with_port  # clients leave the port of HTTP itself out

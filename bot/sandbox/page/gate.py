"""Who may talk to the page's server: this machine's browser, for this server's own page.

Any web page may send requests to a port of this machine, and a name it owns may resolve to 127.0.0.1 (DNS rebinding).
So every request must name this server as its host, and every change must come from this server's page.
https://owasp.org/www-community/attacks/csrf
"""

from aiohttp import web
from aiohttp.typedefs import Handler

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # another page's <script src> sends no Origin: this stops it
    "Cache-Control": "no-store",
}

HTTP_PORT = 80


def guard(app: web.Application) -> None:
    """Check every request for the page, and have every answer to one carry the security headers."""
    app.middlewares.append(_refuse_strangers)
    app.on_response_prepare.append(_add_headers)


def refusal(
    *, method: str, served: tuple[str, int], host: str | None, origin: str | None, content_type: str
) -> str | None:
    """Why a request is refused, or ``None``. ``served`` is the address the server is bound to."""
    address, port = served
    name = f"[{address}]" if ":" in address else address
    own = {f"{name}:{port}", f"localhost:{port}"}
    if port == HTTP_PORT:  # clients leave it out, in Host and in Origin
        own |= {name, "localhost"}
    if host is None or host.lower() not in own:
        return "The request names another host."
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return "The request comes from another page."
    if method in ("GET", "HEAD"):
        return None
    if origin is None:
        return "The request does not say which page it comes from."
    if content_type != "application/json":
        return "The request is not JSON."
    return None


@web.middleware
async def _refuse_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not _is_for_page(request):
        return await handler(request)
    assert request.transport is not None  # a request that is being handled has a connection
    address, port = request.transport.get_extra_info("sockname")[:2]
    reason = refusal(
        method=request.method,
        served=(address, port),
        host=request.headers.get("Host"),
        origin=request.headers.get("Origin"),
        content_type=request.content_type,
    )
    if reason:
        return web.json_response({"ok": False, "error": reason}, status=403)
    return await handler(request)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if _is_for_page(request):
        response.headers.update(SECURITY_HEADERS)


def _is_for_page(request: web.Request) -> bool:
    return request.path == "/" or request.path.startswith(("/page/", "/sandbox/"))

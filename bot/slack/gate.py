"""The gate in HTTP mode: nothing reaches Bolt unsigned or twice, and what Bolt trips over is no error of ours.

Bolt parses a request before it verifies it, so an unsigned body that cannot be parsed would end in a traceback. It
checks signature and age, not whether it has seen a request before.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from hmac import compare_digest

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.interfaces import Clock

log = logging.getLogger(__name__)

SIGNATURES_LIVE = 600.0
"""Seconds a signature is remembered. Slack's window is 5 minutes either way, so an older one is refused by its age."""

OK = 200
"""The one status that Slack takes for an acknowledgement."""

_SSL_CHECK = re.compile(rb"(?:^|&)ssl_check=1(?:&|$)")

UNSIGNED, SIGNED = "not signed by Slack", "signed by Slack"


class Replays:
    """Runs what is signed once. A retry of Slack's within the same second has the signature of the first delivery."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, asyncio.Future[bool]]] = {}
        """By signature: when it was seen last, and whether it was handled."""

    async def once(self, signature: str, handle: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """What ``handle`` answers; for a repeat the status alone, once the first delivery has it. One that failed is
        handled again."""
        now = self._clock.monotonic()
        for seen in [seen for seen, (at, _) in self._seen.items() if now - at > SIGNATURES_LIVE]:
            del self._seen[seen]
        while first := self._seen.get(signature):
            self._seen[signature] = (now, first[1])
            if await asyncio.shield(first[1]):
                log.info("duplicate request ignored")
                return web.Response()
        handled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._seen[signature] = (now, handled)
        is_handled = False
        try:
            answer = await handle()
            is_handled = answer.status == OK
            return answer
        finally:
            if not is_handled:
                del self._seen[signature]
            handled.set_result(is_handled)


def gate(*, path: str, signing_secret: str, replays: Replays) -> Middleware:
    """A middleware for requests to ``path``: 401 without a good signature of the last minutes, 400 if unreadable."""
    verifier = SignatureVerifier(signing_secret)

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != path:
            return await handler(request)
        try:
            # The bytes as they came: how they are to be read is the request's own word, and not yet trusted.
            body = await request.read()
            if _SSL_CHECK.search(body):  # Slack looks at our certificate: not signed, and nothing is wanted
                return web.Response()
            if why := _why_refused(request, body, verifier):
                # Anybody can send what is not signed; only Slack, or whoever has its secret, what is.
                level = logging.WARNING if why.startswith(SIGNED) else logging.INFO
                log.log(level, "request refused", extra={"facts": {"why": why}})
                return web.Response(status=401)
            return await replays.once(request.headers["X-Slack-Signature"], lambda: handler(request))
        except (web.HTTPException, ConnectionError):  # aiohttp's own answers: too long; or nobody is there any more
            raise
        except Exception as error:  # noqa: BLE001 - a boundary: what was sent decides what is raised in here
            log_malformed(error)
            return web.Response(status=400)

    return let_in


async def refuse_malformed(error: Exception) -> BoltResponse:
    """Bolt's answer where a payload without the shape of its type made it raise. Our own listeners never do."""
    log_malformed(error)
    return BoltResponse(status=400, body="")


def _why_refused(request: web.Request, body: bytes, verifier: SignatureVerifier) -> str:
    """Empty for a request that Slack signed just now. A clock that is off looks like a wrong secret to the SDK."""
    timestamp = request.headers.get("X-Slack-Request-Timestamp")
    signature = request.headers.get("X-Slack-Signature")
    if not timestamp or not signature:
        return UNSIGNED
    try:
        if verifier.is_valid(body, timestamp, signature):
            return ""
        if compare_digest(verifier.generate_signature(timestamp=timestamp, body=body) or "", signature):
            seconds = int(timestamp) - verifier.clock.now()
            way = "after" if seconds > 0 else "before"
            return f"{SIGNED} {abs(seconds):.0f} s {way} this machine's time: its clock is off, or the request is old"
    except (ValueError, TypeError, OverflowError):  # no number, not ASCII, not UTF-8, beyond any float
        return UNSIGNED
    return "the signature does not fit SLACK_SIGNING_SECRET"


def note_malformed(record: logging.LogRecord) -> bool:
    """A filter for aiohttp's log: a body that is no HTTP is one line as well, not a traceback that quotes it."""
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, web.RequestPayloadError):
        return True
    log_malformed(error)
    return False


def log_malformed(error: Exception) -> None:
    """Record that a payload was refused because reading it made somebody else's code raise this."""
    # By its kind alone: the text of such an error may quote what was sent.
    log.warning("payload malformed", extra={"facts": {"error": type(error).__name__}})

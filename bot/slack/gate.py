"""The gate in HTTP mode: nothing reaches Bolt unsigned, and nothing that Bolt trips over becomes an error of ours.

Bolt parses a request before it verifies it, so an unsigned body that cannot be parsed would end in a traceback.
"""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

log = logging.getLogger(__name__)


def gate(*, path: str, signing_secret: str) -> Middleware:
    """A middleware for requests to ``path``: 401 without a good signature of the last minutes, 400 if unreadable."""
    verifier = SignatureVerifier(signing_secret)

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != path:
            return await handler(request)
        try:
            # The bytes as they came: how they are to be read is the request's own word, and not yet trusted.
            if not _is_signed(request, await request.read(), verifier):
                log.info("request refused", extra={"facts": {"why": "not signed by Slack"}})
                return web.Response(status=401)
            return await handler(request)
        except web.HTTPException:  # aiohttp's own answers: too long, no such method
            raise
        except Exception as error:  # noqa: BLE001 - a boundary: what was sent decides what is raised in here
            log_malformed(error)
            return web.Response(status=400)

    return let_in


async def refuse_malformed(error: Exception) -> BoltResponse:
    """Bolt's answer where a payload without the shape of its type made it raise. Our own listeners never do."""
    log_malformed(error)
    return BoltResponse(status=400, body="")


def _is_signed(request: web.Request, body: bytes, verifier: SignatureVerifier) -> bool:
    timestamp = request.headers.get("X-Slack-Request-Timestamp")
    signature = request.headers.get("X-Slack-Signature")
    try:
        return verifier.is_valid(body, timestamp, signature)
    except (ValueError, TypeError, OverflowError):  # no number, not ASCII, not UTF-8, beyond any float
        return False


def note_malformed(record: logging.LogRecord) -> bool:
    """A filter for aiohttp's log: bytes that are no HTTP are one line as well, not a traceback that quotes them."""
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
        return True
    log_malformed(error)
    return False


def log_malformed(error: Exception) -> None:
    """Record that a payload was refused because reading it made somebody else's code raise this."""
    # By its kind alone: the text of such an error may quote what was sent.
    log.warning("payload malformed", extra={"facts": {"error": type(error).__name__}})

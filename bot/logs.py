"""Logging: the event first, facts as fields, and no payload at any level.

Log with ``logger.info("lookup ended", extra={"facts": {"lookup": id, "state": state}})``.
"""

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Literal

from bot.errors import PhoneIdError

LogFormat = Literal["text", "json"]

# At DEBUG these log whole request and response bodies, raw frames and headers: numbers, codes and tokens among them.
# "phoneid" is what Bolt names the loggers of our app's listeners after.
QUIET_BELOW: Mapping[str, int] = {
    # Before its errors, Bolt quotes whatever it has no listener for, and the body of what is not signed.
    "slack_bolt": logging.ERROR,
    # Before its warnings, the URL of a reply, with which anybody can reply.
    "slack_sdk.webhook": logging.WARNING,
    # Before its warnings, the words with which a server gives its status.
    "httpx": logging.WARNING,
    **dict.fromkeys(("slack_sdk", "phoneid", "aiohttp", "httpcore", "hpack", "asyncio", "psycopg"), logging.INFO),
}
"""The level from which on a library may be heard, by its loggers' first part; the highest that fits counts."""

# Logs a request that it cannot parse with an error that quotes it: a body, where a proxy miscounted.
WEB_SERVER = "aiohttp.server"


class NoPayloads(logging.Filter):
    """Drops what libraries say of payloads, and tracebacks of what is no mistake of ours.

    It sits on the handler, not on the loggers: whatever level those have, and whoever set it, nothing gets past. Bolt
    makes loggers as it goes, each with the level of the one that its app was handed.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == WEB_SERVER:
            _forget_what_was_sent(record)
        _forget_where_expected(record)
        return all(record.levelno >= level for name, level in QUIET_BELOW.items() if record.name.startswith(name))


class TextFormatter(logging.Formatter):
    """``2026-01-02T03:04:05Z INFO bot.lookups lookup ended lookup=L-… state=answered``, one line an event."""

    def __init__(self) -> None:
        self.converter = time.gmtime
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        line = super().formatMessage(record)
        fields = "".join(f" {key}={_field(value)}" for key, value in _facts(record).items())
        # A newline in a value must not look like a second event.
        return _one_line(line) + fields


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``logger``, ``event``, then the facts, then ``traceback`` if any."""

    def __init__(self) -> None:
        self.converter = time.gmtime
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, default=str)


def configure(*, level: str, log_format: LogFormat | None) -> None:
    """Send every log to standard error. Without a format: text on a terminal, JSON elsewhere."""
    chosen = log_format or ("text" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if chosen == "text" else JsonFormatter())
    handler.addFilter(NoPayloads())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def close() -> None:
    """Before the process ends in the middle of something: write what is left, within a second."""
    for handler in logging.getLogger().handlers:
        handler.close()


def _forget_what_was_sent(record: logging.LogRecord) -> None:
    """Leave only the kind of an error of aiohttp's own. Others are ours, and need their traceback."""
    kind = record.exc_info[0] if record.exc_info else None
    if kind and kind.__module__.startswith("aiohttp."):
        record.exc_info = record.exc_text = None
        record.__dict__["facts"] = {"error": kind.__name__}


def _forget_where_expected(record: logging.LogRecord) -> None:
    """Leave the text alone of an error that we raise on purpose: a full disk needs no traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, PhoneIdError):
        record.exc_info = record.exc_text = None
        record.__dict__["facts"] = {**_facts(record), "error": str(error)}


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts = getattr(record, "facts", None)
    return facts if isinstance(facts, dict) else {}


def _field(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else json.dumps(text)


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)[1:-1]

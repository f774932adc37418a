"""Logging: the event first, facts as fields, no payload at any level, and nobody waits for whoever reads it.

Log with ``logger.info("lookup ended", extra={"facts": {"lookup": id, "state": state}})``.
"""

import io
import json
import logging
import math
import os
import re
import select
import sys
import threading
import time
from collections.abc import Mapping
from queue import SimpleQueue
from typing import Literal, TextIO

from bot.errors import PhoneIdError
from bot.interfaces import Clock
from bot.mentioned import Mentions
from bot.models import MASK

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


MOST_WAITING = 4_000_000
"""Bytes of lines that nobody has read; what comes on top is dropped."""

MOST_TOLD_APART = 100
"""Things that are logged once an hour: what they are called may come from outside."""

HOUR = 3600.0
"""Seconds between two log lines about the same thing that goes on."""

CLOSING = 1.0
"""Seconds to write what is left at the end."""

_SECRETS = re.compile(
    r"(?P<before>[?&]ticket=|hooks\.slack\.com/|\bxapp-|\bxox[a-z]-)[^\s&\"'\\]+|(?P<scheme>://)[^\s/@\"'\\]+(?=@)"
)
"""What errors of libraries quote: a websocket's ticket, a response URL, a token, a proxy's user and password."""


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


class Seldom(logging.Filter):
    """Lets so many lines of each event through in a minute; the next one after that says how many were left out.

    It is for what strangers can cause as often as they like.
    """

    def __init__(self, *, most: int) -> None:
        super().__init__()
        self._most = most
        self._counts: dict[str, tuple[float, int]] = {}
        """By event: when its minute began, and how many there were in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        event, now = record.getMessage(), record.created
        began, count = self._counts.get(event, (now, 0))
        if not 0 <= now - began < 60.0:
            if left_out := max(0, count - self._most):
                record.__dict__["facts"] = {**_facts(record), "left_out": left_out}
            began, count = now, 0
        self._counts[event] = (began, count + 1)
        return count < self._most


class Hourly:
    """Logs what can be wrong for days, or comes as often as somebody outside likes: each thing once an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logged_at: dict[tuple[str, ...], float] = {}

    def log(self, logger: logging.Logger, level: int, event: str, **facts: str) -> None:
        key, now = (event, *facts.values()), self._clock.monotonic()
        if now - self._logged_at.get(key, -math.inf) < HOUR:
            return
        if len(self._logged_at) >= MOST_TOLD_APART:
            self._logged_at.clear()
        self._logged_at[key] = now
        logger.log(level, event, extra={"facts": facts})


class TextFormatter(logging.Formatter):
    """``2026-01-02T03:04:05Z INFO bot.lookups lookup ended lookup=L-… state=answered``, one line an event."""

    def __init__(self) -> None:
        self.converter = time.gmtime
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        return _without_secrets(super().format(record))

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
        return _without_secrets(json.dumps(event, default=str))


class _Formatting(logging.Handler):
    """Of a line that cannot be formatted it names where it came from: what is logged must not break who logs it."""

    def format(self, record: logging.LogRecord) -> str:
        try:
            return super().format(record)
        except Exception as error:  # noqa: BLE001 - the standard library would quote its arguments
            facts = {"logger": record.name, "error": type(error).__name__}
            return super().format(_warning("log line unreadable", facts))


class Waiting(_Formatting, logging.StreamHandler[TextIO]):
    """Waits for whoever reads it, and so keeps its lines in order with what a command says itself."""


class Unblocked(_Formatting):
    """Writes on a thread of its own: a log that nobody reads stops nothing. What does not fit is dropped and counted.

    The standard library's handler for a queue never ends where the other end stands still.
    """

    def __init__(self, descriptor: int, *, most_waiting: int = MOST_WAITING) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._most_waiting = most_waiting
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        # Each of these is changed by one thread only: whoever logs holds the handler's lock.
        self._queued = self._written = self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        line = self._encoded(record)
        if self._queued - self._written + len(line) > self._most_waiting:
            self._dropped += 1
            return
        if self._dropped:
            line = self._encoded(_warning("log lines dropped: nobody read them", {"count": self._dropped})) + line
            self._dropped = 0
        self._queued += len(line)
        self._lines.put(line)

    def close(self) -> None:
        """Write what is left, for a moment."""
        self._lines.put(None)
        self._thread.join(CLOSING)
        super().close()

    def _encoded(self, record: logging.LogRecord) -> bytes:
        return f"{self.format(record)}\n".encode("utf-8", "backslashreplace")

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            rest = memoryview(line)
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:
                    select.select([], [self._descriptor], [], CLOSING)
                except OSError:  # nobody can read it any more
                    break
            self._written += len(line)


def configure(*, level: str, log_format: LogFormat | None, may_wait: bool = True) -> None:
    """Send every log to standard error. Without a format: text on a terminal, JSON elsewhere.

    A command may wait for whoever reads it; the bot may not.
    """
    chosen = log_format or ("text" if sys.stderr.isatty() else "json")
    handler: logging.Handler = Waiting(sys.stderr) if may_wait else _without_waiting()
    handler.setFormatter(TextFormatter() if chosen == "text" else JsonFormatter())
    handler.addFilter(Mentions())
    handler.addFilter(NoPayloads())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def take_uncaught() -> None:
    """Log what nothing catches: Python's own hooks write to standard error, and wait there."""
    sys.excepthook = lambda *error: logging.getLogger(__name__).critical("crashed", exc_info=error)
    threading.excepthook = lambda broken: logging.getLogger(__name__).critical(
        "thread crashed", exc_info=broken.exc_value, extra={"facts": {"thread": broken.thread and broken.thread.name}}
    )


def _without_waiting() -> logging.Handler:
    try:
        return Unblocked(sys.stderr.fileno())
    except (io.UnsupportedOperation, AttributeError):  # no file: whoever called us reads it
        return Waiting(sys.stderr)


def close() -> None:
    """Before the process ends in the middle of something: write what is left, within a second."""
    for handler in logging.getLogger().handlers:
        handler.close()


def _warning(event: str, facts: Mapping[str, object]) -> logging.LogRecord:
    """A line of the log's own."""
    return logging.makeLogRecord(
        {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": event, "facts": dict(facts)}
    )


def _without_secrets(line: str) -> str:
    return _SECRETS.sub(lambda found: f"{found['before'] or found['scheme']}{MASK}", line)


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

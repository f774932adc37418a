"""What the bot tells monitors, on a port of its own: whether it is alive and ready, and its metrics."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from bot import health, metrics
from bot.errors import SchemaUnknown, SettingsError, StoreError
from bot.health import ANSWERING, Health, Part
from bot.interfaces import Clock
from bot.metrics import Metrics
from bot.serving import HttpServer
from bot.store import migrations
from bot.store.backlog import Backlog, backlog
from bot.store.record import Record
from bot.store.schema import SCHEMA
from bot.texts import health as texts
from bot.texts import terminal

log = logging.getLogger(__name__)

MOST = 20
"""Connections at once: monitors are few."""

READING = 5.0
"""Seconds for a request to come."""

LONGEST_HEAD = 2048
"""Bytes of a request's line, and of each line below it."""

COUNTED_EVERY = 5.0
"""Seconds for which what was counted in the database is shown."""


class Monitoring:
    """Knows from the start on how the bot is."""

    def __init__(self, clock: Clock) -> None:
        self.health = Health(clock)
        self.metrics = Metrics()
        self.port: int | None = None
        """Where it answers; ``None``: nowhere."""
        self._clock = clock
        self._record: Record | None = None
        self._counted_at = -math.inf

    @contextmanager
    def up(self, record: Record, slack: Callable[[], Part]) -> Iterator[None]:
        """While inside the bot is connected, and takes what comes."""
        self._record = record
        self.health.begin(lambda: look_at_database(record), slack)
        try:
            yield
        finally:
            self.health.end()

    async def look(self) -> None:
        """Bring the metrics up to date that are only known by asking."""
        await self.health.parts()
        self.metrics.ready.set(self.health.is_ready)
        if self._record and self._clock.monotonic() - self._counted_at >= COUNTED_EVERY:
            self.metrics.waits_in_record(await _count(self._record))
            self._counted_at = self._clock.monotonic()


@asynccontextmanager
async def open_monitoring(clock: Clock, host: str, port: int | None) -> AsyncIterator[Monitoring]:
    """Answer on this port, if there is one, while inside. Raises ``SettingsError`` where nothing can listen there."""
    monitoring = Monitoring(clock)
    app = web.Application()
    app.add_routes([*health.routes(monitoring.health), metrics.route(monitoring.metrics, monitoring.look)])
    server = HttpServer(app, most=MOST, seconds=READING, longest_line=LONGEST_HEAD, access_log=None)
    try:
        if port is not None:
            try:
                await server.start(host, port)
            except OSError:
                raise SettingsError(terminal.port_taken(host, port, "PHONEID_HEALTH_PORT")) from None
            monitoring.port = server.address[1]
            log.info("listening for monitors", extra={"facts": {"host": host, "port": monitoring.port}})
        yield monitoring
    finally:
        if port is not None:
            await server.stop()
        await monitoring.health.aclose()


async def look_at_database(record: Record) -> Sequence[Part]:
    """Whether it can be read, and is this release's."""
    is_ours, words = True, texts.GOOD
    try:
        await record.read(migrations.check_usable)
    except SchemaUnknown:
        is_ours = False
    except StoreError:
        words = texts.UNUSABLE
    schema = f"{texts.GOOD} ({SCHEMA})" if is_ours else texts.TAKEN_OVER
    return [
        Part(texts.DATABASE, is_good=words is texts.GOOD, words=words),
        Part(texts.SCHEMA, is_good=is_ours, words=schema),
    ]


async def _count(record: Record) -> Backlog | None:
    try:
        async with asyncio.timeout(ANSWERING):
            return await record.read(backlog)
    except (StoreError, TimeoutError):
        return None

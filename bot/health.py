"""Whether the bot is alive and ready: asked over and over by monitors, so remembered for a moment.

Slack is never asked for it, and the database at most once a second, however many ask.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.interfaces import Clock
from bot.texts import health as texts

log = logging.getLogger(__name__)

REMEMBERED = 1.0
"""Seconds for which what the database said counts."""

ANSWERING = 2.0
"""Seconds in which the database has to say something. Kubernetes waits for one second unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing without which the bot is not ready."""

    name: str
    is_good: bool
    words: str


class _Stage(Enum):
    STARTING = texts.STARTING
    UP = ""
    STOPPING = texts.STOPPING


class Health:
    """Not ready from before the start's first check until that is over, and from the moment at which it stops."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stage = _Stage.STARTING
        self._look: Callable[[], Awaitable[Sequence[Part]]] = _see_nothing
        self._slack: Callable[[], Part] = _no_slack
        self._looking: asyncio.Task[Sequence[Part]] | None = None
        self._looked_at = 0.0
        self.is_ready = False
        """As of the last time that somebody asked."""

    def begin(self, database: Callable[[], Awaitable[Sequence[Part]]], slack: Callable[[], Part]) -> None:
        """The start is over. ``database`` is asked at most once a second; ``slack`` only remembers."""
        self._look, self._slack, self._stage = database, slack, _Stage.UP

    def end(self) -> None:
        """Nothing new is taken from now on."""
        self._stage = _Stage.STOPPING

    @property
    def is_stopping(self) -> bool:
        """Whether what still comes here should go elsewhere."""
        return self._stage is _Stage.STOPPING

    async def parts(self) -> Sequence[Part]:
        """What readiness depends on, each as it is now. Ready is what is good in all of them."""
        found: Sequence[Part]
        if self._stage is _Stage.UP:
            found = [*await self._of_database(), self._slack()]
        if self._stage is not _Stage.UP:  # also if it began to stop meanwhile
            found = [Part(texts.BOT, is_good=False, words=self._stage.value)]
        self.is_ready = all(each.is_good for each in found)
        return found

    async def aclose(self) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _of_database(self) -> Sequence[Part]:
        """A database that hangs is asked once, and not again by each who waits."""
        looking = self._looking
        if looking is None or (looking.done() and self._clock.monotonic() - self._looked_at >= REMEMBERED):
            looking = self._looking = asyncio.create_task(self._look_once())
        await asyncio.wait({looking}, timeout=ANSWERING)
        return looking.result() if looking.done() else [Part(texts.DATABASE, is_good=False, words=texts.SILENT)]

    async def _look_once(self) -> Sequence[Part]:
        try:
            return await self._look()
        except Exception:  # whoever asks must read something
            log.exception("readiness check failed")
            return [Part(texts.DATABASE, is_good=False, words=texts.UNUSABLE)]
        finally:
            self._looked_at = self._clock.monotonic()


def routes(health: Health) -> list[web.RouteDef]:
    """``/healthz`` and ``/readyz``, the same on every port."""

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text=f"{texts.ALIVE}\n")

    async def ready(_: web.Request) -> web.Response:
        parts = await health.parts()
        is_ready = all(each.is_good for each in parts)
        lines = [texts.READY if is_ready else texts.NOT_READY, *(f"{each.name}: {each.words}" for each in parts)]
        return web.Response(status=200 if is_ready else 503, text="".join(f"{line}\n" for line in lines))

    return [web.get("/healthz", alive), web.get("/readyz", ready)]


def closing(health: Health) -> Middleware:
    """A middleware that ends each connection with the answer, once the bot stops."""

    @web.middleware
    async def close(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if health.is_stopping:
            response.force_close()
        return response

    return close


async def _see_nothing() -> Sequence[Part]:
    return ()


def _no_slack() -> Part:
    return Part(texts.SLACK, is_good=False, words=texts.STARTING)

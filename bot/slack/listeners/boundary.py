"""The one boundary between Slack's payloads and our errors: every payload is acknowledged, and its sender gets words.

A listener that raised would lose its acknowledgement (Bolt erases it), and the user would see a timeout.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.interfaces import Clock
from bot.metrics import Metrics
from bot.slack import views
from bot.slack.context import NOWHERE, Context
from bot.slack.conversation import Conversation
from bot.slack.jobs import Jobs, new_reference
from bot.slack.payloads import Origin, PayloadError, Sender, sender_of
from bot.slack.readers import PATIENCE, Readers
from bot.texts import asking
from bot.texts.said import Plain, escaped

log = logging.getLogger(__name__)

RECORDED_WITHIN = 2.5
"""Seconds after which what is not recorded is given up, and its sender told so: Slack waits for 3 in all."""

COMMITTED_WITHIN = 0.3
"""Seconds more for what is being committed in that moment, and cannot be given up any more."""

Ack = Callable[..., Awaitable[object]]
Body = Mapping[str, Any]
Work = Coroutine[Any, Any, None]


class Boundary:
    """Starts the work after the acknowledgement, and sees to what cannot be handled at all."""

    def __init__(
        self, jobs: Jobs, conversation: Conversation, readers: Readers, *, clock: Clock, metrics: Metrics
    ) -> None:
        self._jobs = jobs
        self._conversation = conversation
        self._readers = readers
        self._clock = clock
        self._metrics = metrics

    @asynccontextmanager
    async def payload(
        self, ack: Ack, body: Body, *, broken: Callable[[str], dict[str, Any]] | None = None
    ) -> AsyncIterator[Ack]:
        """The block reads one payload and acknowledges it, in its sender's words, with what this yields. ``broken`` is
        the acknowledgement that says it could not.

        Without one the acknowledgement shows nothing, and the sender gets a message.
        """
        began_at = self._clock.monotonic()

        async def acknowledge(**said: Any) -> None:
            left = PATIENCE - (self._clock.monotonic() - began_at)  # what comes late must not come later
            await ack(**(await self.in_words_of(body, said, patience=left) if said else {}))

        try:
            yield acknowledge
        except Exception as error:  # a boundary: whatever broke, Slack must get its acknowledgement
            reference = new_reference()
            is_shape = isinstance(error, PayloadError)
            facts = {"reference": reference, "why": str(error) if is_shape else type(error).__name__}
            log.error("payload not handled", extra={"facts": facts}, exc_info=None if is_shape else error)
            await acknowledge(**(broken(reference) if broken else {}))
            if not broken:
                self.tell(sender_of(body), asking.broken(reference))
        self._metrics.acknowledgements.observe(self._clock.monotonic() - began_at)

    async def in_words_of(self, body: Body, said: dict[str, Any], *, patience: float = PATIENCE) -> dict[str, Any]:
        """The answer to a payload, in its sender's words if they are known within so many seconds."""
        language = await self._readers.of(sender_of(body).user_id, patience=patience)
        return {name: language.of(each) for name, each in said.items()}

    def tell(self, sender: Sender, sentence: Plain) -> None:
        """Tell whoever sent a payload that nothing came of it, as far as it says who that was."""
        if sender.user_id or sender.response_url:
            self._jobs.start(self._conversation.tell_sender(sender, sentence))

    def start(self, context: Context, work: Work) -> "asyncio.Task[None]":
        """Do the work after the acknowledgement; if it is not possible, or breaks, whoever waits for it is told."""

        async def tell(error: Exception, reference: str) -> None:
            await self._conversation.tell_failed(context, error, reference)

        return self._jobs.start(work, tell=tell)

    async def start_recorded(
        self, ack: Ack, context: Context, work: Work, *, late: Callable[[str], dict[str, Any]], **acknowledgement: Any
    ) -> None:
        """Start the work, and acknowledge once it has recorded what was asked for, or is over.

        What Slack has our word for must not die with the process. But Slack does not wait for long: then nothing is
        recorded any more, and ``late`` is the acknowledgement that says so, given the reference to quote.
        """
        with context.recording.awaited():
            working = self.start(context, work)
        recorded = asyncio.create_task(context.recording.wait())
        try:
            either = {working, recorded}
            for within in (RECORDED_WITHIN, COMMITTED_WITHIN):
                if (await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED))[0]:
                    break
                if context.recording.give_up():
                    working.cancel()
                    reference = new_reference()
                    log.warning("recording timed out", extra={"facts": {"reference": reference}})
                    acknowledgement = late(reference)
                    break
        finally:
            recorded.cancel()
        await ack(**acknowledgement)


def in_message(sentence: Plain) -> dict[str, Any]:
    """The acknowledgement of a command that says one thing."""
    return {"response_type": "ephemeral", "text": escaped(sentence)}


def in_view(sentence: Plain, origin: Origin = NOWHERE) -> dict[str, Any]:
    """The acknowledgement of a form that says one thing."""
    return {"response_action": "update", "view": views.trouble(origin, sentence)}


def late_message(reference: str) -> dict[str, Any]:
    """The acknowledgement of a command that was not recorded in time."""
    return in_message(asking.not_recorded_in_time(reference))


def broken_message(reference: str) -> dict[str, Any]:
    """The acknowledgement of a command that says that something broke."""
    return in_message(asking.broken(reference))


def broken_view(reference: str) -> dict[str, Any]:
    """The acknowledgement of a form that says that something broke."""
    return in_view(asking.broken(reference))

"""Says what must still be said in Slack: at once what this process caused, and later what nobody has said in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from weakref import WeakValueDictionary

from bot.errors import SchemaUnknown, StoreUnavailable
from bot.interfaces import Timekeeper
from bot.mentioned import mention
from bot.models import MessageRef, RequestId
from bot.store import messages
from bot.store import outbox as store
from bot.store.outbox import Due, Kind
from bot.store.record import Record

log = logging.getLogger(__name__)

Say = Callable[[Due], Awaitable[bool]]
"""Says one thing, in words made from the record as it is now. Whether that is done with; if not, it is tried again."""

AT_MOST = store.HANDLING - 5.0
"""Seconds that one try may take: less than what makes another process try, too."""

ONE_CALL = AT_MOST - 10.0
"""Seconds that one call of a try may take: it must have an end of its own before the try is cut off."""


UNUSABLE = (StoreUnavailable, SchemaUnknown)
"""The database cannot be used now, or not by this release any more: what is to be said stays in it."""


class Outbox:
    """Hands out what is due, one at a time for each matter: the latest version, at least once."""

    def __init__(self, record: Record, say: Mapping[Kind, Say], *, time: Timekeeper) -> None:
        self._record = record
        self._say = say
        self._time = time
        self._locks: WeakValueDictionary[tuple[Kind, RequestId], asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, kind: Kind, request_id: RequestId) -> bool:
        """Say this of a request now, if it is still to be said, and remember that it is, or when to try again.

        Whether it is said. Raises nothing but cancellation.
        """
        mention("request", request_id)
        # It is there for as long as somebody holds or awaits it.
        lock = self._locks.setdefault((kind, request_id), asyncio.Lock())
        async with lock:  # whoever had it before may have said it
            try:
                due = await self._record.read(store.waiting, kind, request_id)
                return await self._say_once(due) if due else True
            except UNUSABLE:  # it is still in the outbox, and hearing it once more does no harm
                log.exception("delivery not recorded", extra={"facts": {"kind": kind.value, "request": request_id}})
                return False

    async def redraw(self, request_id: RequestId, card: MessageRef | None, *, sent_to: str) -> None:
        """Make every copy of a request's card say what became of it, though that may have been said before.

        Also ``card``, which somebody saw: the process that posted it may have died before it recorded where it is.
        """
        if card:
            await self._record.change(messages.add, messages.Kind.CARD, request_id, card, sent_to=sent_to)
        await self._record.change(store.repeat, Kind.CARDS, request_id)
        await self.deliver(Kind.CARDS, request_id)

    async def due(self) -> list[Due]:
        """What nobody has said in time. It is this process's to handle from now on."""
        if not await self._record.read(store.is_any_due):
            return []
        moment = await self._time.moment()
        return await self._record.change(store.claim, is_time_trusted=moment.is_trusted)

    async def _say_once(self, due: Due) -> bool:
        is_said = False
        try:
            async with asyncio.timeout(AT_MOST):
                is_said = await self._say[due.kind](due)
        except UNUSABLE:
            raise
        except TimeoutError:
            log.warning("message timed out", extra={"facts": _facts(due)})
        except Exception:  # a boundary: whatever broke, the others must be said, and this one again
            log.exception("message failed", extra={"facts": _facts(due)})
        if not is_said:
            log.error("message not delivered", extra={"facts": _facts(due)})
        await self._record.change(store.said if is_said else store.postpone, due)
        return is_said


def _facts(due: Due) -> dict[str, str | int]:
    return {"kind": due.kind.value, "request": due.request_id, "attempts": due.attempts}

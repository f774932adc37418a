"""Takes each payload to the bot by the way that is chosen, and keeps the record."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace

from bot.interfaces import Clock
from bot.sandbox.inspector import Inspector, Wire
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.credentials import Credentials
from bot.sandbox.slack.delivery import Delivery, DeliveryKind, Parcel, Transport
from bot.sandbox.slack.signed_http import pack
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace

EVENT_PAUSES = (0.0, 60.0, 300.0)
"""Seconds before an event that was not acknowledged is sent again."""

Edit = Callable[[JsonObject], object]
"""Changes a payload in place."""


class Courier:
    """Delivers, once or again."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        clock: Clock,
        credentials: Credentials,
        inspector: Inspector,
        triggers: Triggers,
        transport: Callable[[DeliveryKind], Transport],
    ) -> None:
        self.deliveries: list[Delivery] = []
        """Everything sent, in the order in which it was over."""
        self._workspace = workspace
        self._clock = clock
        self._credentials = credentials
        self._inspector = inspector
        self._triggers = triggers
        self._transport = transport
        self._parcels: list[Parcel] = []
        self._retrying: set[asyncio.Task[None]] = set()

    async def deliver(self, kind: DeliveryKind, *, title: str, payload: JsonObject) -> Delivery:
        secret = self._credentials.signing_secret
        return await self._send(pack(kind, title=title, payload=payload, signing_secret=secret, clock=self._clock))

    async def tell(self, *, title: str, payload: JsonObject) -> None:
        """Send an event; in the background once more at once, and twice later, until it is acknowledged."""
        delivery = await self.deliver(DeliveryKind.EVENT, title=title, payload=payload)
        if not delivery.is_acknowledged:
            task = asyncio.create_task(self._retry(delivery))
            self._retrying.add(task)
            task.add_done_callback(self._retrying.discard)

    async def aclose(self) -> None:
        """Send nothing again."""
        for task in [*self._retrying]:
            task.cancel()
        await asyncio.gather(*self._retrying, return_exceptions=True)

    async def _retry(self, delivery: Delivery) -> None:
        for attempt, pause in enumerate(EVENT_PAUSES, start=1):
            if pause:
                await self._clock.sleep(pause)
            reason, secret = delivery.outcome.retry_reason, self._credentials.signing_secret
            parcel = pack(
                delivery.kind,
                title=delivery.title,
                payload=delivery.payload,
                signing_secret=secret,
                clock=self._clock,
                attempt=attempt,
            )
            more = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
            delivery = await self._send(replace(parcel, headers=parcel.headers | more))
            if delivery.is_acknowledged:
                return

    async def redeliver(
        self, delivery: Delivery, *, edit: Edit | None = None, with_new_trigger: bool = False
    ) -> Delivery:
        """The same once more, signature and all; or a copy that is different, with a signature of its own."""
        parcel = self._parcels[delivery.number - 1]
        if edit is None and not with_new_trigger:
            return await self._send(parcel)
        payload = copy.deepcopy(parcel.payload)
        if edit is not None:
            edit(payload)
        if with_new_trigger:
            user_id = payload["user_id"] if parcel.kind is DeliveryKind.COMMAND else payload["user"]["id"]
            payload["trigger_id"] = self._triggers.issue(user_id, view_id=payload.get("view", {}).get("id"))
        return await self.deliver(parcel.kind, title=parcel.title, payload=payload)

    async def _send(self, parcel: Parcel) -> Delivery:
        at, started = self._clock.now(), self._clock.monotonic()
        answer = await self._transport(parcel.kind).carry(parcel)
        milliseconds = (self._clock.monotonic() - started) * 1000
        self._parcels.append(parcel)
        delivery = Delivery(
            number=len(self._parcels),
            kind=parcel.kind,
            title=parcel.title,
            payload=parcel.payload,
            outcome=answer.outcome,
            response=answer.response,
            milliseconds=milliseconds,
        )
        self.deliveries.append(delivery)
        self._inspector.record(
            Wire.SLACK_TO_BOT,
            parcel.title,
            at=at,
            request=answer.sent,
            response=answer.received,
            status=answer.status,
            milliseconds=milliseconds,
        )
        self._workspace.change()
        return delivery

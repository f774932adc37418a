"""What people do to requests that are there: approve, deny, withdraw, stop, and enter codes."""

import asyncio

from bot.access import Access
from bot.errors import NotPossible
from bot.models import Request, RequestId
from bot.outbox import Outbox
from bot.policy import Action
from bot.requests import Requests
from bot.slack import forms, views
from bot.slack.asking import Asking
from bot.slack.context import Context
from bot.slack.conversation import Conversation
from bot.store.outbox import Kind
from bot.texts import requests as texts

REDRAWN_WITHIN = 3.0
"""Seconds after which whoever decided is told, and does not wait for the card."""


class Deciding:
    """Each does one thing that somebody clicked. Raises ``NotPossible``, which they are told."""

    def __init__(
        self, *, access: Access, requests: Requests, asking: Asking, outbox: Outbox, conversation: Conversation
    ) -> None:
        self._access = access
        self._requests = requests
        self._asking = asking
        self._outbox = outbox
        self._conversation = conversation

    async def approve(self, context: Context, value: str) -> None:
        """Approve; with the codes at hand the calls are made, else by whichever process has them."""
        approved = await self._requests.approve(RequestId(value), actor=context.actor, card=context.card)
        context.recording.settle()
        # A card that Slack is slow to take must not keep the agent waiting.
        await asyncio.gather(self._redraw(context, approved), self._asking.use_if_there(approved))

    async def deny(self, context: Context, request_id: RequestId, reason: str) -> None:
        """Deny; the agent reads the reason."""
        await self._tell_everyone(context, await self._requests.deny(request_id, actor=context.actor, reason=reason))

    async def withdraw(self, context: Context, value: str) -> None:
        """Take one's own request back."""
        await self._tell_everyone(context, await self._requests.withdraw(RequestId(value), actor=context.actor))

    async def stop(self, context: Context, value: str) -> None:
        """End what of one's own request was not called yet. Whoever runs it shows what came of that."""
        said = texts.TOO_LATE
        try:
            if await self._requests.stop(RequestId(value), actor=context.actor):
                return
            said = texts.NOTHING_TO_STOP
        except NotPossible as error:
            if error.problem:
                raise
        context.recording.settle()
        await self._conversation.tell(context, views.sentence(said))

    async def open_denial(self, context: Context, value: str) -> None:
        """Ask an approver for the reason."""
        request = await self._access.check(Action.DENY, RequestId(value), actor=context.actor)
        await self._conversation.open_window(context, forms.build_denial(context.origin, request))

    async def open_codes(self, context: Context, value: str) -> None:
        """Ask for the codes of an approved request."""
        request = await self._access.check(Action.ENTER_CODE, RequestId(value), actor=context.actor)
        await self._conversation.open_window(context, forms.build_codes(context.origin, request))

    async def _tell_everyone(self, context: Context, decided: Request) -> None:
        context.recording.settle()
        await asyncio.gather(self._redraw(context, decided), self._outbox.deliver(Kind.AGENT, decided.id))

    async def _redraw(self, context: Context, decided: Request) -> None:
        """Have every copy of the card say what was decided; if Slack takes its time, tell whoever decided it."""
        redrawing = asyncio.create_task(self._outbox.deliver(Kind.CARDS, decided.id))
        try:
            await asyncio.wait({redrawing}, timeout=REDRAWN_WITHIN)
            if not redrawing.done() or not redrawing.result():
                await self._conversation.tell(context, views.became(decided))
            await redrawing
        finally:
            redrawing.cancel()

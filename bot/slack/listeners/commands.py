"""The slash command and the shortcut: what was typed decides what is done."""

import re

from slack_bolt.async_app import AsyncApp

from bot.entry.command import Typed, TypedKind, read_command
from bot.slack import forms, views
from bot.slack.asking import Asking
from bot.slack.context import Context
from bot.slack.conversation import Conversation
from bot.slack.forms_read import Entry
from bot.slack.listeners.boundary import Ack, Body, Boundary, Work, broken_message, late_message
from bot.slack.listeners.unknown import Unknown
from bot.slack.payloads import Shortcut, SlashCommand, parse
from bot.slack.showing import Showing
from bot.texts import asking as texts


class Commands:
    """Listens for ``/phoneid …`` and for the shortcut."""

    def __init__(
        self,
        boundary: Boundary,
        *,
        asking: Asking,
        showing: Showing,
        conversation: Conversation,
        unknown: Unknown,
        region: str | None,
    ) -> None:
        """``region``: where national numbers are from, if they may be typed."""
        self._boundary = boundary
        self._asking = asking
        self._showing = showing
        self._conversation = conversation
        self._unknown = unknown
        self._region = region

    def register(self, app: AsyncApp) -> None:
        app.command(re.compile(""))(self.on_command)  # whatever a manifest calls it
        app.shortcut(views.SHORTCUT)(self.on_shortcut)

    async def on_command(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body, broken=broken_message) as reply:
            command = parse(SlashCommand, body)
            if body.get("command") != texts.COMMAND:
                self._unknown.note("command", body.get("command"))
            typed = read_command(command.text.get_secret_value(), region=self._region)
            context = Context.of_command(command)
            if typed.kind in (TypedKind.HELP, TypedKind.UNREADABLE):
                usage = await self._showing.help(context, is_unreadable=typed.kind is TypedKind.UNREADABLE)
                await reply(response_type="ephemeral", text=usage.text, blocks=usage.blocks)
            elif typed.kind is TypedKind.NUMBER_AND_CODE and typed.number and typed.code:
                entry, key = Entry(typed.number, typed.code), f"command:{command.trigger_id}"
                work = self._asking.answer_command(context, entry, key)
                await self._boundary.start_recorded(reply, context, work, late=late_message)
            else:
                await reply()
                self._boundary.start(context, self._work(context, typed))

    async def on_shortcut(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body) as reply:
            context = Context.of_shortcut(parse(Shortcut, body))
            await reply()
            self._boundary.start(context, self._conversation.open_form(context, forms.Filling(), by_shortcut=True))

    def _work(self, context: Context, typed: Typed) -> Work:
        if typed.kind is TypedKind.WHY:
            return self._showing.explain(context)
        if typed.kind is TypedKind.HISTORY:
            return self._showing.history(context)
        if typed.kind is TypedKind.LIST:
            return self._conversation.open_form(context, forms.Filling(is_several=True))
        # A number that wants its code, something that is uncertain, or nothing at all.
        notice = texts.unread(typed.mistake) if typed.kind is TypedKind.UNCERTAIN else None
        phones = (typed.number,) if typed.number else ()
        filling = forms.Filling(phones=phones, typed=typed.kept, notice=notice)
        return self._conversation.open_form(context, filling)

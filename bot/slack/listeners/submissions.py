"""The forms, submitted: read at once, so that mistakes show in the form, and worked on after the acknowledgement."""

from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.interfaces import Clock
from bot.slack import forms, forms_read
from bot.slack.asking import Asking
from bot.slack.context import Context
from bot.slack.deciding import Deciding
from bot.slack.forms_read import Mistakes
from bot.slack.listeners.boundary import Ack, Body, Boundary, broken_view, in_view
from bot.slack.payloads import Submission, parse
from bot.texts import asking as texts


class Submissions:
    """Listens for submitted forms."""

    def __init__(
        self, boundary: Boundary, *, asking: Asking, deciding: Deciding, region: str | None, clock: Clock
    ) -> None:
        """``region``: where national numbers are from, if they may be typed."""
        self._boundary = boundary
        self._asking = asking
        self._deciding = deciding
        self._region = region
        self._clock = clock

    def register(self, app: AsyncApp) -> None:
        for callback_id in (*forms.LOOKUP_FORMS, *forms.CODES_FORMS):
            app.view(callback_id)(self.on_numbers)
        app.view(forms_read.DENIAL)(self.on_denial)

    async def on_numbers(self, ack: Ack, body: Body) -> None:
        """Numbers to look up, or the codes of numbers that are approved."""
        async with self._boundary.payload(ack, body, broken=broken_view) as reply:
            submission = parse(Submission, body)
            is_about_codes = submission.view.callback_id in forms.CODES_FORMS
            read = forms_read.read_codes if is_about_codes else forms_read.read
            filled = read(submission, region=self._region)
            if isinstance(filled, Mistakes):
                await _refuse(reply, filled)
                return
            context = self._context(submission)
            shown = {"response_action": "update", "view": forms.submitted(submission, filled)}
            if is_about_codes:
                work = self._asking.enter_codes(context, submission.view.request_id, filled)
            else:
                work = self._asking.answer_form(context, filled, submission.key)

            def late(reference: str) -> dict[str, Any]:
                return in_view(texts.not_recorded_in_time(reference), context.origin)

            await self._boundary.start_recorded(reply, context, work, late=late, **shown)

    async def on_denial(self, ack: Ack, body: Body) -> None:
        async with self._boundary.payload(ack, body, broken=broken_view) as reply:
            submission = parse(Submission, body)
            reason = forms_read.read_denial(submission)
            if isinstance(reason, Mistakes):
                await _refuse(reply, reason)
                return
            # Its window closes when all is well: what there is to say then is said in a message.
            context = replace(self._context(submission), view_id="")
            work = self._deciding.deny(context, submission.view.request_id, reason)

            def late(reference: str) -> dict[str, Any]:
                return in_view(texts.decision_not_recorded_in_time(reference), context.origin)

            await self._boundary.start_recorded(reply, context, work, late=late)

    def _context(self, submission: Submission) -> Context:
        return Context.of_submission(submission, at=self._clock.monotonic())


async def _refuse(reply: Ack, found: Mistakes) -> None:
    await reply(response_action="errors", errors=found.by_block)

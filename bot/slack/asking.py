"""Asking for IDs in Slack: from what was typed to the outcome, with an approval between them where one is needed."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from bot.access import Access
from bot.errors import NotPossible, StoreUnavailable
from bot.mentioned import mention
from bot.models import ApprovalState, Lookup, NewRequest, PhoneNumber, Request, RequestId, State
from bot.outbox import Outbox
from bot.pending_codes import Codes
from bot.policy import Decision, Verdict
from bot.requests import Requests
from bot.slack import forms, views
from bot.slack.context import Context
from bot.slack.conversation import Conversation
from bot.slack.forms_read import Entry, Filled
from bot.slack.notices import Notices
from bot.slack.runner import Runner
from bot.states import has_ended
from bot.store.outbox import Kind
from bot.texts import asking as texts

log = logging.getLogger(__name__)


class Asking:
    """Takes requests in from commands and forms, runs them, and sees that everyone concerned is told."""

    def __init__(
        self,
        *,
        access: Access,
        requests: Requests,
        runner: Runner,
        outbox: Outbox,
        notices: Notices,
        conversation: Conversation,
    ) -> None:
        self._access = access
        self._requests = requests
        self._runner = runner
        self._outbox = outbox
        self._notices = notices
        self._conversation = conversation

    async def answer_command(self, context: Context, entry: Entry, key: str) -> None:
        """Look up what was typed, and tell how it ended there; or open the form that asks for approval."""
        decision = await self._access.decide(context.actor, (entry.phone,), workspace=context.workspace)
        if decision.verdict is Verdict.MAY_WITH_APPROVAL:
            filling = forms.Filling(phones=(entry.phone,), notice=texts.CODE_NOT_YET.one)
            await self._conversation.open_form_for(context, decision, filling)
            return
        filled = Filled((entry,))
        if request := await self._record(context, filled, key, decision):
            async with self._runner.seeing_to(request):
                await self._run(request, _codes(filled), context=context)

    async def answer_form(self, context: Context, filled: Filled, key: str) -> None:
        """Look up what was filled in, or ask for its approval, and show in the form's window how that went on."""
        phones = [entry.phone for entry in filled.entries]
        decision = await self._access.decide(context.actor, phones, workspace=context.workspace)
        if notice := forms.lacks(decision, filled):
            filling = forms.Filling(
                phones=tuple(phones), reason=filled.reason, notice=notice, is_several=filled.is_several
            )
            context.recording.settle()
            form = self._conversation.form(context, decision, filling)
            await self._conversation.show_after_submission(context, form)
            return
        if request := await self._record(context, filled, key, decision):
            async with self._runner.seeing_to(request):
                await self._run(request, _codes(filled), context=context)

    async def enter_codes(self, context: Context, request_id: RequestId, filled: Filled) -> None:
        """Use an approval, now that the codes are here, and show in their window how that ended."""
        try:
            request = await self._requests.check_entering(request_id, actor=context.actor)
            codes = _codes_for(request.lookups, filled)
            if codes is None:  # the form said otherwise: it was tampered with
                context.recording.settle()
                await self._conversation.show_after_submission(context, forms.build_codes(context.origin, request))
                return
            if await self._requests.end_exposed(request, codes):
                await self._tell_exposed(context, request)
                return
            await self.use(request, codes, context=context)
        except NotPossible as error:
            context.recording.settle()
            # Perhaps it was used already, by the same form: Slack delivers a form twice.
            own = error.request and await self._access.own(error.request.id, context.actor)
            if error.problem or not own or not has_ended(own.lookups):
                await self._conversation.tell_why_not(context, error)
            await self._conversation.show_after_submission(context, views.used(context.origin, own or None))

    async def _tell_exposed(self, context: Context, request: Request) -> None:
        """Say that the code was recorded where it does not belong. It is nowhere now, also not on the cards."""
        context.recording.settle()
        said = texts.CODE_WAS_RECORDED.of(request)
        await asyncio.gather(
            self._outbox.deliver(Kind.CARDS, request.id),
            self._conversation.tell(context, views.sentence(said, with_form_button=True)),
            self._conversation.show_after_submission(context, views.trouble(context.origin, said)),
        )

    async def use(self, request: Request, codes: Codes | None = None, *, context: Context | None = None) -> None:
        """Run what was approved, if its codes are here: if they are nowhere, the outbox has its agent asked for them.

        Raises ``NotPossible`` when somebody was quicker. Not where nobody could be told how it ended: a code that was
        used cannot be used again.
        """
        mention("request", request.id)
        if not await self._runner.token.is_good():
            log.error("approval not used", extra={"facts": {"request": request.id, "why": "bot token refused"}})
            return
        used = await self._requests.use(request, codes)
        if context:
            context.recording.settle()
        if used is None:
            return
        async with self._runner.seeing_to(used[0]):
            await self._run(*used, context=context)

    async def use_if_there(self, request: Request) -> None:
        """Run what was approved; somebody who was quicker, say in another process, runs it there.

        While the database cannot be used, its codes go on waiting, and the next sweep tries again.
        """
        try:
            with suppress(NotPossible):
                await self.use(request)
        except StoreUnavailable:
            log.exception("approval not used", extra={"facts": {"request": request.id}})

    async def _record(self, context: Context, filled: Filled, key: str, decision: Decision) -> Request | None:
        """Record what was asked for. The request, if there is something to run; otherwise it is told how it stands."""
        new = _new_request(context, filled, key)
        accepted = await self._requests.ask(new, decision, _codes(filled))
        context.recording.settle()
        request = accepted.request
        if not accepted.is_new:
            await self._show_as_it_is(context, request)
            return None
        self._notices.origins[request.id] = context.origin
        if has_ended(request.lookups) or request.approval.state is ApprovalState.AWAITING:
            await asyncio.gather(
                self._outbox.deliver(Kind.CARDS, request.id),
                self._outbox.deliver(Kind.AGENT, request.id),
                self._show_as_it_ended(context, request),
            )
            return None
        return request

    async def _run(self, request: Request, codes: Codes, *, context: Context | None) -> None:
        self._notices.run_here[request.id] = None
        # Slack may be slow to take what is said of some: none of the numbers waits for that.
        ended, _ = await asyncio.gather(
            self._runner.run(request, codes, context=context), self._tell_what_is_followed(context, request, codes)
        )
        telling = [self._outbox.deliver(Kind.AGENT, ended.id), self._outbox.deliver(Kind.CARDS, ended.id)]
        showing = [self._show_as_it_ended(context, ended)] if context else []
        await asyncio.gather(*telling, *showing)

    async def _tell_what_is_followed(self, context: Context | None, request: Request, codes: Codes) -> None:
        """Say of which numbers a lookup is under way already: their second code is not tried."""
        followed: dict[bool, list[PhoneNumber]] = {}
        for each in request.lookups:
            if each.follows and each.state is State.QUEUED:
                followed.setdefault(self._requests.is_same_code(each, codes), []).append(each.phone)
        for is_same_code, phones in followed.items():
            if context:
                said = texts.already_looked_up(*phones, is_same_code=is_same_code)
                await self._conversation.tell(context, views.sentence(said))

    async def _show_as_it_is(self, context: Context, request: Request) -> None:
        """Show what became of a submission that was received before; while it runs, whoever runs it shows it."""
        if has_ended(request.lookups) or request.approval.state is ApprovalState.AWAITING:
            await self._show_as_it_ended(context, request)

    async def _show_as_it_ended(self, context: Context, request: Request) -> None:
        if request.approval.state is ApprovalState.AWAITING:
            view = views.receipt_window(context.origin, request)
        else:
            view = views.outcome(context.origin, request, await self._access.chance(request))
        await self._conversation.show_after_submission(context, view)


def _new_request(context: Context, filled: Filled, key: str) -> NewRequest:
    return NewRequest(
        agent=context.agent,
        phones=tuple(entry.phone for entry in filled.entries),
        reason=filled.reason,
        channel_id=context.origin.channel_id,
        submission_key=f"{context.actor.user_id}:{key}",  # nobody is answered with what another submitted
    )


def _codes(filled: Filled) -> Codes:
    return {position: entry.code for position, entry in enumerate(filled.entries, start=1) if entry.code}


def _codes_for(lookups: Sequence[Lookup], filled: Filled) -> Codes | None:
    """The codes by position; ``None`` when they are not for exactly these numbers.

    A form for one number does not repeat the number: its code is for it.
    """
    by_phone = {entry.phone: entry.code for entry in filled.entries if entry.code}
    if by_phone.keys() != {each.phone for each in lookups}:
        return None
    return {each.position: by_phone[each.phone] for each in lookups}

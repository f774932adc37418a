"""What the bot does about each thing people do in Slack: the acknowledgement at once, and the work after it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import SecretStr

from bot.entry.command import TypedKind, read_command
from bot.errors import SlackError, StoreUnavailable
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Actor, Lookup, LookupId, NewLookup, PhoneNumber, State
from bot.policy import Agents, Decision, decide
from bot.slack import form, views
from bot.slack.jobs import Work
from bot.slack.payloads import Click, Origin, Shortcut, SlashCommand, Submission
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.texts import asking, problems

log = logging.getLogger(__name__)

BEFORE_THE_FORM = 1.0
"""Seconds to find out whether somebody may ask before the form opens anyway: its trigger id lives for 3 in all."""

BEFORE_A_NOTICE = 2.0
"""Seconds a command may take before its agent is told that it is still running."""

BEFORE_THE_WINDOW_SETTLES = 0.5
"""Seconds from a submission to the first update of its window. Work starts while its acknowledgement is still on its
way to Slack; an outcome that overtook it would be painted over with the progress it carries."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """The acknowledgement Slack gets within 3 seconds, the work after it, and whom to tell if that breaks."""

    ack: dict[str, Any] = field(default_factory=dict)
    work: Work | None = None
    tell: Callable[[BaseException, str], Awaitable[None]] | None = None


class Desk:
    """The front of the house. Each ``on_…`` is quick and pure; what takes time is in the reaction's work."""

    def __init__(
        self, *, lookups: Lookups, people: People, replies: Replies, agents: Agents, region: str | None, clock: Clock
    ) -> None:
        self._lookups = lookups
        self._people = people
        self._replies = replies
        self._agents = agents
        self._region = region
        self._clock = clock

    # --- what people do ---

    def on_command(self, command: SlashCommand) -> Reaction:
        typed = read_command(command.text.get_secret_value(), region=self._region)
        if typed.kind in (TypedKind.HELP, TypedKind.UNREADABLE):
            return Reaction(ack=_message(views.usage(is_unreadable=typed.kind is TypedKind.UNREADABLE)))
        if typed.kind is TypedKind.NUMBER_AND_CODE and typed.number and typed.code:
            new = _new_lookup(command.actor, typed.number, command.origin, key=f"command:{command.trigger_id}")
            return self._reaction(
                partial(self._answer_command, new, typed.code, command.origin), command.actor, command.origin
            )
        notice = asking.NUMBER_UNCERTAIN if typed.kind is TypedKind.UNCERTAIN else None
        filled_in = partial(form.build, command.origin, phone=typed.number, notice=notice)
        return self._opening(command.actor, command.origin, command.trigger_id, filled_in)

    def on_shortcut(self, shortcut: Shortcut) -> Reaction:
        origin = Origin()
        return self._opening(shortcut.actor, origin, shortcut.trigger_id, partial(form.build, origin))

    def on_submission(self, submission: Submission) -> Reaction:
        read = form.read(submission, region=self._region)
        if isinstance(read, form.Mistakes):
            return Reaction(ack={"response_action": "errors", "errors": read.by_block})
        origin = submission.view.origin
        new = _new_lookup(submission.actor, read.phone, origin, key=submission.key, reason=read.reason)
        return self._reaction(
            partial(self._answer_form, new, read.code, origin, submission.view.id),
            submission.actor,
            origin,
            view_id=submission.view.id,
            ack={"response_action": "update", "view": views.progress(origin, read.phone)},
        )

    def on_open_form(self, click: Click) -> Reaction:
        return self._opening(
            click.actor,
            click.origin,
            click.trigger_id,
            partial(form.build, click.origin),
            view_id=click.view.id if click.view else None,
        )

    def on_try_again(self, click: Click) -> Reaction:
        return self._reaction(partial(self._reopen, click), click.actor, click.origin)

    def on_unknown_click(self, click: Click) -> Reaction:
        return self._reaction(partial(self._say, click, asking.NOTHING_THERE), click.actor, click.origin)

    # --- the work after it ---

    async def _answer_command(self, new: NewLookup, code: SecretStr, origin: Origin) -> None:
        answering = asyncio.create_task(self._look_up(new, code))
        late = asyncio.create_task(self._clock.sleep(BEFORE_A_NOTICE))
        try:
            await asyncio.wait({answering, late}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                notice = views.sentence(asking.still_asking(new.phone))
                await self._replies.mention(new.agent.user_id, notice, response_url=origin.response_url)
            lookup = await answering
        finally:
            late.cancel()
            answering.cancel()
        if lookup:
            await self._tell(new.agent, views.outcome_message(lookup), origin)

    async def _answer_form(self, new: NewLookup, code: SecretStr, origin: Origin, view_id: str) -> None:
        settled = asyncio.create_task(self._clock.sleep(BEFORE_THE_WINDOW_SETTLES))
        try:
            lookup = await self._look_up(new, code)
            if lookup is None:
                return
            # The window is gone once it is closed; the message stays.
            await self._tell(new.agent, views.outcome_message(lookup), origin)
            await settled
            await self._replies.update_view(view_id, views.outcome(origin, lookup))
        finally:
            settled.cancel()

    async def _look_up(self, new: NewLookup, code: SecretStr) -> Lookup | None:
        """The lookup as it ended; ``None`` when this submission was received before and its answer goes elsewhere."""
        lookup, is_new = await self._lookups.accept(new, await self._decide(new.agent))
        if not is_new:
            return None
        return lookup if lookup.state is State.REJECTED else await self._lookups.run(lookup, code)

    async def _open(
        self, actor: Actor, origin: Origin, trigger_id: str, build: Callable[[], views.View], view_id: str | None
    ) -> None:
        view = build()
        try:
            decision = await asyncio.wait_for(self._decide(actor), BEFORE_THE_FORM)
        except TimeoutError:  # the submission is decided again
            decision = Decision(None)
        if decision.problem:
            explanation = problems.PROBLEMS[decision.problem]
            view = views.refusal(origin, explanation)
        if view_id and await self._replies.update_view(view_id, view):
            return
        try:
            await self._replies.open_view(trigger_id, view)
        except SlackError as error:
            log.info("form not opened", extra={"facts": {"error": error.reason}})
            await self._tell(actor, views.sentence(asking.FORM_TOO_LATE, with_form_button=True), origin)

    async def _reopen(self, click: Click) -> None:
        lookup = await self._lookups.find(
            LookupId(click.action.value), user_id=click.actor.user_id, team_id=click.actor.team_id
        )
        if lookup is None:
            await self._say(click, asking.GONE)
            return
        build = partial(form.build, click.origin, phone=lookup.phone, reason=lookup.reason)
        await self._open(click.actor, click.origin, click.trigger_id, build, click.view.id if click.view else None)

    async def _say(self, click: Click, sentence: str) -> None:
        if click.view and await self._replies.update_view(click.view.id, views.trouble(click.origin, sentence)):
            return
        await self._tell(click.actor, views.sentence(sentence, with_form_button=True), click.origin)

    async def tell_interrupted(self, lookup: Lookup) -> None:
        """Tell an agent that the process which ran their lookup died."""
        await self._tell(lookup.agent, views.outcome_message(lookup), Origin())

    # --- shared ---

    def _opening(
        self,
        actor: Actor,
        origin: Origin,
        trigger_id: str,
        build: Callable[[], views.View],
        view_id: str | None = None,
    ) -> Reaction:
        return self._reaction(partial(self._open, actor, origin, trigger_id, build, view_id), actor, origin)

    def _reaction(
        self,
        work: Work,
        actor: Actor,
        origin: Origin,
        *,
        view_id: str | None = None,
        ack: dict[str, Any] | None = None,
    ) -> Reaction:
        return Reaction(ack=ack or {}, work=work, tell=partial(self._tell_broken, actor, origin, view_id))

    async def _tell_broken(
        self, actor: Actor, origin: Origin, view_id: str | None, error: BaseException, reference: str
    ) -> None:
        is_store = isinstance(error, StoreUnavailable)
        sentence = asking.not_recorded(reference) if is_store else asking.broken(reference)
        if view_id:
            await self._replies.update_view(view_id, views.trouble(origin, sentence))
        await self._tell(actor, views.sentence(sentence, with_form_button=True), origin)

    async def _decide(self, actor: Actor) -> Decision:
        return decide(actor, await self._people.membership(actor), self._agents)

    async def _tell(self, actor: Actor, message: views.Message, origin: Origin) -> None:
        await self._replies.tell(actor.user_id, message, response_url=origin.response_url)


def _new_lookup(actor: Actor, phone: PhoneNumber, origin: Origin, *, key: str, reason: str = "") -> NewLookup:
    return NewLookup(agent=actor, phone=phone, reason=reason, channel_id=origin.channel_id, submission_key=key)


def _message(message: views.Message) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}

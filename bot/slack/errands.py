"""The work after the acknowledgement: look up, open forms, and see that whoever asked gets words."""

import asyncio
import logging
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SlackError, StoreUnavailable
from bot.interfaces import Clock
from bot.lookups import Lookups
from bot.models import Actor, Lookup, LookupId, NewLookup, PhoneNumber, State
from bot.policy import YES, Agents, Decision, decide
from bot.slack import form, views
from bot.slack.payloads import Origin
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.windows import Windows
from bot.texts import asking, problems

log = logging.getLogger(__name__)

BEFORE_THE_FORM = 1.0
"""Seconds to find out whether somebody may ask before the form opens anyway: its trigger id lives for 3 in all."""

BEFORE_A_NOTICE = 2.0
"""Seconds a command may take before its agent is told that it is still running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody doing something in Slack: who, from where, and the window they did it in, if in one."""

    actor: Actor
    origin: Origin
    trigger_id: str = ""
    """Opens a window, once, for 3 seconds."""
    view_id: str | None = None


class Errands:
    """Each does one thing somebody asked for, to the end."""

    def __init__(
        self, *, lookups: Lookups, people: People, replies: Replies, windows: Windows, agents: Agents, clock: Clock
    ) -> None:
        self._lookups = lookups
        self._people = people
        self._replies = replies
        self._agents = agents
        self._clock = clock
        self._windows = windows

    async def answer_command(self, visit: Visit, new: NewLookup, code: SecretStr) -> None:
        """Look up, and tell how it ended where the command was typed."""
        answering = asyncio.create_task(self._look_up(new, code))
        late = asyncio.create_task(self._clock.sleep(BEFORE_A_NOTICE))
        try:
            await asyncio.wait({answering, late}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                await self._mention(visit, views.sentence(asking.still_asking(new.phone)))
            lookup = await answering
        finally:
            late.cancel()
            answering.cancel()
        if lookup:
            await self._tell_outcome(lookup, visit.origin)

    async def answer_form(self, visit: Visit, new: NewLookup, code: SecretStr) -> None:
        """Look up, and show how it ended in the form's window. The window is gone once closed; the message stays."""
        submitted_at = self._clock.monotonic()
        lookup = await self._look_up(new, code)
        if lookup and visit.view_id:
            window = views.outcome(visit.origin, lookup)
            await asyncio.gather(
                self._tell_outcome(lookup, visit.origin),
                self._windows.show_after_submission(visit.view_id, window, submitted_at=submitted_at),
            )

    async def open_form(
        self, visit: Visit, *, phone: PhoneNumber | None = None, reason: str = "", notice: str | None = None
    ) -> None:
        """Open the form, filled in as far as known; or say why this person gets none."""
        try:
            decision = await asyncio.wait_for(self._decide(visit.actor), BEFORE_THE_FORM)
        except TimeoutError:  # the submission is decided again
            decision = YES
        if decision.problem:
            view = views.refusal(visit.origin, problems.PROBLEMS[decision.problem])
        else:
            view = form.build(visit.origin, phone=phone, reason=reason, notice=notice)
        if visit.view_id and await self._windows.show(visit.view_id, view):
            return
        try:
            await self._replies.open_view(visit.trigger_id, view)
        except SlackError as error:
            log.info("form not opened", extra={"facts": {"error": error.reason}})
            await self._mention(visit, views.sentence(asking.FORM_TOO_LATE, with_form_button=True))

    async def reopen_form(self, visit: Visit, lookup_id: LookupId) -> None:
        """Open the form for the number of an earlier lookup of theirs. Its code was never kept."""
        lookup = await self._lookups.find(lookup_id, user_id=visit.actor.user_id, team_id=visit.actor.team_id)
        if lookup is None:
            await self.say(visit, asking.GONE)
        else:
            await self.open_form(visit, phone=lookup.phone, reason=lookup.reason)

    async def say(self, visit: Visit, sentence: str) -> None:
        """Say one thing, in the window or else where they are, with a button that opens the form."""
        if visit.view_id and await self._windows.show(visit.view_id, views.trouble(visit.origin, sentence)):
            return
        await self._mention(visit, views.sentence(sentence, with_form_button=True))

    async def tell_untold(self, lookup: Lookup) -> None:
        """Tell an agent how a lookup ended whose process could not."""
        await self._tell_outcome(lookup, Origin())

    async def tell_broken(self, visit: Visit, error: Exception, reference: str) -> None:
        """Tell whoever waits that something of ours broke."""
        is_store = isinstance(error, StoreUnavailable)
        await self.say(visit, asking.not_recorded(reference) if is_store else asking.broken(reference))

    async def _look_up(self, new: NewLookup, code: SecretStr) -> Lookup | None:
        """The lookup as it ended; ``None`` when this submission was received before and its answer goes elsewhere."""
        lookup, is_new = await self._lookups.accept(new, await self._decide(new.agent))
        if not is_new:
            return None
        return lookup if lookup.state is State.REJECTED else await self._lookups.run(lookup, code)

    async def _tell_outcome(self, lookup: Lookup, origin: Origin) -> None:
        message = views.outcome_message(lookup)
        if await self._replies.tell(lookup.agent.user_id, message, response_url=origin.response_url):
            await self._lookups.told(lookup)
        else:  # the sweeper tries again
            log.error("outcome not told", extra={"facts": {"lookup": lookup.id}})

    async def _mention(self, visit: Visit, message: views.Message) -> None:
        await self._replies.mention(visit.actor.user_id, message, response_url=visit.origin.response_url)

    async def _decide(self, actor: Actor) -> Decision:
        return decide(actor, await self._people.membership(actor), self._agents)

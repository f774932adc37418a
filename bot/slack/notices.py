"""What the outbox has said in Slack: to the agent, on the cards, to the approvers. Words are made from the record."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TypeVar

from bot.errors import SlackError
from bot.models import ApprovalState, MessageRef, Request, RequestId, State
from bot.outbox import Say
from bot.policy import Audience, has_ended
from bot.requests import Requests
from bot.slack import cards, views
from bot.slack.blocks import Message
from bot.slack.messenger import Messenger, Shown
from bot.slack.payloads import Origin
from bot.slack.people import Channel, People
from bot.store import decisions, guesses, messages
from bot.store import requests as store
from bot.store.outbox import Due, Kind
from bot.store.record import Record
from bot.texts import requests as texts

log = logging.getLogger(__name__)

T = TypeVar("T")


MOST_REMEMBERED = 1000
"""Requests of which is known here where they came from, or that they run here. Whose end another process tells is never
looked up again: the oldest are forgotten."""


class Notices:
    """Says each kind of thing that an outbox holds. Every ``say`` tells whether that is done with."""

    def __init__(
        self,
        *,
        record: Record,
        requests: Requests,
        messenger: Messenger,
        people: People,
        approvers: Audience,
        channel: Channel | None,
    ) -> None:
        """``channel`` is where cards go; without one each approver gets a direct message."""
        self._record = record
        self._requests = requests
        self._messenger = messenger
        self._people = people
        self._approvers = approvers
        self._channel = channel
        self._origins: dict[RequestId, Origin] = {}
        """Where requests came from, for the answer where it was asked; after a restart the direct message is left."""
        self._run_here: dict[RequestId, None] = {}
        """Requests that this process runs, until their end is told: it shows the end where it showed the progress."""

    @property
    def by_kind(self) -> Mapping[Kind, Say]:
        """Who says what, for the outbox."""
        return {
            Kind.AGENT: self.say_to_agent,
            Kind.CARDS: self.say_on_cards,
            Kind.REMIND: self.remind,
            Kind.EXPIRE: self.expire,
            Kind.ALARM: self.say_alarms,
        }

    def remember_origin(self, request_id: RequestId, origin: Origin) -> None:
        """Remember where a request was asked, until its end is told."""
        _remember(self._origins, request_id, origin)

    def remember_run(self, request_id: RequestId) -> None:
        """Remember that this process runs a request, until its end is told."""
        _remember(self._run_here, request_id, None)

    async def say_to_agent(self, due: Due) -> bool:
        """Tell whoever asked how their request stands."""
        request = await self._record.read(store.find, due.request_id)
        if request is None:
            return True
        origin = self._origins.get(request.id, Origin())
        if request.approval.state is ApprovalState.AWAITING:
            return await self._tell(request, views.receipt(request), origin)
        if not has_ended(request.lookups) and not request.is_any(State.HELD):
            return True  # it runs: whoever runs it has its end told
        is_told = await self._say_outcome(request, origin)
        if is_told and has_ended(request.lookups):
            self._origins.pop(request.id, None)
            self._run_here.pop(request.id, None)
        return is_told

    async def say_on_cards(self, due: Due) -> bool:
        """Ask the approvers, or make every copy of the card say what was decided."""
        request = await self._record.read(store.find, due.request_id)
        if request is None:
            return True
        if request.approval.state is ApprovalState.AWAITING:
            is_asked = bool(await self._copies(request)) or await self._ask_to_decide(request, due)
            # Somebody may have decided on the first copy while the last was on its way.
            request = await self._record.read(store.find, due.request_id) or request
            if request.approval.state is ApprovalState.AWAITING:
                return is_asked
        return await self._redraw(request)

    async def remind(self, due: Due) -> bool:
        """Ask the approvers once more."""
        request = await self._record.read(store.find, due.request_id)
        if request is None or request.approval.state is not ApprovalState.AWAITING:
            return True
        if not await self._post_cards(request, is_reminder=True):
            return False
        await self._record.change(decisions.reminded, due)
        return True

    async def expire(self, due: Due) -> bool:
        """End a request whose time is over. That puts what is to be said of it into the outbox."""
        if await self._requests.end_overdue(due.request_id):
            return True
        request = await self._record.read(store.find, due.request_id)
        return request is None or not request.is_any(State.HELD)  # our clock may be behind the database's

    async def say_alarms(self, due: Due) -> bool:
        """Tell those who would decide on a request of this agent's. Where nobody would, the log has to do."""
        for alarm in await self._record.read(guesses.untold_alarms, due.request_id):
            facts = {"request": due.request_id, "suspect": alarm.suspect.value, "refused": alarm.refused}
            log.warning("codes may be guessed", extra={"facts": facts})
            places = await self._places(alarm.request)
            message = cards.alarm_message(alarm)
            told = sum(await asyncio.gather(*(self._messenger.tell(place, message) for place in places)))
            if places and not told:
                return False
            await self._record.change(guesses.alarm_told, alarm, people=told)
        return True

    async def _ask_to_decide(self, request: Request, due: Due) -> bool:
        """Post the cards; if nobody could be asked, tell the agent, once."""
        is_posted = await self._post_cards(request)
        if not is_posted and not due.attempts:
            origin = self._origins.get(request.id, Origin())
            await self._tell(request, views.sentence(texts.NOBODY_REACHED), origin)
        return is_posted

    async def _say_outcome(self, request: Request, origin: Origin) -> bool:
        """What needed approval is told by direct message: it may come hours later, and must not get lost."""
        if views.has_ended_message(request):
            if not await self._tell(request, views.ended(request), Origin()):
                return False
            if request.is_single and request.is_any(State.ANSWERED) and origin.response_url:
                await self._messenger.respond(origin.response_url, views.outcome_message(request))
            return True
        if request.is_single or request.is_all(State.REJECTED):
            return await self._tell(request, views.outcome_message(request), _without_approval(request, origin))
        return await self._say_in_progress_message(request)

    async def _say_in_progress_message(self, request: Request) -> bool:
        """In the message that followed the request, where this process ran it; otherwise in a new one below it."""
        posted = await self._record.read(messages.of_request, messages.Kind.PROGRESS, request.id)
        done = views.outcome_message(request)
        if posted and request.id in self._run_here:
            shown = await self._messenger.update(posted[0], done)
            if shown is not Shown.GONE:
                return shown is Shown.YES
        if not await self._tell(request, done, Origin()):
            return False
        if posted:  # its progress stands still, and its button stops nothing any more
            await self._messenger.update(posted[0], views.sentence(texts.SEE_BELOW))
        return True

    async def _post_cards(self, request: Request, *, is_reminder: bool = False) -> bool:
        """Whether anybody could be asked: one approver who left must not break the request."""
        message = cards.card(request, await self._requests.recent_counts(request), is_reminder=is_reminder)
        posted = [await self._post_card(place, request, message) for place in await self._places(request)]
        if not any(posted):
            log.error("nobody could be asked to decide", extra={"facts": {"request": request.id}})
        return any(posted)

    async def _post_card(self, place: str, request: Request, message: Message) -> bool:
        posted = await self._messenger.post(place, message)
        if posted:
            await self._record.change(messages.add, messages.Kind.CARD, request.id, posted)
        return posted is not None

    async def _redraw(self, request: Request) -> bool:
        """Make every copy of the card say what the database says. Whether all of them do."""
        while True:
            message = cards.decided_card(request)
            copies = await self._copies(request)
            shown = await asyncio.gather(*(self._messenger.update(each, message) for each in copies))
            # While ours was on its way another process may have drawn a later state, and now ours stands over it. So
            # whoever drew looks again: then the last to draw has drawn what is.
            now = await self._record.read(store.find, request.id)
            if now is None or cards.decided_card(now) == message:
                return Shown.NOT_NOW not in shown
            request = now

    async def _copies(self, request: Request) -> list[MessageRef]:
        return await self._record.read(messages.of_request, messages.Kind.CARD, request.id)

    async def _places(self, request: Request) -> list[str]:
        """Where colleagues of the agent decide: the channel, or each approver's user id but the agent's own."""
        if self._channel and await self._channel.is_ours():
            return [self._channel.id]
        try:
            return sorted(await self._people.active(self._approvers) - {request.agent.user_id})
        except SlackError:
            log.warning("approvers not known", extra={"facts": {"request": request.id}})
            return []

    async def _tell(self, request: Request, message: Message, origin: Origin) -> bool:
        return await self._messenger.tell(request.agent.user_id, message, response_url=origin.response_url)


def _remember(remembered: dict[RequestId, T], request_id: RequestId, what: T) -> None:
    remembered[request_id] = what
    if len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def _without_approval(request: Request, origin: Origin) -> Origin:
    return origin if request.approval.state is ApprovalState.NOT_NEEDED else Origin()

"""What the outbox has said in Slack: to the agent, on the cards, to the approvers. Words are made from the record."""

import logging
from collections.abc import Mapping

from bot.access import Access
from bot.guesses import Alarm
from bot.models import ApprovalState, MessageRef, Request, RequestId, State
from bot.outbox import Say
from bot.recent import recent_counts
from bot.repeating import few_at_once
from bot.requests import Requests
from bot.slack import buttons, cards, views
from bot.slack.approvers import Approvers, Reached
from bot.slack.blocks import Message
from bot.slack.messenger import Messenger, Shown
from bot.slack.payloads import Origin
from bot.slack.remembered import Latest
from bot.states import has_ended
from bot.store import decisions, guesses, messages, outbox
from bot.store import requests as store
from bot.store.outbox import Due, Kind
from bot.store.record import Record
from bot.texts import requests as texts

log = logging.getLogger(__name__)


class Notices:
    """Says each kind of thing that an outbox holds. Every ``say`` tells whether that is done with."""

    def __init__(
        self,
        *,
        record: Record,
        access: Access,
        requests: Requests,
        messenger: Messenger,
        approvers: Approvers,
    ) -> None:
        self._record = record
        self._access = access
        self._requests = requests
        self._messenger = messenger
        self._approvers = approvers
        self.origins: Latest[RequestId, Origin] = Latest()
        """Where requests came from, for the answer where it was asked; after a restart the direct message is left."""
        self.run_here: Latest[RequestId, None] = Latest()
        """Requests that this process runs, until their end is told: it shows the end where it showed the progress."""
        self._drawn: Latest[RequestId, dict[MessageRef, Message]] = Latest()
        """What the copies of a card say, until all of them say the same: of hundreds Slack takes some at a time."""
        self._alarmed: Latest[int, set[str]] = Latest()
        """Whom each alarm has reached (a channel, user ids), until it has reached all."""

    @property
    def by_kind(self) -> Mapping[Kind, Say]:
        """Who says what, for the outbox."""
        return {
            Kind.AGENT: self.say_to_agent,
            Kind.CARDS: self.say_on_cards,
            Kind.REMIND: self.remind,
            Kind.EXPIRE: self.expire,
            Kind.ALARM: self.say_alarms,
            Kind.CODES: self.ask_for_codes,
        }

    async def say_to_agent(self, due: Due) -> bool:
        """Tell whoever asked how their request stands."""
        request = await self._find(due)
        if request is None:
            return True
        origin = self.origins.get(request.id, Origin())
        if request.approval.state is ApprovalState.AWAITING:
            return _is_done(await self._tell(request, views.receipt(request), origin), request)
        if not has_ended(request.lookups) and not request.is_any(State.HELD):
            return True  # it runs: whoever runs it has its end told
        is_done = _is_done(await self._say_outcome(request, origin), request)
        if is_done and has_ended(request.lookups):
            self.origins.pop(request.id, None)
            self.run_here.pop(request.id, None)
        return is_done

    async def say_on_cards(self, due: Due) -> bool:
        """Ask the approvers, or make every copy of the card say what was decided."""
        request = await self._find(due)
        if request is None:
            return True
        if request.approval.state is ApprovalState.AWAITING:
            is_asked = await self._ask_to_decide(request, due)
            # Somebody may have decided on the first copy while the last was on its way.
            request = await self._record.read(store.find, due.request_id) or request
            if request.approval.state is ApprovalState.AWAITING:
                return await self._redraw(request) and is_asked
        return await self._redraw(request)

    async def cards_to_take_away(self) -> list[RequestId]:
        """Requests whose cards wait in a channel that was shared since. Delivering their cards moves them."""
        channel_id = self._approvers.channel_id
        waiting = await self._record.read(messages.waiting_in, channel_id) if channel_id else []
        if not waiting or not await self._approvers.shared_channel():
            return []
        for request_id in waiting:
            await self._record.change(outbox.repeat, Kind.CARDS, request_id)
        return waiting

    async def remind(self, due: Due) -> bool:
        """Ask the approvers once more."""
        request = await self._find(due)
        if request is None or request.approval.state is not ApprovalState.AWAITING:
            return True
        half_way = (request.asked_at + (request.approval.expires_at or request.asked_at)) / 2
        reached, is_asked = await self._post_cards(request, is_reminder=True, since=half_way)
        gets_on = await self._gets_on(due, reached)
        if reached.told:
            await self._record.change(decisions.reminded, due)
        return gets_on or (not reached.left and (is_asked or bool(reached.refused)))

    async def expire(self, due: Due) -> bool:
        """End a request whose time is over. That puts what is to be said of it into the outbox."""
        if await self._requests.end_overdue(due.request_id):
            return True
        request = await self._record.read(store.find, due.request_id)
        return request is None or not request.is_any(State.HELD)  # our clock may be behind the database's

    async def ask_for_codes(self, due: Due) -> bool:
        """Have the agent asked for the codes that nobody used in time. That puts it into the outbox."""
        request = await self._find(due)
        if request is None:
            return True
        if not await self._requests.is_usable(request):
            return False
        await self._record.change(decisions.ask_for_codes, due)
        return True

    async def say_alarms(self, due: Due) -> bool:
        """Tell those who would decide on a request of this agent's. Where nobody would, the log has to do."""
        told = left = 0
        for alarm in await self._record.read(guesses.untold_alarms, due.request_id):
            reached = await self._alarm(alarm)
            told, left = told + reached.told, left + reached.left
        return await self._gets_on(due, Reached(told=told, left=left)) or not left

    async def _alarm(self, alarm: Alarm) -> Reached:
        facts = {"request": alarm.request.id, "suspect": alarm.suspect.value, "refused": alarm.refused}
        log.warning("possible code guessing", extra={"facts": facts})
        told = self._alarmed[alarm.entry] = self._alarmed.get(alarm.entry, set())

        async def posted(place: str, _ref: MessageRef) -> None:
            told.add(place)

        message, agent = cards.alarm_message(alarm), alarm.request.agent
        reached = await self._approvers.reach(message, agent=agent, already=frozenset(told), posted=posted)
        if not reached.left:
            await self._record.change(guesses.alarm_told, alarm, people=len(told))
            self._alarmed.pop(alarm.entry, None)
        return reached

    async def _find(self, due: Due) -> Request | None:
        """The request; ``None``: nothing is to be said of it now.

        One whose time is over is ended first, perhaps by what else is due just now, and that puts what is to be said of
        it into the outbox: it would be said twice.
        """
        if await self._requests.end_overdue(due.request_id):
            return None
        request = await self._record.read(store.find, due.request_id)
        newest = await self._record.read(outbox.waiting, due.kind, due.request_id)
        return request if newest and newest.version == due.version else None

    async def _ask_to_decide(self, request: Request, due: Due) -> bool:
        """Post the cards; if nobody could be asked, or is there to decide, tell the agent, once."""
        reached, is_asked = await self._post_cards(request)
        if not due.attempts:
            origin = self.origins.get(request.id, Origin())
            if await self._approvers.are_none(request.agent):
                await self._tell(request, views.sentence(texts.NOBODY_DECIDES), origin)
            elif not is_asked:
                await self._tell(request, views.sentence(texts.NOBODY_REACHED), origin)
        gets_on = await self._gets_on(due, reached)
        return gets_on or (not reached.left and (is_asked or bool(reached.refused)))

    async def _gets_on(self, due: Due, reached: Reached) -> bool:
        """Whether some were reached, and others are left: then the pause before the next try does not grow."""
        if not (reached.told and reached.left):
            return False
        await self._record.change(outbox.repeat, due.kind, due.request_id)
        return True

    async def _say_outcome(self, request: Request, origin: Origin) -> Shown:
        """What needed approval is told by direct message: it may come hours later, and must not get lost."""
        if views.has_ended_message(request):
            told = await self._tell(request, views.ended(request), origin, in_person=True)
            if told is Shown.YES and request.is_single and request.is_any(State.ANSWERED) and origin.response_url:
                message = await self._outcome(request)
                await self._messenger.respond(origin.response_url, message, reader=request.agent.user_id)
            return told
        # A list that only has to wait is told as lists are: by direct message, which does not get lost until then.
        if request.is_single or (request.is_all(State.REJECTED) and request.lookup.result.wait_until is None):
            in_person = request.approval.state is not ApprovalState.NOT_NEEDED
            return await self._tell(request, await self._outcome(request), origin, in_person=in_person)
        return await self._say_in_progress_message(request, origin)

    async def _say_in_progress_message(self, request: Request, origin: Origin) -> Shown:
        """In the message that followed the request, where this process ran it; otherwise in a new one below it."""
        posted = await self._record.read(messages.of_request, messages.Kind.PROGRESS, request.id)
        done = await self._outcome(request)
        if posted and request.id in self.run_here:
            shown = await self._messenger.update(posted[0], done)
            if shown is not Shown.GONE:
                return shown
        told = await self._tell(request, done, origin, in_person=True)
        if told is Shown.YES and posted:  # its progress stands still, and its button stops nothing any more
            await self._messenger.update(posted[0], views.sentence(texts.SEE_BELOW))
        return told

    async def _post_cards(
        self, request: Request, *, is_reminder: bool = False, since: float = 0.0
    ) -> tuple[Reached, bool]:
        """Whom that reached who had none ``since`` then, and whether anybody has one now."""
        recent = await recent_counts(self._record, request)
        message = cards.card(request, recent, is_reminder=is_reminder)
        if channel_id := await self._approvers.shared_channel():
            await self._take_away(request, channel_id)
        already = await self._record.read(messages.places, request.id, since=since) - {channel_id}
        drawn = self._drawn[request.id] = self._drawn.get(request.id, {})

        async def posted(place: str, ref: MessageRef) -> None:
            drawn[ref] = cards.card(request, recent)
            add, card = messages.add, messages.Kind.CARD
            await self._record.change(add, card, request.id, ref, sent_to=place, drawn_at=recent.at)

        reached = await self._approvers.reach(message, agent=request.agent, already=already, posted=posted)
        is_asked = bool(already or reached.told)
        if not is_asked:
            facts = {"request": request.id, "refused": reached.refused, "left": reached.left}
            log.error("no approver reached", extra={"facts": facts})
        return reached, is_asked

    async def _take_away(self, request: Request, channel_id: str) -> None:
        """Empty the cards in a channel that others see. One that cannot be emptied now is tried at the next look."""
        for ref in await self._copies(request):
            is_there = ref.channel_id == channel_id
            if is_there and await self._messenger.update(ref, cards.taken_away()) is not Shown.NOT_NOW:
                await self._record.change(messages.taken_away, ref)

    async def _redraw(self, request: Request) -> bool:
        """Make every copy of the card say what the database says. Whether all of them do."""
        drawn = self._drawn[request.id] = self._drawn.get(request.id, {})
        if channel_id := await self._approvers.shared_channel():
            await self._take_away(request, channel_id)
        while True:
            is_waiting = request.approval.state is ApprovalState.AWAITING
            recent = await recent_counts(self._record, request) if is_waiting else None
            message = cards.card(request, recent) if recent else cards.decided_card(request)
            copies = [each for each in await self._copies(request) if each.channel_id != channel_id]
            behind = [each for each in copies if drawn.get(each) != message]
            if not behind:
                if recent:
                    await self._record.change(messages.redrawn, copies, drawn_at=recent.at)
                else:
                    self._drawn.pop(request.id, None)
                return True
            await few_at_once(self._draw, [(each, message, drawn) for each in behind])
            # While ours was on its way another process may have drawn a later state, and now ours stands over it, or
            # posted another copy. So whoever drew looks again: then the last to draw has drawn what is.
            now = await self._record.read(store.find, request.id)
            if now is None or any(drawn.get(each) != message for each in behind):
                return now is None
            request = now

    async def _draw(self, to_draw: tuple[MessageRef, Message, dict[MessageRef, Message]]) -> None:
        ref, message, drawn = to_draw
        if await self._messenger.update(ref, message) is not Shown.NOT_NOW:
            drawn[ref] = message

    async def _copies(self, request: Request) -> list[MessageRef]:
        return await self._record.read(messages.of_request, messages.Kind.CARD, request.id)

    async def _outcome(self, request: Request) -> Message:
        """How it ended, with buttons for the next form in the same workspace."""
        message = views.outcome_message(request, await self._access.chance(request))
        return buttons.in_workspace(message, request.agent.team_id)

    async def _tell(self, request: Request, message: Message, origin: Origin, *, in_person: bool = False) -> Shown:
        user_id, response_url = request.agent.user_id, origin.response_url
        return await self._messenger.tell(user_id, message, response_url=response_url, in_person=in_person)


def _is_done(told: Shown, request: Request) -> bool:
    """Whether telling the agent is done with: who takes no message now takes none later either."""
    if told is Shown.GONE:
        log.error("agent not reached", extra={"facts": {"request": request.id}})
    return told is not Shown.NOT_NOW

"""The cards approvers decide on: how they look, where they are, and the one place that redraws every copy."""

import asyncio
import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import LATELY, Approvals, Lately
from bot.errors import StoreUnavailable
from bot.interfaces import Clock, Store
from bot.models import Card, Lookup, LookupId, State
from bot.policy import Circle
from bot.slack import approval_views, blocks
from bot.slack.blocks import Block
from bot.slack.people import People
from bot.slack.refusals import is_passing, reason_of
from bot.slack.remembered import Remembered
from bot.slack.replies import NETWORK_ERRORS
from bot.slack.views import Message
from bot.texts import approvals as texts
from bot.texts import lists

log = logging.getLogger(__name__)

APPROVE = "approve"
DENY = "deny"
DETAILS = "details"
LIST_DETAILS = "list_details"


REDRAW_AGAIN_AFTER = (5.0, 30.0, 90.0)
"""Seconds before each further try to redraw a card that Slack was too busy to take."""

CHANNEL_REMEMBERED = 60.0
"""Seconds: a channel shared with another workspace gets no cards a minute later."""


class Cards:
    """Posts cards and keeps them true to the database."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        store: Store,
        approvals: Approvals,
        people: People,
        approvers: Circle,
        channel_id: str | None,
        clock: Clock,
    ) -> None:
        self._client = client
        self._store = store
        self._approvals = approvals
        self._people = people
        self._approvers = approvers
        self._channel_id = channel_id
        self._clock = clock
        self._channels = Remembered(self._ask_channel, seconds=CHANNEL_REMEMBERED, clock=clock)

    async def post(self, lookup: Lookup, *, is_reminder: bool = False) -> bool:
        """Ask those who decide. Whether anybody could be asked: one approver who left must not break the request."""
        message = card(lookup, await self._approvals.lately(lookup), is_reminder=is_reminder)
        posted = [await self._post_to(place, lookup, message) for place in await self.places(lookup)]
        if not any(posted):
            log.error("nobody could be asked to decide", extra={"facts": {"lookup": lookup.id}})
        # Somebody may have decided on the first copy while the last was on its way.
        await self.redraw(lookup.id)
        return any(posted)

    async def redraw(self, lookup_id: LookupId) -> None:
        """Make every copy of a lookup's card say what the database says."""
        drawn = State.AWAITING
        lookup = await self._store.find(lookup_id)
        # While our update was on its way another process may have drawn a later state, and now ours stands over it. So
        # whoever drew looks again: then the last to draw has drawn what is.
        while lookup and lookup.state not in (State.AWAITING, drawn):
            await self._draw(lookup)
            drawn = lookup.state
            lookup = await self._store.find(lookup_id)

    async def are_posted(self, lookup: Lookup) -> bool:
        """Whether anybody was asked to decide."""
        return bool(await self._store.cards(lookup.id))

    async def stale(self) -> set[LookupId]:
        """Lookups with a copy that nobody has redrawn for minutes: Slack did not take it, or whoever drew it died."""
        return await self._store.claim_stale_cards()

    async def _draw(self, lookup: Lookup) -> None:
        copies = await self._store.cards(lookup.id)
        if not copies:
            return
        message = decided_card(lookup)
        if all(await asyncio.gather(*(self._update(lookup, each, message) for each in copies))):
            try:
                await self._store.cards_drawn(lookup.id, lookup.state)
            except StoreUnavailable:  # drawing it once more does no harm
                log.exception("drawing not remembered", extra={"facts": {"lookup": lookup.id}})

    async def _update(self, lookup: Lookup, each: Card, message: Message) -> bool:
        """Whether the copy is as it should be, or gone for good."""
        for again_after in (*REDRAW_AGAIN_AFTER, None):
            try:
                await self._client.chat_update(
                    channel=each.channel_id, ts=each.ts, text=message.text, blocks=message.blocks, parse="none"
                )
            except SlackApiError as error:
                reason = reason_of(error)
                log.warning("card not redrawn", extra={"facts": {"lookup": lookup.id, "error": reason}})
                if reason is not None and not is_passing(reason):  # deleted, or the bot was removed from the channel
                    return True
            except NETWORK_ERRORS:  # the decision stands, and what follows from it must go on
                log.exception("card not redrawn", extra={"facts": {"lookup": lookup.id}})
            else:
                return True
            if again_after is not None:
                await self._clock.sleep(again_after)
        return False

    async def places(self, lookup: Lookup) -> list[str]:
        """Where a lookup's agent's colleagues decide: the channel, or each approver's user id but the agent's own."""
        if self._channel_id and await self._is_ours(self._channel_id):
            return [self._channel_id]
        return sorted(await self._people.active(self._approvers) - {lookup.agent.user_id})

    async def _is_ours(self, channel_id: str) -> bool:
        """Whether only this workspace's people see what is posted there: it may be shared after the start."""
        try:
            channel = await self._channels.get(channel_id)
        except (SlackApiError, *NETWORK_ERRORS):
            log.exception("approval channel not known", extra={"facts": {"channel": channel_id}})
            return False
        is_ours = not (channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))
        if not is_ours:
            log.error("approval channel is shared", extra={"facts": {"channel": channel_id}})
        return is_ours

    async def _ask_channel(self, channel_id: str) -> dict[str, Any]:
        channel: dict[str, Any] = (await self._client.conversations_info(channel=channel_id))["channel"]
        return channel

    async def _post_to(self, place: str, lookup: Lookup, message: Message) -> bool:
        try:
            posted = await self._client.chat_postMessage(
                channel=place, text=message.text, blocks=message.blocks, unfurl_links=False, unfurl_media=False
            )
        except SlackApiError as error:
            facts = {"lookup": lookup.id, "place": place, "error": reason_of(error)}
            log.warning("card not posted", extra={"facts": facts})
            return False
        except NETWORK_ERRORS:
            log.exception("card not posted", extra={"facts": {"lookup": lookup.id, "place": place}})
            return False
        await self._store.add_card(lookup.id, Card(str(posted["channel"]), str(posted["ts"])))
        return True


def card(lookup: Lookup, lately: Lately, *, is_reminder: bool = False) -> Message:
    """What approvers decide on. The reason is somebody's text: plain in the blocks, escaped in the fallback."""
    heading = (texts.reminder_heading if is_reminder else texts.card_heading)(lookup)
    history = texts.asked_lately(lookup, lately.by_agent, lately.for_number, LATELY)
    refused = texts.refused_lately(lookup, lately.refused)
    body = [
        blocks.header(heading),
        blocks.formatted_section(texts.asked_by(f"<@{lookup.agent.user_id}>")),
        blocks.section(f"{texts.REASON_GIVEN}: {lookup.reason or texts.NO_REASON}"),
        *([blocks.section(refused)] if refused else []),
        blocks.formatted_context(texts.expires(_date(lookup))),
        blocks.context(f"{history} {texts.reference(lookup)}"),
        blocks.buttons(*_buttons(lookup)),
    ]
    fallback = f"{blocks.escape(heading)}. {texts.asked_by(f'<@{lookup.agent.user_id}>')}. " + blocks.escape(
        f"{texts.REASON_GIVEN}: {lookup.reason or texts.NO_REASON}"
    )
    return Message(fallback, body)


def decided_card(lookup: Lookup) -> Message:
    """The card after it was decided, or ended otherwise: what became of it, by whom and why, and no buttons."""
    heading = texts.decided_heading(lookup)
    # Of a list only the first number is looked at here: were it forgotten, the list would not be.
    became = (approval_views.became if lookup.place else approval_views.outcome)(lookup).text
    reason = lookup.approval.reason if lookup.approval else ""
    body = [
        blocks.header(heading),
        blocks.formatted_section(texts.asked_by(f"<@{lookup.agent.user_id}>")),
        blocks.section(f"{texts.REASON_GIVEN}: {lookup.reason or texts.NO_REASON}"),
        blocks.formatted_section(became),
        *([blocks.section(f"{texts.DENIED_BECAUSE}: {reason}")] if reason else []),
        blocks.context(texts.reference(lookup)),
    ]
    return Message(f"{blocks.escape(heading)}. {became}", body)


def _buttons(lookup: Lookup) -> list[Block]:
    approve = blocks.button(
        texts.APPROVE, action_id=APPROVE, label=texts.APPROVE_LABEL, value=lookup.id, is_primary=True
    )
    approve["confirm"] = {
        "title": blocks.plain(texts.APPROVE_CONFIRM_TITLE),
        "text": blocks.plain(lists.APPROVE_CONFIRM_TEXT if lookup.place else texts.APPROVE_CONFIRM_TEXT),
        "confirm": blocks.plain(texts.APPROVE_CONFIRM_YES),
        "deny": blocks.plain(texts.CANCEL),
    }
    return [
        approve,
        blocks.button(texts.DENY, action_id=DENY, label=texts.DENY_LABEL, value=lookup.id),
        blocks.button(
            texts.DETAILS,
            action_id=LIST_DETAILS if lookup.place else DETAILS,
            label=lists.DETAILS_LABEL if lookup.place else texts.DETAILS_LABEL,
            value=lookup.id,
        ),
    ]


def _date(lookup: Lookup) -> str:
    """Each reader's local time, as Slack's markup; the fallback is UTC."""
    return blocks.date(lookup.approval.expires_at if lookup.approval else lookup.created_at)

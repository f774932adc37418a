"""Reaching the approvers: in their channel, or else each by direct message. A message in, how many it reached out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.errors import SlackError
from bot.interfaces import Clock
from bot.models import Actor, MessageRef
from bot.outbox import AT_MOST, ONE_CALL
from bot.policy import Audience
from bot.repeating import few_at_once
from bot.slack import cards
from bot.slack.blocks import Message
from bot.slack.channel import Channel
from bot.slack.messenger import Messenger, Shown
from bot.slack.people import People
from bot.texts.requests import ChannelTrouble
from bot.workspaces import workspace_of

Posted = Callable[[str, MessageRef], Awaitable[None]]
"""Told of each message that was posted: to whom (a channel or a user id), and where it is."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of reaching the approvers."""

    told: int = 0
    """Channels or people that took the message now."""
    refused: int = 0
    """Those who take none, however often it is tried."""
    left: int = 0
    """Those to be tried again, or of whom Slack does not say who they are."""


class Approvers:
    """Those who decide, and their channel if they have one."""

    def __init__(
        self, *, people: People, messenger: Messenger, audience: Audience, channel: Channel | None, clock: Clock
    ) -> None:
        """``channel`` is where cards go; without one each approver gets a direct message."""
        self._people = people
        self._messenger = messenger
        self._audience = audience
        self._channel = channel
        self._clock = clock

    async def are_none(self, agent: Actor) -> bool:
        """Whether surely nobody else decides on what this agent asks for."""
        workspace = workspace_of(agent)
        try:
            return not await self._people.has_active(self._audience, workspace, but_for=agent.user_id)
        except SlackError:
            return False

    @property
    def channel_id(self) -> str | None:
        """Their channel, if they have one."""
        return self._channel.id if self._channel else None

    async def shared_channel(self) -> str | None:
        """Their channel, if people outside the organization see it, or are invited to: no card may stand there."""
        is_shared = self._channel and await self._channel.trouble() is ChannelTrouble.SHARED
        return self._channel.id if self._channel and is_shared else None

    async def reach(
        self, message: Message, *, agent: Actor, posted: Posted, already: frozenset[str] = frozenset()
    ) -> Reached:
        """Send what is about a request of ``agent``'s to each who has not got it ``already``, but never to that agent
        by direct message.

        Where the channel cannot be used it goes to each approver directly, and says why.
        """
        begun_at, workspace = self._clock.monotonic(), workspace_of(agent)
        if self._channel:
            if self._channel.id in already:
                return Reached()
            trouble = await self._channel.trouble(workspace)
            shown = Shown.GONE if trouble else await self._post(self._channel.id, message, posted)
            if shown is not Shown.GONE:
                return _count([shown])
            trouble = trouble or self._channel.note(ChannelTrouble.REFUSES)
            message = cards.sent_directly(message, self._channel.id, trouble)
        listed = await self._people.listed(self._audience, workspace)

        async def send(user_id: str) -> Shown | None:
            return await self._send(user_id, message, posted, workspace=workspace)

        # What is begun must have ended before the time for all of it is over: else nobody knew where it was posted.
        end = begun_at + AT_MOST - ONE_CALL
        waiting = sorted(listed.user_ids - {agent.user_id} - already)
        shown_to = await few_at_once(send, waiting, goes_on=lambda: self._clock.monotonic() < end)
        return _count(shown_to, left=len(waiting) - len(shown_to) + (listed.doubt is not None))

    async def _send(self, user_id: str, message: Message, posted: Posted, *, workspace: str | None) -> Shown | None:
        """``None``: they do not decide any more."""
        try:
            if not await self._people.is_full_member(user_id, workspace):
                return None
        except SlackError:
            return Shown.NOT_NOW
        return await self._post(user_id, message, posted)

    async def _post(self, place: str, message: Message, posted: Posted) -> Shown:
        ref = await self._messenger.post(place, message)
        if isinstance(ref, Shown):
            return ref
        await posted(place, ref)
        return Shown.YES


def _count(shown: Sequence[Shown | None], *, left: int = 0) -> Reached:
    return Reached(shown.count(Shown.YES), shown.count(Shown.GONE), left + shown.count(Shown.NOT_NOW))

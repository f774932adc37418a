"""What Slack knows of people and of the approval channel, asked once and remembered briefly. Fails closed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from bot.errors import SlackError
from bot.interfaces import Clock
from bot.models import Actor
from bot.policy import Audience, Membership, Standing
from bot.slack.web import Web, part

log = logging.getLogger(__name__)

T = TypeVar("T")

MEMBERS_REMEMBERED = 300.0
"""Seconds: a guest made today is a guest within five minutes."""

GROUPS_REMEMBERED = 60.0
"""Seconds: whoever leaves a usergroup stops deciding within a minute."""

CHANNEL_REMEMBERED = 60.0
"""Seconds: a channel shared with another workspace gets no cards a minute later."""


class Remembered(Generic[T]):
    """What ``ask`` answers for a key, at most ``seconds`` old: asked for once at a time, failures not remembered."""

    def __init__(self, ask: Callable[[str], Awaitable[T]], *, seconds: float, clock: Clock) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        """The answer. Raises what ``ask`` raises; then the next caller asks anew."""
        remembered = self._answers.get(key)
        if remembered and self._clock.monotonic() - remembered[0] < self._seconds:
            return remembered[1]
        if key not in self._under_way:
            task = asyncio.create_task(self._find_out(key))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # A caller that gives up must not take the answer from the others.
        return await asyncio.shield(self._under_way[key])

    async def aclose(self) -> None:
        """End what is still being asked."""
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_out(self, key: str) -> T:
        answer = await self._ask(key)
        self._answers[key] = (self._clock.monotonic(), answer)
        return answer


class People:
    """Tells full members from guests and outsiders, and knows the usergroups that the settings name.

    Nobody Slack does not vouch for is a member of anything.
    """

    def __init__(self, web: Web, *, team_id: str, clock: Clock, group_ids: frozenset[str] = frozenset()) -> None:
        self._web = web
        self._team_id = team_id
        self._group_ids = group_ids
        self._memberships = Remembered(self._ask_membership, seconds=MEMBERS_REMEMBERED, clock=clock)
        self._groups = Remembered(self._ask_group, seconds=GROUPS_REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked: whoever waited for it is gone, and the HTTP session goes next."""
        await self._memberships.aclose()
        await self._groups.aclose()

    async def standing(self, actor: Actor) -> Standing:
        """What this person is to our workspace."""
        membership = await self._membership(actor)
        if membership is not Membership.FULL:
            return Standing(membership)
        groups = {group_id for group_id in sorted(self._group_ids) if actor.user_id in await self._members(group_id)}
        return Standing(membership, frozenset(groups))

    async def active(self, audience: Audience) -> frozenset[str]:
        """The user ids in an audience who are full members now, its usergroups' members among them.

        Whoever Slack cannot be asked about is left out.
        """
        listed = set(audience.user_ids)
        for group_id in audience.group_ids:
            listed |= await self._members(group_id)
        return frozenset([user_id for user_id in listed if await self._membership_of(user_id) is Membership.FULL])

    async def _membership(self, actor: Actor) -> Membership:
        if actor.team_id and actor.team_id != self._team_id:
            return Membership.OUTSIDER
        return await self._membership_of(actor.user_id)

    async def _membership_of(self, user_id: str) -> Membership:
        try:
            return await self._memberships.get(user_id)
        except SlackError as error:
            log.warning("person not known", extra={"facts": {"user": user_id, "error": error.reason}})
            return Membership.UNKNOWN

    async def _members(self, group_id: str) -> frozenset[str]:
        try:
            return await self._groups.get(group_id)
        except SlackError as error:
            log.warning("usergroup not known", extra={"facts": {"group": group_id, "error": error.reason}})
            return frozenset()

    async def _ask_membership(self, user_id: str) -> Membership:
        user = part(await self._web.users_info(user=user_id), "user", dict)
        return _membership_in(user, team_id=self._team_id)

    async def _ask_group(self, group_id: str) -> frozenset[str]:
        users = part(await self._web.usergroups_users_list(usergroup=group_id), "users", list)
        return frozenset(str(user_id) for user_id in users)


class Channel:
    """The channel where approvers decide."""

    def __init__(self, channel_id: str, web: Web, *, clock: Clock) -> None:
        self.id = channel_id
        self._web = web
        self._answers = Remembered(self._ask, seconds=CHANNEL_REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked."""
        await self._answers.aclose()

    async def is_ours(self) -> bool:
        """Whether only this workspace's people see what is posted there: it may be shared after the start."""
        try:
            is_ours = await self._answers.get(self.id)
        except SlackError as error:
            log.warning("approval channel not known", extra={"facts": {"channel": self.id, "error": error.reason}})
            return False
        if not is_ours:
            log.error("approval channel is shared", extra={"facts": {"channel": self.id}})
        return is_ours

    async def _ask(self, channel_id: str) -> bool:
        return not is_shared(part(await self._web.conversations_info(channel=channel_id), "channel", dict))


def is_shared(channel: Mapping[str, Any]) -> bool:
    """Whether people of another workspace are, or may soon be, in a channel that Slack describes so."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def _membership_in(user: Mapping[str, Any], *, team_id: str) -> Membership:
    if user.get("is_stranger") or user.get("team_id") != team_id:
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    if user.get("deleted") or user.get("is_bot"):
        return Membership.UNKNOWN
    return Membership.FULL

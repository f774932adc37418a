"""What Slack knows about people: who is a full member, who is in which usergroup. Fails closed."""

import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.models import Actor
from bot.policy import Circle, Membership, Standing
from bot.slack.refusals import reason_of
from bot.slack.remembered import Remembered

log = logging.getLogger(__name__)

MEMBERS_REMEMBERED = 300.0
"""Seconds: a guest made today is a guest within five minutes."""

GROUPS_REMEMBERED = 60.0
"""Seconds: whoever leaves a usergroup stops deciding within a minute."""


class People:
    """Tells full members from guests and outsiders, and knows the usergroups that the settings name.

    Nobody Slack does not vouch for is a member of anything.
    """

    def __init__(
        self, client: AsyncWebClient, *, team_id: str, clock: Clock, group_ids: frozenset[str] = frozenset()
    ) -> None:
        self._client = client
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

    async def active(self, circle: Circle) -> frozenset[str]:
        """The user ids in a circle who are full members now, its usergroups' members among them."""
        listed = set(circle.user_ids)
        for group_id in circle.group_ids:
            listed |= await self._members(group_id)
        return frozenset([user_id for user_id in listed if await self._membership_of(user_id) is Membership.FULL])

    async def _membership(self, actor: Actor) -> Membership:
        if actor.team_id and actor.team_id != self._team_id:
            return Membership.OUTSIDER
        return await self._membership_of(actor.user_id)

    async def _membership_of(self, user_id: str) -> Membership:
        try:
            return await self._memberships.get(user_id)
        except SlackApiError as error:
            log.warning("person not known", extra={"facts": {"user": user_id, "error": reason_of(error)}})
        except Exception:  # the network in any of its moods; asking again is up to the next request
            log.exception("person not asked", extra={"facts": {"user": user_id}})
        return Membership.UNKNOWN

    async def _members(self, group_id: str) -> frozenset[str]:
        try:
            return await self._groups.get(group_id)
        except SlackApiError as error:
            log.warning("usergroup not known", extra={"facts": {"group": group_id, "error": reason_of(error)}})
        except Exception:  # as above
            log.exception("usergroup not asked", extra={"facts": {"group": group_id}})
        return frozenset()

    async def _ask_membership(self, user_id: str) -> Membership:
        return _membership_of(user=(await self._client.users_info(user=user_id))["user"], team_id=self._team_id)

    async def _ask_group(self, group_id: str) -> frozenset[str]:
        return frozenset((await self._client.usergroups_users_list(usergroup=group_id))["users"])


def _membership_of(*, user: dict[str, Any], team_id: str) -> Membership:
    if user.get("is_stranger") or user.get("team_id") != team_id:
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    if user.get("deleted") or user.get("is_bot"):
        return Membership.UNKNOWN
    return Membership.FULL

"""What Slack knows about people: asked one at a time, remembered briefly."""

import asyncio
import logging
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.interfaces import Clock
from bot.models import Actor
from bot.policy import Membership
from bot.slack.refusals import reason_of

log = logging.getLogger(__name__)

REMEMBERED = 300.0
"""Seconds a person's membership is remembered: a guest made today is a guest within five minutes."""


class People:
    """Tells full members from guests and outsiders. Fails closed: nobody Slack does not vouch for is a member."""

    def __init__(self, client: AsyncWebClient, *, team_id: str, clock: Clock) -> None:
        self._client = client
        self._team_id = team_id
        self._clock = clock
        self._remembered: dict[str, tuple[float, Membership]] = {}
        self._under_way: dict[str, asyncio.Task[Membership]] = {}

    async def membership(self, actor: Actor) -> Membership:
        """What this person is to our workspace. Failures are not remembered."""
        if actor.team_id and actor.team_id != self._team_id:
            return Membership.OUTSIDER
        at, membership = self._remembered.get(actor.user_id, (float("-inf"), Membership.UNKNOWN))
        if self._clock.monotonic() - at < REMEMBERED:
            return membership
        return await asyncio.shield(self._single_flight(actor.user_id))

    async def aclose(self) -> None:
        """End what is still being asked: whoever waited for it is gone, and the HTTP session goes next."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _single_flight(self, user_id: str) -> asyncio.Task[Membership]:
        if user_id not in self._under_way:
            task = asyncio.create_task(self._ask(user_id))
            self._under_way[user_id] = task
            task.add_done_callback(lambda _: self._under_way.pop(user_id, None))
        return self._under_way[user_id]

    async def _ask(self, user_id: str) -> Membership:
        try:
            user = (await self._client.users_info(user=user_id))["user"]
            membership = _membership_of(user, self._team_id)
        except SlackApiError as error:
            log.warning("person not known", extra={"facts": {"user": user_id, "error": reason_of(error)}})
            return Membership.UNKNOWN
        except Exception:  # the network in any of its moods; asking again is up to the next request
            log.exception("person not asked", extra={"facts": {"user": user_id}})
            return Membership.UNKNOWN
        self._remembered[user_id] = (self._clock.monotonic(), membership)
        return membership


def _membership_of(user: dict[str, Any], team_id: str) -> Membership:
    if user.get("is_stranger") or user.get("team_id") != team_id:
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    if user.get("deleted") or user.get("is_bot"):
        return Membership.UNKNOWN
    return Membership.FULL

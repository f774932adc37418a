"""What Slack knows of people and of the approval channel, asked once and remembered briefly. Fails closed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import SlackError, SlackRefused
from bot.interfaces import Clock
from bot.logs import Hourly
from bot.models import Actor, Problem
from bot.policy import Audience, Membership, Standing
from bot.slack.remembered import Remembered
from bot.slack.web import Web, part
from bot.texts.requests import ChannelTrouble

log = logging.getLogger(__name__)

REMEMBERED = 60.0
"""Seconds, for who may ask and whom to ask: somebody made a guest, or taken out of a usergroup, goes on for no longer.
Slack takes a hundred of these questions a minute, so a hundred people may be busy in the same minute; asking anew for
each thing they do would turn the others away. Whoever decides is asked about more freshly: see ``bot.access.FRESH``."""

CHANNEL_REMEMBERED = 10.0
"""Seconds: a channel shared with another workspace gets no cards after these."""

PATIENCE = 2.5
"""Seconds that somebody waits for Slack to say who they are. Then they are told so, and it may still say so later."""

NOBODY_THERE = frozenset({"no_such_subteam", "user_not_found", "user_not_visible"})
"""Slack's words for a person or a usergroup that it does not know, or does not show us: an answer."""

SLACKBOT = "USLACKBOT"
"""Described like a member."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Who is named."""

    user_ids: frozenset[str]
    doubt: SlackError | None = None
    """Why Slack did not say of a usergroup who is in it."""


class People:
    """Tells full members from guests and outsiders, and knows the usergroups that the settings name.

    Nobody Slack does not vouch for is a member of anything.
    """

    def __init__(self, web: Web, *, team_id: str, clock: Clock, group_ids: frozenset[str] = frozenset()) -> None:
        self._web = web
        self._team_id = team_id
        self._group_ids = group_ids
        self._memberships = Remembered("users.info", self._ask_membership, seconds=REMEMBERED, clock=clock)
        self._groups = Remembered("usergroups.users.list", self._ask_group, seconds=REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked: whoever waited for it is gone, and the HTTP session goes next."""
        await self._memberships.aclose()
        await self._groups.aclose()

    async def standing(self, actor: Actor, *, within: float | None = None) -> Standing:
        """What this person is to our workspace."""
        if actor.team_id and actor.team_id != self._team_id:
            return Standing(Membership.OUTSIDER)
        until = asyncio.get_running_loop().time() + PATIENCE
        try:
            membership = await self._memberships.get(actor.user_id, within=within, until=until)
        except SlackError as error:
            _log_unknown_person(actor.user_id, error)
            return Standing(Membership.UNKNOWN, doubt=_doubt_of(error))
        if membership is not Membership.FULL:
            return Standing(membership)
        groups, doubts = set(), set()
        for group_id in sorted(self._group_ids):
            try:
                if actor.user_id in await self._groups.get(group_id, within=within, until=until):
                    groups.add(group_id)
            except SlackError as error:
                _log_unknown_group(group_id, error)
                doubts.add(_doubt_of(error))
        return Standing(membership, frozenset(groups), doubt=min(filter(None, doubts), default=None))

    async def listed(self, audience: Audience) -> Listed:
        """Whom an audience names, its usergroups' members among them. A usergroup Slack does not know holds nobody."""
        listed, doubt = set(audience.user_ids), None
        for group_id in sorted(audience.group_ids):
            try:
                listed |= await self._groups.get(group_id)
            except SlackError as error:
                _log_unknown_group(group_id, error)
                doubt = error if _doubt_of(error) else doubt
        return Listed(frozenset(listed), doubt)

    async def is_full_member(self, user_id: str) -> bool:
        """Whether somebody is a full member now. Raises ``SlackError`` while Slack does not say."""
        try:
            return await self._memberships.get(user_id) is Membership.FULL
        except SlackError as error:
            _log_unknown_person(user_id, error)
            if _doubt_of(error) is None:
                return False
            raise

    async def has_active(self, audience: Audience, *, but_for: str = "") -> bool:
        """Whether anybody in an audience, but for one person, is a full member now. Raises ``SlackError`` while Slack
        does not say.

        Ends at the first: to ask about hundreds takes minutes.
        """
        doubt: SlackError | None = None
        groups = [Audience(group_ids=frozenset({each})) for each in sorted(audience.group_ids)]
        for part_of_it in (Audience(user_ids=audience.user_ids), *groups):
            listed = await self.listed(part_of_it)
            doubt = doubt or listed.doubt
            for user_id in sorted(listed.user_ids - {but_for}):
                try:
                    if await self.is_full_member(user_id):
                        return True
                except SlackError as error:
                    doubt = doubt or error
        if doubt:
            raise doubt
        return False

    async def _ask_membership(self, user_id: str) -> Membership:
        user = part(await self._web.users_info(user=user_id), "user", dict)
        return _membership_in(user, team_id=self._team_id) if user.get("id") == user_id else Membership.UNKNOWN

    async def _ask_group(self, group_id: str) -> frozenset[str]:
        users = part(await self._web.usergroups_users_list(usergroup=group_id), "users", list)
        return frozenset(str(user_id) for user_id in users)


class Channel:
    """The channel where approvers decide."""

    def __init__(self, channel_id: str, web: Web, *, team_id: str, clock: Clock) -> None:
        self.id = channel_id
        self._team_id = team_id
        self._web = web
        self._hourly = Hourly(clock)
        self._answers = Remembered("conversations.info", self._ask, seconds=CHANNEL_REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked."""
        await self._answers.aclose()

    async def trouble(self) -> ChannelTrouble | None:
        """Why no cards may go there, if there is a reason: it may be shared, or archived, after the start."""
        try:
            trouble = await self._answers.get(self.id)
        except SlackError as error:
            log.info("approval channel not known", extra={"facts": {"channel": self.id, "error": error.reason}})
            trouble = ChannelTrouble.UNKNOWN if error.is_final else ChannelTrouble.NOT_TOLD
        return trouble and self.note(trouble)

    def note(self, trouble: ChannelTrouble) -> ChannelTrouble:
        """Log it, once an hour."""
        self._hourly.log(log, logging.ERROR, "approval channel unusable", channel=self.id, why=trouble.value)
        return trouble

    async def _ask(self, channel_id: str) -> ChannelTrouble | None:
        channel = part(await self._web.conversations_info(channel=channel_id), "channel", dict)
        return trouble_of(channel, team_id=self._team_id)


def trouble_of(channel: Mapping[str, Any], *, team_id: str) -> ChannelTrouble | None:
    """Why cards may not go to a channel that Slack describes so; people of another workspace must not see them."""
    if _is_shared(channel, team_id=team_id):
        return ChannelTrouble.SHARED
    for trouble, marks in (
        (ChannelTrouble.ARCHIVED, ("is_archived", "is_frozen")),
        (ChannelTrouble.READ_ONLY, ("is_read_only", "is_thread_only")),
    ):
        if any(channel.get(mark) for mark in marks):
            return trouble
    return None if channel.get("is_member") else ChannelTrouble.NOT_JOINED


def _is_shared(channel: Mapping[str, Any], *, team_id: str) -> bool:
    """Whether people outside the organization see it, or are invited to. One mark is enough: records lack some."""
    marks, lists = ["is_ext_shared", "is_pending_ext_shared"], [*_TEAMS_OUTSIDE]
    if not channel.get("is_org_shared"):  # workspaces of one organization share a channel as well: another matter
        marks.append("is_shared")
        lists.append("shared_team_ids")
    teams = {each for name in lists for each in _ids_in(channel, name)}
    outside = teams - {team_id, *_ids_in(channel, "internal_team_ids")}
    return bool(outside) or any(channel.get(mark) for mark in marks)


def _ids_in(channel: Mapping[str, Any], name: str) -> list[str]:
    value = channel.get(name) or []
    return [str(each) for each in (value if isinstance(value, list) else [value])]


_TEAMS_OUTSIDE = ("connected_team_ids", "pending_connected_team_ids", "pending_shared")


def _doubt_of(error: SlackError) -> Problem | None:
    """What to tell somebody of whom this says nothing; ``None``: it is Slack's answer."""
    if not isinstance(error, SlackRefused):
        return Problem.WHO_UNKNOWN
    if error.code in NOBODY_THERE:
        return None
    return Problem.SCOPE_MISSING if error.code == "missing_scope" else Problem.SLACK_FORBIDS


def _log_unknown_person(user_id: str, error: SlackError) -> None:
    log.warning("person not known", extra={"facts": {"user": user_id, "error": error.reason}})


def _log_unknown_group(group_id: str, error: SlackError) -> None:
    log.warning("usergroup not known", extra={"facts": {"group": group_id, "error": error.reason}})


def _membership_in(user: Mapping[str, Any], *, team_id: str) -> Membership:
    if user.get("is_stranger") or user.get("team_id") != team_id:
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    is_nobody = user.get("id") == SLACKBOT or any(user.get(name) for name in ("deleted", "is_bot", "is_invited_user"))
    # Slack says of each of its own people, but of nobody else, that they are no guests: what it leaves out is no "no".
    is_established = all(user.get(name) is False for name in ("is_restricted", "is_ultra_restricted"))
    return Membership.FULL if is_established and not is_nobody else Membership.UNKNOWN

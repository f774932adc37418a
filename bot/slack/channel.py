"""What Slack knows of the approval channel, asked once and remembered briefly. Fails closed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import SlackError, SlackRefused
from bot.interfaces import Clock
from bot.logs import Hourly
from bot.slack.remembered import Remembered
from bot.slack.web import Web, part
from bot.texts.requests import ChannelTrouble
from bot.workspaces import Installation, may_stand_in

log = logging.getLogger(__name__)

CHANNEL_REMEMBERED = 10.0
"""Seconds: a channel shared with another workspace gets no cards after these."""


@dataclass(frozen=True, slots=True)
class Described:
    """How Slack describes the channel."""

    trouble: ChannelTrouble | None
    workspaces: frozenset[str] = frozenset()
    """Those of ours, or of our organisation, whose people see it."""
    is_org_shared: bool = False
    locale: str = ""
    """The language of the workspace it is in, as ``zh-CN``; empty where Slack does not say."""


class Channel:
    """The channel where approvers decide."""

    def __init__(self, channel_id: str, web: Web, *, installed: Installation, clock: Clock) -> None:
        self.id = channel_id
        self._installed = installed
        self._web = web
        self._hourly = Hourly(clock)
        self._answers = Remembered("conversations.info", self._ask, seconds=CHANNEL_REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked."""
        await self._answers.aclose()

    async def trouble(self, workspace: str | None = None) -> ChannelTrouble | None:
        """Why no cards of a workspace's requests may go there, if there is a reason: it may be shared, or archived,
        after the start.
        """
        described = await self._describe()
        trouble = described.trouble
        if trouble is None and not may_stand_in(described.workspaces, workspace, installed=self._installed):
            return ChannelTrouble.ELSEWHERE  # as it should be: nothing is wrong with the channel
        return trouble and self.note(trouble)

    async def is_org_shared(self) -> bool:
        """Whether people of other workspaces of the organisation see it."""
        return (await self._describe()).is_org_shared

    async def locale(self) -> str:
        """Its language, as Slack names it; empty where it does not."""
        return (await self._describe()).locale

    def note(self, trouble: ChannelTrouble) -> ChannelTrouble:
        """Log it, once an hour."""
        self._hourly.log(log, logging.ERROR, "approval channel unusable", channel=self.id, why=trouble.value)
        return trouble

    async def _describe(self) -> Described:
        try:
            return await self._answers.get(self.id)
        except SlackError as error:
            log.info("approval channel check failed", extra={"facts": {"channel": self.id, "error": error.reason}})
            return Described(_trouble_in(error))

    async def _ask(self, channel_id: str) -> Described:
        channel = part(await self._web.conversations_info(channel=channel_id, include_locale=True), "channel", dict)
        return described_in(channel, installed=self._installed)


def described_in(channel: Mapping[str, Any], *, installed: Installation) -> Described:
    """What ``conversations.info`` says of a channel; people outside must not see the cards in it."""
    own = frozenset({*_ids_in(channel, "internal_team_ids"), *_ids_in(channel, "context_team_id")})
    if not installed.is_on_organisation:
        own = frozenset({*installed.workspaces, *_ids_in(channel, "internal_team_ids")})
    is_shared = _is_shared(channel, own=own | {installed.enterprise_id})
    trouble = ChannelTrouble.SHARED if is_shared else _trouble_of(channel)
    return Described(trouble, own, bool(channel.get("is_org_shared")), str(channel.get("locale") or ""))


def _trouble_in(error: SlackError) -> ChannelTrouble:
    if isinstance(error, SlackRefused) and error.code == "team_access_not_granted":
        return ChannelTrouble.NOT_GIVEN
    if isinstance(error, SlackRefused) and error.code == "missing_scope":
        return ChannelTrouble.SCOPE_MISSING
    return ChannelTrouble.UNKNOWN if error.is_final else ChannelTrouble.NOT_TOLD


def _trouble_of(channel: Mapping[str, Any]) -> ChannelTrouble | None:
    for trouble, marks in (
        (ChannelTrouble.ARCHIVED, ("is_archived", "is_frozen")),
        (ChannelTrouble.READ_ONLY, ("is_read_only", "is_thread_only")),
    ):
        if any(channel.get(mark) for mark in marks):
            return trouble
    return None if channel.get("is_member") else ChannelTrouble.NOT_JOINED


def _is_shared(channel: Mapping[str, Any], *, own: frozenset[str]) -> bool:
    """Whether people outside the organization see it, or are invited to. One mark is enough: records lack some."""
    marks, lists = ["is_ext_shared", "is_pending_ext_shared"], [*_TEAMS_OUTSIDE]
    if not channel.get("is_org_shared"):  # workspaces of one organization share a channel as well: another matter
        marks.append("is_shared")
        lists.append("shared_team_ids")
    teams = {each for name in lists for each in _ids_in(channel, name)}
    return bool(teams - own) or any(channel.get(mark) for mark in marks)


def _ids_in(channel: Mapping[str, Any], name: str) -> list[str]:
    value = channel.get(name) or []
    return [str(each) for each in (value if isinstance(value, list) else [value])]


_TEAMS_OUTSIDE = ("connected_team_ids", "pending_connected_team_ids", "pending_shared")

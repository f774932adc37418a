"""What Slack knows of people, asked once and remembered briefly. Fails closed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import SlackError, SlackRefused
from bot.interfaces import Clock
from bot.models import Actor, Problem, Through
from bot.policy import Audience, Membership, Standing
from bot.slack.given import workspaces_given
from bot.slack.remembered import Remembered
from bot.slack.web import Web, part
from bot.workspaces import Described, Installation, membership_in

log = logging.getLogger(__name__)

REMEMBERED = 60.0
"""Seconds, for who may ask and whom to ask: somebody made a guest, or taken out of a usergroup, goes on for no longer.
Slack takes a hundred of these questions a minute, so a hundred people may be busy in the same minute; asking anew for
each thing they do would turn the others away. Whoever decides is asked about more freshly: see ``bot.access.FRESH``."""

GIVEN_REMEMBERED = 10.0
"""Seconds, for the workspaces that the app was given: they are asked for when another one comes, or none was for
``REMEMBERED``, and Slack takes twenty of these questions a minute."""

PATIENCE = 2.5
"""Seconds that somebody waits for Slack to say who they are. Then they are told so, and it may still say so later."""

MOST_LOCALES = 10_000
"""People whose language is remembered; then those of whom nothing was heard for longest are forgotten."""

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

    Nobody Slack does not vouch for is a member of anything. ``workspace`` is the one that matters, by its id; ``None``
    means any where the app is installed.
    """

    def __init__(
        self, web: Web, *, installed: Installation, clock: Clock, group_ids: frozenset[str] = frozenset()
    ) -> None:
        self._web = web
        self._installed = installed
        self._group_ids = group_ids
        self._clock = clock
        self._given_at = clock.monotonic()  # the start has just asked
        self._locales: dict[str, str] = {}
        """What was said last: nobody need wait for it to be asked once more."""
        self._described = Remembered("users.info", self._ask_person, seconds=REMEMBERED, clock=clock)
        self._given = Remembered("auth.teams.list", self._ask_given, seconds=GIVEN_REMEMBERED, clock=clock)
        self._groups = Remembered("usergroups.users.list", self._ask_group, seconds=REMEMBERED, clock=clock)

    async def aclose(self) -> None:
        """End what is still being asked: whoever waited for it is gone, and the HTTP session goes next."""
        for each in (self._described, self._given, self._groups):
            await each.aclose()

    async def standing(self, actor: Actor, workspace: str | None = None, *, within: float | None = None) -> Standing:
        """What this person is to a workspace."""
        has_no_siblings = not self._installed.enterprise_id
        until = asyncio.get_running_loop().time() + PATIENCE
        try:
            places = await self._places(workspace, until=until)
            if not places or (has_no_siblings and actor.team_id not in ("", *places)):
                return Standing(Membership.OUTSIDER)
            described = await self._described.get(actor.user_id, within=within, until=until)
        except SlackError as error:
            _log_unknown_person(actor.user_id, error)
            return Standing(Membership.UNKNOWN, doubt=_doubt_of(error))
        found = {each: membership_in(each, described, actor=actor) for each in places}
        if Membership.FULL not in found.values():
            return Standing(next(each for each in Membership if each in found.values()))
        groups, doubts = set(), set()
        for place in [each for each in places if found[each] is Membership.FULL]:
            for group_id in sorted(self._group_ids):
                try:
                    if actor.user_id in await self._groups.get(f"{place} {group_id}", within=within, until=until):
                        groups.add(group_id)
                except SlackError as error:
                    _log_unknown_group(group_id, error)
                    doubts.add(_doubt_of(error))
        return Standing(Membership.FULL, frozenset(groups), doubt=min(filter(None, doubts), default=None))

    async def find_workspace(self, actor: Actor, workspace: str) -> str:
        """Where somebody does what names no workspace, or their first one wherever they do it: if the app was not given
        that one, where it was given to only one of theirs.

        The same ``workspace`` where that does not say it, or Slack does not: whoever does something there is refused.
        """
        try:
            if not self._installed.is_on_organisation or await self._places(workspace):
                return workspace
            described = await self._described.get(actor.user_id)
        except SlackError as error:
            _log_unknown_person(actor.user_id, error)
            return workspace
        found = [each for each in described.teams if self._installed.serves(each)]
        return found[0] if len(found) == 1 else workspace

    async def listed(self, audience: Audience, workspace: str | None = None) -> Listed:
        """Whom an audience names, its usergroups' members among them. A usergroup Slack does not know holds nobody."""
        listed, doubt = set(audience.user_ids), None
        try:
            places = await self._places(workspace)
        except SlackError as error:
            return Listed(audience.user_ids, error)
        for place in places:
            for group_id in sorted(audience.group_ids):
                try:
                    listed |= await self._groups.get(f"{place} {group_id}")
                except SlackError as error:
                    _log_unknown_group(group_id, error)
                    doubt = error if _doubt_of(error) else doubt
        return Listed(frozenset(listed), doubt)

    async def has_left(self, actor: Actor, workspace: str | None = None) -> bool:
        """Whether Slack says that somebody who was a member is none any more; ``False`` while it does not say."""
        try:
            described = await self._described.get(actor.user_id)
            places = await self._places(workspace)
        except SlackError as error:
            _log_unknown_person(actor.user_id, error)
            return False
        found = [membership_in(each, described, actor=actor) for each in places]
        return described.is_deactivated or (bool(found) and set(found) == {Membership.OUTSIDER})

    async def locale(self, user_id: str, *, patience: float) -> str:
        """The language that somebody chose in Slack, as it was said last; if it never was, it is asked for so many
        seconds. Raises ``SlackError``.
        """
        if user_id not in self._locales and patience > 0:
            await self._described.get(user_id, until=asyncio.get_running_loop().time() + patience)
        return self._locales.get(user_id, "")

    async def is_full_member(self, user_id: str, workspace: str | None = None) -> bool:
        """Whether somebody is a full member now. Raises ``SlackError`` while Slack does not say."""
        somebody = Actor(team_id="", user_id=user_id, through=Through.SLACK)
        try:
            described = await self._described.get(user_id)
        except SlackError as error:
            _log_unknown_person(user_id, error)
            if _doubt_of(error) is None:
                return False
            raise
        found = [membership_in(each, described, actor=somebody) for each in await self._places(workspace)]
        return Membership.FULL in found

    async def has_active(self, audience: Audience, workspace: str | None = None, *, but_for: str = "") -> bool:
        """Whether anybody in an audience, but for one person, is a full member now. Raises ``SlackError`` while Slack
        does not say.

        Ends at the first: to ask about hundreds takes minutes.
        """
        doubt: SlackError | None = None
        groups = [Audience(group_ids=frozenset({each})) for each in sorted(audience.group_ids)]
        for part_of_it in (Audience(user_ids=audience.user_ids), *groups):
            listed = await self.listed(part_of_it, workspace)
            doubt = doubt or listed.doubt
            for user_id in sorted(listed.user_ids - {but_for}):
                try:
                    if await self.is_full_member(user_id, workspace):
                        return True
                except SlackError as error:
                    doubt = doubt or error
        if doubt:
            raise doubt
        return False

    async def _places(self, workspace: str | None, *, until: float | None = None) -> tuple[str, ...]:
        """The workspaces in question; none where a workspace is not ours, or a whole organisation's is not said.

        Raises ``SlackError`` while Slack does not say.
        """
        is_on_organisation = self._installed.is_on_organisation
        if is_on_organisation:
            await self._look_at_given(workspace, until=until)
        if workspace is None or not (workspace or is_on_organisation):
            return self._installed.workspaces
        return (workspace,) if self._installed.serves(workspace) else ()

    async def _look_at_given(self, workspace: str | None, *, until: float | None) -> None:
        """One of the organisation that is not known may have been given to the app since, and one that is may have been
        taken from it. Slack has events for both, but of several processes tells one.

        While Slack does not say, those that were given go on. Raises ``SlackError`` for any other.
        """
        is_known = not workspace or self._installed.serves(workspace)
        if is_known and self._clock.monotonic() - self._given_at < REMEMBERED:
            return
        try:
            given = await self._given.get("", until=until)
        except SlackError:
            if not is_known:
                raise
            return
        self._installed = replace(self._installed, workspaces=given)

    async def _ask_given(self, _key: str) -> tuple[str, ...]:
        asked_at = self._clock.monotonic()
        given = tuple(await workspaces_given(self._web))
        self._given_at = asked_at
        return given

    async def _ask_person(self, user_id: str) -> Described:
        user = part(await self._web.users_info(user=user_id, include_locale=True), "user", dict)
        described = described_in(user)
        self._remember_locale(user_id, described.locale)
        return described if user.get("id") == user_id else replace(described, membership=Membership.UNKNOWN)

    def _remember_locale(self, user_id: str, locale: str) -> None:
        self._locales.pop(user_id, None)
        self._locales[user_id] = locale
        if len(self._locales) > MOST_LOCALES:
            del self._locales[next(iter(self._locales))]

    async def _ask_group(self, key: str) -> frozenset[str]:
        workspace, _, group_id = key.partition(" ")
        # A token of the whole organisation has to say whose group it is; any other one ignores that.
        team_id = workspace if self._installed.is_on_organisation else None
        users = part(await self._web.usergroups_users_list(usergroup=group_id, team_id=team_id), "users", list)
        return frozenset(str(user_id) for user_id in users)


def described_in(user: Mapping[str, Any]) -> Described:
    """How ``users.info`` describes somebody: in an organisation the workspaces they are in are listed."""
    in_organisation = user.get("enterprise_user") or {}
    team_id, enterprise_id = (str(user.get(name) or "") for name in ("team_id", "enterprise_id"))
    return Described(
        membership=_membership_of(user),
        teams=_teams_of(in_organisation.get("teams"), user.get("teams"), team_id),
        enterprise_id=str(in_organisation.get("enterprise_id") or enterprise_id),
        team_id=team_id,
        is_deactivated=user.get("deleted") is True,
        locale=str(user.get("locale") or ""),
    )


def _teams_of(in_organisation: Any, at_top: Any, team_id: str) -> frozenset[str]:
    """Those that each list holds, if there is one; what is no list holds none."""
    lists = [each if isinstance(each, list) else [] for each in (in_organisation, at_top) if each is not None]
    if not lists:
        return frozenset({team_id} - {""})
    return frozenset.intersection(*(frozenset(map(str, each)) for each in lists))


def _doubt_of(error: SlackError) -> Problem | None:
    """What to tell somebody of whom this says nothing; ``None``: it is Slack's answer."""
    if not isinstance(error, SlackRefused):
        return Problem.WHO_UNKNOWN
    if error.code in NOBODY_THERE:
        return None
    return Problem.SCOPE_MISSING if error.code == "missing_scope" else Problem.SLACK_FORBIDS


def _log_unknown_person(user_id: str, error: SlackError) -> None:
    log.warning("user info failed", extra={"facts": {"user": user_id, "error": error.reason}})


def _log_unknown_group(group_id: str, error: SlackError) -> None:
    log.warning("usergroup info failed", extra={"facts": {"group": group_id, "error": error.reason}})


def _membership_of(user: Mapping[str, Any]) -> Membership:
    if user.get("is_stranger"):
        return Membership.OUTSIDER
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Membership.GUEST
    is_nobody = user.get("id") == SLACKBOT or any(user.get(name) for name in ("deleted", "is_bot", "is_invited_user"))
    # Slack says of each of its own people, but of nobody else, that they are no guests: what it leaves out is no "no".
    is_established = all(user.get(name) is False for name in ("is_restricted", "is_ultra_restricted"))
    return Membership.FULL if is_established and not is_nobody else Membership.UNKNOWN

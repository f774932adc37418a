"""Who is a member of which workspace, and what may be seen from it. Pure: no I/O, no clock.

In an organisation (Slack's Enterprise Grid) one person is in several workspaces, and the app is installed in one of
them or on all of it. A request belongs to the workspace that it was asked in: only members of that one decide on it,
and its cards stand in no channel of another one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.models import Actor, Through
from bot.policy import Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where the app is installed: in one workspace, or on a whole organisation."""

    workspaces: tuple[str, ...]
    """The one; or those of the organisation that the app was given, as far as it is known."""
    enterprise_id: str = ""
    """The organisation's, if there is one."""
    is_on_organisation: bool = False

    def serves(self, workspace: str) -> bool:
        """Whether what is done in a workspace is for us. Slack does send something of one that the app was not given:
        a shortcut and a click name somebody's first workspace.
        """
        return workspace in self.workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """How Slack describes somebody."""

    membership: Membership
    """What they are wherever they are a member; a stranger is one nowhere."""
    teams: frozenset[str]
    """The workspaces they are in."""
    enterprise_id: str = ""
    team_id: str = ""
    """Their first workspace: what Slack says of them in a click, wherever they click."""
    is_deactivated: bool = False
    locale: str = ""
    """The language they chose in Slack, as ``zh-CN``; empty where Slack does not say."""


def membership_in(workspace: str, described: Described, *, actor: Actor) -> Membership:
    """What somebody is to a workspace. ``actor`` is who Slack says acts, whose ids must not contradict what it says
    of them elsewhere: another workspace's people may have the same user id.
    """
    own = {"", *described.teams, described.team_id, described.enterprise_id}
    is_contradicted = bool(described.enterprise_id) and actor.enterprise_id not in ("", described.enterprise_id)
    if is_contradicted or actor.team_id not in own or workspace not in described.teams:
        return Membership.OUTSIDER
    return described.membership


def workspace_of(agent: Actor) -> str | None:
    """The workspace that the requests of this agent, as recorded, belong to; ``None``: the command line's are any's."""
    return None if agent.through is Through.COMMAND_LINE else agent.team_id


def may_stand_in(channel: Collection[str], workspace: str | None, *, installed: Installation) -> bool:
    """Whether cards of a workspace's requests may stand in a channel of these workspaces.

    One that is of several is allowed where the settings name it: the start warns. An app in one workspace has no other
    workspace's requests.
    """
    return not installed.is_on_organisation or workspace is None or workspace in channel

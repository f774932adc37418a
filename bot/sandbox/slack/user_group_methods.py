"""``usergroups.*``: who is in which group."""

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.methods import Method, Methods, required
from bot.sandbox.slack.objects import user_group_json
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import Workspace


class UserGroupMethods:
    """Answers about one workspace's user groups. Disabled ones are told only to who asks for them."""

    def __init__(self, *, workspace: Workspace, installation: Installation) -> None:
        self._workspace = workspace
        self._installation = installation

    def table(self) -> Methods:
        scopes = ("usergroups:read",)
        listing = frozenset({"include_count", "include_disabled", "include_users"})
        return {
            "usergroups.list": Method(answer=self.tell_groups, arguments=listing, scopes=scopes),
            "usergroups.users.list": Method(
                answer=self.tell_members, arguments=frozenset({"usergroup", "include_disabled"}), scopes=scopes
            ),
        }

    def tell_groups(self, arguments: JsonObject) -> JsonObject:
        team_id = self._installation.workspace_asked(arguments)
        wants_users, wants_count = _is_set(arguments, "include_users"), _is_set(arguments, "include_count")
        return {
            "usergroups": [
                {
                    **user_group_json(group),
                    **({"users": [*group.members]} if wants_users else {}),
                    **({"user_count": len(group.members)} if wants_count else {}),
                }
                for group in self._workspace.user_groups.values()
                if group.team_id == team_id
                if not group.is_disabled or _is_set(arguments, "include_disabled")
            ]
        }

    def tell_members(self, arguments: JsonObject) -> JsonObject:
        team_id = self._installation.workspace_asked(arguments)
        group = self._workspace.user_groups.get(required(arguments, "usergroup"))
        if (
            group is None
            or group.team_id != team_id
            or (group.is_disabled and not _is_set(arguments, "include_disabled"))
        ):
            raise Refusal("no_such_subteam")
        return {"users": [*group.members]}


def _is_set(arguments: JsonObject, name: str) -> bool:
    """A switch, as JSON, a form or a query writes it."""
    return str(arguments.get(name, "")).lower() in ("1", "true")

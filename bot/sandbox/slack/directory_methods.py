"""``auth.test``, ``apps.connections.open``, ``users.info``, ``conversations.*``: who and where."""

from collections.abc import Callable

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.methods import Method, Methods, required
from bot.sandbox.slack.payloads import user_json
from bot.sandbox.slack.people import BOT_ID, TEAM_ID
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import ConversationKind, Workspace


class DirectoryMethods:
    """Answers about one workspace."""

    def __init__(self, *, workspace: Workspace, open_connection: Callable[[], str]) -> None:
        self._workspace = workspace
        self._open_connection = open_connection

    def table(self) -> Methods:
        return {
            "auth.test": Method(answer=self.tell_identity),
            "apps.connections.open": Method(answer=self.open_connection, takes_app_token=True),
            "users.info": Method(
                answer=self.tell_user, arguments=frozenset({"user", "include_locale"}), scopes=("users:read",)
            ),
            "conversations.info": Method(
                answer=self.tell_conversation,
                arguments=frozenset({"channel", "include_locale", "include_num_members"}),
                scopes=("channels:read", "groups:read", "mpim:read", "im:read"),
            ),
            "conversations.open": Method(
                answer=self.open_dm,
                arguments=frozenset({"users", "return_im", "prevent_creation"}),
                scopes=("channels:manage", "groups:write", "im:write", "mpim:write"),
            ),
        }

    def tell_identity(self, _arguments: JsonObject) -> JsonObject:
        return {
            "url": f"https://{self._workspace.domain}.slack.com/",
            "team": self._workspace.name,
            "user": self._workspace.bot.handle,
            "team_id": TEAM_ID,
            "user_id": self._workspace.bot.id,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def open_connection(self, _arguments: JsonObject) -> JsonObject:
        return {"url": self._open_connection()}

    def tell_user(self, arguments: JsonObject) -> JsonObject:
        person = self._workspace.people.get(required(arguments, "user"))
        if person is None:
            raise Refusal("user_not_found")
        return {"user": user_json(person)}

    def tell_conversation(self, arguments: JsonObject) -> JsonObject:
        conversation = self._workspace.conversations.get(required(arguments, "channel"))
        is_dm = conversation is not None and conversation.kind is ConversationKind.DM
        is_member = conversation is not None and self._workspace.bot.id in conversation.members
        if conversation is None or (is_dm and not is_member):
            raise Refusal("channel_not_found")
        described: JsonObject = {"id": conversation.id, "is_im": is_dm, "is_archived": False}
        if is_dm:
            (user_id,) = conversation.members - {self._workspace.bot.id}
            return {"channel": {**described, "user": user_id}}
        described |= {
            "name": conversation.name,
            "is_channel": True,
            "is_private": False,
            "is_member": is_member,
            "is_shared": conversation.is_ext_shared,
            "is_ext_shared": conversation.is_ext_shared,
            "is_org_shared": False,
            "topic": {"value": conversation.topic},
        }
        return {"channel": described}

    def open_dm(self, arguments: JsonObject) -> JsonObject:
        user_id = required(arguments, "users")
        if user_id not in self._workspace.people:
            raise Refusal("user_not_found")
        if user_id == self._workspace.bot.id:
            raise Refusal("cannot_dm_bot")
        return {"channel": {"id": self._workspace.dm(user_id, self._workspace.bot.id).id}}

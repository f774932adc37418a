"""``auth.test``, ``apps.connections.open``, ``users.info``, ``conversations.*``: who and where."""

from collections.abc import Callable

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.methods import Method, Methods, required
from bot.sandbox.slack.objects import channel_json, dm_json, user_json
from bot.sandbox.slack.people import APP_ID, BOT_ID, Kind
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Workspace

_YES = (True, "1", "true")
"""As clients write it, in JSON or in a form."""


class DirectoryMethods:
    """Answers about one workspace, or the workspaces of an organisation."""

    def __init__(self, *, workspace: Workspace, installation: Installation, open_connection: Callable[[], str]) -> None:
        self._workspace = workspace
        self._installation = installation
        self._open_connection = open_connection

    def table(self) -> Methods:
        return {
            "auth.test": Method(answer=self.tell_identity),
            "auth.teams.list": Method(answer=self.tell_workspaces, arguments=frozenset({"limit", "cursor"})),
            "bots.info": Method(answer=self.tell_bot, arguments=frozenset({"bot"}), scopes=("users:read",)),
            "apps.connections.open": Method(answer=self.open_connection, takes_app_token=True),
            "users.info": Method(
                answer=self.tell_user, arguments=frozenset({"user", "include_locale"}), scopes=("users:read",)
            ),
            "conversations.info": Method(
                answer=self.tell_conversation,
                arguments=frozenset({"channel", "include_locale", "include_num_members"}),
                scopes=("channels:read", "groups:read", "mpim:read", "im:read"),
                scopes_for=self._scopes_to_look,
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
            "user_id": self._workspace.bot.id,
            "bot_id": BOT_ID,
            **self._installation.of_identity(),
        }

    def tell_workspaces(self, arguments: JsonObject) -> JsonObject:
        return self._installation.teams(limit=arguments.get("limit"), cursor=arguments.get("cursor"))

    def tell_bot(self, arguments: JsonObject) -> JsonObject:
        self._installation.workspace_asked(arguments)
        if arguments.get("bot", BOT_ID) != BOT_ID:
            raise Refusal("bot_not_found")
        bot = self._workspace.bot
        known = {"id": BOT_ID, "app_id": APP_ID, "user_id": bot.id, "name": bot.name}
        return {"bot": {**known, "deleted": False, "updated": 0, "icons": {}}}

    def open_connection(self, _arguments: JsonObject) -> JsonObject:
        return {"url": self._open_connection()}

    def tell_user(self, arguments: JsonObject) -> JsonObject:
        user_id = required(arguments, "user")
        person = self._workspace.people.get(user_id) or self._workspace.known_by_id.get(user_id)
        if person is None:
            raise Refusal("user_not_found")
        described = user_json(person)
        if arguments.get("include_locale") in _YES and person.kind in (Kind.MEMBER, Kind.GUEST):
            described["locale"] = person.locale  # of people outside nothing is told
        return {"user": self._installation.of_user(described, person)}

    def tell_conversation(self, arguments: JsonObject) -> JsonObject:
        conversation = self._find_visible(required(arguments, "channel"))
        if conversation is None:
            raise Refusal("channel_not_found")
        self._installation.check_token_reaches(conversation)
        if conversation.kind is ConversationKind.DM:
            return {"channel": dm_json(conversation, bot_id=self._workspace.bot.id)}
        described = channel_json(conversation, bot_id=self._workspace.bot.id)
        if arguments.get("include_locale") in _YES:
            described["locale"] = conversation.locale
        return {"channel": described}

    def _scopes_to_look(self, arguments: JsonObject) -> tuple[str, ...]:
        """By the kind of the conversation; what the app cannot see has none, and is not found."""
        conversation = self._find_visible(arguments.get("channel"))
        if conversation is None:
            return ()
        if conversation.kind is ConversationKind.DM:
            return ("im:read",)
        return ("groups:read",) if conversation.is_private else ("channels:read",)

    def _find_visible(self, channel: object) -> Conversation | None:
        conversation = self._workspace.conversations.get(channel) if isinstance(channel, str) else None
        if conversation is None or self._workspace.bot.id in conversation.members:
            return conversation
        is_hidden = conversation.is_private or conversation.kind is ConversationKind.DM
        return None if is_hidden else conversation

    def open_dm(self, arguments: JsonObject) -> JsonObject:
        user_id = required(arguments, "users")
        if user_id not in self._workspace.people:
            raise Refusal("user_not_found")
        if user_id == self._workspace.bot.id:
            raise Refusal("cannot_dm_bot")
        if self._workspace.people[user_id].is_deactivated:
            raise Refusal("user_disabled")
        return {"channel": {"id": self._workspace.dm(user_id, self._workspace.bot.id).id}}

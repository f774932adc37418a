"""``chat.*``: messages of the bot."""

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.contents import ContentReader
from bot.sandbox.slack.installation import Installation
from bot.sandbox.slack.methods import Method, Methods, required
from bot.sandbox.slack.objects import message_json
from bot.sandbox.slack.people import Kind
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Message, Workspace

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000
_CONTENT = frozenset({"channel", "text", "blocks", "attachments", "parse", "link_names", "metadata"})
_STYLE = frozenset({"unfurl_links", "unfurl_media", "mrkdwn", "thread_ts"})


class ChatMethods:
    """Posts and updates in one workspace."""

    def __init__(
        self, *, workspace: Workspace, installation: Installation, reader: ContentReader, complaints: Complaints
    ) -> None:
        self._workspace = workspace
        self._installation = installation
        self._reader = reader
        self._complaints = complaints

    def table(self) -> Methods:
        scopes = ("chat:write",)
        return {
            "chat.postMessage": Method(answer=self.post, arguments=_CONTENT | _STYLE, scopes=scopes),
            "chat.postEphemeral": Method(answer=self.post_ephemeral, arguments=_CONTENT | {"user"}, scopes=scopes),
            "chat.update": Method(answer=self.update, arguments=_CONTENT | {"ts"}, scopes=scopes),
        }

    def post(self, arguments: JsonObject) -> JsonObject:
        conversation = self._find_target(required(arguments, "channel"), where="chat.postMessage")
        content = self._reader.read(arguments, longest=LONGEST_POST, where="chat.postMessage")
        message = self._workspace.post(
            conversation.id,
            user_id=self._workspace.bot.id,
            text=content.text,
            blocks=content.blocks,
            thread=self._find_thread(conversation, arguments),
        )
        return {"channel": conversation.id, "ts": message.ts, "message": message_json(message)}

    def post_ephemeral(self, arguments: JsonObject) -> JsonObject:
        conversation = self._find_joined(required(arguments, "channel"), where="chat.postEphemeral")
        user_id = required(arguments, "user")
        if conversation.kind is ConversationKind.DM:
            raise Refusal("channel_not_found")
        if user_id not in conversation.members:
            raise Refusal("user_not_in_channel")
        content = self._reader.read(arguments, longest=LONGEST_POST, where="chat.postEphemeral")
        message = self._workspace.post(
            conversation.id,
            user_id=self._workspace.bot.id,
            text=content.text,
            blocks=content.blocks,
            only_for=user_id,
        )
        return {"message_ts": message.ts}

    def update(self, arguments: JsonObject) -> JsonObject:
        conversation = self._workspace.conversations.get(required(arguments, "channel"))
        if conversation is None or self._workspace.bot.id not in conversation.members:
            raise Refusal("channel_not_found")
        if conversation.is_archived:
            raise Refusal("is_inactive")
        message = self._workspace.find_message(conversation.id, required(arguments, "ts"))
        if message is None or message.is_ephemeral:
            raise Refusal("message_not_found")
        if message.user_id != self._workspace.bot.id:
            raise Refusal("cant_update_message")
        if arguments.get("parse") != "none":  # the default is ``client``: Slack reads the text as if a person typed it
            self._complaints.note('chat.update: without parse="none" mentions in the text come alive')
        content = self._reader.read(arguments, longest=LONGEST_UPDATE, where="chat.update")
        edited = self._workspace.edit(message, text=content.text, blocks=content.blocks)
        return {
            "channel": conversation.id,
            "ts": edited.ts,
            "text": edited.text,
            "message": message_json(edited),
        }

    def _find_thread(self, conversation: Conversation, arguments: JsonObject) -> Message | None:
        """The message that a thread is of; an answer's own thread is the one it is in."""
        if "thread_ts" not in arguments:
            return None
        found = self._workspace.find_message(conversation.id, required(arguments, "thread_ts"))
        if found is None:
            raise Refusal("thread_not_found")
        return found.thread or found

    def _find_target(self, channel: str, *, where: str) -> Conversation:
        """A conversation by id or name, or the direct message with a user by user id."""
        person = self._workspace.people.get(channel)
        if person is None:
            return self._find_joined(channel, where=where)
        if person.kind is Kind.BOT:
            raise Refusal("cannot_dm_bot")
        if not person.is_deactivated:
            return self._workspace.dm(person.id, self._workspace.bot.id)
        # Where they wrote to each other before, Slack posts to nobody and says ok (slackapi/python-slack-sdk#1156).
        before = self._workspace.find_dm(person.id, self._workspace.bot.id)
        if before is None:
            raise Refusal("channel_not_found")
        return before

    def _find_joined(self, channel: str, *, where: str) -> Conversation:
        conversation = self._workspace.conversations.get(channel) or self._find_named(channel, where=where)
        if conversation is None:
            raise Refusal("channel_not_found")
        self._installation.check_token_reaches(conversation)
        if self._workspace.bot.id not in conversation.members:
            is_hidden = conversation.is_private or conversation.kind is ConversationKind.DM
            raise Refusal("channel_not_found" if is_hidden else "not_in_channel")
        if conversation.is_archived:
            raise Refusal("is_archived")
        if conversation.is_read_only or conversation.is_restricted:
            raise Refusal("restricted_action_read_only_channel" if conversation.is_read_only else "restricted_action")
        return conversation

    def _find_named(self, channel: str, *, where: str) -> Conversation | None:
        """Slack takes ``support`` and ``#support`` too: https://docs.slack.dev/reference/methods/chat.postMessage"""
        if self._installation.is_org_wide:  # which workspace's?
            return None
        named = self._workspace.find_channel(channel.removeprefix("#"))
        if named:
            self._complaints.note(f"{where}: a channel by its name, which anybody may rename: send its id")
        return named

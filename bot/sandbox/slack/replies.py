"""Answers that are not calls of the Web API: to a response URL, and in the acknowledgement of a command."""

from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.contents import ContentReader
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.workspace import Message, Workspace

LONGEST_TEXT = 40_000
_CONTENT = {"text", "blocks", "attachments", "unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names"}
_KEYS = _CONTENT | {"response_type", "replace_original", "delete_original", "metadata", "thread_ts"}


class Replies:
    """Puts replies where they belong: to one person unless the bot says ``in_channel``."""

    def __init__(self, *, workspace: Workspace, reader: ContentReader, complaints: Complaints) -> None:
        self._workspace = workspace
        self._reader = reader
        self._complaints = complaints

    def post(self, reply: JsonObject, *, to: ResponseUrl, where: str) -> None:
        """Show, replace or delete. Raises ``Refusal`` when Slack would not."""
        for name in sorted(reply.keys() - _KEYS):
            self._complaints.note(f"{where}: unknown field {name}")
        if reply.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
            self._complaints.note(f"{where}: unknown response_type")
        original = self._find_original(reply, to, where)
        if reply.get("delete_original") is True:
            self._workspace.delete([original] if original else [])
            return
        content = self._reader.read(reply, longest=LONGEST_TEXT, where=where, is_reply=True)
        if reply.get("replace_original") is True and original:
            self._workspace.edit(original, text=content.text, blocks=content.blocks)
            return
        self._workspace.post(
            to.channel_id,
            user_id=self._workspace.bot.id,
            text=content.text,
            blocks=content.blocks,
            only_for=None if reply.get("response_type") == "in_channel" else to.user_id,
        )

    def _find_original(self, reply: JsonObject, to: ResponseUrl, where: str) -> Message | None:
        wants_original = reply.get("replace_original") is True or reply.get("delete_original") is True
        if not wants_original:
            return None
        if to.message_ts is None:
            self._complaints.note(f"{where}: a command has no original message to replace or delete")
            return None
        original = self._workspace.find_message(to.channel_id, to.message_ts)
        if original is None:
            raise Refusal("message_not_found")
        return original

"""What a message says: its text and blocks, read from what the bot sent."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from bot.sandbox.slack import blockkit
from bot.sandbox.slack.blockkit import JsonObject
from bot.sandbox.slack.complaints import Complaints
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.schema import escaped
from bot.sandbox.slack.validator import check_message

FEWEST_TOO_MANY = 11_000
"""Characters of all blocks of a message together; undocumented, and reported from here on."""


@dataclass(frozen=True, slots=True)
class Content:
    """A message's text and blocks."""

    text: str
    blocks: list[JsonObject] | None


class ContentReader:
    """Reads messages the way Slack does, and complains of what a correct bot never sends."""

    def __init__(self, *, complaints: Complaints, random: Random) -> None:
        self._complaints = complaints
        self._random = random

    def read(self, arguments: JsonObject, *, longest: int, where: str, is_reply: bool = False) -> Content:
        """Raises ``Refusal`` when Slack would not show it; ``where`` names the sender in complaints.

        ``is_reply``: to a response URL, or in an acknowledgement, which may be longer.
        """
        text = arguments.get("text", "")
        if not isinstance(text, str):
            raise self._complain(Refusal("invalid_arguments", "must provide a string [json-pointer:/text]"), where)
        blocks = self._read_blocks(arguments, where)
        if "attachments" in arguments:
            raise self._complain(Refusal("invalid_attachments"), where)
        if not text.strip() and not blocks:
            raise Refusal("no_text")
        if len(escaped(text, is_mrkdwn=True)) > longest:
            raise self._complain(Refusal("msg_too_long"), where)
        if not is_reply and len(escaped(blockkit.words(blocks), is_mrkdwn=True)) >= FEWEST_TOO_MANY:
            raise self._complain(Refusal("msg_blocks_too_long"), where)
        if not text.strip():
            self._complaints.note(f"{where}: blocks without text: a screen reader reads nothing")
        return Content(text, blockkit.with_ids(blocks, self._random) if blocks else None)

    def _read_blocks(self, arguments: JsonObject, where: str) -> list[JsonObject]:
        blocks = parse_nested(arguments.get("blocks", []), error="invalid_blocks_format")
        faults = check_message(blocks)
        if faults:
            raise self._complain(Refusal("invalid_blocks", *faults), where)
        read: list[JsonObject] = blocks
        return read

    def _complain(self, refusal: Refusal, where: str) -> Refusal:
        self._complaints.note(f"{where}: {refusal}")
        return refusal


def parse_nested(value: Any, *, error: str) -> Any:
    """A JSON argument, which may come as text. Raises ``Refusal`` when the text is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as broken:
        raise Refusal(error) from broken

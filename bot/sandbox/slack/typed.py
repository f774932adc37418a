"""What Slack makes of what people type: entities, links around phone numbers, and a block that says the same."""

import re
from collections.abc import Iterator

from bot.sandbox.slack.blockkit import JsonObject

_NUMBER = re.compile(r"\+\d[\d ()\u2011-]{6,20}\d")


def as_text(typed: str) -> str:
    """The text that apps get."""
    return "".join(f"<{link}|{_entities(piece)}>" if link else _entities(piece) for piece, link in _pieces(typed))


def as_block(typed: str, *, block_id: str) -> JsonObject:
    """The block beside it, which holds what was typed as it was typed."""
    elements = [
        {"type": "link", "url": link, "text": piece} if link else {"type": "text", "text": piece}
        for piece, link in _pieces(typed)
    ]
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _pieces(typed: str) -> Iterator[tuple[str, str]]:
    """In order: each piece, and where it links to if it does."""
    end = 0
    for number in _NUMBER.finditer(typed):
        if number.start() > end:
            yield typed[end : number.start()], ""
        yield number.group(), f"tel:+{re.sub(r'[^0-9]', '', number.group())}"
        end = number.end()
    if end < len(typed) or not typed:
        yield typed[end:], ""


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""Block Kit's pieces, as small builders: user text goes into plain text or is escaped, never into bare mrkdwn.

Reference: https://docs.slack.dev/reference/block-kit
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Block = dict[str, Any]
View = dict[str, Any]
"""A window (modal), or somebody's Home tab."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``text`` says everything that matters, for screen readers and notifications. Both are escaped."""

    text: str
    blocks: list[Block]


def escape(text: str) -> str:
    """For mrkdwn and for a message's ``text``: exactly these three characters mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    """Text already escaped, with Slack's formatting."""
    return {"type": "mrkdwn", "text": text}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def section(text: str) -> Block:
    return {"type": "section", "text": plain(text)}


def formatted_section(text: str) -> Block:
    """A section of text already escaped, with Slack's formatting."""
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [plain(text)]}


def formatted_context(text: str) -> Block:
    """Small text already escaped, with Slack's formatting."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def date(at: float) -> str:
    """A moment (Unix seconds) as each reader's local time, in Slack's markup; elsewhere in UTC."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{fallback}>"


def preformatted(text: str) -> Block:
    """Text to copy, as it is: Slack shows it in a fixed-width box and reads no formatting into it."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}],
    }


def buttons(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def button(text: str, *, action_id: str, label: str, value: str | None = None, is_primary: bool = False) -> Block:
    """A button. ``label`` is what a screen reader says; ``value`` is an opaque id, never data."""
    element: Block = {"type": "button", "text": plain(text), "action_id": action_id, "accessibility_label": label}
    if value:
        element["value"] = value
    if is_primary:
        element["style"] = "primary"
    return element


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """A field of a form; by its ``name`` what was typed into it is read."""

    name: str
    label: str
    hint: str
    is_optional: bool = False
    is_multiline: bool = False
    initial: str = ""
    placeholder: str = ""
    max_length: int | None = None
    has_focus: bool = False

    def block(self, fresh: str) -> Block:
        """Slack keeps what was typed in a field whose ids stay the same when a view is updated. A reopened form must
        not bring a code back, so ``fresh``, which no form has twice, is a part of them."""
        element: Block = {"type": "plain_text_input", "action_id": self.name, "multiline": self.is_multiline}
        if self.initial:
            element["initial_value"] = self.initial
        if self.placeholder:
            element["placeholder"] = plain(self.placeholder)
        if self.max_length:
            element["max_length"] = self.max_length
        if self.has_focus:
            element["focus_on_load"] = True
        return {
            "type": "input",
            "block_id": f"{self.name}-{fresh}",
            "label": plain(self.label),
            "hint": plain(self.hint),
            "optional": self.is_optional,
            "element": element,
        }

"""Block Kit's pieces, as small builders. What is said in them is in no language yet: who sends them puts it into words.

User text is plain text, and is escaped where Slack reads formatting.

Reference: https://docs.slack.dev/reference/block-kit
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.texts.said import Markup, Plain, slacks

Block = dict[str, Any]
View = dict[str, Any]
"""A window (modal), or somebody's Home tab."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``text`` says everything that matters, for screen readers and notifications."""

    text: Markup
    blocks: list[Block]


def plain(text: Plain) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: Markup) -> Block:
    return {"type": "mrkdwn", "text": text}


def header(text: Plain) -> Block:
    return {"type": "header", "text": plain(text)}


def section(text: Plain) -> Block:
    return {"type": "section", "text": plain(text)}


def formatted_section(text: Markup) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: Plain) -> Block:
    return {"type": "context", "elements": [plain(text)]}


def formatted_context(text: Markup) -> Block:
    """Small text, with Slack's formatting."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def person(user_id: str) -> Markup:
    """Somebody by the name that each reader knows them by."""
    return slacks(f"<@{user_id}>")


def date(at: float, *, is_in_numbers: bool = False) -> Markup:
    """A moment (Unix seconds) as each reader's local time, in Slack's markup; elsewhere in UTC.

    Slack says "today" in the language of whoever looks, so what people of several languages read is ``is_in_numbers``.
    """
    day = "{date_num}" if is_in_numbers else "{date_short_pretty}"
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return slacks(f"<!date^{int(at)}^{day} {{time}}|{fallback}>")


def preformatted(text: Plain) -> Block:
    """Text to copy, as it is: Slack shows it in a fixed-width box and reads no formatting into it."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}],
    }


def buttons(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def button(text: Plain, *, action_id: str, label: Plain, value: str | None = None, is_primary: bool = False) -> Block:
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
    label: Plain
    hint: Plain
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

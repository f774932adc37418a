"""Walking Block Kit: which elements there are, and what a reader reads."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

JsonObject = dict[str, Any]

_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Placed:
    """An element with an ``action_id``, and the block it stands in."""

    block: JsonObject
    element: JsonObject

    @property
    def block_id(self) -> str:
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        return str(self.element["action_id"])

    @property
    def is_input(self) -> bool:
        """Whether it stands in an input block: filled in and submitted, not acted on."""
        return bool(self.block["type"] == "input")

    @property
    def dispatches(self) -> bool:
        """Whether using it sends ``block_actions``."""
        return not self.is_input or bool(self.block.get("dispatch_action", False))


def with_ids(blocks: list[JsonObject], random: Random) -> list[JsonObject]:
    """A copy in which every block and every interactive element has its id; Slack invents the missing ones."""
    named = copy.deepcopy(blocks)
    for block in named:
        block.setdefault("block_id", _invent_id(random))
        for element in _elements(block):
            if is_interactive(element):
                element.setdefault("action_id", _invent_id(random))
    return named


def interactive_elements(blocks: list[JsonObject]) -> Iterator[Placed]:
    """Every element somebody can use, in reading order."""
    for block in blocks:
        for element in _elements(block):
            if is_interactive(element):
                yield Placed(block, element)


def find(blocks: list[JsonObject], *, block_id: str, action_id: str) -> Placed | None:
    """The interactive element with these ids."""
    named = (block_id, action_id)
    return next((each for each in interactive_elements(blocks) if (each.block_id, each.action_id) == named), None)


def is_interactive(element: JsonObject) -> bool:
    return element["type"] not in ("image", "plain_text", "mrkdwn") and not element["type"].startswith("rich_text_")


def _elements(block: JsonObject) -> Iterator[JsonObject]:
    match block["type"]:
        case "section" if "accessory" in block:
            yield block["accessory"]
        case "actions":
            yield from block["elements"]
        case "input":
            yield block["element"]


def caption(element: JsonObject) -> str:
    """What stands on a button; empty for elements without words of their own."""
    return str(element["text"]["text"]) if "text" in element else ""


def words(node: Any) -> str:
    """Everything there is to read in blocks or a part of one, top to bottom, one piece per line."""
    return "\n".join(_pieces(node))


def _pieces(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _pieces(item)
    elif isinstance(node, dict):
        yield from _pieces_of_object(node)


def _pieces_of_object(node: JsonObject) -> Iterator[str]:
    if node.get("type") in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        yield "".join(_inline(element) for element in node["elements"])
        return
    if isinstance(node.get("text"), str):
        yield node["text"]
    for name in ("title", "text", "label", "hint", "fields", "elements", "element", "accessory", "options", "blocks"):
        yield from _pieces(node.get(name))
    if node.get("type") == "image":
        yield node["alt_text"]


def _inline(element: JsonObject) -> str:
    match element["type"]:
        case "user":
            return f"<@{element['user_id']}>"
        case "emoji":
            return f":{element['name']}:"
        case _:
            return str(element.get("text") or element.get("url") or element.get("fallback") or "")


def _invent_id(random: Random) -> str:
    return "".join(random.choices(_ID_LETTERS, k=5))

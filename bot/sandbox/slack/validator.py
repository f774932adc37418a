"""What Slack would refuse, and why: one sentence per fault, with the JSON pointer of where it is."""

import json
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bot.sandbox.slack.blockkit import JsonObject, is_interactive
from bot.sandbox.slack.schema import ByType, Check, Every, Faults, Shape, boolean, items, note, string, text
from bot.sandbox.slack.shapes import BLOCKS

LARGEST_VIEW = 250_000
"""Bytes of JSON."""


class Surface(StrEnum):
    """Where blocks are shown."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


def check_message(blocks: Any, *, at: str = "/blocks") -> Faults:
    """The faults of a message's blocks; an empty list when Slack would take them."""
    faults: Faults = []
    _blocks(most=50, fewest=0)(blocks, at, faults)
    return faults


def check_view(view: Any, *, surfaces: tuple[Surface, ...], at: str = "/view") -> Faults:
    """The faults of a view that is meant for one of ``surfaces``."""
    faults: Faults = []
    ByType({surface.value: _VIEWS[surface] for surface in surfaces})(view, at, faults)
    return faults


def is_too_large(view: JsonObject) -> bool:
    """Whether the view as a whole is over Slack's limit."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > LARGEST_VIEW


def _blocks(*, most: int, fewest: int = 1) -> Check:
    return Every((items(ByType(BLOCKS), most=most, fewest=fewest), _ids_are_unique, _one_focus))


def _ids_are_unique(blocks: Any, at: str, faults: Faults) -> None:
    block_ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    for index, block in enumerate(blocks):
        if block_ids[block.get("block_id")] > 1:
            note(faults, f"block_id `{block['block_id']}` already exists", f"{at}/{index}/block_id")
        action_ids = Counter(element.get("action_id") for element in _elements(block))
        for action_id, times in action_ids.items():
            if action_id is not None and times > 1:
                note(faults, f"action_id `{action_id}` already exists", f"{at}/{index}/elements")


def _one_focus(blocks: Any, at: str, faults: Faults) -> None:
    focused = [element for block in blocks for element in _elements(block) if element.get("focus_on_load")]
    if len(focused) > 1:
        note(faults, "only one element can have `focus_on_load`", at)


def _elements(block: JsonObject) -> list[JsonObject]:
    listed = block.get("elements", [])
    single = [block[name] for name in ("element", "accessory") if name in block]
    return [element for element in [*listed, *single] if is_interactive(element)]


def _can_be_submitted(view: Any, at: str, faults: Faults) -> None:
    if "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        note(faults, "`submit` is required when an input block is within the `blocks` array", at)


_COMMON: Mapping[str, Check] = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_VIEWS: Mapping[Surface, Check] = {
    Surface.HOME: Shape({"type": string(), "blocks": _blocks(most=100)}, _COMMON),
    Surface.MODAL: Every(
        (
            Shape(
                {"type": string(), "title": text(24), "blocks": _blocks(most=100)},
                {
                    **_COMMON,
                    "submit": text(24),
                    "close": text(24),
                    "clear_on_close": boolean,
                    "notify_on_close": boolean,
                },
            ),
            _can_be_submitted,
        )
    ),
}

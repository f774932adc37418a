"""What stands in the elements of a view or message: ``state.values``, and what Slack's client checks before sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.blockkit import JsonObject, Placed, interactive_elements

Values = dict[str, dict[str, JsonObject]]
"""``state.values``: block id → action id → the element's state."""

REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Stateful:
    """How a kind of element carries its state."""

    key: str
    """Its name in ``state.values``."""
    initial: str
    """The name of what it starts with."""
    empty: Any = None


STATEFUL: Mapping[str, Stateful] = {
    "plain_text_input": Stateful("value", "initial_value"),
    "email_text_input": Stateful("value", "initial_value"),
    "url_text_input": Stateful("value", "initial_value"),
    "number_input": Stateful("value", "initial_value"),
    "static_select": Stateful("selected_option", "initial_option"),
    "radio_buttons": Stateful("selected_option", "initial_option"),
    "checkboxes": Stateful("selected_options", "initial_options", ()),
    "multi_static_select": Stateful("selected_options", "initial_options", ()),
    "users_select": Stateful("selected_user", "initial_user"),
    "multi_users_select": Stateful("selected_users", "initial_users", ()),
    "conversations_select": Stateful("selected_conversation", "initial_conversation"),
    "channels_select": Stateful("selected_channel", "initial_channel"),
    "datepicker": Stateful("selected_date", "initial_date"),
    "timepicker": Stateful("selected_time", "initial_time"),
}


class NotOnScreen(Exception):
    """Somebody tried what their client would not let them do."""


def initial_values(blocks: list[JsonObject], *, before: Values | None = None) -> Values:
    """The state of every stateful element.

    ``before`` is the state of the view this one replaces: an element that kept its block id, action id and type keeps
    its state, whatever it says to start with, as Slack's client does.
    """
    values: Values = {}
    for placed in interactive_elements(blocks):
        if placed.element["type"] not in STATEFUL:
            continue
        kept = (before or {}).get(placed.block_id, {}).get(placed.action_id)
        if kept is None or kept["type"] != placed.element["type"]:
            kept = _initial_state(placed.element)
        values.setdefault(placed.block_id, {})[placed.action_id] = kept
    return values


def _initial_state(element: JsonObject) -> JsonObject:
    kind = STATEFUL[element["type"]]
    value = element.get(kind.initial, kind.empty)
    return {"type": element["type"], kind.key: list(value) if isinstance(value, tuple) else value}


def changed_state(element: JsonObject, choice: Any) -> JsonObject:
    """The element's state after somebody typed ``choice`` or picked the option(s) whose value it is.

    Raises ``NotOnScreen`` when the element does not offer it.
    """
    if element["type"] == "overflow":
        return {"type": "overflow", "selected_option": _option(element, choice)}
    kind = STATEFUL.get(element["type"])
    if kind is None:
        raise NotOnScreen(f"nothing can be typed or picked in a {element['type']}")
    value: Any
    if kind.key == "value":
        value = _typed(element, choice)
    elif kind.key == "selected_option":
        value = None if choice in (None, "") else _option(element, choice)
    elif kind.key == "selected_options":
        value = [_option(element, each) for each in choice]
    else:
        value = choice or kind.empty
    return {"type": element["type"], kind.key: value}


def _typed(element: JsonObject, choice: Any) -> str | None:
    if not isinstance(choice, str):
        raise NotOnScreen("text is typed, not picked")
    text = choice if element.get("multiline") else " ".join(choice.splitlines())
    return text or None


def options_of(element: JsonObject) -> list[JsonObject]:
    """The options an element offers, those in groups included."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def _option(element: JsonObject, choice: Any) -> JsonObject:
    for option in options_of(element):
        if choice in (option.get("value"), option["text"]["text"]):
            return option
    raise NotOnScreen(f"there is no option {choice!r}")


def incomplete_fields(blocks: list[JsonObject], values: Values) -> dict[str, str]:
    """What Slack's client says before it sends anything: block id → sentence. Empty when the form may be sent."""
    errors: dict[str, str] = {}
    for placed in interactive_elements(blocks):
        if placed.is_input and placed.element["type"] in STATEFUL:
            mistake = _mistake(placed, values[placed.block_id][placed.action_id])
            if mistake:
                errors[placed.block_id] = mistake
    return errors


def _mistake(placed: Placed, state: JsonObject) -> str | None:
    value = state[STATEFUL[placed.element["type"]].key]
    if not value:
        return None if placed.block.get("optional", False) else REQUIRED
    if placed.element["type"] != "plain_text_input":
        return None
    shortest, longest = placed.element.get("min_length", 0), placed.element.get("max_length", 3000)
    if len(value) < shortest:
        return f"Please enter at least {shortest} characters."
    if len(value) > longest:
        return f"Please enter at most {longest} characters."
    return None

"""Block Kit's shapes and limits, as tables (https://docs.slack.dev/reference/block-kit).

Only what the sandbox can also show: a block or an element it does not know is refused, not let through.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.forms import options_of
from bot.sandbox.slack.schema import (
    ByType,
    Check,
    Every,
    Faults,
    Shape,
    boolean,
    integer,
    items,
    note,
    one_of,
    string,
    text,
    url,
)

ANY_TEXT = ("plain_text", "mrkdwn")
ID = string(255, shortest=1)

CONFIRM = Shape(
    {"title": text(100), "text": text(300, kinds=ANY_TEXT), "confirm": text(30), "deny": text(30)},
    {"style": one_of("primary", "danger")},
)
DISPATCH = Shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), most=2)})

_COMMON: Mapping[str, Check] = {"action_id": ID}
_CONFIRMABLE: Mapping[str, Check] = {**_COMMON, "confirm": CONFIRM}
_FOCUSABLE: Mapping[str, Check] = {**_CONFIRMABLE, "focus_on_load": boolean}
_MENU: Mapping[str, Check] = {**_FOCUSABLE, "placeholder": text(150)}
_TYPED: Mapping[str, Check] = {
    **_COMMON,
    "focus_on_load": boolean,
    "placeholder": text(150),
    "initial_value": string(3000),
    "dispatch_action_config": DISPATCH,
}
_TYPE: Mapping[str, Check] = {"type": string()}


def _option(*kinds: str, has_url: bool = False) -> Check:
    extra: Mapping[str, Check] = {"url": url()} if has_url else {}
    return Shape(
        {"text": text(75, kinds=kinds), "value": string(150, shortest=1)},
        {"description": text(75, kinds=kinds), **extra},
    )


PLAIN_OPTION = _option("plain_text")
ANY_OPTION = _option(*ANY_TEXT)
OPTION_GROUP = Shape({"label": text(75), "options": items(PLAIN_OPTION, most=100)})


def _initial_is_offered(value: Any, at: str, faults: Faults) -> None:
    offered = options_of(value)
    chosen = value.get("initial_options", [value["initial_option"]] if "initial_option" in value else [])
    if any(option not in offered for option in chosen):
        note(faults, "initial option must match one of the options exactly", at)
    values = [option["value"] for option in offered]
    if len(set(values)) < len(values):
        note(faults, "option values must be unique", at)


def _has_options_or_groups(value: Any, at: str, faults: Faults) -> None:
    if ("options" in value) == ("option_groups" in value):
        note(faults, "must define either `options` or `option_groups`", at)


def _lengths_agree(value: Any, at: str, faults: Faults) -> None:
    longest = value.get("max_length", 3000)
    if value.get("min_length", 0) > longest:
        note(faults, "`min_length` must not be more than `max_length`", at)
    if len(value.get("initial_value", "")) > longest:
        note(faults, "`initial_value` must not be longer than `max_length`", at)


def _menu(*, many: bool) -> Check:
    initial: Mapping[str, Check] = (
        {"initial_options": items(PLAIN_OPTION, most=100), "max_selected_items": integer(1, 100)}
        if many
        else {"initial_option": PLAIN_OPTION}
    )
    listed: Mapping[str, Check] = {
        "options": items(PLAIN_OPTION, most=100),
        "option_groups": items(OPTION_GROUP, most=100),
    }
    return Every((Shape(_TYPE, {**_MENU, **listed, **initial}), _has_options_or_groups, _initial_is_offered))


def _picker(initial: str, check: Check, **more: Check) -> Check:
    return Shape(_TYPE, {**_MENU, initial: check, **more})


BUTTON = Shape(
    {**_TYPE, "text": text(75)},
    {
        **_CONFIRMABLE,
        "url": url(),
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
OVERFLOW = Shape({**_TYPE, "options": items(_option("plain_text", has_url=True), most=5)}, _CONFIRMABLE)
CHECKBOXES = Every(
    (
        Shape(
            {**_TYPE, "options": items(ANY_OPTION, most=10)},
            {**_FOCUSABLE, "initial_options": items(ANY_OPTION, most=10)},
        ),
        _initial_is_offered,
    )
)
RADIO_BUTTONS = Every(
    (
        Shape({**_TYPE, "options": items(ANY_OPTION, most=10)}, {**_FOCUSABLE, "initial_option": ANY_OPTION}),
        _initial_is_offered,
    )
)
PLAIN_TEXT_INPUT = Every(
    (
        Shape(
            _TYPE,
            {**_TYPED, "multiline": boolean, "min_length": integer(0, 3000), "max_length": integer(1, 3000)},
        ),
        _lengths_agree,
    )
)
NUMBER_INPUT = Shape({**_TYPE, "is_decimal_allowed": boolean}, {**_TYPED, "min_value": string(), "max_value": string()})
IMAGE_ELEMENT = Shape({**_TYPE, "image_url": url(), "alt_text": string(2000, shortest=1)})

_ACTIONS: Mapping[str, Check] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
    "static_select": _menu(many=False),
    "users_select": _picker("initial_user", string()),
    "conversations_select": _picker("initial_conversation", string()),
    "channels_select": _picker("initial_channel", string()),
    "datepicker": _picker("initial_date", string(10)),
    "timepicker": _picker("initial_time", string(5), timezone=string()),
}
_MULTI: Mapping[str, Check] = {
    "multi_static_select": _menu(many=True),
    "multi_users_select": _picker("initial_users", items(string(), most=100), max_selected_items=integer(1, 100)),
}
_INPUTS: Mapping[str, Check] = {
    **{kind: check for kind, check in _ACTIONS.items() if kind not in ("button", "overflow")},
    **_MULTI,
    "plain_text_input": PLAIN_TEXT_INPUT,
    "number_input": NUMBER_INPUT,
    "email_text_input": Shape(_TYPE, _TYPED),
    "url_text_input": Shape(_TYPE, _TYPED),
}

STYLE = Shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_STYLED: Mapping[str, Check] = {"style": STYLE}
_PROSE: Mapping[str, Check] = {
    "text": Shape({**_TYPE, "text": string(shortest=1)}, _STYLED),
    "link": Shape({**_TYPE, "url": url()}, {**_STYLED, "text": string(), "unsafe": boolean}),
}
_INLINE: Mapping[str, Check] = {
    **_PROSE,
    "emoji": Shape({**_TYPE, "name": string(shortest=1)}, {"unicode": string(), **_STYLED}),
    "user": Shape({**_TYPE, "user_id": string(shortest=1)}, _STYLED),
    "usergroup": Shape({**_TYPE, "usergroup_id": string(shortest=1)}, _STYLED),
    "channel": Shape({**_TYPE, "channel_id": string(shortest=1)}, _STYLED),
    "broadcast": Shape({**_TYPE, "range": one_of("here", "channel", "everyone")}, _STYLED),
    "date": Shape(
        {**_TYPE, "timestamp": integer(0, 2**40), "format": string(shortest=1)},
        {"url": url(), "fallback": string(), **_STYLED},
    ),
}
_BORDER: Mapping[str, Check] = {"border": integer(0, 1)}
_SECTION_OF_PROSE = Shape({**_TYPE, "elements": items(ByType(_INLINE), most=1000)})
_RICH: Mapping[str, Check] = {
    "rich_text_section": _SECTION_OF_PROSE,
    "rich_text_preformatted": Shape(
        {**_TYPE, "elements": items(ByType(_PROSE), most=1000)}, {**_BORDER, "language": string()}
    ),
    "rich_text_quote": Shape({**_TYPE, "elements": items(ByType(_INLINE), most=1000)}, _BORDER),
    "rich_text_list": Shape(
        {
            **_TYPE,
            "style": one_of("bullet", "ordered"),
            "elements": items(ByType({"rich_text_section": _SECTION_OF_PROSE}), most=1000),
        },
        {**_BORDER, "indent": integer(0, 8), "offset": integer(0, 10_000)},
    ),
}


def _says_something(value: Any, at: str, faults: Faults) -> None:
    if "text" not in value and "fields" not in value:
        note(faults, "must define either `text` or `fields`", at)


_BLOCK: Mapping[str, Check] = {"block_id": ID}
BLOCKS: Mapping[str, Check] = {
    "section": Every(
        (
            Shape(
                _TYPE,
                {
                    **_BLOCK,
                    "text": text(3000, kinds=ANY_TEXT),
                    "fields": items(text(2000, kinds=ANY_TEXT), most=10),
                    "accessory": ByType({**_ACTIONS, **_MULTI, "image": IMAGE_ELEMENT}),
                    "expand": boolean,
                },
            ),
            _says_something,
        )
    ),
    "header": Shape({**_TYPE, "text": text(150)}, _BLOCK),
    "divider": Shape(_TYPE, _BLOCK),
    "context": Shape(
        {
            **_TYPE,
            "elements": items(
                ByType(
                    {
                        "image": IMAGE_ELEMENT,
                        "plain_text": text(3000),
                        "mrkdwn": text(3000, kinds=("mrkdwn",)),
                    }
                ),
                most=10,
            ),
        },
        _BLOCK,
    ),
    "actions": Shape({**_TYPE, "elements": items(ByType(_ACTIONS), most=25)}, _BLOCK),
    "image": Shape(
        {**_TYPE, "image_url": url(), "alt_text": string(2000, shortest=1)}, {**_BLOCK, "title": text(2000)}
    ),
    "input": Shape(
        {**_TYPE, "label": text(2000), "element": ByType(_INPUTS)},
        {**_BLOCK, "hint": text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": Shape({**_TYPE, "elements": items(ByType(_RICH), most=100)}, _BLOCK),
}

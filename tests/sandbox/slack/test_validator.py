"""What Slack would refuse is refused, with the place named; what it takes is taken."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models import blocks as sdk
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.views import View

from bot.sandbox.slack.schema import escaped
from bot.sandbox.slack.validator import Surface, check_message, check_view, is_too_large


def plain(text: str = "Words") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "*Words*") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Press"), "action_id": "press", **changes}


def option(value: str = "one", **changes: Any) -> dict[str, Any]:
    return {"text": plain(value), "value": value, **changes}


def section(**changes: Any) -> dict[str, Any]:
    return {"type": "section", "text": plain(), **changes}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def field(element: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain(), "element": element or text_input(), **changes}


def text_input(**changes: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": "entry", **changes}


def select(**changes: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **changes}


def rich(*elements: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}


def confirm(**changes: Any) -> dict[str, Any]:
    return {"title": plain(), "text": plain(), "confirm": plain("Yes"), "deny": plain("No"), **changes}


def modal(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": list(blocks), **changes}


GOOD_BLOCKS = {
    "a section": section(),
    "a section of fields": {"type": "section", "fields": [plain(), mrkdwn()]},
    "a section at its limit": section(text=plain("x" * 3000)),
    "a section with a button": section(accessory=button()),
    "a header at its limit": {"type": "header", "text": plain("x" * 150)},
    "a divider": {"type": "divider", "block_id": "line"},
    "ten context elements": {"type": "context", "elements": [mrkdwn()] * 10},
    "a context image": {
        "type": "context",
        "elements": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A"}],
    },
    "an image": {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A", "title": plain()},
    "25 buttons": actions(*(button(action_id=f"press{number}") for number in range(25))),
    "a button with everything": actions(
        button(value="x" * 2000, style="danger", accessibility_label="x" * 75, confirm=confirm(style="danger"))
    ),
    "a link button": actions(button(url="https://example.com")),
    "an overflow menu": actions({"type": "overflow", "action_id": "more", "options": [option(), option("two")]}),
    "checkboxes with mrkdwn": actions({"type": "checkboxes", "action_id": "tick", "options": [option(text=mrkdwn())]}),
    "radio buttons with a choice": actions(
        {"type": "radio_buttons", "action_id": "tune", "options": [option()], "initial_option": option()}
    ),
    "a select in groups": actions(
        {
            "type": "static_select",
            "action_id": "pick",
            "option_groups": [{"label": plain(), "options": [option()]}],
            "initial_option": option(),
        }
    ),
    "a date": actions({"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"}),
    "an input in a message": field(),
    "an input with everything": field(
        text_input(
            placeholder=plain("x" * 150),
            initial_value="abc",
            multiline=True,
            min_length=1,
            max_length=3,
            focus_on_load=True,
        ),
        hint=plain(),
        optional=True,
        dispatch_action=False,
    ),
    "rich text": rich(
        {"type": "text", "text": "bold", "style": {"bold": True}},
        {"type": "link", "url": "https://example.com", "text": "there"},
        {"type": "user", "user_id": "U0ANA"},
        {"type": "emoji", "name": "wave"},
    ),
    "preformatted text": rich({"type": "text", "text": "code"}, kind="rich_text_preformatted"),
    "a list": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
            }
        ],
    },
}


@pytest.mark.parametrize("block", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_blocks_slack_takes_are_taken(block: dict[str, Any]) -> None:
    assert check_message([block]) == []


BAD_BLOCKS = {
    "no list": (section(), "must provide an array [json-pointer:/blocks]"),
    "no object": (["section"], "must provide an object [json-pointer:/blocks/0]"),
    "no type": ([{"text": plain()}], "missing required field: type [json-pointer:/blocks/0]"),
    "an unknown block": ([{"type": "sektion"}], "unsupported type: sektion [json-pointer:/blocks/0/type]"),
    "an unknown key": ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    "a null": ([section(text=None)], "must provide an object [json-pointer:/blocks/0/text]"),
    "an empty section": (
        [{"type": "section"}],
        "must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    "an empty text": (
        [section(text=plain(""))],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a long section": (
        [section(text=plain("x" * 3001))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a section too long once escaped": (
        [section(text=plain(">" * 751))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a bare text": ([section(text="Words")], "must provide an object [json-pointer:/blocks/0/text]"),
    "emoji in mrkdwn": (
        [section(text={**mrkdwn(), "emoji": True})],
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "eleven fields": (
        [{"type": "section", "fields": [plain()] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "a mrkdwn header": (
        [{"type": "header", "text": mrkdwn()}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "a long header": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "eleven context elements": (
        [{"type": "context", "elements": [plain()] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a button in a context": (
        [{"type": "context", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "no actions": ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
    "26 buttons": (
        [actions(*(button(action_id=f"press{number}") for number in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "the same action twice": (
        [actions(button(), button())],
        "action_id `press` already exists [json-pointer:/blocks/0/elements]",
    ),
    "the same block twice": (
        [section(block_id="a"), section(block_id="a")],
        "block_id `a` already exists [json-pointer:/blocks/0/block_id]",
    ),
    "a long block_id": (
        [section(block_id="x" * 256)],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "a long action_id": (
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "a long button": (
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "a long value": (
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "a long screen reader label": (
        [actions(button(accessibility_label="x" * 76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]",
    ),
    "an unknown style": (
        [actions(button(style="loud"))],
        "value must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "a number as a value": (
        [actions(button(value=1))],
        "must provide a string [json-pointer:/blocks/0/elements/0/value]",
    ),
    "a text field among actions": (
        [actions(text_input())],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "a button as an input": ([field(button())], "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    "a long confirm title": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "a long confirm text": (
        [actions(button(confirm=confirm(text=plain("x" * 301))))],
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    "a long confirm button": (
        [actions(button(confirm=confirm(confirm=plain("x" * 31))))],
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "a long placeholder": (
        [field(text_input(placeholder=plain("x" * 151)))],
        "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
    ),
    "a long label": (
        [field(label=plain("x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/label/text]",
    ),
    "a long hint": (
        [field(hint=plain("x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/hint/text]",
    ),
    "a true number": (
        [field(text_input(max_length=True))],
        "must provide an integer [json-pointer:/blocks/0/element/max_length]",
    ),
    "a length of 3001": (
        [field(text_input(max_length=3001))],
        "must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
    ),
    "lengths that exclude each other": (
        [field(text_input(min_length=3, max_length=2))],
        "`min_length` must not be more than `max_length` [json-pointer:/blocks/0/element]",
    ),
    "a value the field would not take": (
        [field(text_input(initial_value="abc", max_length=2))],
        "`initial_value` must not be longer than `max_length` [json-pointer:/blocks/0/element]",
    ),
    "options and groups": (
        [actions(select(option_groups=[{"label": plain(), "options": [option()]}]))],
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    "101 options": (
        [actions(select(options=[option(str(number)) for number in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "a choice that is not offered": (
        [actions(select(initial_option=option("two")))],
        "initial option must match one of the options exactly [json-pointer:/blocks/0/elements/0]",
    ),
    "the same option twice": (
        [actions(select(options=[option(), option()]))],
        "option values must be unique [json-pointer:/blocks/0/elements/0]",
    ),
    "a long option": (
        [actions(select(options=[option(text=plain("x" * 76))]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "six overflow options": (
        [actions({"type": "overflow", "options": [option(str(number)) for number in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "an image without words": (
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "an image from nowhere": (
        [{"type": "image", "image_url": "a.png", "alt_text": "A"}],
        "must be a valid url [json-pointer:/blocks/0/image_url]",
    ),
    "an unknown piece of rich text": (
        [rich({"type": "shout", "text": "!"})],
        "unsupported type: shout [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "an empty piece of rich text": (
        [rich({"type": "text", "text": ""})],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "an unknown style of rich text": (
        [rich({"type": "text", "text": "x", "style": {"loud": True}})],
        "invalid additional property: loud [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
    "a person in a code box": (
        [rich({"type": "user", "user_id": "U0ANA"}, kind="rich_text_preformatted")],
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "two fields with the focus": (
        [field(text_input(focus_on_load=True)), field(text_input(focus_on_load=True))],
        "only one element can have `focus_on_load` [json-pointer:/blocks]",
    ),
    "51 blocks in a message": ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
}


@pytest.mark.parametrize(("blocks", "fault"), BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_blocks_slack_refuses_are_refused_with_the_place(blocks: Any, fault: str) -> None:
    assert fault in check_message(blocks)


BAD_MODALS = {
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    "a long title": (
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "a title too long once escaped": (
        modal(title=plain("Research & Development")),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "a mrkdwn title": (modal(title=mrkdwn()), "unsupported type: mrkdwn [json-pointer:/view/title/type]"),
    "a long submit": (
        modal(submit=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "a long close": (
        modal(close=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/close/text]",
    ),
    "an input without submit": (
        {"type": "modal", "title": plain(), "blocks": [field()]},
        "`submit` is required when an input block is within the `blocks` array [json-pointer:/view]",
    ),
    "long private metadata": (
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "a long callback_id": (
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "an unknown key": (
        modal(submit_disabled=True),
        "invalid additional property: submit_disabled [json-pointer:/view]",
    ),
    "101 blocks": (modal(*[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    "a home": ({"type": "home", "blocks": []}, "unsupported type: home [json-pointer:/view/type]"),
    "no blocks": (modal(), "no less than 1 items allowed [json-pointer:/view/blocks]"),
    "nothing": (None, "must provide an object [json-pointer:/view]"),
}


@pytest.mark.parametrize(("view", "fault"), BAD_MODALS.values(), ids=BAD_MODALS)
def test_modals_slack_refuses_are_refused_with_the_place(view: Any, fault: str) -> None:
    assert fault in check_view(view, surfaces=(Surface.MODAL,))


def test_views_at_their_limits_are_taken() -> None:
    full = modal(*[section()] * 100, title=plain("x" * 24), close=plain("x" * 24), private_metadata="x" * 3000)
    home = {"type": "home", "blocks": [section()] * 100, "callback_id": "home"}
    assert check_view(full, surfaces=(Surface.MODAL,)) == []
    assert check_view(home, surfaces=(Surface.HOME,)) == []


def test_a_home_has_no_title() -> None:
    home = {"type": "home", "title": plain(), "blocks": [section()]}
    assert check_view(home, surfaces=(Surface.HOME,)) == ["invalid additional property: title [json-pointer:/view]"]


def test_a_view_is_measured_as_a_whole_in_bytes() -> None:
    assert not is_too_large(modal(*[section(text=plain("x" * 2000))] * 100))
    assert is_too_large(modal(*[section(text=plain("x" * 2500))] * 100))
    assert is_too_large(modal(*[section(text=plain("é" * 1250))] * 100))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(GOOD_BLOCKS)), JSON, st.data())
def test_whatever_stands_in_a_block_is_judged_and_never_an_exception(
    name: str, wrong: Any, data: st.DataObject
) -> None:
    block = copy.deepcopy(GOOD_BLOCKS[name])
    node: Any = block
    places: list[tuple[Any, Any]] = []
    while isinstance(node, dict | list) and node:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        places.append((node, data.draw(st.sampled_from(keys))))
        node = node[places[-1][1]]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = wrong
    assert isinstance(check_message([block]), list)
    assert isinstance(check_view(modal(block), surfaces=(Surface.MODAL,)), list)


@pytest.mark.parametrize(
    ("text", "is_mrkdwn", "stored"),
    [
        pytest.param("a & b", False, "a &amp; b", id="an ampersand"),
        pytest.param("a &amp; b", False, "a &amp; b", id="an entity stays one"),
        pytest.param("<@U0ANA>", False, "&lt;@U0ANA&gt;", id="plain text knows no markup"),
        pytest.param("<@U0ANA> > you", True, "<@U0ANA> &gt; you", id="markup stays, a bare sign does not"),
        pytest.param("1 < 2", True, "1 &lt; 2", id="a bare sign in mrkdwn"),
        pytest.param("<!date^1^{date}|then>", True, "<!date^1^{date}|then>", id="a date"),
    ],
)
def test_lengths_are_those_slack_stores(text: str, *, is_mrkdwn: bool, stored: str) -> None:
    assert escaped(text, is_mrkdwn=is_mrkdwn) == stored


OFFICIAL: dict[str, Callable[[], JsonObject]] = {
    "section": lambda: sdk.SectionBlock(
        text=sdk.MarkdownTextObject(text="*a*"),
        accessory=sdk.ButtonElement(text="Press", action_id="press", value="1", style="primary"),
    ),
    "header": lambda: sdk.HeaderBlock(text="Words"),
    "context": lambda: sdk.ContextBlock(elements=[sdk.PlainTextObject(text="Words", emoji=True)]),
    "select": lambda: sdk.ActionsBlock(
        elements=[
            sdk.StaticSelectElement(placeholder="Pick", action_id="pick", options=[sdk.Option(value="a", text="A")])
        ]
    ),
    "input": lambda: sdk.InputBlock(
        label="What", element=sdk.PlainTextInputElement(action_id="entry", max_length=20), optional=True
    ),
    "rich text": lambda: sdk.RichTextBlock(
        elements=[
            sdk.RichTextPreformattedElement(elements=[sdk.RichTextElementParts.Text(text="code")]),
            sdk.RichTextSectionElement(
                elements=[sdk.RichTextElementParts.Link(url="https://example.com", text="there")]
            ),
        ]
    ),
}


@pytest.mark.parametrize("build", OFFICIAL.values(), ids=OFFICIAL)
def test_what_the_official_models_build_is_taken(build: Callable[[], JsonObject]) -> None:
    block = json.loads(json.dumps(build().to_dict()))
    assert check_message([block]) == []


LIMITS: dict[str, tuple[int, Callable[[str], dict[str, Any]]]] = {
    "section": (sdk.SectionBlock.text_max_length, lambda text: section(text=plain(text))),
    "header": (sdk.HeaderBlock.text_max_length, lambda text: {"type": "header", "text": plain(text)}),
    "button": (sdk.ButtonElement.text_max_length, lambda text: actions(button(text=plain(text)))),
    "value": (sdk.ButtonElement.value_max_length, lambda text: actions(button(value=text))),
    "label": (sdk.InputBlock.label_max_length, lambda text: field(label=plain(text))),
    "hint": (sdk.InputBlock.hint_max_length, lambda text: field(hint=plain(text))),
    "block_id": (sdk.Block.block_id_max_length, lambda text: section(block_id=text)),
    "option": (sdk.Option.label_max_length, lambda text: actions(select(options=[option(text=plain(text))]))),
    "option value": (sdk.Option.value_max_length, lambda text: actions(select(options=[option(text, text=plain())]))),
    "confirm title": (
        sdk.ConfirmObject.title_max_length,
        lambda text: actions(button(confirm=confirm(title=plain(text)))),
    ),
    "confirm text": (
        sdk.ConfirmObject.text_max_length,
        lambda text: actions(button(confirm=confirm(text=plain(text)))),
    ),
    "confirm deny": (
        sdk.ConfirmObject.deny_max_length,
        lambda text: actions(button(confirm=confirm(deny=plain(text)))),
    ),
    "placeholder": (
        sdk.PlainTextInputElement.placeholder_max_length,
        lambda text: field(text_input(placeholder=plain(text))),
    ),
    "alt text": (
        sdk.ImageBlock.alt_text_max_length,
        lambda text: {"type": "image", "image_url": "https://example.com/a.png", "alt_text": text},
    ),
}


@pytest.mark.parametrize(("limit", "build"), LIMITS.values(), ids=LIMITS)
def test_limits_are_those_of_the_official_models(limit: int, build: Callable[[str], dict[str, Any]]) -> None:
    assert check_message([build("x" * limit)]) == []
    (fault,) = check_message([build("x" * (limit + 1))])
    assert fault.startswith(f"must be less than {limit + 1} characters")


def test_the_limits_of_a_modal_are_those_of_the_official_model() -> None:
    assert (View.title_max_length, View.submit_max_length, View.close_max_length) == (24, 24, 24)
    assert (View.private_metadata_max_length, View.callback_id_max_length) == (3000, 255)

"""``state.values`` and what Slack's client checks before it sends a form."""

from typing import Any

import pytest

from bot.sandbox.slack.forms import REQUIRED, NotOnScreen, changed_state, incomplete_fields, initial_values

ONE = {"text": {"type": "plain_text", "text": "One"}, "value": "1"}
TWO = {"text": {"type": "plain_text", "text": "Two"}, "value": "2"}


def element(kind: str, **changes: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "entry", **changes}


def in_input(kind: str = "plain_text_input", *, optional: bool = False, **changes: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": "what", "optional": optional, "element": element(kind, **changes)}


EMPTY = {
    "plain_text_input": {"value": None},
    "number_input": {"value": None},
    "static_select": {"selected_option": None},
    "radio_buttons": {"selected_option": None},
    "checkboxes": {"selected_options": []},
    "multi_static_select": {"selected_options": []},
    "users_select": {"selected_user": None},
    "multi_users_select": {"selected_users": []},
    "conversations_select": {"selected_conversation": None},
    "channels_select": {"selected_channel": None},
    "datepicker": {"selected_date": None},
    "timepicker": {"selected_time": None},
}


@pytest.mark.parametrize(("kind", "state"), EMPTY.items(), ids=EMPTY)
def test_every_untouched_element_is_there_and_empty(kind: str, state: dict[str, Any]) -> None:
    assert initial_values([in_input(kind)]) == {"what": {"entry": {"type": kind, **state}}}


INITIAL = {
    "plain_text_input": ({"initial_value": "abc"}, {"value": "abc"}),
    "static_select": ({"initial_option": ONE, "options": [ONE]}, {"selected_option": ONE}),
    "checkboxes": ({"initial_options": [ONE], "options": [ONE]}, {"selected_options": [ONE]}),
    "datepicker": ({"initial_date": "2026-01-31"}, {"selected_date": "2026-01-31"}),
    "users_select": ({"initial_user": "U0ANA"}, {"selected_user": "U0ANA"}),
}


@pytest.mark.parametrize(("kind", "given", "state"), [(k, g, s) for k, (g, s) in INITIAL.items()], ids=INITIAL)
def test_an_untouched_element_has_its_initial_value(kind: str, given: dict[str, Any], state: dict[str, Any]) -> None:
    assert initial_values([in_input(kind, **given)]) == {"what": {"entry": {"type": kind, **state}}}


def test_elements_outside_inputs_have_state_and_buttons_have_none() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "block_id": "a", "accessory": element("static_select", options=[ONE])},
        {"type": "actions", "block_id": "b", "elements": [element("button"), element("datepicker", action_id="day")]},
    ]
    assert initial_values(blocks) == {
        "a": {"entry": {"type": "static_select", "selected_option": None}},
        "b": {"day": {"type": "datepicker", "selected_date": None}},
    }


TYPED = {"what": {"entry": {"type": "plain_text_input", "value": "typed"}}}


@pytest.mark.parametrize(
    ("blocks", "value"),
    [
        pytest.param([in_input()], "typed", id="the same ids"),
        pytest.param([in_input(initial_value="new")], "typed", id="the same ids, whatever the new initial value"),
        pytest.param([{**in_input(initial_value="new"), "block_id": "other"}], "new", id="another block_id"),
        pytest.param([in_input(initial_value="new", action_id="other")], "new", id="another action_id"),
    ],
)
def test_what_was_typed_survives_only_under_the_same_ids(blocks: list[dict[str, Any]], value: str) -> None:
    ((state,),) = (states.values() for states in initial_values(blocks, before=TYPED).values())
    assert state["value"] == value


def test_a_state_does_not_survive_in_another_type_of_element() -> None:
    values = initial_values([in_input("datepicker")], before=TYPED)
    assert values == {"what": {"entry": {"type": "datepicker", "selected_date": None}}}


CHOICES = {
    "text": (element("plain_text_input"), "abc", "abc"),
    "text left empty": (element("plain_text_input"), "", None),
    "lines where there is one line": (element("plain_text_input"), "a\nb", "a b"),
    "lines where there are many": (element("plain_text_input", multiline=True), "a\nb", "a\nb"),
    "an option by value": (element("static_select", options=[ONE, TWO]), "2", TWO),
    "an option by its words": (element("static_select", options=[ONE, TWO]), "Two", TWO),
    "an option in a group": (element("static_select", option_groups=[{"options": [ONE]}]), "1", ONE),
    "an option taken back": (element("static_select", options=[ONE]), None, None),
    "boxes": (element("checkboxes", options=[ONE, TWO]), ["1", "2"], [ONE, TWO]),
    "no boxes": (element("checkboxes", options=[ONE, TWO]), [], []),
    "an entry of a menu": (element("overflow", options=[ONE, TWO]), "1", ONE),
    "a date": (element("datepicker"), "2026-01-31", "2026-01-31"),
}


@pytest.mark.parametrize(("kind", "choice", "expected"), CHOICES.values(), ids=CHOICES)
def test_what_somebody_enters_becomes_the_state(kind: dict[str, Any], choice: Any, expected: Any) -> None:
    state = changed_state(kind, choice)
    assert state.pop("type") == kind["type"]
    assert list(state.values()) == [expected]


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        pytest.param(element("static_select", options=[ONE]), "3", id="an option that is not offered"),
        pytest.param(element("button"), "text", id="text in a button"),
        pytest.param(element("plain_text_input"), ["a"], id="picking in a text field"),
    ],
)
def test_what_an_element_does_not_offer_cannot_be_entered(kind: dict[str, Any], choice: Any) -> None:
    with pytest.raises(NotOnScreen):
        changed_state(kind, choice)


@pytest.mark.parametrize(
    ("block", "text", "sentence"),
    [
        pytest.param(in_input(), "abc", None, id="filled"),
        pytest.param(in_input(), "", REQUIRED, id="empty"),
        pytest.param(in_input(optional=True), "", None, id="empty and optional"),
        pytest.param(in_input(min_length=3), "ab", "Please enter at least 3 characters.", id="too short"),
        pytest.param(in_input(min_length=3), "abc", None, id="just long enough"),
        pytest.param(in_input(max_length=3), "abcd", "Please enter at most 3 characters.", id="too long"),
        pytest.param(in_input(), "x" * 3001, "Please enter at most 3000 characters.", id="longer than any field"),
        pytest.param(
            in_input(optional=True, min_length=3), "", None, id="optional and left empty, whatever the length"
        ),
    ],
)
def test_the_client_checks_text_before_it_sends(block: dict[str, Any], text: str, sentence: str | None) -> None:
    values = {"what": {"entry": changed_state(block["element"], text)}}
    assert incomplete_fields([block], values) == ({"what": sentence} if sentence else {})


def test_a_required_group_of_boxes_needs_one_ticked() -> None:
    block = in_input("checkboxes", options=[ONE])
    assert incomplete_fields([block], initial_values([block])) == {"what": REQUIRED}

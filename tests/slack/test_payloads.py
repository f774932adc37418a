"""Payloads become values once, at the edge; what is not shaped as Slack shapes it is named, and never quoted."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.models import Actor, Through
from bot.slack.payloads import (
    Click,
    Origin,
    PayloadError,
    Sender,
    Shortcut,
    SlashCommand,
    Submission,
    parse,
    sender_of,
)
from tests.slack.conftest import TEAM_ID

CODE = "208312"
ANA = Actor(team_id=TEAM_ID, user_id="U0ANA", through=Through.SLACK)
HERE = Origin(channel_id="C0SUPPORT", response_url="https://hooks.invalid/commands/1", team_id=TEAM_ID)

COMMAND = {
    "command": "/phoneid",
    "text": f"+86 138 0000 1234 {CODE}",
    "user_id": "U0ANA",
    "team_id": TEAM_ID,
    "channel_id": "C0SUPPORT",
    "trigger_id": "1.2.a",
    "response_url": HERE.response_url,
}
WHO: dict[str, Any] = {"user": {"id": "U0ANA", "team_id": TEAM_ID}, "team": {"id": TEAM_ID}}
VIEW = {"id": "V1", "hash": "1.a", "private_metadata": HERE.model_dump_json()}
FIELDS = {"values": {"phone-1": {"phone": {"value": "+86 138 0000 1234"}}, "code-1": {"code": {"value": CODE}}}}
SUBMISSION = {**WHO, "view": {**VIEW, "state": FIELDS}}
CLICK = {
    **WHO,
    "trigger_id": "1.2.b",
    "actions": [{"action_id": "try_again", "value": "L-1"}],
    "channel": {"id": "C0SUPPORT"},
    "response_url": HERE.response_url,
}


def test_a_command_says_who_where_and_what() -> None:
    command = parse(SlashCommand, COMMAND)
    assert (command.actor, command.origin) == (ANA, HERE)
    assert command.text.get_secret_value() == COMMAND["text"]


def test_a_click_in_a_message_says_who_where_and_which_button() -> None:
    click = parse(Click, CLICK)
    assert (click.actor, click.origin) == (ANA, HERE)
    assert (click.action.action_id, click.action.value) == ("try_again", "L-1")


def test_a_click_in_a_window_comes_from_where_the_window_was_opened() -> None:
    click = parse(Click, {**WHO, "trigger_id": "1.2.b", "actions": CLICK["actions"], "view": VIEW})
    assert click.origin == HERE


@pytest.mark.parametrize(
    "nulls",
    [
        {"response_url": None},
        {"trigger_id": None},
        {"channel": None, "message": None, "view": None},
        {"channel": {"id": None}, "message": {"ts": None}},
        {"actions": [{"action_id": "try_again", "value": None}]},
        {"actions": None},
    ],
)
def test_null_in_a_click_counts_as_absent(nulls: dict[str, Any]) -> None:
    absent = {name: value for name, value in CLICK.items() if name not in nulls}
    if nulls.get("actions"):
        absent |= {"actions": [{"action_id": "try_again"}]}
    click = parse(Click, {**CLICK, **nulls})
    assert click == parse(Click, absent)
    assert click.message_ref is None


@pytest.mark.parametrize("nulls", [{"text": None}, {"response_url": None}, {"text": None, "response_url": None}])
def test_null_in_a_command_counts_as_absent(nulls: dict[str, Any]) -> None:
    absent = {name: value for name, value in COMMAND.items() if name not in nulls}
    assert parse(SlashCommand, {**COMMAND, **nulls}) == parse(SlashCommand, absent)


def test_null_in_a_submission_counts_as_absent() -> None:
    view = {**VIEW, "callback_id": None, "private_metadata": None, "state": FIELDS}
    submission = parse(Submission, {**SUBMISSION, "view": view, "team": None})
    assert (submission.view.origin, submission.view.callback_id, submission.actor) == (Origin(), "", ANA)
    metadata = '{"channel_id": null, "response_url": null, "request_id": null}'
    submission = parse(Submission, {**SUBMISSION, "view": {**view, "private_metadata": metadata}})
    assert (submission.view.origin, submission.view.request_id) == (Origin(), "")


def test_a_click_on_nothing_is_a_click_all_the_same() -> None:
    assert parse(Click, {**CLICK, "actions": None}).action.action_id == "none"


def test_a_submission_gives_its_fields_by_name_and_where_mistakes_go() -> None:
    submission = parse(Submission, SUBMISSION)
    assert submission.field("code").text.get_secret_value() == CODE
    assert submission.field("code").block_id == "code-1"
    with pytest.raises(PayloadError, match="no field reason"):
        submission.field("reason")


def test_an_empty_field_and_an_empty_command_are_empty_text() -> None:
    empty = {**SUBMISSION, "view": {**VIEW, "state": {"values": {"code-1": {"code": {"value": None}}}}}}
    assert parse(Submission, empty).field("code").text.get_secret_value() == ""
    bare = {name: value for name, value in COMMAND.items() if name != "text"}
    assert parse(SlashCommand, bare).text.get_secret_value() == ""


def test_a_submission_delivered_twice_has_one_key_and_a_reopened_form_another() -> None:
    first, again = parse(Submission, SUBMISSION), parse(Submission, SUBMISSION)
    reopened = parse(Submission, {**SUBMISSION, "view": {**VIEW, "hash": "2.b", "state": FIELDS}})
    assert first.key == again.key
    assert first.key != reopened.key


@pytest.mark.parametrize(
    ("who", "team_id"),
    [
        pytest.param({"user": {"id": "U0OLU", "team_id": "T0PARTNER"}}, "T0PARTNER", id="their own before the app's"),
        pytest.param({"user": {"id": "U0OLU"}}, TEAM_ID, id="the app's where theirs is not said"),
        pytest.param({"user": {"id": "U0OLU"}, "team": None}, "", id="none where nobody says"),
        pytest.param({"user": {"id": "U0OLU", "team_id": None}}, TEAM_ID, id="the app's where theirs is null"),
        pytest.param({"user": {"id": "U0OLU"}, "team": {"id": None}}, "", id="none where the app's is null"),
    ],
)
def test_an_actor_belongs_to_the_workspace_they_act_from(who: Mapping[str, Any], team_id: str) -> None:
    assert parse(Shortcut, {**WHO, "trigger_id": "1.2.c", **who}).actor.team_id == team_id


GRID = {"id": "E0GRID", "name": "Group"}
OF_GRID = {"id": TEAM_ID, "domain": "sandbox", "enterprise_id": "E0GRID", "enterprise_name": "Group"}
BEA = {"id": "W0BEA", "team_id": "T0SISTER"}


@pytest.mark.parametrize(
    ("who", "workspace", "enterprise_id"),
    [
        pytest.param({"user": BEA, "team": OF_GRID, "enterprise": None}, TEAM_ID, "E0GRID", id="in one workspace"),
        pytest.param({"user": BEA, "team": OF_GRID, "enterprise": GRID}, TEAM_ID, "E0GRID", id="said twice"),
        pytest.param({"user": BEA, "team": None, "enterprise": GRID}, "T0SISTER", "E0GRID", id="on the organisation"),
        pytest.param({"team": {"id": TEAM_ID}, "enterprise": None}, TEAM_ID, "", id="in no organisation"),
    ],
)
def test_a_person_of_an_organisation_is_told_apart_from_where_they_act(
    who: dict[str, Any], workspace: str, enterprise_id: str
) -> None:
    click = parse(Click, {**CLICK, **who})
    assert (click.origin.team_id, click.actor.enterprise_id) == (workspace, enterprise_id)
    assert click.actor.team_id == who.get("user", WHO["user"])["team_id"]


def test_a_form_says_the_workspace_that_it_was_opened_in() -> None:
    body = {**SUBMISSION, "user": BEA, "team": None, "enterprise": GRID}
    assert parse(Submission, body).origin == HERE
    old = {**body, "view": {**body["view"], "private_metadata": '{"channel_id": "C0SUPPORT"}'}}
    assert parse(Submission, old).origin == Origin(channel_id="C0SUPPORT", team_id="T0SISTER")


def test_a_command_in_an_organisation_says_which() -> None:
    command = parse(SlashCommand, {**COMMAND, "enterprise_id": "E0GRID", "is_enterprise_install": "true"})
    assert command.actor == Actor(team_id=TEAM_ID, user_id="U0ANA", through=Through.SLACK, enterprise_id="E0GRID")


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"channel_id": 7}', "x" * 3000])
def test_a_window_with_unreadable_metadata_comes_from_nowhere(metadata: str) -> None:
    view = {**VIEW, "private_metadata": metadata, "state": FIELDS}
    assert parse(Submission, {**SUBMISSION, "view": view}).view.origin == Origin()


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        pytest.param(SlashCommand, {**COMMAND, "user_id": [CODE]}, "user_id", id="a list for a text"),
        pytest.param(SlashCommand, {**COMMAND, "trigger_id": ""}, "trigger_id", id="an empty trigger id"),
        pytest.param(SlashCommand, {**COMMAND, "text": {"code": CODE}}, "text", id="an object for a text"),
        pytest.param(Submission, {**SUBMISSION, "view": {**VIEW, "state": CODE}}, "view.state", id="no fields"),
        pytest.param(Submission, {**WHO, "view": CODE}, "view", id="no view"),
        pytest.param(Click, {**CLICK, "user": CODE}, "user", id="nobody"),
        pytest.param(Click, {**CLICK, "actions": [CODE]}, "actions.0", id="an action that is none"),
        pytest.param(Shortcut, {**WHO, "trigger_id": "1.2", "team": {"id": CODE * 50}}, "team.id", id="a long id"),
        pytest.param(Shortcut, {}, "user, trigger_id", id="nothing"),
    ],
)
def test_a_wrong_shape_is_named_and_never_quoted(kind: Any, body: dict[str, Any], place: str) -> None:
    with pytest.raises(PayloadError) as caught:
        parse(kind, body)
    assert str(caught.value) == f"not a {kind.__name__}: {place}"
    assert CODE not in repr(caught.value.__cause__)


def test_what_was_typed_is_in_no_representation() -> None:
    assert CODE not in repr(parse(SlashCommand, COMMAND))
    assert CODE not in repr(parse(Submission, SUBMISSION))


@pytest.mark.parametrize(
    ("body", "sender"),
    [
        pytest.param(COMMAND, Sender(user_id="U0ANA", response_url=HERE.response_url), id="a command"),
        pytest.param(CLICK, Sender(user_id="U0ANA", response_url=HERE.response_url), id="a click"),
        pytest.param(SUBMISSION, Sender(user_id="U0ANA"), id="a submission"),
        pytest.param({"user": "U0ANA", "response_url": 7}, Sender(), id="other shapes"),
        pytest.param({"user_id": ["U0ANA"], "user": {"id": None}}, Sender(), id="more of them"),
        pytest.param({}, Sender(), id="nothing"),
    ],
)
def test_whatever_still_says_who_sent_it_is_found(body: dict[str, Any], sender: Sender) -> None:
    assert sender_of(body) == sender

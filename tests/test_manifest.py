"""manifest.yaml says what the code does: its commands, shortcuts, events and scopes, and nothing more."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.entry.command import TypedKind, read_command
from bot.policy import Policy
from bot.slack.connection import scopes_known, scopes_needed
from tests.english import asking, views

ROOT = Path(__file__).parent.parent
MANIFEST = ROOT / "manifest.yaml"
SLACK_CODE = sorted((ROOT / "bot" / "slack").rglob("*.py"))
DOCTORS_CODE = sorted((ROOT / "bot" / "doctor").rglob("*.py"))

SCOPE_OF = {
    # Slack's reference of each method: https://docs.slack.dev/reference/methods
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "users_info": {"users:read"},
    "bots_info": {"users:read"},
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
    "conversations_info": {"channels:read", "groups:read"},
    # These take any bot token.
    "auth_test": set[str](),
    "api_call": set[str](),  # blocks.validate, which the SDK would put into the URL
    "auth_teams_list": set[str](),
    "views_open": set[str](),
    "views_update": set[str](),
    # This takes an app-level token, which has scopes of its own.
    "apps_connections_open": set[str](),
}
NO_METHODS = {"connect", "counted", "respond"}
"""What the adapter does besides: a websocket, and answering at a response URL, need no scope."""

FEATURE_SCOPES = {"commands"}
"""What slash commands and shortcuts need, whatever methods are called."""


@pytest.fixture
def manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text())


def methods_called() -> set[str]:
    """Every Web API method the code calls: attributes of Slack's adapter, named as the SDK names them."""
    called = set()
    for path in (*SLACK_CODE, *DOCTORS_CODE):
        names = "web" if path in DOCTORS_CODE else "_web|slack"
        for node in ast.walk(ast.parse(path.read_text())):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and re.fullmatch(names, ast.unparse(node.func.value).split(".")[-1]):  # type: ignore[attr-defined]  # narrowed by is_call
                called.add(node.func.attr)  # type: ignore[attr-defined]  # narrowed by is_call
    return called - NO_METHODS


def test_slack_accepts_the_manifest(manifest: Any) -> None:
    jsonschema.validate(manifest, json.loads((ROOT / "tests" / "data" / "slack-manifest-facts.json").read_text()))


def test_the_command_is_the_one_the_code_listens_to(manifest: Any) -> None:
    commands = manifest["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [asking.COMMAND]
    assert commands[0]["should_escape"] is False, "escaping would turn a typed number into a link"


def test_the_hint_names_every_word_that_the_command_takes(manifest: Any) -> None:
    words = {kind.value for kind in TypedKind if read_command(kind.value, region=None).kind is kind}
    (command,) = manifest["features"]["slash_commands"]
    assert words - {TypedKind.UNREADABLE} <= set(re.findall(r"[a-z]+", command["usage_hint"]))


def test_what_slack_translates_for_nobody_stands_there_in_both_languages(manifest: Any) -> None:
    (command,), (shortcut,) = manifest["features"]["slash_commands"], manifest["features"]["shortcuts"]
    about = manifest["display_information"]["description"]
    for text in (about, command["description"], shortcut["name"], shortcut["description"]):
        english, chinese = text.split(" · ")
        assert english.isascii()
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    for explained in command["usage_hint"].split(" · "):
        assert re.search(r"[a-z]+ [\u4e00-\u9fff]+", explained)
    assert shortcut["name"].startswith("Get an ID · ")


def test_the_shortcuts_are_the_ones_the_code_listens_to(manifest: Any) -> None:
    assert [shortcut["callback_id"] for shortcut in manifest["features"]["shortcuts"]] == [views.SHORTCUT]


def test_the_events_are_the_ones_the_code_listens_to(manifest: Any) -> None:
    listened = {
        node.args[0].value
        for path in SLACK_CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    subscribed = manifest["settings"].get("event_subscriptions", {}).get("bot_events", [])
    assert set(subscribed) == listened


def test_the_scopes_are_the_least_the_called_methods_need(manifest: Any) -> None:
    called = methods_called()
    assert called == set(SCOPE_OF), "a method is called whose scope this test does not know, or no longer called"
    needed = FEATURE_SCOPES.union(*(SCOPE_OF[method] for method in called))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed


def test_what_the_least_settings_do_not_need_may_be_left_out(manifest: Any) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    always = set[str]().union(*scopes_needed(Policy(), None))
    assert set(scopes["bot_optional"]) == set(scopes["bot"]) - always, "Slack wants an optional scope in both lists"


def test_a_scope_is_superfluous_that_the_manifest_does_not_ask_for(manifest: Any) -> None:
    assert scopes_known() == set(manifest["oauth_config"]["scopes"]["bot"])


def test_every_scope_gives_its_reason() -> None:
    lines = MANIFEST.read_text().split("bot:\n", 1)[1].split("bot_optional:", 1)[0].strip().splitlines()
    assert lines
    for line in lines:
        assert re.search(r"# \S+ \S+", line), f"no reason: {line}"

"""``phoneid manifest`` prints what Slack installs the app from, and Slack's own command line finds it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.slack.connection import PATH
from tests.shell import QuickShell

ROOT = Path(__file__).parent.parent
DECLARED = yaml.safe_load((ROOT / "manifest.yaml").read_text())


async def printed(folder: Path, *arguments: str) -> Any:
    ran = await QuickShell(folder, {}).run("manifest", *arguments)
    assert (ran.status, ran.err) == (0, "")
    jsonschema.validate(
        manifest := json.loads(ran.out), json.loads((ROOT / "tests" / "data" / "slack-manifest-facts.json").read_text())
    )
    return manifest


async def test_it_is_the_file_as_json(tmp_path: Path) -> None:
    assert await printed(tmp_path) == DECLARED


@pytest.mark.parametrize("url", ["https://phoneid.example.com", "https://phoneid.example.com/", "https://h:8443/bot"])
async def test_over_http_it_differs_in_the_addresses_and_the_mode_alone(tmp_path: Path, url: str) -> None:
    manifest = await printed(tmp_path, "--url", url)
    settings = manifest["settings"]
    given = {manifest["features"]["slash_commands"][0].pop("url")}
    given |= {settings[name].pop("request_url") for name in ("event_subscriptions", "interactivity")}
    assert given == {url.rstrip("/") + PATH}
    assert settings["socket_mode_enabled"] is False
    settings["socket_mode_enabled"] = True
    assert manifest == DECLARED


@pytest.mark.parametrize(
    "url",
    ["http://phoneid.example.com", "phoneid.example.com", "https://", "https://a@b", "https://h?x", "https://h:x"],
)
async def test_an_address_that_slack_cannot_reach_is_refused(tmp_path: Path, url: str) -> None:
    ran = await QuickShell(tmp_path, {}).run("manifest", "--url", url)
    assert (ran.status, ran.out) == (2, "")
    assert "Give the address at which Slack reaches the bot" in ran.err


def test_slacks_command_line_runs_commands_that_there_are() -> None:
    from bot.cli.main import phoneid

    hooks = json.loads((ROOT / ".slack" / "hooks.json").read_text())
    assert hooks["hooks"] == {"get-manifest": "phoneid manifest", "start": "phoneid run"}
    assert {each.split()[1] for each in hooks["hooks"].values()} <= set(phoneid.commands)
    assert hooks["config"]["sdk-managed-connection-enabled"] is True, "else it opens Slack's websocket by itself"

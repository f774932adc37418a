"""What the manifest declares is what is installed."""

import pytest

from bot.sandbox.slack.manifest import Manifest, ShortcutKind, read_manifest
from bot.sandbox.slack.server import LocalSlack


def test_the_projects_own_manifest_is_installed_by_default() -> None:
    manifest = LocalSlack().manifest
    assert manifest == read_manifest()
    assert manifest.find_command("/phoneid") is not None
    assert "chat:write" in manifest.bot_scopes
    assert manifest.uses_socket_mode


def test_a_manifest_that_declares_little_allows_little() -> None:
    manifest = Manifest.parse({"display_information": {"name": "Helper"}})
    assert (manifest.commands, manifest.shortcuts, manifest.bot_scopes) == ((), (), ())
    switches = (manifest.is_interactive, manifest.uses_socket_mode, manifest.has_home, manifest.is_read_only)
    assert switches == (False, False, False, False)


def test_a_manifest_without_a_name_is_none() -> None:
    with pytest.raises(KeyError):
        Manifest.parse({})


def test_a_shortcut_is_found_by_id_and_place() -> None:
    manifest = read_manifest()
    (shortcut,) = manifest.shortcuts
    assert manifest.find_shortcut(shortcut.callback_id, ShortcutKind.GLOBAL) == shortcut
    assert manifest.find_shortcut(shortcut.callback_id, ShortcutKind.MESSAGE) is None


async def test_without_interactivity_nothing_is_sent() -> None:
    declared = {
        "display_information": {"name": "Helper"},
        "features": {"shortcuts": [{"name": "Ask", "type": "global", "callback_id": "ask", "description": "Asks"}]},
    }
    slack = LocalSlack(manifest=Manifest.parse(declared))
    await slack.human("Ana").uses_shortcut("ask")
    assert slack.complaints == ["the manifest does not enable interactivity: Slack sends nothing"]
    assert not slack.deliveries[-1].is_acknowledged

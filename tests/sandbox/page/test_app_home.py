"""The page is told which of the app's tabs the manifest switches on."""

from typing import Any

import pytest

from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.server import LocalSlack


@pytest.mark.parametrize(
    ("app_home", "told"),
    [
        ({}, {"has_home": False, "is_read_only": False}),
        ({"home_tab_enabled": True}, {"has_home": True, "is_read_only": False}),
        ({"messages_tab_read_only_enabled": True}, {"has_home": False, "is_read_only": True}),
    ],
)
def test_a_state_tells_the_tabs_of_the_manifest(app_home: dict[str, bool], told: dict[str, bool]) -> None:
    declared: dict[str, Any] = {"display_information": {"name": "Helper"}, "features": {"app_home": app_home}}
    slack = LocalSlack(manifest=Manifest.parse(declared))
    assert slack.state_for("U0ANA")["app_home"] == told


def test_this_projects_app_has_no_home_and_only_writes() -> None:
    assert LocalSlack().state_for("U0ANA")["app_home"] == {"has_home": False, "is_read_only": True}

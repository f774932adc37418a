"""The app in Slack lacks a scope: it is named, at the start or where it is first missed, and nothing else is blamed."""

import logging
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.models import Problem, State
from tests.english import PROBLEMS
from tests.scenarios.asking import GOOD, GOOD_ID, TO_CHANNEL
from tests.scenarios.scene import OpenScene, open_scene, with_bot


@pytest.mark.parametrize(
    ("settings", "lacking", "named"),
    [
        ({}, {"users:read"}, "users:read"),
        ({}, {"chat:write", "commands"}, "commands, chat:write"),
        ({"PHONEID_AGENTS": "S0LEADS"}, {"usergroups:read"}, "usergroups:read"),
        (TO_CHANNEL, {"channels:read", "groups:read"}, "channels:read or groups:read"),
    ],
)
async def test_a_start_names_the_scopes_that_its_settings_need(
    tmp_path: Path, settings: dict[str, str], lacking: set[str], named: str
) -> None:
    async with open_scene(tmp_path, settings=settings) as scene:
        scene.slack.lacking |= lacking
        with pytest.raises(SettingsError, match=f"lacks scopes that these settings need: {named}\\.") as caught:
            async with with_bot(scene):
                raise AssertionError("it started")
        assert len(caught.value.mistakes) == 1
        assert list(scene.slack.complaints) == []


async def test_a_scope_that_nothing_needs_may_be_missing(scene_with: OpenScene, tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        scene.slack.lacking |= {"usergroups:read", "channels:read", "groups:read"}
        async with with_bot(scene) as running:
            await running.ask(GOOD)
            await running.answer(running.ana, GOOD_ID)


@pytest.mark.parametrize(
    ("settings", "lacking"), [({}, "users:read"), ({"PHONEID_AGENTS": "S0LEADS,U0LEE"}, "usergroups:read")]
)
async def test_a_scope_that_is_taken_away_in_life_is_told_to_the_agent_and_named_in_the_log(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, settings: dict[str, str], lacking: str
) -> None:
    caplog.set_level(logging.WARNING)
    async with scene_with(**settings) as scene:
        scene.slack.lacking.add(lacking)
        await scene.ask(GOOD)
        message = await scene.answer(scene.ana, PROBLEMS[Problem.SCOPE_MISSING].what)
        assert PROBLEMS[Problem.SCOPE_MISSING].next in message.text
        assert [(each.state, each.result.problem) for each in await scene.lookups()] == [
            (State.REJECTED, Problem.SCOPE_MISSING)
        ]
        assert scene.cams.calls == []
        assert f"missing_scope, it needs {lacking}" in repr([vars(each) for each in caplog.records])
        scene.slack.lacking.clear()

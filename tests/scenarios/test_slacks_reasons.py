"""Slack refuses, each time for a reason of its own: people read whose turn it is, and the log has Slack's word."""

import logging

import pytest

from bot.models import Problem, State
from bot.sandbox.slack.courier import Edit
from bot.sandbox.slack.trouble import Forced
from bot.slack import buttons
from tests.english import PROBLEMS, asking
from tests.scenarios.asking import GOOD
from tests.scenarios.scene import OpenScene

WHO = {
    Problem.WHO_UNKNOWN: ("team_added_to_org", "internal_error", "request_timeout"),
    Problem.SLACK_FORBIDS: (
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "access_denied",
    ),
    Problem.NOT_A_MEMBER: ("user_not_found", "user_not_visible"),
}


@pytest.mark.parametrize(("word", "problem"), [(word, problem) for problem, words in WHO.items() for word in words])
async def test_why_slack_does_not_say_who_somebody_is_is_told_with_whose_turn_it_is(
    scene_with: OpenScene, caplog: pytest.LogCaptureFixture, word: str, problem: Problem
) -> None:
    caplog.set_level(logging.WARNING)
    async with scene_with() as scene:
        scene.slack.forced["users.info"] = Forced(word)
        await scene.ask(GOOD)
        message = await scene.answer(scene.ana, PROBLEMS[problem].what)
        assert PROBLEMS[problem].next in message.text
        assert [(each.state, each.result.problem) for each in await scene.lookups()] == [(State.REJECTED, problem)]
        assert scene.cams.calls == []
        assert any(each.__dict__.get("facts", {}).get("error") == word for each in caplog.records)


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("plan_upgrade_required", Problem.SLACK_FORBIDS),
        ("permission_denied", Problem.SLACK_FORBIDS),
        ("internal_error", Problem.WHO_UNKNOWN),
        ("no_such_subteam", Problem.NOT_ALLOWED),
    ],
)
async def test_why_slack_does_not_say_who_is_in_a_usergroup_is_not_you_are_no_agent(
    scene_with: OpenScene, word: str, problem: Problem
) -> None:
    async with scene_with(PHONEID_AGENTS="S0LEADS") as scene:
        scene.slack.forced["usergroups.users.list"] = Forced(word)
        lee = scene.human("Lee")
        await scene.ask(GOOD, human=lee)
        await scene.answer(lee, PROBLEMS[problem].what)
        assert [each.result.problem for each in await scene.lookups()] == [problem]


@pytest.mark.parametrize(
    ("forced", "said"),
    [
        (Forced("expired_trigger_id"), asking.FORM_TOO_LATE),
        (Forced("exchanged_trigger_id"), asking.FORM_TOO_LATE),
        (Forced("ekm_access_denied"), asking.SLACK_FORBIDS),
        (Forced("token_revoked"), asking.SLACK_FORBIDS),
        (Forced("missing_scope"), asking.SLACK_FORBIDS),
        (Forced("internal_error"), asking.SLACK_AWAY),
        (Forced("team_added_to_org"), asking.SLACK_AWAY),
        (Forced("push_limit_reached"), asking.TOO_MANY_WINDOWS),
        (Forced("ratelimited", retry_after=90), "Try again in"),
        (Forced("view_too_large"), "Something in the bot broke."),
        (Forced("invalid_arguments"), "Something in the bot broke."),
    ],
    ids=lambda value: value.error if isinstance(value, Forced) else "",
)
async def test_only_a_click_of_long_ago_came_too_late(scene_with: OpenScene, forced: Forced, said: str) -> None:
    async with scene_with() as scene:
        scene.slack.forced["views.open"] = forced
        await scene.ana.runs("support", "/phoneid")
        message = await scene.answer(scene.ana, said)
        assert (asking.FORM_TOO_LATE in message.text) is (said == asking.FORM_TOO_LATE)


@pytest.mark.parametrize(
    "without", [lambda payload: payload.pop("trigger_id"), lambda payload: payload.update(trigger_id=None)]
)
async def test_a_click_that_can_open_no_window_gets_a_button_that_can(scene_with: OpenScene, without: Edit) -> None:
    async with scene_with() as scene:
        scene.slack.forced["views.open"] = Forced("expired_trigger_id")
        await scene.ana.runs("support", "/phoneid")
        await scene.answer(scene.ana, asking.FORM_TOO_LATE)
        del scene.slack.forced["views.open"]
        await scene.ana.clicks(buttons.OPEN_FORM)
        await scene.ana.until(lambda: scene.ana.modal)
        await scene.ana.closes()
        await scene.slack.redeliver(edit=without)  # as from a message that a step of a workflow sent
        told = await scene.ana.until(
            lambda: [each for each in scene.ana.sees("support") if asking.FORM_TOO_LATE in each.text][1:]
        )
        await scene.ana.clicks(buttons.OPEN_FORM, message=told[0])
        await scene.ana.until(lambda: scene.ana.modal)

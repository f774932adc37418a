"""``/phoneid help``: only what is true for its reader."""

import pytest

from bot.models import Problem
from bot.sandbox.slack.trouble import Forced
from tests.english import PROBLEMS, asking, usage
from tests.scenarios.asking import TO_EACH
from tests.scenarios.scene import OpenScene

OFF: dict[str, str] = {}
AT_ONCE, OPENS, HISTORY, WHY = "gets the ID at once", "opens a form.", "/phoneid history", "/phoneid why"
BUTTONS = (asking.OPEN_FORM, asking.SEVERAL)


@pytest.mark.parametrize(
    ("name", "settings", "reads", "reads_not"),
    [
        ("Ana", OFF, [usage.GET_ID, OPENS, AT_ONCE, HISTORY, WHY, *BUTTONS], [usage.REQUEST_ID, "approval"]),
        (
            "Ana",
            TO_EACH,
            [usage.REQUEST_ID, OPENS, HISTORY, WHY, "Each request needs approval by", *BUTTONS],
            [usage.GET_ID, AT_ONCE],
        ),
        (
            "Kim",
            TO_EACH | {"PHONEID_TRUSTED": "S0LEADS"},
            [usage.GET_ID, OPENS, AT_ONCE, HISTORY, WHY],
            ["Each request needs approval by"],
        ),
        (
            "Gus",
            OFF,
            [PROBLEMS[Problem.GUEST].what, WHY],
            [usage.GET_ID, OPENS, AT_ONCE, HISTORY, *BUTTONS],
        ),
        (
            "Ana",
            {"PHONEID_AGENTS": "S0LEADS"},
            [PROBLEMS[Problem.NOT_ALLOWED].what, HISTORY, WHY],
            [usage.GET_ID, OPENS, AT_ONCE, *BUTTONS],
        ),
    ],
    ids=["agent", "agent who needs approval", "trusted agent", "guest", "not an agent"],
)
async def test_help_says_only_what_is_true_for_its_reader(
    scene_with: OpenScene, name: str, settings: dict[str, str], reads: list[str], reads_not: list[str]
) -> None:
    async with scene_with(**settings) as scene:
        human = scene.human(name)
        await human.runs("support", "/phoneid help")
        words = (await scene.answer(human, WHY)).words
        assert [each for each in reads if each not in words] == []
        assert [each for each in reads_not if each in words] == []
        assert list(scene.slack.complaints) == []


async def test_help_says_what_holds_for_most_where_slack_does_not_say_who_reads_it(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        scene.slack.forced["users.info"] = Forced("internal_error")
        await scene.ana.runs("support", "/phoneid help")
        words = (await scene.answer(scene.ana, usage.REQUEST_ID)).words
        assert AT_ONCE not in words

"""Acknowledgements owe nothing to Slack's own state: they are there in time whatever it is."""

from copy import deepcopy

import pytest

from bot.sandbox.slack.trouble import SlackTrouble
from tests.english import asking, usage
from tests.scenarios.scene import OpenScene, Scene, dispatch

TROUBLES = [trouble for trouble in SlackTrouble if trouble is not SlackTrouble.NONE]


@pytest.mark.real_time  # what the bot does itself takes no virtual time: no acknowledgement would be late
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_first_command_is_answered_while_slack_is_in_trouble(
    scene_with: OpenScene, trouble: SlackTrouble
) -> None:
    async with scene_with() as scene:
        scene.slack.trouble = trouble
        await scene.ana.runs("support", "/phoneid help")
        (command,) = scene.slack.deliveries
        assert command.is_acknowledged
        assert command.milliseconds < 1500  # 1,000 at most to find out who reads it
        await scene.answer(scene.ana, usage.GET_ID)


async def test_a_click_that_cannot_be_handled_gets_a_sentence_where_it_was_made(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid help")
    await scene.ana.clicks(asking.OPEN_FORM)
    await scene.ana.until(lambda: scene.ana.modal)
    await scene.ana.closes()
    clicked = deepcopy(scene.slack.deliveries[-1].payload)
    del clicked["user"]
    await dispatch(scene, clicked)
    await scene.answer(scene.ana, "Something in the bot broke")


async def test_a_shortcut_that_cannot_be_handled_gets_a_direct_message(scene: Scene) -> None:
    await scene.ana.uses_shortcut("get_phone_number_id")
    await scene.ana.until(lambda: scene.ana.modal)
    await scene.ana.closes()
    used = deepcopy(scene.slack.deliveries[-1].payload)
    del used["trigger_id"]
    await dispatch(scene, used)
    await scene.answer(scene.ana, "Something in the bot broke", channel=scene.ana.dm)

"""Nobody has to decide on the request of somebody who left, and the cards say why."""

from dataclasses import replace

from bot.models import ApprovalState, State
from bot.requests import BOT
from bot.sandbox.slack.trouble import SlackTrouble
from bot.slack.people import REMEMBERED
from tests.english import requests as texts
from tests.scenarios.asking import TO_EACH, buttons_left, find_card, journal, request, standing_of
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene

SOON = replace(QUICK, leavers=5.0)
A_LOOK = REMEMBERED + 6.0
"""Seconds after which the bot has looked at everybody who waits, and has asked Slack for it."""


def leave(scene: Scene) -> None:
    """Ana's account is deactivated."""
    people = scene.slack.workspace.people
    people[scene.ana.person.id] = replace(people[scene.ana.person.id], is_deactivated=True)


async def test_what_somebody_who_left_had_asked_for_is_withdrawn_with_a_word_to_the_approvers(
    scene_with: OpenScene,
) -> None:
    async with scene_with(waits=SOON, **TO_EACH) as scene:
        request_id = await request(scene)
        lee = scene.human("Lee")
        find_card(lee, request_id)
        leave(scene)
        await scene.clock.sleep(A_LOOK)
        card = await lee.until(
            lambda: next((each for each in lee.sees(lee.dm) if texts.WITHDRAWN_FOR_A_LEAVER in each.words), None),
            timeout=PATIENCE,
        )
        assert request_id in card.words
        assert buttons_left(scene, request_id) == []
        assert await standing_of(scene, request_id) == (ApprovalState.WITHDRAWN, State.DROPPED)
        assert [each.actor for each in await journal(scene, request_id) if each.to_state == "withdrawn"] == [BOT]


async def test_while_slack_does_not_say_and_for_those_who_are_there_nothing_is_withdrawn(
    scene_with: OpenScene,
) -> None:
    async with scene_with(waits=SOON, **TO_EACH) as scene:
        request_id = await request(scene)
        await scene.clock.sleep(A_LOOK)
        leave(scene)
        scene.slack.trouble = SlackTrouble.PAGE
        await scene.clock.sleep(A_LOOK)
        assert (await standing_of(scene, request_id))[0] is ApprovalState.AWAITING

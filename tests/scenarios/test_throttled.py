"""Slack wants to be left alone for minutes: whoever typed or clicked reads something in five seconds all the same."""

from pathlib import Path

import pytest

from bot.sandbox.slack.human import Human
from bot.sandbox.slack.trouble import Forced
from tests.scenarios.asking import GOOD, GOOD_ID, TO_CHANNEL, TO_EACH, finish, request
from tests.scenarios.scene import PATIENCE, OpenScene, open_scene, with_bot

MINUTES = Forced("ratelimited", 300)

SOON = 5.0


def words_of(human: Human) -> list[str]:
    """Everything somebody can read now."""
    modal = [human.modal.words] if human.modal else []
    return [*(each.words for channel in human.screen.conversations for each in human.sees(channel.id)), *modal]


async def reads_something(human: Human, before: list[str]) -> list[str]:
    """What is new on somebody's screen, within five seconds."""

    def new() -> list[str]:
        return [each for each in words_of(human) if each not in before]

    return await human.until(new, timeout=SOON)


@pytest.mark.parametrize("method", ["users.info", "views.open", "response_url", "chat.postMessage"])
@pytest.mark.parametrize("text", ["", f" {GOOD.phone} {GOOD.code}", " history", " why"])
async def test_whoever_types_a_command_reads_something(scene_with: OpenScene, method: str, text: str) -> None:
    async with scene_with() as scene:
        scene.slack.forced[method] = MINUTES
        before = words_of(scene.ana)
        await scene.ana.runs("support", f"/phoneid{text}")
        assert await reads_something(scene.ana, before)
        assert not [each for each in words_of(scene.ana) if "failed with the error" in each]


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list", "views.open", "response_url", "chat.update"])
@pytest.mark.parametrize("button", ["Approve", "Deny", "Details"])
async def test_whoever_clicks_on_a_card_reads_something(scene_with: OpenScene, method: str, button: str) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        await request(scene)
        lee = scene.human("Lee")
        await lee.until(lambda: any("Asked by" in each for each in words_of(lee)), timeout=PATIENCE)
        scene.slack.forced[method] = MINUTES
        before = words_of(lee)
        await lee.clicks(button)
        assert await reads_something(lee, before)


async def test_cards_that_wait_are_posted_after_a_stop_and_the_request_is_recorded_first(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as quiet:
        async with with_bot(quiet) as scene:
            scene.slack.forced["chat.postMessage"] = MINUTES
            reference = await request(scene)
            assert [each.request_id for each in await scene.lookups()] == [reference]
            lee = scene.human("Lee")
            assert lee.sees(lee.dm) == []
        scene.slack.forced.clear()
        async with with_bot(quiet) as scene:
            lee = scene.human("Lee")
            await lee.until(lambda: len(lee.sees(lee.dm)) == 1, timeout=60)
            await lee.clicks("Approve")
            await scene.ana.until(lambda: any(GOOD_ID in each or "code" in each for each in words_of(scene.ana)))


async def test_an_answer_whose_response_url_is_closed_comes_directly(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        scene.slack.forced["response_url"] = MINUTES
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID, channel=scene.ana.dm)


async def test_an_answer_that_no_way_takes_is_recorded_and_told_when_slack_wants_to_hear_again(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as quiet:
        async with with_bot(quiet) as scene:
            scene.slack.forced |= {"response_url": MINUTES, "chat.postMessage": MINUTES}
            await scene.ask(GOOD)
            await finish(scene)
            (lookup,) = await scene.lookups()
            assert lookup.result.phone_number_id == GOOD_ID
        scene.slack.forced.clear()
        async with with_bot(quiet) as scene:
            await scene.answer(scene.ana, GOOD_ID, channel=scene.ana.dm)

"""Slack wants to be left alone for minutes, or does not answer at all.

Whoever typed or clicked reads something in five seconds all the same.
"""

from itertools import product
from pathlib import Path

import pytest

from bot import access
from bot.models import State
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.trouble import Forced
from bot.slack import buttons, connection, conversation, deciding, people, web
from tests.amounts import some_each_day
from tests.english import views
from tests.scenarios.asking import GOOD, GOOD_ID, TO_CHANNEL, TO_EACH, finish, request
from tests.scenarios.scene import PATIENCE, OpenScene, open_scene, with_bot

MINUTES = Forced("ratelimited", 300)
HANGING = Forced(hangs=True)

SILENT = pytest.mark.parametrize(
    "trouble", [pytest.param(MINUTES, id="throttled"), pytest.param(HANGING, id="hanging")]
)

COMMANDS = list(
    product(
        ("users.info", "views.open", "response_url", "chat.postMessage"),
        ("", f" {GOOD.phone} {GOOD.code}", " history", " why"),
    )
)
"""What Slack is silent about, and what somebody types then."""

CLICKS = list(
    product(
        ("users.info", "usergroups.users.list", "views.open", "response_url", "chat.update", "chat.postMessage"),
        ("Approve", "Deny", "Details"),
    )
)

SOON = 10.0
"""Seconds: twice what it may take, for a busy machine, and less than what a call may take that nobody waits for."""


def words_of(human: Human) -> list[str]:
    """Everything somebody can read now."""
    modal = [human.modal.words] if human.modal else []
    return [*(each.words for channel in human.screen.conversations for each in human.sees(channel.id)), *modal]


async def reads_something(human: Human, before: list[str]) -> list[str]:
    """What is new on somebody's screen, soon."""

    def new() -> list[str]:
        return [each for each in words_of(human) if each not in before]

    return await human.until(new, timeout=SOON)


def test_what_is_waited_for_before_somebody_reads_something_is_less_than_five_seconds() -> None:
    to_be_told_why_not = people.PATIENCE
    to_get_a_form = conversation.BEFORE_THE_FORM + web.SOON
    to_be_told_of_a_decision = deciding.REDRAWN_WITHIN
    assert max(to_be_told_why_not, to_get_a_form, to_be_told_of_a_decision) <= 3.5
    assert web.SOON <= 2.5  # where people are: then there is the direct message
    assert connection.ANSWERING > SOON  # else the tests below could not fail


@SILENT
@pytest.mark.parametrize(("method", "text"), some_each_day(COMMANDS, 6, what="commands to a silent Slack"))
async def test_whoever_types_a_command_reads_something(
    scene_with: OpenScene, method: str, text: str, trouble: Forced
) -> None:
    async with scene_with() as scene:
        scene.slack.forced[method] = trouble
        before = words_of(scene.ana)
        await scene.ana.runs("support", f"/phoneid{text}")
        assert await reads_something(scene.ana, before)
        assert not [each for each in words_of(scene.ana) if "failed with the error" in each]


@SILENT
@pytest.mark.parametrize(("method", "button"), some_each_day(CLICKS, 6, what="clicks to a silent Slack"))
async def test_whoever_clicks_on_a_card_reads_something(
    scene_with: OpenScene, method: str, button: str, trouble: Forced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "FRESH", 0.0)  # the start has just asked
    async with scene_with(**TO_CHANNEL) as scene:
        await request(scene)
        lee = scene.human("Lee")
        await lee.until(lambda: any("Requested by" in each for each in words_of(lee)), timeout=PATIENCE)
        scene.slack.forced[method] = trouble
        before = words_of(lee)
        await lee.clicks(button)
        assert await reads_something(lee, before)


@SILENT
@pytest.mark.parametrize("method", ["users.info", "views.open", "chat.postMessage"])
async def test_whoever_uses_the_shortcut_reads_something(scene_with: OpenScene, method: str, trouble: Forced) -> None:
    async with scene_with() as scene:
        scene.slack.forced[method] = trouble
        before = words_of(scene.ana)
        await scene.ana.uses_shortcut(views.SHORTCUT)
        assert await reads_something(scene.ana, before)


@SILENT
@pytest.mark.parametrize("method", ["views.open", "views.update", "users.info"])
async def test_whoever_clicks_in_a_window_reads_something(scene_with: OpenScene, method: str, trouble: Forced) -> None:
    async with scene_with() as scene:
        await scene.ana.runs("support", "/phoneid")
        await scene.ana.until(lambda: scene.ana.modal)
        scene.slack.forced[method] = trouble
        before = words_of(scene.ana)
        await scene.ana.clicks(buttons.OPEN_LIST)
        assert await reads_something(scene.ana, before)


@SILENT
@pytest.mark.parametrize(
    "method", ["users.info", "views.update", "response_url", "chat.postMessage", "conversations.info"]
)
async def test_whoever_submits_a_form_reads_something_and_it_is_recorded(
    scene_with: OpenScene, method: str, trouble: Forced
) -> None:
    async with scene_with(**TO_CHANNEL) as scene:
        await scene.ana.runs("support", f"/phoneid {GOOD.phone}")
        await scene.ana.until(lambda: scene.ana.modal)
        scene.ana.fills(block_id="code", text=GOOD.code)
        scene.ana.fills(block_id="reason", text="ticket 7")
        scene.slack.forced[method] = trouble
        before = words_of(scene.ana)
        await scene.ana.submits()
        assert await reads_something(scene.ana, before)
        assert await scene.lookups()


@SILENT
async def test_cards_go_to_each_approver_where_slack_says_nothing_of_the_channel(
    scene_with: OpenScene, trouble: Forced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.channel.CHANNEL_REMEMBERED", 0.0)  # the start has just asked
    async with scene_with(**TO_CHANNEL) as scene:
        scene.slack.forced["conversations.info"] = trouble
        await request(scene)
        lee = scene.human("Lee")
        await lee.until(lambda: any("Requested by" in each.words for each in lee.sees(lee.dm)), timeout=PATIENCE)


@SILENT
async def test_nobody_asks_or_decides_of_whom_slack_says_nothing(
    scene_with: OpenScene, trouble: Forced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "REMEMBERED", 0.0)  # it said so just now
    async with scene_with(**TO_CHANNEL) as scene:
        await request(scene)
        lee = scene.human("Lee")
        await lee.until(lambda: any("Requested by" in each for each in words_of(lee)), timeout=PATIENCE)
        scene.slack.forced |= {"users.info": trouble, "usergroups.users.list": trouble}
        before = words_of(lee)
        await lee.clicks("Approve")
        assert await reads_something(lee, before)
        (lookup,) = await scene.lookups()
        assert lookup.state is State.HELD
        before = words_of(scene.ana)
        await scene.ask(GOOD)
        assert await reads_something(scene.ana, before)
        *refused, _ = await scene.lookups()  # none where Slack took so long that nothing was recorded
        assert all(each.state is State.REJECTED for each in refused)


async def test_a_moment_of_throttling_turns_nobody_away(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        scene.slack.forced["users.info"] = Forced("ratelimited", 1)
        before = words_of(scene.ana)
        await scene.ask(GOOD)
        assert await reads_something(scene.ana, before)
        await scene.answer(scene.ana, GOOD_ID)
        (lookup,) = await scene.lookups()
        assert lookup.result.phone_number_id == GOOD_ID


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

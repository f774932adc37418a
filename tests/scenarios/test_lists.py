"""Ana asks for several numbers at once: one request, with a result for each number."""

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.audit import Event
from bot.errors import EntryMistake
from bot.models import Problem, State
from bot.sandbox.cams.trouble import ApiTrouble
from bot.slack import buttons, forms_read
from tests.english import asking, problems
from tests.english import requests as request_texts
from tests.english import results as texts
from tests.scenarios.asking import finish, forbidden
from tests.scenarios.listing import (
    GOOD,
    OPAQUE,
    REFUSED,
    THREE,
    entries_of,
    events_of,
    lines,
    listed,
    message_with,
    open_list_form,
    outbox_of,
    request_in,
    submit_list,
    window_with,
)
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, Scene, open_scene, with_bot

ROW = "8613800001234\t920155500012345"


async def test_each_number_of_a_list_is_a_lookup_with_a_result_of_its_own(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE), reason="ticket 7")
    words = await window_with(ana, "numbers is done")
    assert ROW in words
    assert f"12025550106\t{problems.PROBLEMS[Problem.NOT_YOURS].what} Error Unknown.ResourceOwnerId" in words
    found = await listed(scene)
    assert [each.state for each in found] == [State.ANSWERED, State.ANSWERED, State.REFUSED]
    assert [(each.position, each.size, each.reason) for each in found] == [
        (1, 3, "ticket 7"),
        (2, 3, "ticket 7"),
        (3, 3, "ticket 7"),
    ]
    request_id = request_in(words)
    assert [each.id for each in found] == [f"{request_id}/1", f"{request_id}/2", f"{request_id}/3"]
    assert len(scene.cams.calls) == 3


async def test_the_message_holds_no_id_and_shows_the_results_as_often_as_wanted(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    told = await message_with(ana, "numbers is done")
    assert "2 IDs found, 1 failed." in told.text
    assert "920155500012345" not in told.words + told.text
    await window_with(ana, "numbers is done")
    await ana.closes()
    for _ in range(2):
        await ana.clicks(texts.SHOW_RESULTS)
        assert ROW in await window_with(ana, "numbers is done")
        await ana.closes()
    shown = [(await events_of(scene, each)).count(Event.SHOWN) for each in await listed(scene)]
    assert shown == [2, 2, 0]  # where there is no ID, none was shown
    assert len(scene.cams.calls) == 3
    assert len(ana.sees(ana.dm)) == 1


async def test_mistakes_are_named_by_line_before_anything_is_sent(scene: Scene) -> None:
    ana = await open_list_form(scene)
    secret = "731945"
    typed = f"{GOOD.phone} {secret}\n\nno number at all\n{GOOD.phone} 111111\n{OPAQUE.phone}\n{REFUSED.phone} {secret}"
    ana.fills(block_id="numbers", text=typed)
    ana.fills(block_id="reason", text=f"it is {secret}")
    await ana.submits()
    assert ana.modal
    said = {block_id.split("-")[0]: sentence for block_id, sentence in ana.modal.errors.items()}
    mistakes = asking.ENTRY_MISTAKES
    assert said == {
        "numbers": (
            f"Line 3: {mistakes[EntryMistake.LINE_UNREADABLE]} Line 4 has the same number as line 1. "
            f"Line 5: {mistakes[EntryMistake.CODE_MISSING]}"
        ),
        "reason": mistakes[EntryMistake.REASON_HOLDS_CODE],
    }
    assert await listed(scene) == []
    assert scene.cams.calls == []


async def test_the_form_opens_by_command_and_by_button(scene: Scene) -> None:
    ana = scene.ana
    await ana.runs("support", "/phoneid help")
    await ana.clicks(asking.SEVERAL)
    assert asking.NUMBERS_LABEL in await window_with(ana, asking.FORM_INTRO.several)
    await ana.closes()
    await ana.runs("support", "/phoneid")
    await window_with(ana, asking.PHONE_LABEL)
    await ana.clicks(asking.SEVERAL)  # in the same window
    await window_with(ana, asking.FORM_INTRO.several)


async def test_a_list_delivered_twice_is_one_list(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    await window_with(ana, "numbers is done")
    await scene.slack.redeliver(edit=lambda payload: None)
    await finish(scene)
    assert len(await listed(scene)) == 3
    assert len(scene.cams.calls) == 3
    assert len(ana.sees(ana.dm)) == 1


async def test_the_rest_is_asked_again_with_its_numbers_and_without_codes(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE), reason="ticket 7")
    await window_with(ana, "numbers is done")
    await ana.clicks(texts.ASK_AGAIN)
    await window_with(ana, asking.FORM_INTRO.several)
    assert ana.modal
    typed = str(ana.modal.values)
    assert "+1 202-555-0106" in typed
    assert "ticket 7" in typed
    assert "138 0000" not in typed
    assert not any(each.code in typed for each in THREE)


async def test_two_agents_lists_run_side_by_side_and_each_sees_their_own(scene: Scene) -> None:
    ana, lee = scene.ana, scene.human("Lee")
    await submit_list(scene, lines([GOOD, REFUSED]))
    await submit_list(scene, lines([OPAQUE, REFUSED]), human=lee)
    hers, his = await window_with(ana, "numbers is done"), await window_with(lee, "numbers is done")
    assert ROW in hers
    assert "pvn-7Q3xK9_demo" not in hers
    assert "pvn-7Q3xK9_demo" in his
    assert ROW not in his


async def test_a_guest_gets_no_form_and_a_forged_submission_of_theirs_is_rejected_as_a_whole(scene: Scene) -> None:
    gus = scene.human("Gus")
    await gus.runs("support", "/phoneid list")
    await window_with(gus, problems.PROBLEMS[Problem.GUEST].what)
    ana = await submit_list(scene, lines(THREE))
    await window_with(ana, "numbers is done")

    def as_gus(payload: dict[str, Any]) -> None:
        payload["user"]["id"] = "U0GUS"
        payload["view"]["id"] = "V0FORGED"

    await scene.slack.redeliver(edit=as_gus)
    await finish(scene)
    his = [each for each in await listed(scene) if each.agent.user_id == "U0GUS"]
    assert [each.state for each in his] == [State.REJECTED] * 3
    assert len(scene.cams.calls) == 3


async def test_only_its_own_agent_shows_or_stops_a_list(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    await window_with(ana, "numbers is done")
    await ana.closes()
    await ana.clicks(texts.SHOW_RESULTS)
    await window_with(ana, "numbers is done")
    click = scene.slack.deliveries[-1]
    lee = scene.human("Lee")
    for action_id in (buttons.SHOW_RESULTS, buttons.STOP):

        def as_lee(payload: dict[str, Any], *, action_id: str = action_id) -> None:
            payload["user"]["id"] = "U0LEE"
            payload["actions"][0]["action_id"] = action_id

        await scene.slack.redeliver(click, edit=as_lee, with_new_trigger=True)
        await finish(scene)
    assert lee.modal is None
    tried = [(each.user_id, each.action, each.why) for each in forbidden(scene)]
    assert tried == [("U0LEE", "show results", "not your request"), ("U0LEE", "stop", "not your request")]


async def test_a_form_opened_before_approvals_were_off_asks_for_the_codes_that_could_wait(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE, with_codes=False))
    assert ana.modal
    assert ana.modal.errors

    def as_then(payload: dict[str, Any]) -> None:
        payload["view"]["callback_id"] = forms_read.LIST_APPROVAL
        for block_id, typed in payload["view"]["state"]["values"].items():
            if block_id.startswith(forms_read.REASON):
                typed[forms_read.REASON]["value"] = "ticket 7"

    await scene.slack.redeliver(edit=as_then)
    await window_with(ana, asking.CODE_NEEDED.several)
    assert all(each.phone in str(ana.modal.values) for each in THREE)
    assert await listed(scene) == []


# --- while it runs ---


def progress_in(words: str) -> int | None:
    """How many numbers are done, as the bar says it."""
    found = re.search(r"(\d+) of \d+ [▓░]{20}", words)
    return int(found[1]) if found else None


async def test_the_bar_moves_in_the_window_and_in_the_message_and_results_come_as_they_are_there(
    tmp_path: Path,
) -> None:
    book = numbers(34)  # three seconds of calls and more
    async with open_scene(tmp_path, book=book) as scene, with_bot(scene) as running:
        ana = await submit_list(running, lines(book))
        seen, told = set[int](), set[int]()

        def watch() -> bool:
            words = ana.modal.words if ana.modal else ""
            done = progress_in(words)
            if done is not None:
                seen.add(done)
                assert words.count("\t92015550") == done  # what is done has its row
            told.update(progress for each in ana.sees(ana.dm) if (progress := progress_in(each.words)) is not None)
            return "numbers is done" in words

        await ana.until(watch, timeout=PATIENCE)
        assert len(seen) >= 3
        assert len(told) >= 2
        calls = Counter(each.phone for each in running.cams.calls)
        assert calls == Counter(dict.fromkeys((each.digits for each in book), 1))
        assert list(scene.slack.complaints) == []


@pytest.mark.parametrize("where", ["the window", "the message"])
async def test_stopping_ends_what_was_not_called_and_nothing_else(tmp_path: Path, where: str) -> None:
    book = numbers(60)
    async with open_scene(tmp_path, book=book) as scene, with_bot(scene) as running:
        ana = await submit_list(running, lines(book))
        if where == "the message":
            await message_with(ana, texts.STOP)
            await ana.closes()
        else:
            await window_with(ana, texts.STOP)
        await scene.slack.until(lambda: running.cams.calls, timeout=PATIENCE)
        await ana.clicks(texts.STOP)
        await message_with(ana, "You stopped your list of 60 numbers.")
        states = Counter(each.state for each in await listed(running))
        assert states[State.DROPPED] > 0
        assert states[State.ANSWERED] == len(running.cams.calls) > 0
        assert states.keys() == {State.DROPPED, State.ANSWERED}
        stopped = [each for each in await listed(running) if each.state is State.DROPPED]
        assert {each.result.problem for each in stopped} == {Problem.STOPPED}
        last = (await entries_of(running, stopped[0]))[-1]
        assert (last.from_state, last.to_state, last.actor.user_id) == (State.QUEUED, State.DROPPED, "U0ANA")
        await finish(running)
        assert outbox_of(running, stopped[0].request_id) == []
        assert list(scene.slack.complaints) == []


async def test_stopping_twice_or_too_late_is_answered(scene: Scene) -> None:
    scene.cams.trouble = ApiTrouble.SLOW
    ana = await submit_list(scene, lines(THREE))
    await ana.closes()
    message = await message_with(ana, "of 3 done")
    async with asyncio.timeout(PATIENCE):
        while {each.state for each in await listed(scene)} != {State.CALLING}:
            await scene.clock.sleep(0.05)
    await ana.clicks_stale(message, texts.STOP)
    await message_with(ana, request_texts.NOTHING_TO_STOP)
    await message_with(ana, "Your list of 3 numbers is done.")
    await ana.clicks_stale(message, texts.STOP)
    await message_with(ana, request_texts.TOO_LATE)
    assert [each.why for each in forbidden(scene)] == ["too late"]
    assert {each.state for each in await listed(scene)} == {State.ANSWERED, State.REFUSED}

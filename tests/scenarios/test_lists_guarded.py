"""Lists and what else a list has to live with: codes that were refused too often, and numbers that are forgotten."""

from pathlib import Path

from bot.audit import Event
from bot.models import ApprovalState, PhoneNumber, Problem, State
from bot.sandbox.slack.blockkit import interactive_elements
from bot.store import forgetting
from tests import factories
from tests.english import OUTCOMES, PROBLEMS, asking, history, requests
from tests.english import results as texts
from tests.guessing import use_up
from tests.scenarios.asking import TO_EACH, finish, forbidden, record_of
from tests.scenarios.listing import (
    ANA,
    GOOD,
    KIM,
    OPAQUE,
    THREE,
    died_an_hour_ago,
    events_of,
    is_whole,
    lines,
    listed,
    message_with,
    open_list_form,
    outbox_of,
    request_in,
    submit_list,
    window_with,
)
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, open_scene, with_bot

TOO_MANY = PROBLEMS[Problem.TOO_MANY_GUESSES].what
TOO_MANY_OF_LIST = "Too many wrong codes for at least one number of this list."
TOLD_ENTER_CODES = OUTCOMES[ApprovalState.APPROVED].told_of_several


async def guess(scene: Scene, *digits: str) -> None:
    """All the refused codes that these numbers have free, as if Kim had entered them."""
    async with record_of(scene) as record:
        for each in digits:
            await use_up(record, KIM, PhoneNumber(each))
            await scene.clock.sleep(0.5)  # no two of them wait until the same moment


async def of_list(scene: Scene) -> list[State]:
    """How everything stands that was asked, but for those guesses."""
    guessed = factories.REFUSED.api_code
    return [each.state for each in await listed(scene) if each.result.api_code != guessed]


async def test_a_number_with_too_many_refused_codes_waits_and_the_others_are_asked(scene: Scene) -> None:
    await guess(scene, GOOD.digits)
    ana = await submit_list(scene, lines(THREE))
    words = await window_with(ana, "Your list of 3 numbers is done. 1 ID found, 2 failed.")
    assert "1 number was not looked up because there were too many wrong codes." in words
    assert f"{GOOD.digits}\t{TOO_MANY} Double-check the code. You can try again in 1 minute." in words
    assert await of_list(scene) == [State.REJECTED, State.ANSWERED, State.REFUSED]
    assert len(scene.cams.calls) == 2
    told = await message_with(ana, "1 number was not looked up")
    await finish(scene)
    assert outbox_of(scene, request_in(told.words)) == []
    assert await is_whole(scene)


async def test_a_list_that_its_process_could_not_tell_is_told_as_a_list_though_its_first_number_was_rejected(
    tmp_path: Path,
) -> None:
    async with open_scene(tmp_path) as scene:
        async with died_an_hour_ago(scene) as died:
            await use_up(died, KIM, PhoneNumber(GOOD.digits))
            asked = await died.change(factories.asked, [PhoneNumber(each.digits) for each in THREE], agent=ANA)
            for position in (2, 3):
                await died.change(factories.call, asked, position)
                await died.change(factories.end, asked, position=position)
        async with with_bot(scene) as running:
            told = await message_with(running.ana, "numbers is done")
            await finish(running)
            assert "2 IDs found, 1 failed. 1 number was not looked up" in told.words
            assert told.buttons == [texts.SHOW_RESULTS, texts.ASK_AGAIN]
            assert len(running.ana.sees(running.ana.dm)) == 1


async def test_a_list_of_numbers_that_all_have_to_wait_says_for_how_long(scene: Scene) -> None:
    await guess(scene, GOOD.digits, OPAQUE.digits)
    ana = await submit_list(scene, lines([GOOD, OPAQUE]))
    said = f"Your list of 2 numbers was not looked up. {TOO_MANY_OF_LIST} Double-check the code. You can"
    await window_with(ana, said)
    message = await message_with(ana, said)
    assert message.buttons == [texts.SHOW_RESULTS, texts.ASK_AGAIN]
    assert scene.cams.calls == []


async def test_an_agent_with_too_many_refused_codes_gets_no_form_for_lists(scene: Scene) -> None:
    await guess(scene, GOOD.digits, OPAQUE.digits)
    kim = scene.human("Kim")
    await kim.runs("support", "/phoneid list")
    await window_with(kim, PROBLEMS[Problem.TOO_MANY_GUESSES_OF_AGENT].what)
    await kim.closes()


async def test_a_form_from_before_the_last_refused_code_asks_nothing_and_says_for_how_long(scene: Scene) -> None:
    kim = await open_list_form(scene, human=scene.human("Kim"))
    await guess(scene, GOOD.digits, OPAQUE.digits)
    kim.fills(block_id="numbers", text=lines([THREE[2]]))
    await kim.submits()
    await window_with(kim, "You can try again in 1 minute.")
    message = await message_with(kim, "Nothing was looked up", channel="support")
    assert "You can try again in 1 minute." in message.words
    assert await of_list(scene) == [State.REJECTED]
    assert scene.cams.calls == []


async def test_the_trusted_need_approval_for_a_list_with_a_number_that_was_guessed_at(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH, PHONEID_TRUSTED="U0ANA") as scene:
        await guess(scene, GOOD.digits)
        ana = await submit_list(scene, lines(THREE), reason="ticket 7")
        await window_with(ana, "is waiting for approval")
        card = await message_with(scene.human("Lee"), "Approval needed: IDs of 3 numbers")
        assert "5 wrong codes for one of these numbers" in card.words
        await scene.human("Lee").clicks(requests.APPROVE)
        await message_with(ana, "numbers is done")  # approved by somebody who knew
        assert await of_list(scene) == [State.ANSWERED, State.ANSWERED, State.REFUSED]


async def test_an_approved_list_keeps_its_approval_while_a_number_has_to_wait(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        ana = await submit_list(scene, lines(THREE, with_codes=False), reason="ticket 7")
        await window_with(ana, "is waiting for approval")
        await ana.closes()
        await message_with(scene.human("Lee"), "Requested by")
        await scene.human("Lee").clicks(requests.APPROVE)
        await message_with(ana, TOLD_ENTER_CODES)
        await guess(scene, OPAQUE.digits)
        await ana.clicks(requests.ENTER_CODE.several)
        await ana.until(lambda: ana.modal, timeout=PATIENCE)
        ana.fills(block_id="numbers", text=lines(THREE))
        await ana.submits()
        wait = await message_with(ana, "You can try again in 1 minute.")
        assert wait.buttons == [requests.ENTER_CODE.several]
        await window_with(ana, requests.NOT_ENTERED.several)
        assert await of_list(scene) == [State.HELD] * 3
        assert [each.why for each in forbidden(scene)] == [Problem.TOO_MANY_GUESSES]
        assert scene.cams.calls == []


async def test_history_has_the_form_for_all_codes_of_an_approved_list(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        ana = await submit_list(scene, lines([GOOD, OPAQUE], with_codes=False), reason="ticket 7")
        await window_with(ana, "is waiting for approval")
        await ana.closes()
        await message_with(scene.human("Lee"), "Requested by")
        await scene.human("Lee").clicks(requests.APPROVE)
        await message_with(ana, TOLD_ENTER_CODES)
        await ana.runs("support", "/phoneid history")
        shown = await message_with(ana, history.TITLE, channel="support")
        assert shown.buttons == [requests.ENTER_CODE.several] * 2  # beside each of them
        first, *_ = interactive_elements(shown.blocks or [])
        await ana.clicks(first.block_id, message=shown)
        await window_with(ana, "Your request for 2 numbers is approved.")


async def test_a_forgotten_number_of_a_list_is_a_line_in_words_and_the_others_stay(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE), reason="ticket 7")
    await window_with(ana, "numbers is done")
    await ana.closes()
    message = await message_with(ana, "numbers is done")
    async with record_of(scene) as record:
        await record.change(forgetting.forget, PhoneNumber(GOOD.digits), actor=ANA)
    await ana.clicks(texts.SHOW_RESULTS, message=message)
    words = await window_with(ana, f"a removed number\t{history.FORGOTTEN}")
    assert GOOD.digits not in words
    assert OPAQUE.digits in words
    first, second, _ = await listed(scene)
    assert Event.SHOWN not in await events_of(scene, first)
    assert Event.SHOWN in await events_of(scene, second)
    assert await is_whole(scene)


async def test_what_is_left_of_a_list_is_asked_again_without_what_was_forgotten(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    await window_with(ana, "numbers is done")
    await ana.closes()
    message = await message_with(ana, "numbers is done")
    async with record_of(scene) as record:
        await record.change(forgetting.forget, PhoneNumber(THREE[2].digits), actor=ANA)
    await ana.clicks(texts.ASK_AGAIN, message=message)
    said = await message_with(ana, requests.FORGOTTEN.several)
    assert said.buttons == [asking.OPEN_FORM]
    assert ana.modal is None

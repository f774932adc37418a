"""Each reads only their own language, wherever the bot says something, and nothing it says bypasses the catalogues.

Languages that nobody speaks stand for Chinese and English: each letter shows by which catalogue it was said.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.guesses import FREE_FOR_AGENT
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.trouble import Forced
from bot.slack import buttons, cards
from bot.slack.people import REMEMBERED
from tests.amounts import some_of
from tests.chinese import latin_in
from tests.pseudo import CHINESE, ENGLISH, LANGUAGES, strays, texts
from tests.scenarios.asking import GOOD, GOOD_ID, TO_CHANNEL, TO_EACH, finish
from tests.scenarios.listing import THREE, lines, make_overdue
from tests.scenarios.reading import ALONE, WINDOW, Reading
from tests.scenarios.scene import PATIENCE, QUICK, Scene, dispatch, open_scene, with_bot

LEISURELY = replace(QUICK, approval=20.0, sweeping=0.5)
"""Time enough to decide."""

OPAQUE_ID = "pvn-7Q3xK9_demo"


@asynccontextmanager
async def scene_in_two_languages(folder: Path, **settings: str) -> AsyncIterator[tuple[Scene, Reading]]:
    """Ana reads Chinese, everybody else English; the bot is not running yet."""
    async with open_scene(folder, settings=settings) as scene:
        scene.slack.speaks("Ana", "zh-CN")
        yield scene, Reading(scene)
        assert list(scene.slack.complaints) == []


async def window(human: Human, words: str = "") -> str:
    """What a window says, as soon as there is one that says this."""
    return await human.until(
        lambda: human.modal.words if human.modal and words in human.modal.words else None, timeout=PATIENCE
    )


async def submit(human: Human, **fields: str) -> None:
    """Fill in the form that is open, and send it."""
    for block_id, text in fields.items():
        human.fills(block_id=block_id, text=text)
    await human.submits()


async def test_all_that_an_agent_reads_is_in_their_language(tmp_path: Path) -> None:
    async with (
        scene_in_two_languages(tmp_path) as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        ana = scene.ana
        for typed in ("help", "gibberish", "why", "history", f"{GOOD.phone} {GOOD.code}"):
            await ana.runs("support", f"/phoneid {typed}")
            await finish(scene)
        await fill_in_forms(scene)
        await ask_for_several(scene)
        assert reading.strays("Ana", CHINESE, data=[OPAQUE_ID]) == []
        assert len(reading.by("Ana")) > 80


async def test_in_chinese_no_english_is_left(tmp_path: Path) -> None:
    """The catalogue as it is."""
    async with scene_in_two_languages(tmp_path) as (stage, reading), with_bot(stage) as scene:
        for typed in ("help", "gibberish", "why", f"{GOOD.phone} {GOOD.code}"):
            await scene.ana.runs("support", f"/phoneid {typed}")
            await finish(scene)
        await fill_in_forms(scene)
        await ask_for_several(scene)
        read = reading.by("Ana")
        assert [each for text in read for each in latin_in(text, data=[OPAQUE_ID])] == []
        assert len(read) > 80


async def fill_in_forms(scene: Scene) -> None:
    """With mistakes, and a code that the API refuses."""
    ana = scene.ana
    await ana.uses_shortcut("get_phone_number_id")
    await window(ana)
    for phone, code in (("+86 138", "x!"), ("138 0000 1234", "1e5"), (GOOD.phone, "999999")):
        await submit(ana, phone=phone, code=code)
    await window(ana, "VerifyCode.Incorrect")
    await ana.clicks(buttons.TRY_AGAIN)
    await finish(scene)
    await submit(ana, code=GOOD.code)
    await window(ana, GOOD_ID)
    await ana.clicks(buttons.OPEN_FORM)
    await finish(scene)
    await ana.closes()


async def ask_for_several(scene: Scene) -> None:
    """With mistakes in lines, progress, results, and once more for the rest."""
    ana = scene.ana
    await ana.runs("support", "/phoneid list")
    await window(ana)
    await submit(ana, numbers=f"{GOOD.phone}\n{GOOD.phone} 1\n+86 138 x\n12025550101 208312 7")
    await submit(ana, numbers=lines(THREE))
    await window(ana, OPAQUE_ID)
    await ana.clicks(buttons.TRY_AGAIN)
    await finish(scene)
    await ana.closes()
    await ana.clicks(buttons.SHOW_RESULTS)
    await window(ana, OPAQUE_ID)
    await ana.closes()


async def test_so_is_all_that_is_said_of_what_waits_is_too_late_or_goes_wrong(tmp_path: Path) -> None:
    async with (
        scene_in_two_languages(tmp_path, PHONEID_QPS="1") as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        ana, slack = scene.ana, scene.slack
        scene.cams.trouble = ApiTrouble.SLOW
        for asked in (*THREE, GOOD):  # in line, and the same once more
            await scene.ask(asked)
        await finish(scene)
        await press_what_is_no_more(scene)
        for error in ("expired_trigger_id", "push_limit_reached", "internal_error", "fatal_error"):
            slack.forced["views.open"] = Forced(error)
            await ana.runs("support", "/phoneid")
            await finish(scene)
        slack.forced.clear()
        await send_what_is_of_another_version(scene)
        assert reading.strays("Ana", CHINESE, data=[OPAQUE_ID]) == []
        assert len(reading.by("Ana")) > 30
        sent_again = [text for each in slack.deliveries for text in texts(each.response)]
        assert [each for text in sent_again for each in strays(text, CHINESE)] == []


async def press_what_is_no_more(scene: Scene) -> None:
    """A button of another version of the bot, and one for somebody else's lookup."""
    for action_id, value in (("gone", ""), (buttons.SHOW_ID, "R-00000000"), (buttons.STOP, "R-00000000")):
        action = {"action_id": action_id, "block_id": "b", "type": "button", "value": value}
        sender = {"user": {"id": "U0ANA", "team_id": "T0SANDBOX"}, "team": {"id": "T0SANDBOX"}}
        await dispatch(scene, {"type": "block_actions", "trigger_id": "1.2.x", "actions": [action], **sender})
        await finish(scene)


async def send_what_is_of_another_version(scene: Scene) -> None:
    """A form, and one that cannot be read."""
    await scene.ana.runs("support", "/phoneid")
    await window(scene.ana)
    await submit(scene.ana, phone="+86 138", code=GOOD.code)

    def call_it_otherwise(payload: dict[str, Any]) -> None:
        payload["view"]["callback_id"] = "another"

    def break_it(payload: dict[str, Any]) -> None:
        del payload["view"]["state"]

    submitted = scene.slack.deliveries[-1]
    for edit in (call_it_otherwise, break_it):
        delivery = await scene.slack.redeliver(submitted, edit=edit)
        assert delivery.is_acknowledged
        assert "text" in str(delivery.response)
    await finish(scene)


async def test_so_is_every_error_of_the_api_and_the_history_of_them(tmp_path: Path) -> None:
    async with (
        scene_in_two_languages(tmp_path) as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        for each in some_of([*BOOK, *ApiTrouble], 6, what="errors in another language"):
            scene.cams.trouble = each if isinstance(each, ApiTrouble) else ApiTrouble.NONE
            await scene.ask(GOOD if isinstance(each, ApiTrouble) else each)
            await finish(scene)
        scene.cams.trouble = ApiTrouble.NONE
        for _ in range(FREE_FOR_AGENT):  # until they have to wait
            await scene.ask(GOOD, code="999999")
            await finish(scene)
        for typed in ("why", "history", "", f"{GOOD.phone}"):
            await scene.ana.runs("support", f"/phoneid {typed}")
            await finish(scene)
            if scene.ana.modal:
                await scene.ana.closes()
        for button in (buttons.OLDER, buttons.OLDER):
            await scene.ana.clicks(button)
            await finish(scene)
        assert reading.strays("Ana", CHINESE, data=[OPAQUE_ID]) == []
        assert len(reading.by("Ana")) > 80


REASON, DENIAL = "ticket 4711", "1202"
"""What people type is in no language."""


async def ask_for_approval(ana: Human, *, code: str = GOOD.code) -> None:
    """Until the request waits."""
    await ana.runs("support", f"/phoneid {GOOD.phone}")
    await window(ana)
    await submit(ana, code=code, reason=REASON)
    await window(ana, "R-")
    await ana.closes()


async def deny(lee: Human) -> None:
    await lee.clicks(cards.DENY)
    await window(lee)
    await submit(lee, reason=" ")
    await submit(lee, reason=DENIAL)


async def test_who_asks_and_who_decides_read_each_in_their_own_language(tmp_path: Path) -> None:
    async with (
        scene_in_two_languages(tmp_path, **TO_EACH) as (stage, reading),
        with_bot(stage, waits=LEISURELY, languages=LANGUAGES) as scene,
    ):
        ana, lee = scene.ana, scene.human("Lee")
        for step in (be_approved, be_denied, withdraw, let_time_run_out):
            await step(scene, ana, lee)
            await finish(scene)
        for human in (ana, lee):
            for typed in ("why", "history", "list"):
                await human.runs("support", f"/phoneid {typed}")
                await finish(scene)
            await human.closes()
        assert reading.strays("Ana", CHINESE, data=[REASON]) == []
        assert len(reading.by("Ana")) > 60
        for name in ("Lee", "Kim"):
            assert reading.strays(name, ENGLISH, data=[REASON]) == []
            assert len(reading.by(name, where=ALONE)) > 20


async def be_approved(scene: Scene, ana: Human, lee: Human) -> None:
    """Without the code, which is mistyped first."""
    await ask_for_approval(ana, code="")
    await lee.clicks(cards.DETAILS)
    await window(lee, GOOD.phone)
    await lee.closes()
    await lee.clicks(cards.APPROVE)
    await ana.clicks(buttons.ENTER_CODE)
    await window(ana)
    await submit(ana, code="no code!")
    await submit(ana, code=GOOD.code)
    await window(ana, GOOD_ID)
    await ana.closes()
    await ana.clicks(buttons.SHOW_ID)
    await window(ana, GOOD_ID)
    await ana.closes()


async def be_denied(scene: Scene, ana: Human, lee: Human) -> None:
    await ask_for_approval(ana)
    await deny(lee)
    await ana.clicks(buttons.TRY_AGAIN)
    await window(ana)
    await ana.closes()


async def withdraw(scene: Scene, ana: Human, lee: Human) -> None:
    """And Lee, who still sees the card as it was, approves."""
    await ask_for_approval(ana)
    await finish(scene)
    seen, _ = lee.screen.pick_in_messages(cards.APPROVE, message=None)
    await ana.clicks(buttons.WITHDRAW)
    await finish(scene)
    await lee.clicks_stale(seen, cards.APPROVE)


async def let_time_run_out(scene: Scene, ana: Human, lee: Human) -> None:
    """The approvers are reminded; nobody decides."""
    await ask_for_approval(ana)
    await finish(scene)
    before = len(ana.sees(ana.dm))
    await scene.slack.until(lambda: len(ana.sees(ana.dm)) > before, timeout=PATIENCE)


async def test_cards_in_a_channel_speak_its_language_and_all_else_the_readers(tmp_path: Path) -> None:
    async with scene_in_two_languages(tmp_path, **TO_CHANNEL) as (stage, reading):
        workspace = stage.slack.workspace
        workspace.conversations["C0APPROVALS"] = replace(workspace.conversations["C0APPROVALS"], locale="zh-CN")
        async with with_bot(stage, waits=LEISURELY, languages=LANGUAGES) as scene:
            ana, lee = scene.ana, scene.human("Lee")
            for step in (be_approved, be_denied, withdraw, let_time_run_out):
                await step(scene, ana, lee)
                await finish(scene)
        assert reading.strays("Lee", CHINESE, where="approvals", data=[REASON]) == []
        assert len(reading.by("Lee", where="approvals")) > 20
        assert reading.strays("Ana", CHINESE, data=[REASON]) == []
        for where in (WINDOW, ALONE):
            assert reading.strays("Lee", ENGLISH, where=where, data=[REASON]) == []
            assert reading.by("Lee", where=where)


async def test_a_setting_says_what_the_channel_speaks_and_those_of_whom_slack_tells_nothing(tmp_path: Path) -> None:
    settings = {**TO_CHANNEL, "PHONEID_LANGUAGE": CHINESE.name}
    async with (
        scene_in_two_languages(tmp_path, **settings) as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        await ask_for_approval(scene.ana)
        await deny(scene.human("Lee"))
        await finish(scene)
        assert reading.strays("Kim", CHINESE, where="approvals", data=[REASON]) == []
        assert reading.by("Kim", where="approvals")
        assert reading.strays("Lee", ENGLISH, where=WINDOW, data=[REASON]) == []
        scene.slack.forced["users.info"] = Forced("internal_error")
        await scene.human("Gus").runs("support", "/phoneid help")
        await finish(scene)
        assert reading.strays("Gus", CHINESE) == []
        assert reading.by("Gus")


async def test_what_is_told_after_a_restart_is_in_the_language_somebody_reads_by_then(tmp_path: Path) -> None:
    async with scene_in_two_languages(tmp_path, **TO_EACH) as (stage, reading):
        async with with_bot(stage, languages=LANGUAGES) as scene:
            await ask_for_approval(scene.ana)
            await finish(scene)
            stage.slack.forced["chat.postMessage"] = stage.slack.forced["chat.update"] = Forced("internal_error")
            await deny(scene.human("Lee"))
            await finish(scene)
        stage.slack.forced.clear()
        reading.begin_anew()
        stage.slack.speaks("Ana", "en-GB")
        stage.slack.speaks("Kim", "zh-CN")
        make_overdue(stage)
        async with with_bot(stage, languages=LANGUAGES) as scene:
            await scene.slack.until(lambda: reading.by("Ana", where=ALONE) and reading.by("Kim"), timeout=PATIENCE)
            await finish(scene)
        assert reading.strays("Ana", ENGLISH, data=[REASON]) == []
        assert reading.strays("Kim", CHINESE, data=[REASON]) == []
        assert reading.strays("Lee", ENGLISH, data=[REASON]) == []


async def test_another_language_is_read_soon_after_it_was_chosen(tmp_path: Path) -> None:
    async with (
        scene_in_two_languages(tmp_path) as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        await scene.ana.runs("support", "/phoneid why")
        await finish(scene)
        assert reading.strays("Ana", CHINESE) == []
        scene.slack.speaks("Ana", "en-US")
        await scene.clock.sleep(REMEMBERED + 1)
        await scene.ana.runs("support", "/phoneid why")
        await finish(scene)
        reading.begin_anew()
        await scene.ana.runs("support", "/phoneid help")
        await scene.ask(GOOD)
        await finish(scene)
        assert reading.strays("Ana", ENGLISH) == []
        assert reading.by("Ana")


@pytest.mark.parametrize("forced", [Forced(hangs=True), Forced("missing_scope"), Forced(retry_after=3600)], ids=repr)
async def test_while_slack_does_not_tell_who_reads_what_english_is_said_and_in_time(
    tmp_path: Path, forced: Forced
) -> None:
    async with (
        scene_in_two_languages(tmp_path, **TO_EACH) as (stage, reading),
        with_bot(stage, languages=LANGUAGES) as scene,
    ):
        scene.slack.forced["users.info"] = forced
        for typed in ("help", f"{GOOD.phone} {GOOD.code}", "history", GOOD.phone):
            await scene.ana.runs("support", f"/phoneid {typed}")
            await finish(scene)
        await window(scene.ana)
        if forced.hangs:  # then the form opens all the same
            await submit(scene.ana, phone="+86 138", code=GOOD.code)
            await submit(scene.ana, phone=GOOD.phone, code=GOOD.code)
            await finish(scene)
        assert [each for each in scene.slack.deliveries if not each.is_acknowledged] == []
        assert reading.strays("Ana", ENGLISH) == []
        assert len(reading.by("Ana")) > 10

"""A code that waits for an approval is nowhere but in memory, and there no longer than it must."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from bot.pending_codes import PendingCodes
from bot.sandbox.bot_process import BotProcess
from tests.canaries import CANARY, CANARY_BOOK
from tests.english import requests as texts
from tests.scenarios.asking import (
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_EXPIRED,
    TOLD_WITHDRAWN,
    deny,
    finish,
    open_modal,
    request,
    told,
)
from tests.scenarios.listing import message_with, submit_list, window_with
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene, open_scene
from tests.scenarios.test_canary import LIST, LOUD_BOT, canary_entry, search

GOOD = canary_entry("The ID")


@pytest.mark.more_at_night
@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
async def test_a_code_that_waits_is_in_no_file_and_nothing_said(tmp_path: Path, *, is_killed: bool) -> None:
    settings = {"LOG_LEVEL": "DEBUG", **TO_EACH}
    async with open_scene(tmp_path, book=CANARY_BOOK, settings=settings) as scene:
        with (tmp_path / "bot.log").open("wb") as log:
            bot = BotProcess(folder=tmp_path, output=log, program=(LOUD_BOT,))
            try:
                await bot.start_with(scene.environment)
                await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
                await go_every_way(scene)
                await request(scene, asked=GOOD, code=CANARY)  # still waits at the end
                await (bot.kill() if is_killed else bot.stop())
            finally:
                await bot.kill()
        search(tmp_path, scene)


async def go_every_way(scene: Scene) -> None:
    lee = scene.human("Lee")
    await scene.ask(GOOD)  # typed with the command, which opens the form
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    await scene.ana.closes()
    await request(scene, asked=GOOD, code=CANARY)
    await lee.clicks("Approve")
    await told(scene, TOLD_ANSWERED)
    await request(scene, asked=GOOD, code=CANARY)
    await deny(lee, "no")
    await told(scene, TOLD_DENIED)
    await request(scene, asked=GOOD, code=CANARY)
    await scene.ana.clicks(texts.WITHDRAW)
    await told(scene, TOLD_WITHDRAWN)
    refused = canary_entry("An unknown error that repeats the verification code")
    await request(scene, asked=refused, code=None)
    await lee.clicks("Approve")
    await told(scene, TOLD_ENTER_CODE)
    await open_modal(scene.ana, texts.ENTER_CODE.one)
    for typed in (f"{CANARY}!", CANARY):
        scene.ana.fills(block_id="code", text=typed)
        await scene.ana.submits()
    await told(scene, "No ID for")
    await scene.ana.closes()
    await open_modal(scene.ana, "Try again")
    await scene.ana.closes()
    for _ in range(2):
        await submit_list(scene, LIST, reason="ticket 7")
        await window_with(scene.ana, "is waiting for approval")
        await scene.ana.closes()
        await message_with(lee, "Approval needed: IDs of")
    await lee.clicks("Approve")  # the other one still waits at the end
    # Throttled answers are in it: everybody pauses then.
    await message_with(scene.ana, "numbers is done", patience=3 * PATIENCE)


# --- in memory ---


def codes_kept() -> int:
    """For how many requests this process keeps codes."""
    gc.collect()  # what earlier scenes kept is gone with their bots
    return sum(len(each.request_ids) for each in gc.get_objects() if isinstance(each, PendingCodes))


@pytest.mark.parametrize("ending", ["approved", "denied", "withdrawn", "expired"])
async def test_after_each_end_no_code_is_kept(scene_with: OpenScene, ending: str) -> None:
    before = codes_kept()
    waits = replace(QUICK, sweeping=0.1, approval=1.5 if ending == "expired" else 600.0)
    async with scene_with(waits=waits, **TO_EACH) as scene:
        await request(scene)
        if ending != "expired":  # which may be over by now
            assert codes_kept() == before + 1
        if ending == "approved":
            await scene.human("Lee").clicks("Approve")
            await told(scene, TOLD_ANSWERED)
        elif ending == "denied":
            await deny(scene.human("Lee"), "no")
            await told(scene, TOLD_DENIED)
        elif ending == "withdrawn":
            await scene.ana.clicks(texts.WITHDRAW)
            await told(scene, TOLD_WITHDRAWN)
        else:
            await told(scene, TOLD_EXPIRED)
        await finish(scene)
        assert codes_kept() == before

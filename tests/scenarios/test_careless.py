"""Without any one of the bot's protections the canary suite is red."""

from pathlib import Path

import pytest

from bot.sandbox.bot_process import BotProcess
from tests.amounts import some_each_day
from tests.canaries import CANARY, CANARY_BOOK
from tests.scenarios.careless_bot import REMOVE
from tests.scenarios.scene import PATIENCE, Scene, open_scene
from tests.scenarios.test_canary import canary_entry, search

ROOT = Path(__file__).parents[2]
ECHO = canary_entry("An unknown error that repeats the verification code")


@pytest.mark.parametrize("protection", some_each_day(list(REMOVE), 2, what="protections"))
async def test_without_a_protection_the_canary_is_found(tmp_path: Path, protection: str) -> None:
    settings = {"LOG_LEVEL": "DEBUG", "PYTHONPATH": str(ROOT)}
    async with open_scene(tmp_path, book=CANARY_BOOK, settings=settings) as scene:
        with (tmp_path / "bot.log").open("wb") as log:
            program = ("-m", "tests.scenarios.careless_bot", protection)
            bot = BotProcess(folder=tmp_path, output=log, program=program)
            try:
                await bot.start_with(scene.environment)
                await go(scene)
                await bot.stop()
            finally:
                await bot.kill()
        if protection == "nothing":
            search(tmp_path, scene)
        else:
            with pytest.raises(AssertionError, match=r"bot\.log|phoneid\.db"):
                search(tmp_path, scene)


async def go(scene: Scene) -> None:
    """Each of the ways that a protection is for."""
    ana = scene.ana
    await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
    await scene.ask(ECHO)
    await scene.answer(ana, "No ID for")
    await ana.runs("support", "/phoneid")
    await ana.until(lambda: ana.modal, timeout=PATIENCE)
    ana.fills(block_id="phone", text=ECHO.phone)
    ana.fills(block_id="code", text=CANARY)
    ana.fills(block_id="reason", text=f"the code is {CANARY}")
    await ana.submits()
    if ana.modal and ana.modal.errors:
        await ana.closes()
    else:
        await ana.until(lambda: ana.modal and "No ID for" in ana.modal.words, timeout=PATIENCE)

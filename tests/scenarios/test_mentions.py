"""Each line about a request names it, whoever writes the line: who reads the log can follow one request through it."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.mentioned import NAMES, Mentions
from bot.sandbox.slack.trouble import Forced
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, entry, open_scene, with_bot

ABOUT_NO_REQUEST = {"connected", "started", "finishing running work", "websocket failed", "websocket closing"}
"""What the bot logs of itself."""


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = getattr(record, "facts", {})
    return facts


async def test_each_line_about_a_request_names_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(Mentions())
    caplog.set_level(logging.INFO)
    asked = [entry("System.LimitControl once, then the ID"), entry("Unknown.ResourceOwnerId"), *numbers(3)]
    try:
        async with open_scene(tmp_path, book=asked) as quiet, with_bot(quiet) as scene:
            caplog.clear()
            for method in ("chat.postMessage", "chat.postEphemeral", "response_url"):
                scene.slack.forced[method] = Forced("internal_error")
            await asyncio.gather(*(scene.ask(each) for each in asked))
            await scene.slack.until(lambda: len(scene.cams.calls) == len(asked) + 1, timeout=PATIENCE)
        lines = [each for each in caplog.records if each.name.startswith("bot.")]
    finally:
        caplog.handler.removeFilter(caplog.handler.filters[-1])
    without = {each.getMessage() for each in lines if not any(name in facts_of(each) for name in NAMES)}
    assert without <= ABOUT_NO_REQUEST
    calls = [facts_of(each)["lookup"] for each in lines if each.name == "bot.cams"]
    assert len(set(calls)) == len(asked), "each call names the number that it is for"

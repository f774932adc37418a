"""Whatever comes from Slack, its sender gets words, Slack its acknowledgement, and nobody a code."""

from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest

from bot.slack import buttons
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.front import Front, open_front
from tests.fuzz.odd import CODE, mutated
from tests.fuzz.payloads import click, command, command_text, list_submission, shortcut, submission

pytestmark = BY_CHANCE


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    async with open_front() as opened:
        yield opened


async def run(front: Front, entrance: str, make: Callable[[Random], Any], *, usual: int) -> None:
    for number, chance in chances(entrance, usual=usual):
        front.api.chance = chance
        payload = make(chance)
        if not isinstance(payload, dict):  # Socket Mode's envelopes hold objects only
            continue
        try:
            await front.give(payload)
        except Exception as error:
            raise AssertionError(f"{entrance} number {number}: {payload!r:.3000}") from error


async def test_any_text_behind_the_command(front: Front) -> None:
    await run(front, "command text", lambda chance: command(chance, command_text(chance)), usual=400)


async def test_commands_of_any_shape(front: Front) -> None:
    await run(
        front,
        "command payload",
        lambda chance: mutated(command(chance, f"+86 138 0000 1234 {CODE}"), chance),
        usual=300,
    )


async def test_forms_with_any_values(front: Front) -> None:
    await run(front, "modal values", lambda chance: mutated(submission(chance, front), chance), usual=400)


async def test_list_forms_with_any_values(front: Front) -> None:
    await run(front, "list form values", lambda chance: mutated(list_submission(chance, front), chance), usual=300)


async def test_buttons_of_any_shape(front: Front) -> None:
    await run(front, "button payload", lambda chance: mutated(click(chance, front), chance), usual=400)


async def test_shortcuts_of_any_shape(front: Front) -> None:
    await run(front, "shortcut payload", lambda chance: mutated(shortcut(chance), chance), usual=200)


async def test_any_page_of_the_history(front: Front) -> None:
    await run(front, "history page", lambda chance: mutated(click(chance, front, buttons.OLDER), chance), usual=200)

"""Whatever Slack has to send arrives in either way, Socket Mode or signed HTTP, and is answered the same."""

from collections.abc import AsyncIterator

import pytest

from tests.english import asking, history, results, usage
from tests.english import requests as texts
from tests.scenarios.asking import (
    DENIED,
    GOOD_ID,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_WITHDRAWN,
    WITHDRAWN,
    deny,
    open_modal,
    request,
    standing_of,
    told,
)
from tests.scenarios.listing import THREE, lines, message_with, submit_list, window_with
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry

GOOD = entry("The ID")
BOTH = ("socket mode", "signed http")


@pytest.fixture(params=BOTH)
async def scene(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    """The bot in the sandbox, once in each mode; at the end Slack must have nothing to complain about."""
    async with scene_with(is_http=request.param == "signed http") as running:
        yield running
        assert list(running.slack.complaints) == []


@pytest.fixture(params=BOTH)
async def deciding(request: pytest.FixtureRequest, scene_with: OpenScene) -> AsyncIterator[Scene]:
    """The same with approvals; Lee and Kim decide."""
    async with scene_with(is_http=request.param == "signed http", **TO_EACH) as running:
        yield running
        assert list(running.slack.complaints) == []


async def open_form(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)


async def test_a_command_is_answered(scene: Scene) -> None:
    await scene.ask(GOOD)
    assert (await scene.answer(scene.ana, GOOD_ID)).is_ephemeral


async def test_a_refusal_is_told(scene: Scene) -> None:
    await scene.ask(entry("Unknown.ResourceOwnerId"))
    await scene.answer(scene.ana, "No ID for")


async def test_a_guest_is_refused(scene: Scene) -> None:
    await scene.ask(GOOD, human=scene.human("Gus"))
    await scene.answer(scene.human("Gus"), "Guests")
    assert scene.cams.calls == []


async def test_a_form_is_submitted_and_its_window_has_the_answer(scene: Scene) -> None:
    await open_form(scene)
    scene.ana.fills(block_id="phone", text=GOOD.phone)
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    await window_with(scene.ana, GOOD_ID)


async def test_a_mistake_in_a_form_is_named_at_its_field(scene: Scene) -> None:
    await open_form(scene)
    scene.ana.fills(block_id="phone", text="+86 138")
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    assert scene.ana.modal
    assert [block_id.split("-")[0] for block_id in scene.ana.modal.errors] == ["phone"]


async def test_a_button_opens_a_form(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid help")
    await scene.answer(scene.ana, usage.GET_ID)
    await scene.ana.clicks(asking.OPEN_FORM)
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)


async def test_the_history_shows_an_id_once_more(scene: Scene) -> None:
    await scene.ask(GOOD)
    await scene.answer(scene.ana, GOOD_ID)
    await scene.ana.runs("support", "/phoneid history")
    await scene.answer(scene.ana, history.TITLE)
    await scene.ana.clicks(texts.SHOW_ID)
    await window_with(scene.ana, GOOD_ID)


async def test_a_list_is_asked_and_its_results_are_shown(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    await message_with(ana, "numbers is done")
    await ana.closes()
    await ana.clicks(results.SHOW_RESULTS)
    assert GOOD_ID in await window_with(ana, "numbers is done")


async def test_a_request_is_approved_and_answered(deciding: Scene) -> None:
    await request(deciding)
    await deciding.human("Lee").clicks("Approve")
    await told(deciding, TOLD_ANSWERED)
    await deciding.answer(deciding.ana, GOOD_ID)


async def test_a_request_is_denied_with_a_reason(deciding: Scene) -> None:
    request_id = await request(deciding)
    await deny(deciding.human("Lee"), "not this one")
    assert "not this one" in (await told(deciding, TOLD_DENIED)).words
    assert await standing_of(deciding, request_id) == DENIED


async def test_a_request_is_withdrawn(deciding: Scene) -> None:
    request_id = await request(deciding)
    await deciding.ana.clicks(texts.WITHDRAW)
    await told(deciding, TOLD_WITHDRAWN)
    assert await standing_of(deciding, request_id) == WITHDRAWN


async def test_a_code_is_brought_after_the_approval(deciding: Scene) -> None:
    await request(deciding, code=None)
    await deciding.human("Lee").clicks("Approve")
    await told(deciding, TOLD_ENTER_CODE)
    await open_modal(deciding.ana, texts.ENTER_CODE.one)
    deciding.ana.fills(block_id="code", text=GOOD.code)
    await deciding.ana.submits()
    await told(deciding, TOLD_ANSWERED)

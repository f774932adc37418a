"""Lists and what else a list has to live with: codes that were refused too often, and numbers that are forgotten."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

from bot.app import open_store
from bot.models import Actor, Event, PhoneNumber, Problem, State, Through
from bot.settings import RecordSettings, read
from bot.store.sqlite import SqliteStore
from bot.texts import approvals, asking, history, problems
from bot.texts import lists as texts
from tests.guessing import use_up
from tests.scenarios.asking import TO_EACH, finish, forbidden, journal
from tests.scenarios.listing import (
    GOOD,
    OPAQUE,
    THREE,
    lines,
    listed,
    message_with,
    open_list_form,
    submit_list,
    window_with,
)
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
KIM = Actor(team_id="T0SANDBOX", user_id="U0KIM", through=Through.SLACK)
TOO_MANY = problems.PROBLEMS[Problem.TOO_MANY_GUESSES].what


@asynccontextmanager
async def record(scene: Scene) -> AsyncIterator[SqliteStore]:
    async with open_store(read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})) as store:
        yield store


async def guess(scene: Scene, *digits: str) -> None:
    """All the refused codes that these numbers have free, as if Kim had entered them."""
    async with record(scene) as store:
        for each in digits:
            await use_up(store, KIM, PhoneNumber(each))


async def of_list(scene: Scene) -> list[State]:
    return [each.state for each in await listed(scene) if each.place]


async def test_a_number_with_too_many_refused_codes_waits_and_the_others_are_asked(scene: Scene) -> None:
    await guess(scene, GOOD.digits)
    ana = await submit_list(scene, lines(THREE))
    words = await window_with(ana, "Your list of 3 numbers is done. 1 has its ID, 2 have none.")
    assert "1 was not asked: too many verification codes were refused." in words
    assert f"{GOOD.digits}\t{TOO_MANY} Find out the right code, wait 1 minute, then try again." in words
    assert await of_list(scene) == [State.REJECTED, State.ANSWERED, State.REFUSED]
    assert len(scene.cams.calls) == 2
    await message_with(ana, "1 was not asked")
    await finish(scene)
    async with record(scene) as store:
        assert await store.claim_untold() == []
        assert (await store.inspect()).fault is None


async def test_a_list_that_its_process_could_not_tell_is_told_as_a_list_though_its_first_number_was_rejected(
    scene_with: OpenScene,
) -> None:
    async with scene_with(waits=replace(QUICK, sweeping=0.1)) as scene:
        await guess(scene, GOOD.digits)
        ana = await submit_list(scene, lines(THREE))
        await window_with(ana, "is done")
        await finish(scene)
        with closing(sqlite3.connect(scene.environment["DATABASE_URL"].removeprefix("sqlite:///"))) as raw, raw:
            raw.execute("UPDATE lookups SET tell_after = 1 WHERE batch_id IS NOT NULL")
        await ana.until(lambda: len(ana.sees(ana.dm)) == 2, timeout=PATIENCE)
        assert "1 was not asked" in ana.sees(ana.dm)[1].words
        assert ana.sees(ana.dm)[1].buttons == [texts.SHOW_RESULTS, texts.ASK_AGAIN]


async def test_a_list_of_numbers_that_all_have_to_wait_says_for_how_long(scene: Scene) -> None:
    await guess(scene, GOOD.digits, OPAQUE.digits)
    ana = await submit_list(scene, lines([GOOD, OPAQUE]))
    said = f"Your list of 2 numbers was not asked. {TOO_MANY} Find out the right code, wait 1 minute"
    await window_with(ana, said)
    message = await message_with(ana, said)
    assert message.buttons == [texts.SHOW_RESULTS, texts.ASK_AGAIN]
    assert scene.cams.calls == []


async def test_an_agent_with_too_many_refused_codes_gets_no_form_for_lists(scene: Scene) -> None:
    await guess(scene, GOOD.digits, OPAQUE.digits)
    kim = scene.human("Kim")
    await kim.runs("support", "/phoneid list")
    await window_with(kim, TOO_MANY)
    await kim.closes()


async def test_a_form_from_before_the_last_refused_code_asks_nothing_and_says_for_how_long(scene: Scene) -> None:
    kim = await open_list_form(scene, human=scene.human("Kim"))
    await guess(scene, GOOD.digits, OPAQUE.digits)
    kim.fills(block_id="numbers", text=lines([THREE[2]]))
    await kim.submits()
    await window_with(kim, "wait 1 minute, then try again")
    message = await message_with(kim, "Your list of 1 number was not asked.")
    assert "wait 1 minute, then try again" in message.words
    assert await of_list(scene) == [State.REJECTED]
    assert scene.cams.calls == []


async def test_the_trusted_need_approval_for_a_list_with_a_number_that_was_guessed_at(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH, PHONEID_TRUSTED="U0ANA") as scene:
        await guess(scene, GOOD.digits)
        ana = await submit_list(scene, lines(THREE), reason="ticket 7")
        await window_with(ana, "awaits approval")
        card = await message_with(scene.human("Lee"), "Approval needed: IDs of 3 numbers")
        assert "5 for one of these numbers" in card.words
        await scene.human("Lee").clicks(approvals.APPROVE)
        await message_with(ana, "is done")  # approved by somebody who knew
        assert await of_list(scene) == [State.ANSWERED, State.ANSWERED, State.REFUSED]


async def test_an_approved_list_keeps_its_approval_while_a_number_has_to_wait(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        ana = await submit_list(scene, lines(THREE, with_codes=False), reason="ticket 7")
        await window_with(ana, "awaits approval")
        await ana.closes()
        await message_with(scene.human("Lee"), "Asked by")
        await scene.human("Lee").clicks(approvals.APPROVE)
        await message_with(ana, approvals.TOLD_ENTER_CODES)
        await guess(scene, OPAQUE.digits)
        await ana.clicks(approvals.ENTER_CODES)
        await ana.until(lambda: ana.modal, timeout=PATIENCE)
        ana.fills(block_id="numbers", text=lines(THREE))
        await ana.submits()
        wait = await message_with(ana, "wait 1 minute, then try again")
        assert wait.buttons == [approvals.ENTER_CODES]
        await window_with(ana, texts.NOT_ENTERED)
        assert await of_list(scene) == [State.APPROVED] * 3
        assert [each.why for each in forbidden(scene)] == [Problem.TOO_MANY_GUESSES]
        assert scene.cams.calls == []


async def test_history_has_the_form_for_all_codes_of_an_approved_list(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        ana = await submit_list(scene, lines([GOOD], with_codes=False), reason="ticket 7")
        await window_with(ana, "awaits approval")
        await ana.closes()
        await message_with(scene.human("Lee"), "Asked by")
        await scene.human("Lee").clicks(approvals.APPROVE)
        await message_with(ana, approvals.TOLD_ENTER_CODES)
        await ana.runs("support", "/phoneid history")
        shown = await message_with(ana, history.TITLE, channel="support")
        assert shown.buttons == [approvals.ENTER_CODES]
        await ana.clicks(approvals.ENTER_CODES, message=shown)
        await window_with(ana, texts.codes_intro(1))


async def test_a_forgotten_number_of_a_list_is_a_line_in_words_and_the_others_stay(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE), reason="ticket 7")
    await window_with(ana, "is done")
    await ana.closes()
    message = await message_with(ana, "is done")
    async with record(scene) as store:
        await store.forget(PhoneNumber(GOOD.digits), actor=ANA)
    await ana.clicks(texts.SHOW_RESULTS, message=message)
    words = await window_with(ana, f"a forgotten number\t{history.FORGOTTEN}")
    assert GOOD.digits not in words
    assert OPAQUE.digits in words
    first, second, _ = await listed(scene)
    assert Event.SHOWN not in [each.event for each in await journal(scene, first.id)]
    assert Event.SHOWN in [each.event for each in await journal(scene, second.id)]
    assert await is_whole(scene)


async def test_what_is_left_of_a_list_is_asked_again_without_what_was_forgotten(scene: Scene) -> None:
    ana = await submit_list(scene, lines(THREE))
    await window_with(ana, "is done")
    await ana.closes()
    message = await message_with(ana, "is done")
    async with record(scene) as store:
        await store.forget(PhoneNumber(THREE[2].digits), actor=ANA)
    await ana.clicks(texts.ASK_AGAIN, message=message)
    said = await message_with(ana, texts.FORGOTTEN)
    assert said.buttons == [asking.OPEN_FORM]
    assert ana.modal is None


async def is_whole(scene: Scene) -> bool:
    async with record(scene) as store:
        return (await store.inspect()).fault is None

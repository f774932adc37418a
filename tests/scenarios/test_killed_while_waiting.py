"""``kill -9`` while requests wait: after the restart every card works, and nothing is decided twice."""

import sqlite3
from collections import Counter
from pathlib import Path

from bot.app import open_store
from bot.clock import SystemClock
from bot.models import Actor, Event, LookupId, NewLookup, PhoneNumber, State, Through
from bot.sandbox.bot_process import BotProcess
from bot.settings import RecordSettings, read
from bot.texts import approvals as texts
from tests.scenarios.asking import (
    GOOD,
    TO_EACH,
    buttons_left,
    deny,
    find_card,
    journal,
    open_modal,
    request,
    state_of,
    told,
)
from tests.scenarios.scene import PATIENCE, Scene, open_scene


def record(scene: Scene) -> RecordSettings:
    return read(RecordSettings, {"DATABASE_URL": scene.environment["DATABASE_URL"]})


def let_time_pass(scene: Scene, lookup_id: LookupId) -> None:
    """Make a request overdue: the shortest time a setting can give it is a minute."""
    database = sqlite3.connect(record(scene).database_path)
    with database:
        assert database.execute("UPDATE lookups SET expires_at = 1 WHERE id = ?", [lookup_id]).rowcount == 1
    database.close()


async def restart(scene: Scene, bot: BotProcess) -> None:
    await scene.slack.until(lambda: not scene.slack.is_connected, timeout=PATIENCE)
    await bot.start()
    await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)


async def decisions(scene: Scene, lookup_id: LookupId) -> list[State | None]:
    """What ended the waiting, each time something did."""
    return [each.to_state for each in await journal(scene, lookup_id) if each.from_state is State.AWAITING]


async def test_after_a_kill_every_card_works_and_nothing_is_decided_twice(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        lee, kim = scene.human("Lee"), scene.human("Kim")
        bot = BotProcess(folder=tmp_path)
        try:
            await bot.start_with(scene.environment)
            await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
            first, second, third = [await request(scene) for _ in range(3)]
            cards = {each: find_card(kim, each) for each in (first, second, third)}
            await bot.kill()
            await restart(scene, bot)

            assert "+86 138 0000 1234" in await open_modal(kim, "Details", message=cards[first])
            await kim.closes()
            await lee.clicks("Approve", message=find_card(lee, first))
            await told(scene, texts.TOLD_ENTER_CODE)  # the code went with the process
            await deny(kim, "no", message=cards[second])
            await told(scene, texts.TOLD_DENIED)
            await scene.ana.clicks(texts.WITHDRAW)  # the newest receipt, the third's
            await told(scene, texts.TOLD_WITHDRAWN)
            for lookup_id, card in cards.items():
                await scene.slack.until(lambda each=lookup_id: not buttons_left(scene, each), timeout=PATIENCE)  # type: ignore[misc]  # a default binds the loop's value
                await kim.clicks_stale(card, "Approve")
            for outcome in ("was approved", "was denied", "was withdrawn"):
                await scene.answer(kim, f"This request {outcome}", channel=kim.dm)
            assert scene.cams.calls == []

            await open_modal(scene.ana, texts.ENTER_CODE)
            scene.ana.fills(block_id="code", text=GOOD.code)
            await scene.ana.submits()
            await told(scene, texts.TOLD_ANSWERED)
            assert len(scene.cams.calls) == 1
            assert [await decisions(scene, each) for each in (first, second, third)] == [
                [State.APPROVED],
                [State.DENIED],
                [State.WITHDRAWN],
            ]
            assert list(scene.slack.complaints) == []
        finally:
            await bot.kill()


async def test_after_a_kill_what_ran_out_meanwhile_expires_and_lapses(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        bot = BotProcess(folder=tmp_path)
        try:
            await bot.start_with(scene.environment)
            await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
            unused = await request(scene, code=None)
            await scene.human("Lee").clicks("Approve")
            await told(scene, texts.TOLD_ENTER_CODE)
            undecided = await request(scene)
            await bot.kill()
            for each in (unused, undecided):
                let_time_pass(scene, each)
            await restart(scene, bot)
            await told(scene, texts.TOLD_EXPIRED)
            await told(scene, texts.TOLD_LAPSED)
            await scene.slack.until(lambda: not buttons_left(scene, undecided), timeout=PATIENCE)
            assert await state_of(scene, undecided) is State.EXPIRED
            assert await state_of(scene, unused) is State.LAPSED
            assert await decisions(scene, undecided) == [State.EXPIRED]
            said = Counter(message.text for message in scene.ana.sees(scene.ana.dm))
            assert set(said.values()) == {1}
        finally:
            await bot.kill()


async def test_what_no_process_ever_posted_a_card_for_expires_too(tmp_path: Path) -> None:
    """A process that died between the record and the card leaves a request that nobody can decide on."""
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        clock = SystemClock()
        async with open_store(record(scene)) as store:
            new = NewLookup(
                agent=Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK),
                phone=PhoneNumber("8613800001234"),
                reason="ticket 7",
                channel_id="C0SUPPORT",
                submission_key="view:V1:1",
            )
            lookup, _ = await store.accept(new, state=State.AWAITING, expires_at=clock.now() + 1)
        bot = BotProcess(folder=tmp_path)
        try:
            await bot.start_with(scene.environment)
            await told(scene, texts.TOLD_EXPIRED)
            events = [each.event for each in await journal(scene, lookup.id)]
            assert events[0] is Event.ASKED
            assert await state_of(scene, lookup.id) is State.EXPIRED
        finally:
            await bot.kill()

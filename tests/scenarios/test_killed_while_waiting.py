"""``kill -9`` while requests wait: after the restart every card works, and nothing is decided twice."""

from collections import Counter
from pathlib import Path

from bot.audit import Event
from bot.models import Actor, ApprovalState, PhoneNumber, RequestId, Through
from bot.sandbox.bot_process import BotProcess
from bot.store import requests
from bot.store.engine import Tx
from tests import factories
from tests.english import requests as texts
from tests.scenarios.asking import (
    EXPIRED,
    GOOD,
    LAPSED,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_DENIED,
    TOLD_ENTER_CODE,
    TOLD_EXPIRED,
    TOLD_LAPSED,
    TOLD_WITHDRAWN,
    buttons_left,
    deny,
    find_card,
    journal,
    open_modal,
    record_of,
    request,
    standing_of,
    told,
)
from tests.scenarios.databases import Hands, hands_on
from tests.scenarios.scene import PATIENCE, Scene, open_scene

ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)


def let_time_pass(scene: Scene, request_id: RequestId) -> None:
    """Make a request overdue: the shortest time a setting can give it is a minute."""
    with hands_on(scene.database_url) as database:
        assert database.execute("UPDATE requests SET expires_at = 1 WHERE id = ?", [request_id]).rowcount == 1
        make_due(database, request_id, "expire")


def make_due(database: Hands, request_id: RequestId, *kinds: str) -> None:
    """Make it time to say something that waits in the outbox."""
    of_request = "UPDATE outbox SET due_at = 1 WHERE request = (SELECT number FROM requests WHERE id = ?)"
    for kind in kinds:
        assert database.execute(f"{of_request} AND kind = ?", [request_id, kind]).rowcount == 1


async def restart(scene: Scene, bot: BotProcess) -> None:
    await scene.slack.until(lambda: not scene.slack.is_connected, timeout=PATIENCE)
    await bot.start()
    await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)


async def decisions(scene: Scene, request_id: RequestId) -> list[str | None]:
    """What ended the waiting, each time something did."""
    return [each.to_state for each in await journal(scene, request_id) if each.from_state == ApprovalState.AWAITING]


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
            await told(scene, TOLD_ENTER_CODE)  # the code went with the process
            await deny(kim, "no", message=cards[second])
            await told(scene, TOLD_DENIED)
            await scene.ana.clicks(texts.WITHDRAW)  # the newest receipt, the third's
            await told(scene, TOLD_WITHDRAWN)
            for request_id, card in cards.items():
                await scene.slack.until(lambda each=request_id: not buttons_left(scene, each), timeout=PATIENCE)  # type: ignore[misc]  # a default binds the loop's value
                await kim.clicks_stale(card, "Approve")
            for outcome in ("Approved by <@", "Denied by <@", "Withdrawn by <@"):
                await scene.answer(kim, outcome, channel=kim.dm)
            assert scene.cams.lookups == []

            await open_modal(scene.ana, texts.ENTER_CODE.one)
            scene.ana.fills(block_id="code", text=GOOD.code)
            await scene.ana.submits()
            await told(scene, TOLD_ANSWERED)
            assert len(scene.cams.lookups) == 1
            assert [await decisions(scene, each) for each in (first, second, third)] == [
                [ApprovalState.APPROVED],
                [ApprovalState.DENIED],
                [ApprovalState.WITHDRAWN],
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
            await told(scene, TOLD_ENTER_CODE)
            undecided = await request(scene)
            await bot.kill()
            for each in (unused, undecided):
                let_time_pass(scene, each)
            await restart(scene, bot)
            await told(scene, TOLD_EXPIRED)
            await told(scene, TOLD_LAPSED)
            await scene.slack.until(lambda: not buttons_left(scene, undecided), timeout=PATIENCE)
            assert await standing_of(scene, undecided) == EXPIRED
            assert await standing_of(scene, unused) == LAPSED
            assert await decisions(scene, undecided) == [ApprovalState.EXPIRED]
            said = Counter(message.text for message in scene.ana.sees(scene.ana.dm))
            assert set(said.values()) == {1}
        finally:
            await bot.kill()


def left_behind(tx: Tx, *, seconds: float) -> RequestId:
    """A request as a process leaves it that dies as soon as it is recorded; it expires in so many seconds."""
    new = factories.new_request([PhoneNumber("8613800001234")], agent=ANA, reason="ticket 7")
    return requests.accept(tx, new, factories.NEEDS_APPROVAL, expires_at=tx.now + seconds).request.id


async def test_what_no_process_ever_posted_a_card_for_expires_too(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with record_of(scene) as record:
            request_id = await record.change(left_behind, seconds=1.0)
        bot = BotProcess(folder=tmp_path)
        try:
            await bot.start_with(scene.environment)
            await told(scene, TOLD_EXPIRED)
            events = [each.event for each in await journal(scene, request_id)]
            assert events[0] is Event.ASKED
            assert await standing_of(scene, request_id) == EXPIRED
        finally:
            await bot.kill()


async def test_the_card_and_the_receipt_that_died_with_their_process_are_sent_by_the_next(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_EACH) as scene:
        async with record_of(scene) as record:
            request_id = await record.change(left_behind, seconds=600.0)
        with hands_on(scene.database_url) as database:
            make_due(database, request_id, "cards", "agent")
        bot = BotProcess(folder=tmp_path)
        try:
            await bot.start_with(scene.environment)
            await told(scene, "is waiting for approval")
            for name in ("Lee", "Kim"):
                human = scene.human(name)
                await scene.answer(human, "Approval needed", channel=human.dm)
            await scene.human("Lee").clicks("Approve")
            await told(scene, TOLD_ENTER_CODE)
            await bot.stop()
            assert [len(scene.human(name).sees(scene.human(name).dm)) for name in ("Lee", "Kim")] == [1, 1]
            assert len(scene.ana.sees(scene.ana.dm)) == 2
            assert list(scene.slack.complaints) == []
        finally:
            await bot.kill()

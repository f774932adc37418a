"""Somebody tries codes: after a handful they wait, whatever way they take, and those who decide hear of it once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.audit import Event
from bot.guesses import FREE_FOR_NUMBER
from bot.models import Actor, PhoneNumber, Problem, Request, State, Through
from bot.policy import Rule
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.trouble import ApiTrouble
from tests import factories
from tests.english import PROBLEMS, asking, permissions
from tests.english import requests as alarms
from tests.english import requests as texts
from tests.recorded import Recorded
from tests.scenarios.asking import (
    GOOD,
    GOOD_ID,
    TO_EACH,
    TOLD_ANSWERED,
    TOLD_ENTER_CODE,
    UNUSED,
    find,
    find_card,
    finish,
    forbidden,
    journal,
    record_of,
    request,
    standing_of,
    told,
)
from tests.scenarios.databases import hands_on
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene, entry, open_scene

KIM = Actor(team_id="T0SANDBOX", user_id="U0KIM", through=Through.SLACK)
ANA = Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK)
WAIT = "You can try again in 1 minute."


async def guess(scene: Scene, phones: Sequence[PhoneNumber], *, agent: Actor) -> list[Request]:
    """A refused code for each of these, one after the other; as if they had come through another process."""
    async with record_of(scene) as record:
        return [await record.change(factories.finished, [each], factories.REFUSED, agent=agent) for each in phones]


async def use_up(scene: Scene, *, agent: Actor = KIM) -> Request:
    """Refused codes for the good number, none is free any more. The last one."""
    return (await guess(scene, [PhoneNumber(GOOD.digits)] * FREE_FOR_NUMBER, agent=agent))[-1]


def let_time_pass(scene: Scene, seconds: float) -> None:
    """Move what was refused into the past."""
    with hands_on(scene.database_url) as database:
        database.execute("UPDATE refused_codes SET at = at - ?", [seconds])


async def rejected(scene: Scene) -> Recorded:
    newest = (await scene.lookups())[0]
    assert (newest.state, newest.result.problem) == (State.REJECTED, Problem.TOO_MANY_GUESSES)
    return newest


async def test_the_sixth_code_is_not_asked_even_if_it_is_the_right_one(scene: Scene) -> None:
    for number in range(5):
        await scene.ask(GOOD, code=f"00000{number}")
        await finish(scene)
    await scene.ask(GOOD)
    message = await scene.answer(scene.ana, WAIT)
    assert message.is_ephemeral
    assert PROBLEMS[Problem.TOO_MANY_GUESSES].what in message.text
    assert message.buttons == [texts.TRY_AGAIN.one]
    assert len(scene.cams.calls) == 5
    _, entry = await journal(scene, (await rejected(scene)).request_id)
    assert (entry.event, entry.facts["problem"]) == (Event.ASKED, Problem.TOO_MANY_GUESSES)
    let_time_pass(scene, 60.0)
    await scene.ask(GOOD)
    await scene.answer(scene.ana, GOOD_ID)


async def test_an_account_in_arrears_locks_nobody_out(scene: Scene) -> None:
    scene.cams.trouble = ApiTrouble.ARREARS
    for _ in range(6):
        await scene.ask(GOOD)
        await finish(scene)
    await scene.answer(scene.ana, PROBLEMS[Problem.ACCOUNT_BLOCKED].what)
    scene.cams.trouble = ApiTrouble.NONE
    await scene.ask(GOOD)
    await scene.answer(scene.ana, GOOD_ID)


@pytest.mark.parametrize("outcome", ["OK without an ID", "Unknown.ResourceOwnerId"])
async def test_an_answer_without_an_id_is_a_guess_whatever_it_says(scene: Scene, outcome: str) -> None:
    """Nobody knows which of them a wrong code gets."""
    for _ in range(6):
        await scene.ask(entry(outcome))
        await finish(scene)
    await rejected(scene)
    assert len(scene.cams.calls) == 5


async def test_the_form_waits_too(scene: Scene) -> None:
    await scene.ana.runs("support", "/phoneid")
    await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    scene.ana.fills(block_id="phone", text=GOOD.phone)
    scene.ana.fills(block_id="code", text=GOOD.code)
    await use_up(scene)
    await scene.ana.submits()
    await scene.ana.until(lambda: scene.ana.modal and WAIT in scene.ana.modal.words, timeout=PATIENCE)
    await rejected(scene)
    assert scene.cams.calls == []
    await finish(scene)


async def test_there_is_no_form_for_a_number_that_waits(scene: Scene) -> None:
    await use_up(scene)
    await scene.ana.runs("support", f"/phoneid {GOOD.phone}")
    modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
    assert WAIT in modal.words
    assert "submit" not in modal.content


async def test_the_trusted_must_ask_for_approval_and_the_card_says_how_many_were_refused(
    scene_with: OpenScene,
) -> None:
    async with scene_with(**TO_EACH, PHONEID_TRUSTED="U0ANA") as scene:
        await use_up(scene)
        await scene.ask(GOOD)
        modal = await scene.ana.until(lambda: scene.ana.modal, timeout=PATIENCE)
        assert asking.CODE_NOT_YET.one in modal.words
        scene.ana.fills(block_id="reason", text="ticket 7")
        scene.ana.fills(block_id="code", text=GOOD.code)
        await scene.ana.submits()
        await scene.ana.until(
            lambda: scene.ana.modal and "waiting for approval" in scene.ana.modal.words, timeout=PATIENCE
        )
        asked = (await scene.lookups())[0]
        card = find_card(scene.human("Lee"), asked.request_id)
        assert "5 wrong codes for this number in the last 24 hours." in card.words
        await scene.human("Lee").clicks("Approve", message=card)  # who decides knows: no wait on top
        await told(scene, TOLD_ANSWERED)
        assert list(scene.slack.complaints) == []


async def test_a_code_for_an_approval_from_before_waits_and_the_approval_stays(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve")
        message = await told(scene, TOLD_ENTER_CODE)
        await use_up(scene)
        await enter_code(scene)
        await told(scene, WAIT)
        assert await standing_of(scene, request_id) == UNUSED
        assert [each.why for each in forbidden(scene)] == [Problem.TOO_MANY_GUESSES]
        assert scene.cams.calls == []
        let_time_pass(scene, 60.0)
        await enter_code(scene)
        await told(scene, TOLD_ANSWERED)
        assert message.buttons == [texts.ENTER_CODE.one]
        assert list(scene.slack.complaints) == []


async def enter_code(scene: Scene) -> None:
    await scene.ana.clicks(texts.ENTER_CODE.one)
    await scene.ana.until(lambda: scene.ana.modal and "code" in str(scene.ana.modal.content), timeout=PATIENCE)
    scene.ana.fills(block_id="code", text=GOOD.code)
    await scene.ana.submits()
    await finish(scene)
    await scene.ana.closes()


async def test_why_mentions_a_wait_that_runs(scene: Scene) -> None:
    await guess(scene, factories.phones(10), agent=ANA)
    await scene.ana.runs("support", "/phoneid why")
    message = await scene.answer(scene.ana, "You cannot get IDs at the moment.")
    assert permissions.YOUR_RULES[Rule.GUESSES] in message.words
    assert WAIT in message.words


async def test_why_says_nothing_of_a_wait_that_is_over(scene: Scene) -> None:
    await guess(scene, factories.phones(10), agent=ANA)
    let_time_pass(scene, 60.0)
    await scene.ana.runs("support", "/phoneid why")
    message = await scene.answer(scene.ana, "You can get IDs.")
    assert "try again" not in message.words


async def test_of_two_bots_one_tells_the_approvers_and_only_once(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings={"PHONEID_APPROVERS": "U0LEE,U0KIM"}) as scene:
        last = await use_up(scene, agent=ANA)  # before they start: both look for alarms as soon as they run
        bots = [BotProcess(folder=tmp_path) for _ in range(2)]
        try:
            for bot in bots:
                await bot.start_with(scene.environment)
            await scene.slack.until(lambda: scene.slack.connections == len(bots), timeout=PATIENCE)
            for name in ("Lee", "Kim"):
                human = scene.human(name)
                alarm = await scene.answer(human, alarms.ALARM_HEADING, channel=human.dm)
                assert "5 wrong codes for +861•••••1234" in alarm.text
                assert "<@U0ANA> entered the last one." in alarm.text
        finally:
            for bot in bots:
                await bot.stop()
        for name in ("Lee", "Kim"):
            seen = scene.human(name).sees(scene.human(name).dm)
            assert len([each for each in seen if alarms.ALARM_HEADING in each.text]) == 1
        warned = [entry for entry in await journal(scene, last.id) if entry.event is Event.WARNED]
        assert [entry.facts for entry in warned] == [{"suspect": "number", "told": 2}]
        assert (await find(scene, last.id)).state is State.REFUSED
        assert list(scene.slack.complaints) == []


async def test_an_approver_who_guesses_is_not_the_one_who_is_told(scene_with: OpenScene) -> None:
    async with scene_with(waits=replace(QUICK, sweeping=0.2), PHONEID_APPROVERS="U0LEE,U0ANA") as scene:
        await use_up(scene, agent=ANA)
        lee = scene.human("Lee")
        await scene.answer(lee, alarms.ALARM_HEADING, channel=lee.dm)
        await finish(scene)
        assert not [each for each in scene.ana.sees(scene.ana.dm) if alarms.ALARM_HEADING in each.text]

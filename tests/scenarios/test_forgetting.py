"""A number is forgotten while its agent still has the buttons; and the running bot forgets what is old."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from bot.audit import Event
from bot.models import FORGOTTEN, Actor, PhoneNumber, Through
from bot.retention import scrub
from bot.settings import BotSettings, read
from bot.store import forgetting
from tests.english import asking
from tests.english import requests as texts
from tests.scenarios.asking import (
    GOOD,
    GOOD_ID,
    TO_EACH,
    TOLD_ANSWERED,
    buttons_left,
    find_card,
    forbidden,
    journal,
    record_of,
    request,
    told,
)
from tests.scenarios.databases import hands_on, written_down
from tests.scenarios.listing import is_whole
from tests.scenarios.scene import PATIENCE, QUICK, OpenScene, Scene

OPERATOR = Actor(team_id="host", user_id="olga", through=Through.COMMAND_LINE)
PHONE = PhoneNumber("8613800001234")


async def forget(scene: Scene) -> None:
    """As ``phoneid forget`` does, beside the running bot."""
    async with record_of(scene) as record:
        await record.change(forgetting.forget, PHONE, actor=OPERATOR)
        assert await scrub(record, scene.clock)


def held_by_files(scene: Scene, tmp_path: Path) -> bytes:
    path = tmp_path / "phoneid.db"
    written_down(scene.database_url, path)
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


async def test_the_id_of_a_forgotten_number_is_not_shown_any_more(scene_with: OpenScene) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene)
        await scene.human("Lee").clicks("Approve")
        message = await told(scene, TOLD_ANSWERED)
        assert "1234" in find_card(scene.human("Kim"), request_id).words
        await forget(scene)
        await scene.ana.clicks(texts.SHOW_ID, message=message)
        await told(scene, texts.FORGOTTEN.one)
        assert scene.ana.modal is None
        assert [(each.user_id, each.action) for each in forbidden(scene)] == [("U0ANA", "show id")]
        assert Event.SHOWN not in [each.event for each in await journal(scene, request_id)]
        for each in (scene.human("Lee"), scene.human("Kim")):  # redrawn, without the number
            await each.until(lambda who=each: "1234" not in find_card(who, request_id).words, timeout=PATIENCE)  # type: ignore[misc]  # a default binds the loop's value
        assert buttons_left(scene, request_id) == []
        assert await is_whole(scene)
        assert list(scene.slack.complaints) == []


async def test_trying_a_forgotten_number_again_says_what_is_the_case(scene_with: OpenScene) -> None:
    async with scene_with() as scene:
        await scene.ask(GOOD, code="999999")
        refused = await scene.answer(scene.ana, "No ID for +86 138 0000 1234")
        await forget(scene)
        await scene.ana.clicks("Try again", message=refused)
        said = await scene.answer(scene.ana, texts.FORGOTTEN.one)
        assert said.buttons == [asking.OPEN_FORM]
        assert list(scene.slack.complaints) == []


async def test_the_running_bot_forgets_what_is_older_than_the_retention(scene_with: OpenScene, tmp_path: Path) -> None:
    async with scene_with(waits=replace(QUICK, forgetting=0.05), PHONEID_RETENTION="1d") as scene:
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        with hands_on(scene.database_url) as connection:
            for table in ("requests", "lookups"):
                connection.execute(f"UPDATE {table} SET asked_at = asked_at - 86400")
        async with asyncio.timeout(PATIENCE):
            while not all(each.phone == FORGOTTEN for each in await scene.lookups()):
                await scene.clock.sleep(0.05)
        async with asyncio.timeout(PATIENCE):
            while any(each.encode() in held_by_files(scene, tmp_path) for each in (PHONE.digits, GOOD_ID)):
                await scene.clock.sleep(0.05)
        assert await is_whole(scene)


async def test_each_start_is_in_the_journal_with_the_policy_and_no_secret(scene_with: OpenScene) -> None:
    told_to_it = []
    for _ in range(2):
        async with scene_with(**TO_EACH) as scene:
            told_to_it.append(read(BotSettings, scene.environment).told)
    started = _started(scene)
    assert [facts for _, facts in started] == told_to_it
    assert {actor for actor, _ in started} == {("T0SANDBOX", "bot")}
    assert {facts["approvers"] for _, facts in started} == {"U0KIM, U0LEE"}


def _started(scene: Scene) -> list[tuple[tuple[str, str], dict[str, str]]]:
    with hands_on(scene.database_url) as connection:
        sql = "SELECT team_id, through, facts FROM journal WHERE event = 'started'"
        return [((team_id, through), json.loads(facts)) for team_id, through, facts in connection.execute(sql)]

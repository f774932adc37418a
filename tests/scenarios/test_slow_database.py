"""A database that is slow, silent, or cut off: whoever asks reads in time what is true, and the bot goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from bot.models import Actor, NewRequest, PhoneNumber, State, Through
from bot.requests import BOT
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.people import TEAM_ID
from bot.store import decisions
from bot.store import record as record_of_bot
from bot.store import requests as requests_store
from tests.english import requests as texts
from tests.factories import NEEDS_APPROVAL
from tests.scenarios.asking import (
    AWAITING,
    DENIED,
    TO_EACH,
    TOLD_ENTER_CODE,
    UNUSED,
    Standing,
    finish,
    open_modal,
    record_of,
    request,
    standing_of,
    told,
)
from tests.scenarios.databases import Database, hands_on, locked
from tests.scenarios.listing import is_whole
from tests.scenarios.scene import PATIENCE, OpenScene, Scene, entry, open_scene, with_bot
from tests.store.engines import postgres, through
from tests.store.proxy import Proxy

GOOD = entry("The ID")
GOOD_ID = "920155500012345"
NOT_RECORDED = "Nothing was recorded, and nothing is being looked up"

SLACK_WAITS = 3000
"""Milliseconds for an acknowledgement."""


def acknowledged_in_time(scene: Scene) -> bool:
    last = scene.slack.deliveries[-1]
    return last.is_acknowledged and last.milliseconds < SLACK_WAITS


@pytest.mark.real_time  # the lock is another's, and who waits for it waits in a thread
async def test_while_another_holds_the_lock_for_long_nothing_is_recorded_and_that_is_said(
    scene_with: OpenScene,
) -> None:
    async with scene_with() as scene:
        with locked(scene.database_url):
            began = scene.clock.monotonic()
            await scene.ask(GOOD)
            await scene.answer(scene.ana, NOT_RECORDED)
            assert acknowledged_in_time(scene)
            await scene.clock.sleep(max(0.0, began + 4.0 - scene.clock.monotonic()))
        await scene.clock.sleep(1.0)
        assert await scene.lookups() == []
        assert scene.cams.calls == []
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        assert len(await scene.lookups()) == 1
        assert await is_whole(scene)


def journal_of(scene: Scene) -> list[tuple[object, ...]]:
    with hands_on(scene.database_url) as database:
        return [tuple(row) for row in database.execute("SELECT seq, event, facts FROM journal ORDER BY seq").fetchall()]


@pytest.mark.real_time
async def test_a_reason_that_holds_the_code_is_not_forgotten_once_its_agent_reads_that_nothing_was_recorded(
    scene_with: OpenScene,
) -> None:
    async with scene_with() as scene:
        ana = Actor(team_id=TEAM_ID, user_id=scene.ana.person.id, through=Through.SLACK)
        phones = (PhoneNumber(GOOD.digits),)
        new = NewRequest(agent=ana, phones=phones, reason=f"code {GOOD.code}", channel_id="", submission_key="k")
        async with record_of(scene) as record:
            await record.change(requests_store.accept, new, NEEDS_APPROVAL, expires_at=scene.clock.now() + 3600)
        before = journal_of(scene)
        with locked(scene.database_url):
            await scene.ask(GOOD)
            await scene.answer(scene.ana, NOT_RECORDED)
        await scene.clock.sleep(1.0)
        assert journal_of(scene) == before


@pytest.mark.real_time
async def test_codes_that_come_too_late_leave_no_entry_once_their_agent_reads_that_nothing_was_recorded(
    scene_with: OpenScene,
) -> None:
    async with scene_with(**TO_EACH) as scene:
        request_id = await request(scene, code=None)
        await scene.human("Lee").clicks("Approve")
        await told(scene, TOLD_ENTER_CODE)
        await open_modal(scene.ana, texts.ENTER_CODE.one)
        async with record_of(scene) as record:
            await record.change(decisions.lapse, request_id, actor=BOT)
        await finish(scene)
        scene.ana.fills(block_id="code", text=GOOD.code)
        before = journal_of(scene)
        with locked(scene.database_url):
            await scene.ana.submits()
            await scene.ana.until(lambda: scene.ana.modal and NOT_RECORDED in scene.ana.modal.words, timeout=PATIENCE)
            assert acknowledged_in_time(scene)
        await scene.clock.sleep(1.0)
        assert [each for each in journal_of(scene)[len(before) :] if each[1] == "forbidden"] == []


@pytest.mark.real_time
@pytest.mark.parametrize(("button", "becomes"), [("Deny", DENIED), ("Approve", UNUSED)])
async def test_a_decision_is_recorded_before_slack_has_our_word_or_whoever_made_it_reads_that_it_is_not(
    scene_with: OpenScene, button: str, becomes: Standing
) -> None:
    async with scene_with(**TO_EACH) as scene:
        lee, request_id = scene.human("Lee"), await request(scene, code=None)

        async def decide() -> None:
            if button == "Deny":
                lee.fills(block_id="reason", text="no")
                await lee.submits()
            else:
                await lee.clicks(button)

        if button == "Deny":
            await open_modal(lee, button)
        with locked(scene.database_url):
            await decide()
            assert acknowledged_in_time(scene)
            await lee.until(lambda: any("Nothing has changed" in words for words in read_by(lee)), timeout=PATIENCE)
        await scene.clock.sleep(1.0)
        assert await standing_of(scene, request_id) == AWAITING

        if button == "Deny":
            await lee.closes()
            await open_modal(lee, button)
        with locked(scene.database_url):
            deciding = asyncio.create_task(decide())
            await scene.clock.sleep(0.7)
            assert not deciding.done()
        await deciding
        assert await standing_of(scene, request_id) == becomes


def read_by(human: Human) -> list[str]:
    """All that somebody has before them, in a window and in their direct messages."""
    return [*(each.text for each in human.sees(human.dm)), human.modal.words if human.modal else ""]


@pytest.fixture
def on_server(tmp_path: Path, postgres_database: str, scene_database: Database) -> Database:
    """For what only happens between the bot and a server."""
    if not scene_database.url.startswith("postgresql"):
        scene_database.move_to(postgres_database)
    return scene_database


@pytest.fixture
def proxy(on_server: Database) -> Iterator[Proxy]:
    """Between the bot and its server."""
    host, _, port = on_server.url.partition("@")[2].partition("/")[0].rpartition(":")
    proxy = Proxy(host, int(port))
    yield proxy
    proxy.close()


@asynccontextmanager
async def behind(proxy: Proxy, folder: Path, database: Database) -> AsyncIterator[Scene]:
    url = through(proxy, database.url)
    async with open_scene(folder, settings={"DATABASE_URL": url}) as quiet, with_bot(quiet) as scene:
        yield scene


@pytest.mark.real_time
@pytest.mark.usefixtures("on_file")
async def test_a_server_that_says_nothing_is_told_of_in_time_and_left_by_itself(
    proxy: Proxy, on_server: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_of_bot, "LONGEST_CHANGE", 3.0)
    monkeypatch.setattr(record_of_bot, "LONGEST_READ", 3.0)
    async with behind(proxy, tmp_path, on_server) as scene:
        proxy.is_silent = True
        await scene.ask(GOOD)
        await scene.answer(scene.ana, NOT_RECORDED)
        assert acknowledged_in_time(scene)
        proxy.is_silent = False  # what was swallowed stays so
        await ask_until(scene, GOOD_ID)
        assert scene.cams.calls[-1].phone == GOOD.digits
        assert await is_whole(scene)


async def ask_until(scene: Scene, words: str) -> None:
    """Ask again as somebody does who reads that it does not work."""

    def is_told(human: Human) -> bool:
        return any(words in each.text for each in human.sees("support"))

    async with asyncio.timeout(PATIENCE):
        while not is_told(scene.ana):
            await scene.ask(GOOD)
            await scene.clock.sleep(0.5)


@pytest.mark.real_time
@pytest.mark.usefixtures("on_file")
@pytest.mark.parametrize("lost", ["COMMIT", "its answer"])
async def test_a_request_whose_commit_is_lost_is_asked_about_and_answered_once(
    proxy: Proxy, on_server: Database, tmp_path: Path, lost: Literal["COMMIT", "its answer"]
) -> None:
    async with behind(proxy, tmp_path, on_server) as scene:
        proxy.lose = lost
        proxy.loses_only = b"INSERT INTO requests"
        await scene.ask(GOOD)
        await scene.answer(scene.ana, GOOD_ID)
        assert str(proxy.lose) == "nothing"
        assert [each.state for each in await scene.lookups()] == [State.ANSWERED]
        assert len(scene.cams.calls) == 1
        assert await is_whole(scene)


@pytest.mark.real_time
@pytest.mark.usefixtures("on_file")
async def test_connections_that_are_cut_all_the_time_lose_and_double_nothing(
    on_server: Database, scene_with: OpenScene, tmp_path: Path
) -> None:
    async with scene_with() as scene:
        for _ in range(8):
            asking = asyncio.create_task(scene.ask(GOOD))
            await scene.clock.sleep(0.02)
            postgres(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'phoneid-bot' AND datname = current_database()",
                scene.database_url,
            )
            await asking
        assert scene.bot
        assert await scene.bot.jobs.drain(PATIENCE)
        found = await scene.lookups()
        assert {each.state for each in found} == {State.ANSWERED}
        # On a busy machine a command may not be recorded in time; then its agent reads so, and it is not.
        refused = sum(NOT_RECORDED in each.text for each in scene.ana.sees("support"))
        assert len(found) == 8 - refused
        assert await is_whole(scene)

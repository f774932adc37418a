"""Two bots with the same tokens: on one database they are one, on two each warns of the other."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.checks import Checklist, CheckVerdict
from bot.running import running_bot
from bot.settings import BotSettings, read
from bot.texts import links as texts
from tests.amounts import IS_NIGHT, each_day
from tests.scenarios.asking import GOOD, TO_EACH, find_card, forbidden, request
from tests.scenarios.scene import QUICK, Scene, open_scene, with_bot
from tests.scenarios.test_metrics import scrape

WATCHED = {"PHONEID_HEALTH_PORT": "0"}
MINUTE = 60.0
LONG = replace(QUICK, resting=60.0, saying=60.0, sweeping=60.0)
"""For scenes of an hour in which nobody asks for anything: looks at the database would only take their time."""


def warnings(caplog: pytest.LogCaptureFixture, sentence: str) -> list[str]:
    return [each for each in caplog.messages if re.fullmatch(re.sub(r"\d+", r"\\d+", re.escape(sentence)), each)]


def elsewhere(scene: Scene, tmp_path: Path) -> Scene:
    """The same tokens, and another database."""
    return replace(scene, environment={**scene.environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"})


@asynccontextmanager
async def two_bots(first: Scene, second: Scene) -> AsyncIterator[tuple[Scene, Scene]]:
    async with with_bot(first, waits=LONG) as one, with_bot(second, waits=LONG) as other:
        await one.slack.until(lambda: one.slack.connections == 4)
        yield one, other


@pytest.mark.more_at_night
async def test_on_different_databases_each_warns_of_the_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_scene(tmp_path, settings=WATCHED) as scene:
        async with two_bots(scene, elsewhere(scene, tmp_path)) as (_, other):
            await scene.clock.sleep(MINUTE)
            assert warnings(caplog, texts.rivals(4, 2)) == []
            await scene.clock.sleep(6 * MINUTE)
            assert len(warnings(caplog, texts.rivals(4, 2))) == 1  # of the one that came second: it heard of more
            assert (await scrape(other))["phoneid_foreign_connections", ()] == 2
            if not IS_NIGHT:
                return
            await scene.clock.sleep(45 * MINUTE)
            assert len(warnings(caplog, texts.rivals(4, 2))) == 1
            await scene.slack.refresh_connections()  # Slack does that every few hours
            await scene.clock.sleep(7 * MINUTE)
            assert len(warnings(caplog, texts.rivals(4, 2))) == 2  # now the first one knows as well
        assert scene.slack.connections == 0


@pytest.mark.nightly
async def test_it_is_over_when_the_other_has_gone(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=WATCHED) as scene, with_bot(elsewhere(scene, tmp_path), waits=LONG) as one:
        async with with_bot(scene, waits=LONG):
            await scene.slack.refresh_connections()
            await scene.clock.sleep(7 * MINUTE)
            assert (await scrape(one))["phoneid_foreign_connections", ()] == 2
        await scene.clock.sleep(70 * MINUTE)
        assert (await scrape(one))["phoneid_foreign_connections", ()] == 0


@pytest.mark.more_at_night
async def test_on_one_database_they_know_each_other_whatever_slack_replaces(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_scene(tmp_path, settings=WATCHED) as scene, two_bots(scene, scene) as (one, _):
        for _ in range(each_day(1, at_night=3)):
            await scene.slack.refresh_connections()
            await scene.clock.sleep(6 * MINUTE)
        async with with_bot(scene, waits=LONG):  # and a third one, for a while
            await scene.clock.sleep(6 * MINUTE)
        await scene.slack.refresh_connections()
        await scene.clock.sleep(6 * MINUTE)
        assert (await scrape(one))["phoneid_foreign_connections", ()] == 0
        assert scene.slack.connections == 4
    assert warnings(caplog, texts.rivals(4, 2)) == []


@pytest.mark.nightly
async def test_a_restart_warns_of_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_scene(tmp_path, settings=WATCHED) as scene:
        for _ in range(3):
            async with with_bot(scene, waits=LONG):
                await scene.clock.sleep(6 * MINUTE)
    assert warnings(caplog, texts.rivals(4, 2)) == []


@pytest.mark.nightly
async def test_the_fifth_process_keeps_one_link_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_scene(tmp_path, settings=WATCHED) as scene, two_bots(scene, scene):
        async with two_bots_more(scene):
            await scene.slack.until(lambda: scene.slack.connections == 8)
            await scene.clock.sleep(11)  # heartbeats
            assert warnings(caplog, texts.no_room(8)) == []
            async with with_bot(scene):
                await scene.clock.sleep(MINUTE)
                assert scene.slack.connections == 9
                assert len(warnings(caplog, texts.no_room(8))) == 1
        await scene.slack.until(lambda: scene.slack.connections == 4)


@asynccontextmanager
async def two_bots_more(scene: Scene) -> AsyncIterator[None]:
    async with with_bot(scene), with_bot(scene):
        yield


async def test_clicks_on_requests_of_another_database_are_counted_and_told_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_scene(tmp_path, settings={**WATCHED, **TO_EACH}) as scene:
        async with with_bot(elsewhere(scene, tmp_path)) as one:
            request_id = await request(one, asked=GOOD)
        lee = scene.human("Lee")
        async with with_bot(scene) as other:
            assert other.bot
            for _ in range(3):
                await lee.clicks("Details", message=find_card(lee, request_id))
                assert await other.bot.jobs.drain(30)
            assert (await scrape(other))["phoneid_unknown_requests_total", ()] == 3
            assert caplog.messages.count("request not in this database") == 1
        checks = Checklist()
        async with running_bot(read(BotSettings, scene.environment), waits=QUICK, clock=scene.clock, checks=checks):
            (found,) = [each for each in checks.made if each.name == "clicks"]
            assert (found.verdict, found.what) == (CheckVerdict.WARNING, texts.unknown(3))
        assert [each.request_id for each in forbidden(scene)] == [None] * 3
        await scene.clock.sleep(25 * 60 * MINUTE)
        checks = Checklist()
        async with running_bot(read(BotSettings, scene.environment), waits=QUICK, clock=scene.clock, checks=checks):
            assert [each.verdict for each in checks.made if each.name == "clicks"] == [CheckVerdict.OK]

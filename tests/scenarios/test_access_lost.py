"""Slack takes away what the bot needs: it ends in words, and does not live on deaf."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.app import Waits
from bot.errors import AccessLost
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.trouble import Forced
from bot.texts import terminal
from tests.scenarios.scene import PATIENCE, OpenScene, open_scene

SOON = Waits(token=0.1, finishing=0.5)


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "invalid_auth", "team_disabled"])
@pytest.mark.parametrize("is_http", [False, True], ids=["socket mode", "signed http"])
async def test_a_bot_token_that_slack_does_not_take_any_more_ends_the_bot(
    scene_with: OpenScene,
    is_http: bool,  # noqa: FBT001 - a parameter of the test
    code: str,
) -> None:
    async with scene_with(is_http=is_http, waits=SOON) as scene:
        assert scene.bot
        scene.slack.forced["auth.test"] = Forced(code)
        with pytest.raises(AccessLost) as caught:
            await scene.bot.until_lost()
    assert caught.value.mistakes == (terminal.bot_token_refused(code),)


@pytest.mark.parametrize("code", ["internal_error", "ratelimited", "team_added_to_org"])
async def test_a_slack_in_trouble_takes_nothing_away(scene_with: OpenScene, code: str) -> None:
    async with scene_with(waits=SOON) as scene:
        assert scene.bot
        scene.slack.forced["auth.test"] = Forced(code)
        asked = len(scene.slack.inspector.entries())
        await scene.slack.until(lambda: len(scene.slack.inspector.entries()) > asked, timeout=PATIENCE)
        assert not any(each.done() for each in scene.bot.watched)


async def test_in_http_mode_it_is_not_ready_once_the_token_is_gone(scene_with: OpenScene) -> None:
    async with scene_with(is_http=True, waits=SOON) as scene, aiohttp.ClientSession() as http:
        assert scene.bot
        statuses = []
        for forced in ({}, {"auth.test": Forced("token_revoked")}):
            scene.slack.forced.update(forced)
            if forced:
                with pytest.raises(AccessLost):
                    await scene.bot.until_lost()
            async with http.get(f"http://127.0.0.1:{scene.bot.port}/readyz") as answer:
                statuses.append(answer.status)
    assert statuses == [200, 503]


def revoke_app_token(slack: LocalSlack) -> str:
    slack.forced["apps.connections.open"] = Forced("token_revoked")
    return terminal.app_token_refused("token_revoked")


def switch_socket_mode_off(slack: LocalSlack) -> str:
    slack.request_url = "http://127.0.0.1:9/"
    return terminal.app_token_refused("link_disabled")


@pytest.mark.parametrize("take_away", [revoke_app_token, switch_socket_mode_off])
async def test_the_process_ends_with_one_sentence_and_exit_code_2(
    tmp_path: Path, take_away: Callable[[LocalSlack], str]
) -> None:
    async with open_scene(tmp_path) as scene:
        with (tmp_path / "log").open("wb") as output:
            bot = BotProcess(folder=tmp_path, output=output)
            await bot.start_with({**scene.environment, "PHONEID_LOG_FORMAT": "text"})
            await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
            sentence = take_away(scene.slack)
            await scene.slack.sockets.end_all("link_disabled")
            assert await bot.wait() == 2
        written = (tmp_path / "log").read_text()
    assert f"{terminal.ACCESS_LOST_HEADING}\n  - {sentence}\n" in written
    assert "Traceback" not in written
    assert "ticket" not in written


def delete(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    copy = file.with_suffix(".copy")
    copy.write_bytes(file.read_bytes())
    copy.rename(file)


def move(file: Path) -> None:
    file.rename(file.with_suffix(".old"))


def overwrite(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"garbage " * (file.stat().st_size // 8))


def execute(sql: str) -> Callable[[Path], None]:
    def take_away(file: Path) -> None:
        with closing(sqlite3.connect(file)) as other, other:
            other.execute(sql)

    return take_away


@pytest.mark.parametrize(
    "take_away",
    [
        delete,
        replace,
        move,
        overwrite,
        execute("DROP TABLE outbox"),
        execute("DELETE FROM journal_head"),
        execute("UPDATE journal_head SET oldest_writer = 9"),
    ],
    ids=["deleted", "replaced", "moved", "overwritten", "table dropped", "head removed", "newer release"],
)
async def test_a_database_that_cannot_be_used_any_more_is_one_error_and_an_end(
    on_file: None,
    scene_with: OpenScene,
    tmp_path: Path,
    take_away: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene_with(waits=Waits(sweeping=0.2, lease=1.0, finishing=0.5)) as scene:
        assert scene.bot
        take_away(tmp_path / "phoneid.db")
        with pytest.raises(AccessLost, match=r"phoneid\.db"):
            await asyncio.wait_for(scene.bot.until_lost(), PATIENCE)
    assert caplog.messages.count("database lost") == 1

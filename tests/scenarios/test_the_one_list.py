"""One list of checks: the start goes by it, and whoever wants to know what is wrong shows the same."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.checks import Check, Checklist, CheckVerdict
from bot.errors import SettingsError
from bot.running import running_bot
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import Forced
from bot.settings import BotSettings, examine
from tests.scenarios.asking import TO_CHANNEL
from tests.scenarios.scene import QUICK, Scene, open_scene

Trouble = Callable[[Scene, pytest.MonkeyPatch], object]

OK, WARNING, STOP = CheckVerdict.OK, CheckVerdict.WARNING, CheckVerdict.STOP


async def start(scene: Scene) -> tuple[list[Check], SettingsError | None]:
    """The list, as ``phoneid run`` makes it, and what the start said."""
    checklist = Checklist()
    try:
        settings, found = examine(BotSettings, scene.environment)
        checklist.heed(found)
        assert settings
        async with running_bot(settings, waits=QUICK, checks=checklist, clock=scene.clock):
            pass
    except SettingsError as error:
        return checklist.made, error
    return checklist.made, None


@pytest.mark.usefixtures("on_file")
async def test_each_kind_is_in_it(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene:
        made, _ = await start(scene)
    assert [(each.name, each.verdict) for each in made] == [
        ("PHONEID_CAMS_URL", WARNING),  # the local ones
        ("SLACK_API_URL", WARNING),
        ("proxy", OK),
        ("certificates", OK),
        ("SLACK_BOT_TOKEN", OK),
        ("scopes", OK),
        ("clock", OK),
        ("SLACK_APP_TOKEN", OK),
        ("database", WARNING),  # a new one
        ("clicks", OK),
        ("settings", OK),
        ("transport", OK),
        ("SLACK_APP_TOKEN", OK),  # of the same app
        ("usergroups", OK),
        ("PHONEID_APPROVERS", OK),
        ("PHONEID_APPROVAL_CHANNEL", OK),
        ("Alibaba Cloud", OK),
        ("clock", OK),  # Alibaba Cloud's
        ("database", OK),
        ("journal", OK),
        ("version", OK),
        ("disk", OK),
        ("phone data", OK),
        ("PHONEID_LINKS", OK),
    ]
    assert all(each.what.endswith(".") for each in made)
    assert all(each.remedy for each in made if each.verdict is WARNING)


def refuse(method: str, word: str) -> Trouble:
    return lambda scene, _: scene.slack.forced.update({method: Forced(word)})


def set_to(name: str, value: str) -> Trouble:
    return lambda scene, _: scene.environment.update({name: value})


def in_trouble(which: ApiTrouble) -> Trouble:
    return lambda scene, _: setattr(scene.cams, "trouble", which)


def around(name: str, value: str) -> Trouble:
    """In the process's environment, where the way out of the machine is read."""
    return lambda _, monkeypatch: monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("trouble", "name", "verdict"),
    [
        (set_to("PHONEID_QPS", "many"), "PHONEID_QPS", STOP),
        (set_to("PHONEID_AGENT", "U0ANA"), "PHONEID_AGENT", STOP),
        (around("HTTPS_PROXY", "socks5://127.0.0.1:1080"), "proxy", STOP),
        (around("SSL_CERT_FILE", "/nowhere"), "certificates", STOP),
        (refuse("auth.test", "token_revoked"), "SLACK_BOT_TOKEN", STOP),
        (refuse("auth.test", "fatal_error"), "Slack", STOP),
        (refuse("apps.connections.open", "invalid_auth"), "SLACK_APP_TOKEN", STOP),
        (lambda scene, _: scene.slack.lacking.add("users:read"), "scopes", STOP),
        (set_to("PHONEID_APPROVERS", "U0GUS,U0IDA"), "PHONEID_APPROVERS", STOP),
        (set_to("PHONEID_APPROVAL_CHANNEL", "C0PARTNER"), "PHONEID_APPROVAL_CHANNEL", STOP),
        (set_to("PHONEID_APPROVAL_CHANNEL", "C0TEAROOM"), "PHONEID_APPROVAL_CHANNEL", WARNING),
        (set_to("DATABASE_URL", "sqlite:////nowhere/phoneid.db"), "database", STOP),
    ],
)
async def test_the_start_goes_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, name: str, verdict: CheckVerdict
) -> None:
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene:
        trouble(scene, monkeypatch)
        made, refusal = await start(scene)
    (found,) = [each for each in made if each.name == name]
    assert found.verdict is verdict
    assert found.what.endswith(".")
    assert found.remedy or "must be" in found.what or name == "database"
    assert (refusal.mistakes if refusal else ()) == tuple(each.sentence for each in made if each.verdict is STOP)
    assert bool(refusal) is (verdict is STOP)


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (set_to("ALIBABA_CLOUD_ACCESS_KEY_ID", "Nobodys"), "does not know ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (set_to("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong"), "does not belong to ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (in_trouble(ApiTrouble.FORBIDDEN), "grant that user the action cams:GetPreValidatePhoneId"),
        (in_trouble(ApiTrouble.UNSUBSCRIBED), "Activate it in the Alibaba Cloud console"),
        (in_trouble(ApiTrouble.CLOCK), "Set the machine's clock"),
    ],
)
async def test_an_account_that_cannot_look_up_stops_the_start_with_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, sentence: str
) -> None:
    async with open_scene(tmp_path) as scene:
        trouble(scene, monkeypatch)
        _, refusal = await start(scene)
        assert len(scene.cams.calls) == 1
        assert await scene.lookups() == []
    assert refusal
    assert sentence in str(refusal)


@pytest.mark.parametrize(
    "which", [ApiTrouble.DOWN, ApiTrouble.HANG, ApiTrouble.FAILING, ApiTrouble.THROTTLED, ApiTrouble.ARREARS]
)
async def test_an_api_that_is_merely_away_stops_no_start_and_is_called_once(tmp_path: Path, which: ApiTrouble) -> None:
    async with open_scene(tmp_path) as scene:
        scene.cams.trouble = which
        made, refusal = await start(scene)
        assert len(scene.cams.calls) == 1
    assert refusal is None
    (told,) = [each for each in made if each.name == "Alibaba Cloud"]
    assert told.verdict is WARNING
    assert "could not be checked" in told.what


async def test_an_answer_that_nobody_knows_stops_no_start_and_warns_nobody(tmp_path: Path) -> None:
    book = [replace(BOOK[0], phone="+1 415 555 0100", code="1", replies=())]  # a code is looked at there, and refused
    async with open_scene(tmp_path, book=book) as scene:
        made, refusal = await start(scene)
        assert [call.api_code for call in scene.cams.calls] == ["VerifyCode.Incorrect"]
    assert refusal is None
    assert [each.verdict for each in made if each.name == "Alibaba Cloud"] == [CheckVerdict.SKIPPED]


async def test_a_start_takes_its_call_out_of_the_accounts_ten(tmp_path: Path) -> None:
    async with open_scene(tmp_path, settings={"PHONEID_QPS": "1"}) as scene:
        made, _ = await start(scene)
        await start(scene)
        first, second = (call.arrived_at for call in scene.cams.calls)
        assert second - first >= 1.0
    assert [each.verdict for each in made if each.name == "Alibaba Cloud"] == [OK]


@pytest.mark.usefixtures("on_file")
async def test_a_start_says_in_one_line_what_begins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with open_scene(tmp_path, settings=TO_CHANNEL) as scene:
        await start(scene)
    (line,) = [vars(each)["facts"] for each in caplog.records if each.message == "bot starts"]
    assert line == {
        "version": version("phoneid-bot"),
        "workspace": "Sandbox",
        "bot": "phone_id",
        "agents": "everyone",
        "approval": "always",
        "approvers": "S0LEADS",
        "database": str(tmp_path / "phoneid.db"),
        "engine": f"SQLite {sqlite3.sqlite_version}",
    }

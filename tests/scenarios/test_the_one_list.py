"""One list of checks: the start goes by it, and whoever wants to know what is wrong shows the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.checks import Check, Checklist, CheckVerdict
from bot.errors import SettingsError
from bot.running import running_bot
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
        async with running_bot(settings, waits=QUICK, checks=checklist):
            pass
    except SettingsError as error:
        return checklist.made, error
    return checklist.made, None


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
        ("PHONEID_APPROVERS", OK),
        ("PHONEID_APPROVAL_CHANNEL", OK),
    ]
    assert all(each.what.endswith(".") for each in made)
    assert all(each.remedy for each in made if each.verdict is WARNING)


def refuse(method: str, word: str) -> Trouble:
    return lambda scene, _: scene.slack.forced.update({method: Forced(word)})


def set_to(name: str, value: str) -> Trouble:
    return lambda scene, _: scene.environment.update({name: value})


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
        (set_to("PHONEID_APPROVERS", "U0GUS"), "PHONEID_APPROVERS", STOP),
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

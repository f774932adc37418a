"""``phoneid --env-file``: the settings come from another file than ``.env``, which is read as strictly."""

import os
from pathlib import Path

import pytest

from tests.owners import give_away
from tests.shell import QuickShell

GOOD = (
    "SLACK_BOT_TOKEN=xoxb-invented-bot\nSLACK_APP_TOKEN=xapp-invented-app\n"
    "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI-invented\nALIBABA_CLOUD_ACCESS_KEY_SECRET=invented-secret\n"
)


@pytest.fixture
def shell(tmp_path: Path) -> QuickShell:
    return QuickShell(tmp_path, {})


def write(shell: QuickShell, name: str, content: str) -> Path:
    file = shell.folder / name
    file.write_text(content)
    file.chmod(0o600)
    return file


async def test_it_is_read_in_the_place_of_dot_env(shell: QuickShell) -> None:
    write(shell, ".env", "PORT=none\n")
    write(shell, "other.env", f"{GOOD}PORT=3001\n")
    ran = await shell.run("--env-file", "other.env", "config")
    assert ran.status == 0, ran.err
    assert [line.split() for line in ran.out.splitlines() if line.startswith("PORT")] == [["PORT", "3001", "other.env"]]


async def test_every_command_reads_it(shell: QuickShell) -> None:
    write(shell, "other.env", "PHONEID_QPS=none\n")
    for command in (["run"], ["config"], ["why", "U0ANA"], ["lookup", "+86 138 0000 1234"]):
        ran = await shell.run("--env-file", "other.env", *command, typed="208312\n")
        assert ran.status == 2
        assert "PHONEID_QPS must be a whole number" in ran.err
        assert f"from the environment and from {shell.folder}/other.env." in ran.err
    write(shell, "other.env", "DATABASE_URL=sqlite:///elsewhere.db\n")
    assert "/elsewhere.db." in (await shell.run("--env-file", "other.env", "log")).err


async def test_its_mistakes_are_told_by_its_name(shell: QuickShell) -> None:
    write(shell, "other.env", f"{GOOD}what is this\n")
    assert "Line 5 of other.env is not NAME=value" in (await shell.run("--env-file", "other.env", "config")).err
    write(shell, "other.env", GOOD).chmod(0o606)
    ran = await shell.run("--env-file", "other.env", "config")
    assert "Every user of this machine can change other.env. Run: chmod 600 other.env" in ran.err


async def test_it_has_to_be_there(shell: QuickShell) -> None:
    write(shell, ".env", GOOD)
    ran = await shell.run("--env-file", "other.env", "config")
    assert (ran.status, ran.out) == (2, "")
    assert "--env-file names other.env, but there is no such file." in ran.err


async def test_another_users_file_is_not_believed(shell: QuickShell, monkeypatch: pytest.MonkeyPatch) -> None:
    give_away(write(shell, "other.env", GOOD), monkeypatch, is_root=os.geteuid() == 0)
    ran = await shell.run("--env-file", "other.env", "config")
    assert ran.status == 2
    assert "other.env belongs to " in ran.err

"""``phoneid init`` asks for the settings and writes ``.env``; ``phoneid config`` shows what is in force."""

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.cli import init
from bot.environment.env_file import parse, read_env_file
from bot.environment.writing import write_env_file, write_line
from bot.settings import HIDDEN, BotSettings, read
from bot.texts import setup as texts
from tests.shell import QuickShell, finish, read_until

SECRET = {
    "SLACK_BOT_TOKEN": "xoxb-CANARY-bot",
    "SLACK_APP_TOKEN": "xapp-CANARY-app",
    "SLACK_SIGNING_SECRET": "0123456789abcdef" * 2,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "CANARYsecret",
    "DATABASE_URL": "postgresql://bot:CANARY@db/phoneid",
}
GOOD = {
    "SLACK_BOT_TOKEN": SECRET["SLACK_BOT_TOKEN"],
    "SLACK_APP_TOKEN": SECRET["SLACK_APP_TOKEN"],
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tInvented0123456789",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
}


@dataclass(frozen=True)
class Terminal:
    """``phoneid init`` at a terminal: what is asked, what is typed, and all that can be seen."""

    process: asyncio.subprocess.Process
    terminal: int
    seen: list[str] = field(default_factory=list)

    async def answer(self, asked: str, typed: str) -> None:
        self.seen.append(await read_until(self.terminal, asked))
        os.write(self.terminal, f"{typed}\n".encode())  # a secret only after its prompt, when it is not echoed

    async def end(self, last: str) -> int | None:
        """The exit code, after these last words."""
        self.seen.append(await read_until(self.terminal, last))
        return (await finish(self.process)).status


@asynccontextmanager
async def init_in(folder: Path) -> AsyncIterator[Terminal]:
    terminal, screen = os.openpty()
    # A session of its own: the terminal of whoever runs the tests must not be asked.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "init"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    try:
        yield Terminal(process, terminal)
    finally:
        if process.returncode is None:  # whoever still waits for words gets none
            process.kill()
            await process.wait()
        os.close(terminal)


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def test_what_is_typed_is_in_a_file_for_its_user_alone_and_no_secret_was_on_the_screen(tmp_path: Path) -> None:
    async with init_in(tmp_path) as at:
        await at.answer("SLACK_BOT_TOKEN: ", SECRET["SLACK_APP_TOKEN"])
        await at.answer("so it is a different kind of token.\r\nSLACK_BOT_TOKEN: ", SECRET["SLACK_BOT_TOKEN"])
        await at.answer("SLACK_APP_TOKEN: ", "")
        await at.answer("SLACK_SIGNING_SECRET: ", "")
        await at.answer("is required.\r\nSLACK_SIGNING_SECRET: ", SECRET["SLACK_SIGNING_SECRET"])
        await at.answer("ALIBABA_CLOUD_ACCESS_KEY_ID: ", GOOD["ALIBABA_CLOUD_ACCESS_KEY_ID"])
        await at.answer("ALIBABA_CLOUD_ACCESS_KEY_SECRET: ", SECRET["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
        await at.answer("DATABASE_URL [sqlite:///phoneid.db]: ", SECRET["DATABASE_URL"])
        await at.answer("PHONEID_DEFAULT_REGION: ", "")
        await at.answer("PHONEID_AGENTS [everyone]: ", "")
        await at.answer("PHONEID_APPROVAL [never]: ", "always")
        await at.answer("PHONEID_APPROVERS: ", "S0LEADS, U0LEE")
        await at.answer("PHONEID_APPROVAL_CHANNEL: ", "")
        assert await at.end("Next, run phoneid doctor, then phoneid run.") == 0
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_env_file(file).values == {
        "SLACK_BOT_TOKEN": SECRET["SLACK_BOT_TOKEN"],
        "SLACK_SIGNING_SECRET": SECRET["SLACK_SIGNING_SECRET"],
        "ALIBABA_CLOUD_ACCESS_KEY_ID": GOOD["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        "DATABASE_URL": SECRET["DATABASE_URL"],
        "PHONEID_APPROVAL": "always",
        "PHONEID_APPROVERS": "S0LEADS, U0LEE",
    }
    assert read(BotSettings, read_env_file(file).values).phoneid_approvers.ids == "S0LEADS, U0LEE"
    assert "CANARY" not in "".join(at.seen)
    assert SECRET["SLACK_SIGNING_SECRET"] not in "".join(at.seen)
    assert names_in(tmp_path) == [".env"]


async def test_a_file_that_is_there_is_replaced_only_after_a_yes(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=3001\n")
    async with init_in(tmp_path) as at:
        await at.answer("already exists. Replace it and lose its content?", "n")
        assert await at.end(".env was not changed.") == 2
    assert file.read_text() == "PORT=3001\n"
    async with init_in(tmp_path) as at:
        await at.answer("already exists. Replace it and lose its content?", "y")
        for name in texts.WHERE:
            if name not in {"SLACK_SIGNING_SECRET", "PHONEID_APPROVERS", "PHONEID_APPROVAL_CHANNEL"}:
                await at.answer(f"{texts.question(name, default=init._OPTIONAL.get(name, ''))}: ", GOOD.get(name, ""))
        assert await at.end("Next, run phoneid doctor, then phoneid run.") == 0
    assert (read_env_file(file).values, stat.S_IMODE(file.stat().st_mode)) == (GOOD, 0o600)


async def test_without_a_terminal_nothing_is_asked_or_written(tmp_path: Path) -> None:
    ran = await QuickShell(tmp_path, {}).run("init", typed="\n".join(GOOD.values()))
    assert (ran.status, ran.out) == (2, "")
    assert "phoneid init asks questions, so it needs a terminal" in ran.err
    assert names_in(tmp_path) == []


def test_enter_alone_stands_for_the_settings_own_defaults() -> None:
    settings = read(BotSettings, GOOD)
    told = {name: settings.shown[name] or "" for name in init._OPTIONAL}
    assert {**told, "DATABASE_URL": settings.database_url, "SLACK_APP_TOKEN": ""} == init._OPTIONAL


def test_every_secret_is_asked_for_unseen() -> None:
    secret = {name for name in texts.WHERE if read(BotSettings, {**SECRET, **GOOD}).shown[name] == HIDDEN}
    assert secret | {"DATABASE_URL"} == init._HIDDEN


@pytest.mark.parametrize("value", ["plain", "a b", "a #b", "a'b", 'a"b', "'a", "a=b;c=d e=f", "$HOME", "a\\b", ""])
def test_a_line_is_read_as_it_was_meant(value: str) -> None:
    assert parse(write_line("DATABASE_URL", value)) == ({"DATABASE_URL": value}, [])


@pytest.mark.parametrize("value", ["a\nPHONEID_AGENTS=everyone", "a\0", "'\"\\ \"'", "a\u2028b"])
def test_what_no_line_can_hold_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        write_line("DATABASE_URL", value)


def test_a_file_that_was_made_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=3001\n")
    with pytest.raises(FileExistsError):
        write_env_file(tmp_path / ".env", ["PORT=3002"], replaces=False)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(".env", "PORT=3001\n")]


def test_a_disk_that_is_full_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / ".env").write_text("PORT=3001\n")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_env_file(tmp_path / ".env", ["PORT=3002"], replaces=True)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(".env", "PORT=3001\n")]


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("PORT=3001\n")
    (tmp_path / ".env").symlink_to("theirs")
    write_env_file(tmp_path / ".env", ["PORT=3002"], replaces=True)
    assert (tmp_path / "theirs").read_text() == "PORT=3001\n"
    assert not (tmp_path / ".env").is_symlink()


# --- phoneid config ---


async def test_the_settings_in_force_are_shown_with_where_they_come_from_and_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET['SLACK_APP_TOKEN']}\n")
    (tmp_path / ".env").write_text(
        f"SLACK_BOT_TOKEN={SECRET['SLACK_BOT_TOKEN']}\nDATABASE_URL={SECRET['DATABASE_URL']}\nPHONEID_QPS=5\n"
        "PHONEID_RETENTION=90d\nSLACK_APP_TOKEN_FILE=token\nPHONEID_AGENTS=U0ANA\n"
    )
    (tmp_path / ".env").chmod(0o600)
    key = {name: value for name, value in GOOD.items() if name.startswith("ALIBABA")}
    shell = QuickShell(tmp_path, {**key, "PHONEID_AGENTS": "S0AGENTS"})
    ran = await shell.run("config", "--json")
    assert ran.status == 0, ran.err
    rows = {row["name"]: (row["value"], row["source"]) for row in json.loads(ran.out)}
    assert list(rows) == [name.upper() for name in BotSettings.model_fields]
    expected = {
        "SLACK_BOT_TOKEN": (HIDDEN, ".env"),
        "SLACK_APP_TOKEN": (HIDDEN, "file"),
        "SLACK_SIGNING_SECRET": (None, "default"),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": ("LTAI…6789", "environment"),
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": (HIDDEN, "environment"),
        "DATABASE_URL": ("db/phoneid", ".env"),
        "PHONEID_QPS": (5, ".env"),
        "PHONEID_AGENTS": ("S0AGENTS", "environment"),
        "PHONEID_RETENTION": ("90d", ".env"),
        "PHONEID_APPROVAL_TTL": ("24h", "default"),
        "PHONEID_TRUSTED": ("", "default"),
    }
    assert {name: rows[name] for name in expected} == expected
    table = await shell.run("config")
    assert [line.split()[-1] for line in table.out.splitlines()] == [source for _, source in rows.values()]
    assert "CANARY" not in ran.out + ran.err + table.out + table.err


def test_an_access_key_id_shows_its_ends_only_where_it_is_long() -> None:
    def shown(**given: str) -> object:
        slack = {"SLACK_BOT_TOKEN": GOOD["SLACK_BOT_TOKEN"], "SLACK_APP_TOKEN": GOOD["SLACK_APP_TOKEN"]}
        return read(BotSettings, {**slack, **given}).shown["ALIBABA_CLOUD_ACCESS_KEY_ID"]

    key = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": GOOD["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]}
    assert shown(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI5tInvented0123456789", **key) == "LTAI…6789"
    assert shown(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI-invented", **key) == HIDDEN
    assert shown(ALIBABA_CLOUD_ECS_METADATA="phoneid-role") is None


async def test_of_the_address_that_gives_credentials_only_the_host_is_shown(tmp_path: Path) -> None:
    kept = {name: value for name, value in GOOD.items() if not name.startswith("ALIBABA")}
    given = {**kept, "ALIBABA_CLOUD_CREDENTIALS_URI": "https://keys.example.com:8443/CANARY?token=CANARY"}
    for arguments in (["config"], ["config", "--json"]):
        ran = await QuickShell(tmp_path, given).run(*arguments)
        assert "keys.example.com:8443" in ran.out, ran.err
        assert "CANARY" not in ran.out + ran.err


async def test_settings_that_cannot_be_used_are_told_instead(tmp_path: Path) -> None:
    ran = await QuickShell(tmp_path, {**GOOD, "PORT": "CANARY"}).run("config")
    assert (ran.status, ran.out) == (2, "")
    assert "PORT must be a whole number" in ran.err
    assert "CANARY" not in ran.err

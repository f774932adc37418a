"""Odd bytes, odd files and odd variables on the command line: one sentence each, and no traceback."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from tests.records import record_in
from tests.shell import QuickShell

PATIENCE = 60.0
NOT_UTF8 = os.fsdecode(b"\xff")
ACCOUNT = {
    "PATH": "/usr/bin:/bin",
    "PYTHONUTF8": "1",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
}
LOOKUP = ("lookup", "+86 138 0000 1234")


async def start(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env=ACCOUNT | (environment or {}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def refusal(folder: Path, *arguments: str, **environment: str) -> str:
    """What is said on standard error; the exit code has to be 2, and nothing is on standard output."""
    ran = await QuickShell(folder, ACCOUNT).run(*arguments, typed="208312\n", **environment)
    assert (ran.status, ran.out) == (2, ""), ran.err
    assert "Traceback" not in ran.err
    return ran.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HTTPS_PROXY", "foo:bar:baz", "HTTPS_PROXY is not a usable proxy address"),
        ("ALL_PROXY", "gopher://127.0.0.1:70", "ALL_PROXY is not a usable proxy address"),
        ("SSL_CERT_FILE", "/no/such/file.pem", "does not name readable certificates"),
        ("SSL_CERT_FILE", "/", "does not name readable certificates"),
        ("PHONEID_CAMS_URL", "http://127.0.0.1:99999999", "PHONEID_CAMS_URL is not a URL"),
    ],
)
async def test_a_way_to_the_api_that_is_none_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    assert words in await refusal(tmp_path, *LOOKUP, **{name: value})


async def test_an_env_file_that_is_not_utf8_is_named_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ALIBABA_CLOUD_ACCESS_KEY_SECRET=invented\xff\n")
    said = await refusal(tmp_path, *LOOKUP)
    assert ".env cannot be read" in said
    assert "invented" not in said


NOBODY = """
import pwd, sys
def unknown(number): raise KeyError(number)
pwd.getpwuid = unknown
from bot.cli.main import main
sys.argv = ["phoneid", "run"]
main()
"""


async def test_a_user_without_a_name_and_a_home_can_run_it(tmp_path: Path) -> None:
    """As in many containers."""
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-invented",
        "SLACK_APP_TOKEN": "xapp-invented",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NOBODY, cwd=tmp_path, env=ACCOUNT | settings, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert b"Slack does not respond at http://127.0.0.1:9/api/" in said
    assert b"Traceback" not in said


async def test_a_library_that_is_too_old_is_a_sentence_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert "this release needs SQLite 3.37.0 or newer, but this Python has" in await refusal(tmp_path, *LOOKUP)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("content", [b"notes\n", b"notes\n" * 2000], ids=["short", "long"])
async def test_a_file_that_is_no_database_is_somebody_elses(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.txt").write_bytes(content)
    said = await refusal(tmp_path, *LOOKUP, DATABASE_URL="sqlite:///notes.txt")
    assert f"DATABASE_URL ({tmp_path}/notes.txt): the file is not a database." in said
    assert (tmp_path / "notes.txt").read_bytes() == content


FIRST_RELEASE = ("CREATE TABLE lookups (id)", "CREATE TABLE journal (seq)", "CREATE TABLE _sqlite_migrations (id)")
NEWER_RELEASE = ("UPDATE journal_head SET schema = 99, oldest_writer = 99",)
ANOTHER_PROGRAM = ("CREATE TABLE recipes (title)",)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (FIRST_RELEASE, "release 0.1, which this release cannot read. Keep the file as your record of that time"),
        (NEWER_RELEASE, "written by a newer release"),
        (ANOTHER_PROGRAM, "belongs to another program: its tables are recipes"),
    ],
)
@pytest.mark.parametrize("arguments", [LOOKUP, ("log",), ("journal", "verify")])
async def test_a_database_that_is_not_this_releases_is_told_as_what_it_is_and_left_alone(
    tmp_path: Path, statements: tuple[str, ...], words: str, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "phoneid.db"
    if statements is NEWER_RELEASE:
        async with record_in(file):
            pass
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    before = file.read_bytes()
    said = await refusal(tmp_path, *arguments)
    assert f"DATABASE_URL ({file}): the database" in said
    assert words in said
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "shown", "words"),
    [
        ("postgresql://bot:s3cr3t@127.0.0.1:9/db", "127.0.0.1:9/db", "cannot be reached"),
        ("postgresql://bot@127.0.0.1:9/db?password=s3cr3t&connect_timeout=2", "127.0.0.1:9/db", "cannot be reached"),
        ("postgresql://bot:s3cr3t@db@127.0.0.1:9/db", "a server", "cannot be read"),
        ("postgresql://bot:s3cr3t/db@127.0.0.1:9/db", "a server", "cannot be read"),
        ("postgresql://bot:s3cr3t?db@127.0.0.1:9/db", "a server", "cannot be reached"),
        ("postgresql://bot:s3cr3t%zz@127.0.0.1:9/db", "127.0.0.1:9/db", "cannot be read"),
    ],
)
@pytest.mark.parametrize("arguments", [LOOKUP, ("log",)])
async def test_a_server_that_is_not_there_is_named_without_a_password(
    tmp_path: Path, url: str, shown: str, words: str, arguments: tuple[str, ...]
) -> None:
    said = await refusal(tmp_path, *arguments, DATABASE_URL=url, LOG_LEVEL="DEBUG")
    assert f"DATABASE_URL ({shown}): the " in said
    assert words in said
    assert "s3cr3t" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("log", "--agent", NOT_UTF8), "This is not a user ID"),
        ((*LOOKUP, "--reason", NOT_UTF8), "not text"),
        (("log", "--limit", "9" * 23), "1<=x<=1000000"),
        (("log", "--limit", "0"), "1<=x<=1000000"),
    ],
)
async def test_an_option_that_cannot_be_meant_is_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    async with record_in(tmp_path / "phoneid.db"):
        pass
    assert words in await refusal(tmp_path, *arguments)


async def test_a_code_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    strict = {"PYTHONIOENCODING": "utf-8:strict"}  # as in most people's locale
    process = await start(tmp_path, *LOOKUP, environment=strict)
    out, err = await asyncio.wait_for(process.communicate(b"208312\xff\n"), PATIENCE)
    assert (process.returncode, out) == (2, b"")
    assert b"This is not a code." in err
    assert b"Traceback" not in err
    assert b"208312" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_lookup_that_is_ended_says_so(tmp_path: Path, number: signal.Signals) -> None:
    slow = next(entry for entry in BOOK if entry.outcome == "The ID, after 3 seconds")
    cams = LocalCams()
    await cams.start()
    process = await start(tmp_path, "lookup", slow.phone, environment={"PHONEID_CAMS_URL": cams.url})
    assert process.stdin
    assert process.stderr
    process.stdin.write(f"{slow.code}\n".encode())
    await process.stdin.drain()
    while b"Warning: " in await asyncio.wait_for(process.stderr.readuntil(b"\n"), PATIENCE):
        pass
    # It asks; by then it listens for signals.
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    await cams.stop()
    assert (process.returncode, out) == (1, b""), err.decode()
    assert "R-" in err.decode()  # the reference to ask about: the lookup ended on the record

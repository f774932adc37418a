"""``phoneid demo`` on the machines that people have: killed, in odd terminals, among their settings."""

import asyncio
import os
import signal
import sys
import threading
import webbrowser
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox import run
from bot.sandbox.bot_process import BotProcess
from tests.amounts import some_each_day

THEIRS = {
    "PHONEID_AGENTS": "",
    "PHONEID_AGENT": "U0ANA",
    "PHONEID_QPS": "ten",
    "PHONEID_SERVICE_HOST": "10.0.0.1",
    "PHONEID_PORT": "tcp://10.0.0.1:80",
    "PHONEID_RETENTION": "soon",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "invented",
    "DATABASE_URL": "mysql://nowhere",
}


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[Process, int]]:
    """The demo with its page, and the process of its bot."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "demo", "--port", "0", "--no-browser"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), **THEIRS},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout
    await asyncio.wait_for(process.stdout.readuntil(b"Stop with Ctrl-C"), 60)
    bot = child_of(process.pid)
    try:
        yield process, bot
    finally:
        for pid in (process.pid, bot):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        await process.communicate()


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", some_each_day([signal.SIGKILL, signal.SIGHUP, signal.SIGTERM], 1, what="demo"))
async def test_no_bot_lives_on_when_its_demo_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    async with demo(tmp_path) as (process, bot):
        assert is_alive(bot)
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), 60)
        async with asyncio.timeout(30):
            while is_alive(bot):  # noqa: ASYNC110 - it is no child of ours, so nobody tells us
                await asyncio.sleep(0.05)
    assert number is signal.SIGKILL or not await asyncio.to_thread(lambda: [*tmp_path.iterdir()])


async def test_the_demo_does_not_warn_of_its_own_addresses_and_its_new_record(tmp_path: Path) -> None:
    async with demo(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        said = (await asyncio.wait_for(process.stderr.read(), 60)).decode()
    assert "WARNING" not in said, said
    assert "bot starts" in said, said  # what else the bot says is heard


class Browser:
    def __init__(self, name: str) -> None:
        self.name = name
        self.opened: list[str] = []

    def open(self, url: str) -> bool:
        self.opened.append(url)
        return True


@pytest.mark.parametrize(
    ("name", "is_opened"),
    [("firefox", True), ("xdg-open", True), ("/opt/code/browser.sh", True), ("w3m", False), ("/usr/bin/lynx", False)],
)
def test_only_a_browser_with_windows_is_opened(monkeypatch: pytest.MonkeyPatch, name: str, is_opened: bool) -> None:  # noqa: FBT001
    browser = Browser(name)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    run.open_browser("http://127.0.0.1:1/")
    assert bool(browser.opened) == is_opened


def test_without_any_browser_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    run.open_browser("http://127.0.0.1:1/")


async def test_a_browser_that_does_not_come_back_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def stuck(_url: str) -> None:
        has_begun.set()
        loop.call_soon_threadsafe(interrupted.set)
        may_end.wait(60)

    loop, interrupted = asyncio.get_running_loop(), asyncio.Event()

    async def nothing(*_: object, **__: object) -> None: ...

    monkeypatch.setattr(run, "open_browser", stuck)
    monkeypatch.setattr(run, "_listen_for_interrupts", lambda: interrupted)
    monkeypatch.setattr(run, "wait_until_connected", nothing)
    monkeypatch.setattr(BotProcess, "start_with", nothing)
    await run.serve_page(port=0, opens_browser=True, policy={}, say=lambda _said: None)
    assert has_begun.is_set()
    may_end.set()


@pytest.mark.nightly
@pytest.mark.parametrize("encoding", ["ascii", "cp437", "gbk", "utf-16"])
async def test_the_story_is_played_under_any_code_page_and_whatever_is_set(tmp_path: Path, encoding: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "demo", "--script"),
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": encoding, **THEIRS},
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, out + err

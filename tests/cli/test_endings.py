"""Signals: heeded within two seconds at any moment; a start ends there, and what runs in life may end by itself."""

import asyncio
import fcntl
import os
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from bot.sandbox.cams.trouble import ApiTrouble
from bot.sandbox.slack.trouble import SlackTrouble
from tests.amounts import some_each_day
from tests.cli.conftest import PLENTY, Desk
from tests.scenarios.racing import numbers
from tests.scenarios.scene import PATIENCE, Scene, entry, open_scene
from tests.shell import Shell, finish

HEEDED = 4.0
"""Seconds: twice as long as promised, for machines that have more to do."""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        yield opened


TELLING = """
import sys

def tell(event, arguments):
    if event in ("socket.connect", "sqlite3.connect"):
        sys.stderr.write(f"about to {event}\\n")

sys.addaudithook(tell)
"""
"""As ``sitecustomize``: says what a start is about to hang at."""


async def until_said(process: asyncio.subprocess.Process, words: bytes) -> None:
    assert process.stderr
    while words not in (line := await asyncio.wait_for(process.stderr.readline(), PATIENCE)):
        assert line, "it ended without a word of that"


@asynccontextmanager
async def bot(scene: Scene, tmp_path: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    shell = Shell(tmp_path, {**scene.environment, "PHONEID_LOG_FORMAT": "text", **settings})
    process = await shell.start("run", stdin=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()


async def ended_after(process: asyncio.subprocess.Process, number: signal.Signals) -> tuple[int | None, float, str]:
    began = time.monotonic()
    process.send_signal(number)
    ran = await finish(process)
    return ran.status, time.monotonic() - began, ran.err


@contextmanager
def locked_database(tmp_path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(tmp_path / "phoneid.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def silent_slack(scene: Scene) -> Iterator[None]:
    scene.slack.trouble = SlackTrouble.HANG
    yield


@contextmanager
def no_websockets(scene: Scene) -> Iterator[None]:
    scene.slack.sockets.upgrades_refused = 1_000_000
    yield


@contextmanager
def deaf_slack(scene: Scene) -> Iterator[None]:
    """A peer that takes connections and never reads."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scene.environment["SLACK_API_URL"] = f"http://127.0.0.1:{listening.getsockname()[1]}/api/"
        yield


@pytest.mark.parametrize(
    ("hindered", "number"),
    some_each_day(
        [
            (silent_slack, signal.SIGTERM),
            (silent_slack, signal.SIGINT),
            (silent_slack, signal.SIGHUP),
            (no_websockets, signal.SIGTERM),
            (deaf_slack, signal.SIGTERM),
            (locked_database, signal.SIGTERM),
            (locked_database, signal.SIGINT),
        ],
        3,
        what="starts",
    ),
)
async def test_a_start_ends_there(scene: Scene, tmp_path: Path, hindered: object, number: signal.Signals) -> None:
    (tmp_path / "sitecustomize.py").write_text(TELLING)
    hangs_at = {no_websockets: b" websocket failed ", locked_database: b"about to sqlite3.connect"}
    with hindered(tmp_path if hindered is locked_database else scene):  # type: ignore[operator] # each of the four
        async with bot(scene, tmp_path, LOG_LEVEL="DEBUG", PYTHONPATH=str(tmp_path)) as process:
            await until_said(process, b" starting ")
            await until_said(process, hangs_at.get(hindered, b"about to socket.connect"))  # type: ignore[call-overload] # it is hashable
            status, seconds, said = await ended_after(process, number)
    assert status == 0, said
    assert seconds < HEEDED
    assert f"stopping signal={number.name}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("number", some_each_day([signal.SIGTERM, signal.SIGHUP], 1, what="idle"))
async def test_a_bot_with_nothing_to_do_ends_at_once(scene: Scene, tmp_path: Path, number: signal.Signals) -> None:
    async with bot(scene, tmp_path) as process:
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await scene.ask(entry("The ID"))  # the start has steps after that
        await scene.answer(scene.ana, "The phone number ID")
        status, seconds, said = await ended_after(process, number)
    assert (status, "stopping signal=" in said) == (0, True)
    assert seconds < HEEDED


@pytest.mark.parametrize("number", some_each_day([signal.SIGTERM, signal.SIGHUP], 1, what="busy"))
async def test_what_runs_ends_by_itself_and_nothing_new_is_taken(
    scene: Scene, tmp_path: Path, number: signal.Signals
) -> None:
    async with bot(scene, tmp_path) as process:
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await scene.ask(entry("The ID, after 3 seconds"))
        await scene.slack.until(lambda: bool(scene.cams.lookups), timeout=PATIENCE)
        process.send_signal(number)
        await scene.slack.until(lambda: not scene.slack.is_connected, timeout=HEEDED)
        await scene.ask(entry("The ID"))
        assert (await finish(process)).status == 0
    await scene.answer(scene.ana, "phone number ID of +1 202-555-0108")
    assert len(await scene.lookups()) == 1


async def test_a_second_signal_ends_it_at_once(scene: Scene, tmp_path: Path) -> None:
    scene.cams.trouble = ApiTrouble.HANG
    async with bot(scene, tmp_path) as process:
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        await scene.ask(entry("The ID"))
        await scene.slack.until(lambda: bool(scene.cams.lookups), timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        await scene.slack.until(lambda: not scene.slack.is_connected, timeout=HEEDED)
        status, seconds, _ = await ended_after(process, signal.SIGINT)
    assert status == 1
    assert seconds < HEEDED


async def test_a_hang_up_that_was_to_be_ignored_is_ignored(scene: Scene, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        async with bot(scene, tmp_path) as process:
            await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
            process.send_signal(signal.SIGHUP)
            await scene.ask(entry("The ID"))
            await scene.answer(scene.ana, "The phone number ID")
            status, _, _ = await ended_after(process, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert status == 0


@pytest.mark.parametrize("number", some_each_day([signal.SIGTERM, signal.SIGINT, signal.SIGHUP], 1, what="broken off"))
async def test_a_lookup_is_broken_off_and_exits_1(desk: Desk, number: signal.Signals) -> None:
    desk.gate.left = 0
    process = await desk.shell.start("lookup", PLENTY[0].phone)
    assert process.stdin
    process.stdin.write(f"{PLENTY[0].code}\n".encode())
    await asyncio.wait_for(desk.gate.has_held.wait(), PATIENCE)
    status, seconds, said = await ended_after(process, number)
    assert status == 1, said
    assert seconds < HEEDED
    assert "Traceback" not in said


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="the pipe's size is Linux's to set")
async def test_a_log_that_nobody_reads_stops_no_bot(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)  # about ten lookups
    book = numbers(25)
    async with open_scene(tmp_path, book=book, settings={"PHONEID_QPS": "100"}) as scene:
        shell = Shell(tmp_path, scene.environment)
        process = await shell.start("run", stdin=asyncio.subprocess.DEVNULL, stderr=writing)
        os.close(writing)
        await scene.slack.until(lambda: scene.slack.is_connected, timeout=PATIENCE)
        for each in book:
            await scene.ask(each)

        def told() -> bool:
            return sum("The phone number ID" in each.text for each in scene.ana.sees("support")) == len(book)

        await scene.ana.until(told, timeout=PATIENCE)
        status, seconds, _ = await ended_after(process, signal.SIGTERM)
    os.close(reading)
    assert status == 0
    assert seconds < 2 * HEEDED

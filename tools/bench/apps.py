"""The bot and a bare Bolt app, each in a process of its own, in HTTP mode, before a local Slack."""

import asyncio
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.server import LocalCams
from bot.sandbox.run import environment
from bot.sandbox.slack.server import LocalSlack
from tools.bench.ours import OURS
from tools.bench.processes import ROOT
from tools.databases import ON_SQLITE, new_database


class App(NamedTuple):
    """What Python is given to run, and where its database is, if it wants one."""

    program: Sequence[str]
    where: str = ON_SQLITE


APPS: Mapping[str, App] = {
    **{name: App(("-m", "bot", "run"), where) for name, where in OURS.items()},
    "bare Bolt app": App(("-m", "tools.bench.bare")),
}

STARTING = 30.0
"""Seconds an app may take to be ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningApp:
    slack: LocalSlack
    seconds: float
    """From its start until it said that it is ready."""
    megabytes: float
    """Resident then; as the kernel counts it, shared pages included."""


@asynccontextmanager
async def open_app(app: App) -> AsyncIterator[RunningApp]:
    """The app with a Slack and an API that nobody else uses."""
    slack, cams = LocalSlack(), LocalCams()
    await slack.start()
    await cams.start()
    try:
        with tempfile.TemporaryDirectory(prefix="phoneid-bench-") as folder:
            async with (
                new_database(app.where, Path(folder)) as url,
                _open_process(app.program, slack, cams, Path(folder), url=url) as running,
            ):
                yield running
    finally:
        await slack.stop()
        await cams.stop()


@asynccontextmanager
async def _open_process(
    program: Sequence[str], slack: LocalSlack, cams: LocalCams, folder: Path, *, url: str
) -> AsyncIterator[RunningApp]:
    port = _free_port()
    settings = {
        **environment(slack, cams, folder / "phoneid.db"),
        "DATABASE_URL": url,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),  # it runs in a folder of its own
    }
    del settings["SLACK_APP_TOKEN"]  # its presence means Socket Mode
    with (folder / "app.log").open("wb") as output:
        process = BotProcess(folder=folder, output=output, program=program)
        began = time.monotonic()
        await process.start_with(settings)
        try:
            await _until_ready(f"http://127.0.0.1:{port}/readyz", process)
            seconds = time.monotonic() - began
            slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            yield RunningApp(slack=slack, seconds=seconds, megabytes=_resident(process.pid))
        finally:
            await process.stop()


async def _until_ready(url: str, process: BotProcess) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(STARTING):
        while process.running:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:  # it does not listen yet
                await asyncio.sleep(0.005)
    raise RuntimeError("the app ended instead of starting")


def _resident(pid: int | None) -> float:
    """In megabytes; not a number where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])

"""What the stories play with: people, test numbers, the log, and the places where a code could be."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bot.sandbox.bot_process import inherited
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.inspector import Wire
from bot.sandbox.run import Sandbox
from bot.sandbox.slack.human import Human
from bot.sandbox.teller import Teller

PATIENCE = 30.0
"""Seconds to wait for an answer: one that does not come is what a story is there to find."""

Scene = Callable[[], Awaitable[None]]


def human_of(sandbox: Sandbox, name: str) -> Human:
    return next(human for human in sandbox.slack.humans.values() if human.person.name == name)


def entry_of(outcome: str) -> Entry:
    """A test number, by what it shows."""
    return next(entry for entry in BOOK if entry.outcome == outcome)


def id_of(entry: Entry) -> str:
    return str(getattr(entry.replies[0], "phone_number_id", ""))


async def show_log(sandbox: Sandbox, teller: Teller) -> str:
    """What ``phoneid log`` prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "log",
        env={**inherited(), "DATABASE_URL": f"sqlite:///{sandbox.database}", "PYTHONIOENCODING": "utf-8"},
        cwd=sandbox.database.parent,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    table = output.decode("utf-8", "replace")
    teller.page(table)
    return table


def check_secrecy(sandbox: Sandbox, teller: Teller, codes: set[str]) -> None:
    """Look for codes wherever one could have been kept or sent."""
    sent = [each for each in sandbox.inspector.entries() if each.wire is Wire.BOT_TO_SLACK]
    files = [*sandbox.database.parent.iterdir()]
    teller.check("No code is in what the bot sent to Slack", not _found(codes, (repr(each.request) for each in sent)))
    teller.check("No code is in its database or its log", not _found(codes, map(_content, files)))
    teller.check("Slack accepted every request of the bot", not list(sandbox.slack.complaints))


def _found(codes: Iterable[str], texts: Iterable[str]) -> bool:
    kept = list(texts)
    return any(code in text for code in codes for text in kept)


def _content(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")

"""The local API with numbers enough for a list, and a shell whose commands ask it."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.sandbox.cams.answers import Success
from bot.sandbox.cams.book import BOOK, Entry
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from tests.shell import QuickShell

PLENTY = tuple(
    Entry(
        phone=f"+1 202-556-{number:04}",
        code=f"{710_000 + number}",
        outcome="",
        explanation="",
        replies=(Success(phone_number_id=f"9{number:014}"),),
    )
    for number in range(40)
)
"""Numbers that are answered."""


@dataclass
class Gate:
    """How many more requests come through to the API; whoever comes then is stuck until the gate is opened wide."""

    left: int = 1_000_000
    has_held: asyncio.Event = field(default_factory=asyncio.Event)
    meanwhile: Callable[[], None] = lambda: None
    """Done while a request is on its way."""

    def travel(self) -> float:
        """The seconds a request takes to the API."""
        self.meanwhile()
        self.left -= 1
        if self.left >= 0:
            return 0.0
        self.has_held.set()
        return 3600.0


@dataclass(frozen=True)
class Desk:
    """Somebody's folder with a list in it, and what is behind the command line."""

    shell: QuickShell
    cams: LocalCams
    gate: Gate

    def write(self, *entries: Entry, name: str = "numbers.csv") -> None:
        rows = "".join(f"{entry.phone},{entry.code}\n" for entry in entries)
        (self.shell.folder / name).write_text(f"phone_number,code\n{rows}")

    def ids(self) -> list[dict[str, str]]:
        with (self.shell.folder / "ids.csv").open(newline="") as file:
            return [*csv.DictReader(file)]

    def asked(self) -> list[str]:
        return [call.phone for call in self.cams.calls]


@asynccontextmanager
async def open_desk(folder: Path, book: Sequence[Entry]) -> AsyncIterator[Desk]:
    gate = Gate()
    cams = LocalCams(qps=1000, book=book, latency_there=gate.travel)
    await cams.start()
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
        "PHONEID_QPS": "20",
    }
    yield Desk(QuickShell(folder, environment), cams, gate)
    await cams.stop()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, (*BOOK, *PLENTY)) as opened:
        yield opened

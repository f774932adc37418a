"""Where a code could have been left: files, and everything the bot said to Slack."""

import json
from collections.abc import Iterator
from pathlib import Path

from bot.sandbox.inspector import Inspector, Wire
from tests.canaries import found_in

CHUNK = 4 * 2**20
"""Bytes read at once: a log of many processes at DEBUG is long."""

OVERLAP = 1024

UNRECORDED = (
    "cannot use its database right now",
    "could not record this in time",
    "lost its database while it recorded this",
)
"""What an agent reads of what could not be recorded, or perhaps not."""


class Listener:
    """Hears everything the bot says to Slack, and keeps only what holds the canary."""

    def __init__(self, inspector: Inspector) -> None:
        self.found: list[str] = []
        self.unrecorded: list[str] = []
        """What it says of what could not be recorded, as JSON: in which window is in it."""
        self._inspector = inspector
        self._heard = 0

    def listen(self) -> None:
        """Look through what came since the last time: an inspector keeps the newest thousand only."""
        for exchange in self._inspector.entries(after=self._heard):
            self._heard = exchange.number
            if exchange.wire is not Wire.BOT_TO_API:  # the one place it must go to
                said = exchange.request if exchange.wire is Wire.BOT_TO_SLACK else exchange.response
                text = json.dumps(said, default=str)
                self.found += [f"{form} in {exchange.title}" for form in found_in(text.encode())]
                if any(words in text for words in UNRECORDED):
                    self.unrecorded.append(text)


def leaks_in(folder: Path) -> Iterator[str]:
    """Each form of the canary in any file below a folder."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        yield from (f"{form} in {path.name}" for form in sorted(_forms_in(path)))


def _forms_in(path: Path) -> set[str]:
    found: set[str] = set()
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(found_in(before + chunk))
            before = chunk[-OVERLAP:]
    return found

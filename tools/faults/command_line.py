"""Somebody whose list runs on the command line, is killed, and is started again until it has all its IDs."""

import asyncio
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import BinaryIO

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.cams.book import Entry
from tests.canaries import CANARY
from tools.faults.numbers import id_of


class ListRun:
    """``phoneid lookup --file … --output …`` with a list of its own, which holds the codes: in a folder of its own."""

    def __init__(
        self, folder: Path, *, name: str, entries: Sequence[Entry], environment: Mapping[str, str], log: BinaryIO
    ) -> None:
        self.kills = 0
        self.starts = 0
        self._entries = entries
        self._environment = environment
        self._log = log
        self._list = folder / f"{name}.csv"
        self._output = folder / f"{name}-ids.csv"
        self._folder = folder

    async def run(self, *, random: Random, kills: int) -> None:
        """Until it is done; killed at a random moment this often before."""
        rows = [f"{entry.phone},{CANARY}\n" for entry in self._entries]
        self._list.write_text("".join(["phone_number,code\n", *rows]))
        while True:
            process = BotProcess(
                folder=self._folder,
                program=(
                    "-m",
                    "tools.faults.hasty_command",
                    "lookup",
                    "--file",
                    str(self._list),
                    "--output",
                    str(self._output),
                ),
                output=self._log,
            )
            self.starts += 1
            await process.start_with(self._environment)
            if self.kills < kills:
                await asyncio.sleep(random.uniform(0.3, 2.5))
                if process.running:
                    await process.kill()
                    self.kills += 1
                    continue
            if await process.wait() == 0:
                return

    def missing(self) -> list[str]:
        """Numbers of the list that have not their own ID in the output, once each."""
        with self._output.open(newline="") as file:
            found = [(row["phone_number"], row["phone_number_id"]) for row in csv.DictReader(file)]
        return [each.phone for each in self._entries if found.count((each.digits, id_of(each.digits))) != 1]

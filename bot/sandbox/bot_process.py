"""The real bot in a process of its own, so that killing it is a real kill."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TEMP", "TMP", "VIRTUAL_ENV", "PYTHONPATH")
"""What the process needs of this one's environment; real credentials in it must not get into the sandbox."""

STOPPING = 40.0
"""Seconds an ordinary stop may take: the bot gives what runs 15, and needs some to close and to tell."""


def inherited() -> dict[str, str]:
    """What a process of the bot's gets of this one's environment."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


class BotProcess:
    """``phoneid run`` with the sandbox's settings; it ends with this process, however that ends."""

    def __init__(
        self, *, folder: Path, output: IO[bytes] | None = None, program: Sequence[str] = ("-m", "bot.sandbox.minded")
    ) -> None:
        """``folder`` is where it runs: not the caller's, whose ``.env`` may be a real one. ``output`` gets its log.

        ``program`` is what Python is given to run.
        """
        self._program = program
        self._environment = inherited()
        self._folder = folder
        self._output = output
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.running else None

    @property
    def restarts(self) -> int:
        return max(0, self._starts - 1)

    async def start_with(self, settings: Mapping[str, str]) -> None:
        """Start it with these settings; later starts use the same."""
        self._environment |= settings
        await self.start()

    async def start(self) -> None:
        """Start it if it is not running."""
        if self.running:
            return
        self._starts += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._program,
            env=self._environment,
            cwd=self._folder,
            stdin=asyncio.subprocess.PIPE,  # nothing is written to it: that it ends tells that we did
            stderr=self._output,
        )

    async def kill(self) -> None:
        """``kill -9``: it gets to know nothing."""
        if self._process and self.running:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """An ordinary stop: it finishes what it does."""
        if self._process and self.running:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOPPING)
            except TimeoutError:
                await self.kill()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def wait(self) -> int:
        """Its exit code, once it ended."""
        return await self._process.wait() if self._process else 0

"""Python processes beside this one. They say one thing a line; what they fail with is on the terminal."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


class Process:
    """A started one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self) -> str:
        """The next line it says. Raises ``RuntimeError`` when it ended instead."""
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the benchmark ended with {await self._process.wait()}")
        return line.decode().strip()

    def tell(self) -> None:
        """Let it go on."""
        assert self._process.stdin
        self._process.stdin.write(b"\n")

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def open_process(module: str, order: Mapping[str, Any]) -> AsyncIterator[Process]:
    """``python -m module`` with ``order`` as its one argument, in JSON; killed at the end if it runs still."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        json.dumps(order),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=16 * 2**20,  # a report is one line
    )
    opened = Process(process)
    try:
        yield opened
    finally:
        await opened.kill()


def say(line: str) -> None:
    """What a process says to the one that started it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def until_told() -> None:
    """Wait to be let go on, without holding up what else runs."""
    await asyncio.to_thread(sys.stdin.readline)

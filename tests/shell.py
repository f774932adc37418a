"""A shell for tests of the command line."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    status: int | None
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """A shell in a folder of its own, with nothing in its environment but what is needed."""

    folder: Path
    environment: dict[str, str]

    async def run(self, *arguments: str, typed: str = "", **environment: str) -> Ran:
        return await finish(await self.start(*arguments, environment=environment), typed=typed)

    async def start(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        stdin: int = PIPE,
        stdout: int = PIPE,
        stderr: int = PIPE,
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", **self.environment, **(environment or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )


async def finish(process: asyncio.subprocess.Process, *, typed: str = "") -> Ran:
    out, err = await asyncio.wait_for(process.communicate(typed.encode() if process.stdin else None), 60)
    return Ran(process.returncode, (out or b"").decode(), (err or b"").decode())

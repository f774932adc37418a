"""A shell for the command line: each command is a process with nothing in its environment but what is needed."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

BASE = {"PATH": "/usr/bin:/bin", "COLUMNS": "100", "LOGNAME": "operator"}
"""``LOGNAME`` is who asked, in the record of what was asked for at a terminal."""

PATIENCE = 120.0
"""Seconds: only how long a failure takes."""


@dataclass(frozen=True)
class Ran:
    status: int | None
    out: str
    err: str


class Shell:
    """Runs commands one after the other, each forked from a process that has everything imported."""

    def __init__(self, server: Process) -> None:
        self._server = server
        self._turn = asyncio.Lock()

    async def run(
        self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], typed: str = ""
    ) -> Ran:
        async with self._turn:
            with tempfile.TemporaryDirectory() as streams:
                paths = {name: Path(streams, name) for name in ("typed", "out", "err")}
                for name, path in paths.items():
                    path.write_text(typed if name == "typed" else "", encoding="utf-8")
                status = await self._order(
                    {
                        "arguments": [*arguments],
                        "folder": str(folder),
                        "environment": BASE | dict(environment),
                        **{name: str(path) for name, path in paths.items()},
                    }
                )
                return Ran(status, paths["out"].read_text("utf-8"), paths["err"].read_text("utf-8"))

    async def _order(self, order: Mapping[str, object]) -> int:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(order).encode() + b"\n")
        return int(await asyncio.wait_for(self._server.stdout.readline(), PATIENCE))


@asynccontextmanager
async def open_shell() -> AsyncIterator[Shell]:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.golden.shell_server", cwd=ROOT, env=BASE, stdin=PIPE, stdout=PIPE
    )
    try:
        yield Shell(server)
    finally:
        assert server.stdin
        server.stdin.close()
        await server.wait()


async def run_alone(arguments: Sequence[str], *, folder: Path) -> Ran:
    """A command in a process that was started for it: for what starts others, and takes long anyway."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, cwd=folder, env=BASE, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(b""), PATIENCE)
    return Ran(process.returncode, out.decode(), err.decode())

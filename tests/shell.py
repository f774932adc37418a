"""Shells for tests of the command line: one that starts a process for each command, and a quicker one without."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from bot.cli import caller, endings
from bot.cli import main as entrance


@dataclass(frozen=True)
class Ran:
    status: int | None
    out: str
    err: str

    @property
    def said(self) -> str:
        """What is on standard error, without the notes on where calls go and what others can open."""
        return "".join(line for line in self.err.splitlines(keepends=True) if not line.startswith("Warning: "))


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


async def read_until(terminal: int, words: str) -> str:
    """All that a terminal shows until there are these words."""
    shown = ""
    while words not in shown:
        shown += (await asyncio.wait_for(asyncio.to_thread(os.read, terminal, 4096), 30)).decode()
    return shown


@dataclass(frozen=True)
class QuickShell(Shell):
    """Runs commands in this process, in a thread: for tests without signals, terminals, pipes or kills.

    What a command does to a process of its own (folder, environment, streams, logging) is undone after it.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """There is one working folder and one standard output: one command at a time."""

    @property
    def slower(self) -> Shell:
        """The same with a process for each command."""
        return Shell(self.folder, self.environment)

    async def run(self, *arguments: str, typed: str | bytes | IO[bytes] = "", **environment: str) -> Ran:
        async with self.turn:
            return await asyncio.wait_for(asyncio.to_thread(self._run, arguments, typed, environment), 60)

    def _run(self, arguments: tuple[str, ...], typed: str | bytes | IO[bytes], environment: Mapping[str, str]) -> Ran:
        unset: dict[str, str | None] = dict.fromkeys(os.environ)
        wanted = {**unset, "PATH": "/usr/bin:/bin", **self.environment, **environment}
        runner = CliRunner(env=wanted)
        with chdir(self.folder), _own_process(arguments), runner.isolation(input=typed) as (out, err, _):
            status = _status_of_main()
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(status, out.getvalue().decode(), err.getvalue().decode())


def _status_of_main() -> int:
    try:
        entrance.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextmanager
def _own_process(arguments: tuple[str, ...]) -> Iterator[None]:
    """What the command changes for its whole process is as before when it is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["phoneid", *arguments])
        for each in (caller, endings):  # only a process's main thread hears signals, and nobody sends one
            patch.setattr(each, "ENDINGS", frozenset())
        patch.setattr(entrance, "_leave_nothing_open", _leave_it)  # it could not be undone
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)


def _leave_it() -> None: ...

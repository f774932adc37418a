"""The command line: in a process of its own as people run it, or, for a quick look at the record, in this one."""

import contextlib
import json
import logging
import os
import platform
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from bot.cli.main import phoneid
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.inspector import Inspector
from tests.golden import record
from tests.golden.plain import Plain, plain_csv, plain_table
from tests.golden.shell import Ran, Shell, run_alone

NOT_OURS = ("PHONEID_", "SLACK_", "ALIBABA_", "DATABASE_URL", "LOG_LEVEL")
"""Settings of whoever runs the tests."""


def run_here(arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> str:
    """What a command prints, run in this process: a new one takes half a second. It must end well."""
    handlers, level = logging.root.handlers[:], logging.root.level
    foreign = {name: None for name in os.environ if name.startswith(NOT_OURS)}
    try:
        with contextlib.chdir(folder):
            ran = CliRunner().invoke(phoneid, [*arguments], env={**foreign, **environment}, catch_exceptions=False)
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@dataclass(kw_only=True)
class Terminal:
    """A shell in a folder of its own, with the local API for the real one. ``steps`` is what was seen so far."""

    folder: Path
    shell: Shell
    environment: dict[str, str]
    inspector: Inspector
    steps: list[dict[str, Any]] = field(default_factory=list)
    _seen: int = 0

    @property
    def plain(self) -> Plain:
        """Names the machine, which is in the record of what was asked for at a terminal."""
        return Plain({platform.node(): "HOST", str(self.folder): "FOLDER"})

    def write(self, name: str, text: str) -> None:
        """A file in the folder."""
        (self.folder / name).write_text(text, encoding="utf-8")
        self.steps.append({"step": f"{name} is written", "content": text})

    async def runs(self, *arguments: str, typed: str = "", **environment: str) -> str:
        """Run a command to its end and record it; all that it printed."""
        ran = await self.shell.run(
            arguments, folder=self.folder, environment=self.environment | environment, typed=typed
        )
        before = "".join(f"{name}={shlex.quote(value)} " for name, value in environment.items())
        self._record(f"$ {before}phoneid {shlex.join(arguments)}", ran, arguments, typed=typed)
        return ran.out + ran.err

    async def runs_alone(self, *arguments: str) -> None:
        """Run a command that starts processes of its own."""
        ran = await run_alone(arguments, folder=self.folder)
        self._record(f"$ phoneid {shlex.join(arguments)}", ran, arguments, typed="")

    def _record(self, step: str, ran: Ran, arguments: Sequence[str], *, typed: str) -> None:
        exchanges = self.inspector.entries(after=self._seen)
        self._seen = exchanges[-1].number if exchanges else self._seen
        seen = {
            "step": step,
            "typed": typed,
            "standard output": _printed(ran.out, arguments),
            "standard error": ran.err,
            "to the API": record.sent_to_api(exchanges),
        }
        self.steps.append({name: value for name, value in seen.items() if value} | {"exit status": ran.status})

    def shows(self, name: str) -> None:
        """Record what is in a file."""
        content = (self.folder / name).read_text(encoding="utf-8")
        self.steps.append(
            {"step": f"{name} holds", "content": plain_csv(content) if name.endswith(".csv") else content}
        )


def _printed(out: str, arguments: Sequence[str]) -> Any:
    if "--json" in arguments and out:
        return json.loads(out)
    return plain_csv(out) if "--csv" in arguments else plain_table(out) if arguments == ("log",) else out


@asynccontextmanager
async def open_terminal(folder: Path, shell: Shell) -> AsyncIterator[Terminal]:
    """A terminal with nothing in its folder."""
    inspector = Inspector()
    cams = LocalCams(inspector=inspector, qps=1000)
    await cams.start()
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
        "PHONEID_CAMS_URL": cams.url,
    }
    try:
        yield Terminal(folder=folder, shell=shell, environment=environment, inspector=inspector)
    finally:
        await cams.stop()

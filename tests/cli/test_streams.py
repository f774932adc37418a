"""Standard input, output and error as they really are: closed, full, silent, in another encoding."""

import asyncio
import csv
import io
import json
import os
import sqlite3
import sys
from contextlib import closing
from importlib import import_module

import click
import pytest

from bot.cli import streams
from bot.sandbox.cams.book import BOOK
from bot.texts import terminal
from tests.amounts import some_each_day
from tests.cli.conftest import PLENTY, Desk
from tests.records import record_in
from tests.shell import Ran, finish

GOOD = next(entry for entry in BOOK if entry.digits == "8613800001234")
REASON = "Müller, 客户 – “ß”"


async def run_in_sh(desk: Desk, command: str, *, typed: str = "", **environment: str) -> Ran:
    """By a shell, which can close a stream before the command starts."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        command.replace("phoneid", "$PYTHON -m bot"),
        cwd=desk.shell.folder,
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, **desk.shell.environment, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return await finish(process, typed=typed)


def exports(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.shell.folder / "phoneid.db")) as raw:
        return int(raw.execute("SELECT count(*) FROM journal WHERE event = 'exported'").fetchone()[0])


ASK = f"phoneid lookup '{GOOD.phone}'"
LISTED = "phoneid lookup --file numbers.csv --output"


@pytest.mark.parametrize(
    ("command", "closed"),
    some_each_day(
        [
            (ASK, ">&-"),
            (ASK, "> /dev/full"),
            (ASK, "1< numbers.csv"),
            (f"{ASK} --json", "> /dev/full"),
            (f"{LISTED} -", ">&-"),
            (f"{LISTED} -", "> /dev/full"),
            ("phoneid log --csv", ">&-"),
            ("phoneid log", "> /dev/full"),
        ],
        3,
        what="outputs",
    ),
)
async def test_an_output_that_cannot_be_written_is_refused_before_anything_is_asked(
    desk: Desk, command: str, closed: str
) -> None:
    desk.write(*PLENTY[:3])
    async with record_in(desk.shell.folder / "phoneid.db"):
        pass
    ran = await run_in_sh(desk, f"{command} {closed}", typed=f"{GOOD.code}\n")
    assert (ran.status, desk.asked(), exports(desk)) == (2, [], 0), ran.err
    assert "Cannot write to standard output: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "command",
    some_each_day(
        [(("lookup", GOOD.phone),), (("lookup", GOOD.phone, "--json"),), (("log",),)], 1, what="readers who left"
    ),
)
async def test_so_is_one_whose_reader_has_left(desk: Desk, command: tuple[str, ...]) -> None:
    async with record_in(desk.shell.folder / "phoneid.db"):
        pass
    reading, writing = os.pipe()
    os.close(reading)
    process = await desk.shell.start(*command, stdout=writing)
    os.close(writing)
    ran = await finish(process, typed=f"{GOOD.code}\n")
    assert (ran.status, desk.asked(), exports(desk)) == (2, [], 0)
    assert ran.said.splitlines() == ["Error: " + terminal.stdout_unusable(terminal.CLOSED)]


async def test_a_reader_who_leaves_while_it_is_asked_is_told_where_the_id_is(desk: Desk) -> None:
    reading, writing = os.pipe()
    desk.gate.meanwhile = lambda: os.close(reading)
    process = await desk.shell.start("lookup", GOOD.phone, stdout=writing)
    os.close(writing)
    ran = await finish(process, typed=f"{GOOD.code}\n")
    assert ran.status == 2  # 1 says that there is no ID, and there is one
    assert "The result is on record: phoneid log --request R-" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("command", "closed"),
    some_each_day(
        [(ASK, "2>&-"), (ASK, "2> /dev/full"), (f"{LISTED} ids.csv", "2>&-"), (f"{LISTED} ids.csv", "2> /dev/full")],
        2,
        what="error streams",
    ),
)
async def test_an_error_stream_that_cannot_be_written_ends_nothing(desk: Desk, command: str, closed: str) -> None:
    desk.write(*PLENTY[:3])
    ran = await run_in_sh(desk, f"{command} {closed}", typed=f"{GOOD.code}\n")
    assert (ran.status, len(desk.asked())) == (0, 1 if command == ASK else 3)


async def test_with_all_streams_closed_no_file_gets_the_number_of_one(desk: Desk) -> None:
    desk.write(*PLENTY[:3])
    ran = await run_in_sh(desk, "phoneid lookup --file numbers.csv --output ids.csv <&- >&- 2>&-")
    assert (ran.status, len(desk.ids())) == (0, 3)
    verified = await desk.shell.run("journal", "verify")
    assert verified.status == 0


@pytest.mark.parametrize(
    ("command", "closed", "words"),
    some_each_day(
        [
            (ASK, "<&-", terminal.did_not_come("code")),
            (ASK, "< /dev/null", terminal.did_not_come("code")),
            ("phoneid lookup --file - --output ids.csv", "<&-", "The list has no numbers"),
            (f"phoneid forget '{GOOD.phone}'", "<&-", "so nothing was forgotten"),
        ],
        2,
        what="closed inputs",
    ),
)
async def test_a_closed_input_is_a_sentence(desk: Desk, command: str, closed: str, words: str) -> None:
    assert (await desk.shell.run("lookup", GOOD.phone, typed=GOOD.code)).status == 0
    before = len(desk.asked())
    ran = await run_in_sh(desk, f"{command} {closed}")
    assert (ran.status, len(desk.asked())) == (2, before)
    assert words in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("lookup", GOOD.phone), terminal.waiting_for("code")),
        (("lookup", "-"), terminal.waiting_for("number")),
        (("lookup", GOOD.phone, "--reason", "-"), terminal.waiting_for("reason")),
        (("lookup", "--file", "-", "--output", "ids.csv"), terminal.WAITING_FOR_LIST),
        (("lookup", "--file", "fifo", "--output", "ids.csv"), terminal.WAITING_FOR_LIST),
    ],
)
async def test_a_silent_input_is_said_to_be_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: str
) -> None:
    os.mkfifo(desk.shell.folder / "fifo")
    reading, writing = os.pipe()
    echo = click.echo

    def say(said: str, *, err: bool = False, nl: bool = True) -> None:
        echo(said, err=err, nl=nl)
        if said != words:
            return
        os.close(writing)
        if "fifo" in command:
            os.close(os.open(desk.shell.folder / "fifo", os.O_WRONLY))

    monkeypatch.setattr(streams, "SILENT_FOR", 0.0)
    monkeypatch.setattr(click, "echo", say)
    with os.fdopen(reading, "rb") as stdin:
        ran = await desk.shell.run(*command, typed=stdin)
    assert ran.said.startswith(f"{words}\n")
    assert ran.status == 2


async def test_a_process_says_so_before_anything_comes(desk: Desk) -> None:
    process = await desk.shell.start("lookup", GOOD.phone)
    assert process.stderr
    while (said := await asyncio.wait_for(process.stderr.readline(), 60)).startswith(b"Warning: "):
        pass
    process.kill()
    await process.wait()
    assert said.decode().strip() == terminal.waiting_for("code")


@pytest.mark.parametrize(
    ("encoding", "option"),
    some_each_day(
        [(encoding, option) for encoding in ("ascii", "cp437", "gbk") for option in ("--csv", "--json", "--limit=9")],
        1,
        what="terminals",
    ),
)
async def test_a_file_is_utf8_whatever_the_terminal_is(desk: Desk, encoding: str, option: str) -> None:
    asked = await desk.shell.run("lookup", GOOD.phone, "--reason", REASON, typed=GOOD.code)
    assert asked.status == 0
    process = await desk.shell.start("log", option, environment={"PYTHONIOENCODING": encoding})
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    if option == "--csv":
        (row,) = csv.DictReader(io.StringIO(out.decode(), newline=""))
        assert row["reason"] == REASON
    if option == "--json":
        assert json.loads(out)[0]["reason"] == REASON


async def test_what_could_not_be_made_is_not_noted_as_exported(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with record_in(desk.shell.folder / "phoneid.db"):
        pass

    def broken(_entries: object) -> str:
        raise RuntimeError("on purpose")

    monkeypatch.setitem(import_module("bot.cli.log")._FORMS, "csv", broken)
    ran = await desk.shell.run("log", "--csv")
    assert (ran.status, exports(desk)) == (2, 0)


async def test_a_database_that_cannot_be_used_is_no_answer(desk: Desk) -> None:
    async with record_in(desk.shell.folder / "phoneid.db"):
        pass
    desk.gate.meanwhile = lambda: (desk.shell.folder / "phoneid.db").unlink(missing_ok=True)
    ran = await desk.shell.run("lookup", GOOD.phone, typed=GOOD.code)
    assert (ran.status, ran.out) == (2, "")
    assert "phoneid: " in ran.err

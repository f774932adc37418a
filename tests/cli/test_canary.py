"""A canary code goes every way there is on the command line; then all that is printed and left is searched for it."""

import asyncio
import importlib
import operator
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.server import SANDBOX_ACCOUNT
from tests.amounts import each_day, some_each_day
from tests.canaries import (
    ALWAYS,
    AT_ONCE,
    CANARY,
    CANARY_BOOK,
    CANNOT_END,
    found_in,
    outcomes,
    search_files,
    with_canary,
)
from tests.cli.conftest import Desk, open_desk
from tests.english import asking
from tests.shell import Ran, Shell, finish, read_until

ROOT = str(Path(__file__).parents[2])
SECRETS = (CANARY, SANDBOX_ACCOUNT.access_key_secret.get_secret_value())
ASKED = [with_canary(each) for each in outcomes("canary on the command line")]
GOOD = "+86 138 0000 1234"
LIST = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")
LOUD = {"LOG_LEVEL": "DEBUG", "PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1"}

CRASHING = """
import os
from tests.sabotage import Place, Saboteur

watching = Saboteur().watching(Place(*os.environ["CRASH_IN"].split(":")))
watching.__enter__()
"""
"""As ``sitecustomize``: one function crashes as soon as it holds the code."""

KILLED_WHILE_REPLACING = """
import os, sys

def step(frame, event, arg):
    name = frame.f_locals.get("name")
    if name and os.path.getsize(name):
        os.kill(os.getpid(), 9)
    return step

sys.settrace(lambda frame, event, arg: step if frame.f_code.co_qualname == "IdsFile._replace" else None)
"""
"""As ``sitecustomize``: a kill while the output's new file is written and not yet in its place."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, CANARY_BOOK) as opened:
        yield opened


def shell_of(desk: Desk) -> Shell:
    """At night a process for each command, with everything that Python itself says of it."""
    return each_day(desk.shell, at_night=desk.shell.slower)


def search(desk: Desk, *rans: Ran) -> set[str]:
    """Everything but the list itself; the names of the files that were searched."""
    for ran in rans:
        assert found_in((ran.out + ran.err).encode(), SECRETS) == [], ran
    return search_files(desk.shell.folder, leaving_out=("numbers.csv",), secrets=SECRETS)


@pytest.mark.more_at_night
async def test_the_canary_is_nowhere_after_a_list(desk: Desk) -> None:
    desk.write(*ASKED)
    ran = await shell_of(desk).run(*LIST, "--reason", "ticket 7", **LOUD)
    again = await shell_of(desk).run(*LIST, "--again", **LOUD)
    assert f"of {len(ASKED)} answered" in ran.err + again.err
    assert {"ids.csv", "phoneid.db"} <= search(desk, ran, again)


@pytest.mark.more_at_night
async def test_the_canary_is_nowhere_after_a_list_through_pipes(desk: Desk) -> None:
    typed = "".join(f"{each.phone} {CANARY}\n" for each in ASKED)
    ran = await desk.shell.slower.run("lookup", "--file", "-", "--output", "-", typed=typed, **LOUD)
    assert len(ran.out.splitlines()) == len(ASKED) + 1
    search(desk, ran)


@pytest.mark.more_at_night
@pytest.mark.parametrize(
    "text",
    [
        f"phone_number,code\n{GOOD},{CANARY}!\n{CANARY},{CANARY}\n{CANARY}\n",
        f"phone_number,code,reason\n{GOOD},{CANARY},it is {CANARY}\n",
        f"phone_number,code\n{GOOD}{CANARY},{CANARY}\n{GOOD},{CANARY[::-1]}\n",
        f"{CANARY},code\n{GOOD},{CANARY}\n",
        f"{CANARY} {CANARY}\n",
        f'phone_number,code\n{GOOD},"{CANARY}\n{CANARY}\n',
    ],
)
async def test_the_canary_is_nowhere_after_a_list_with_mistakes(desk: Desk, text: str) -> None:
    (desk.shell.folder / "numbers.csv").write_text(text)
    ran = await shell_of(desk).run(*LIST, **LOUD)
    assert ran.status == 2
    search(desk, ran)


@pytest.mark.more_at_night
async def test_a_list_in_bytes_that_are_no_text_is_not_quoted(desk: Desk) -> None:
    (desk.shell.folder / "numbers.csv").write_bytes(f"{GOOD},{CANARY}\n".encode() + b"\xff\xfe")
    ran = await shell_of(desk).run(*LIST, **LOUD)
    assert ran.status == 2
    search(desk, ran)


async def test_a_kill_leaves_no_canary_in_the_outputs_new_file(desk: Desk) -> None:
    desk.write(*ASKED)
    (desk.shell.folder / "sitecustomize.py").write_text(KILLED_WHILE_REPLACING)
    ran = await desk.shell.slower.run(*LIST, PYTHONPATH=str(desk.shell.folder))
    assert ran.status == -signal.SIGKILL
    assert any(name.startswith(".ids.csv.") for name in search(desk, ran))


@pytest.mark.more_at_night
async def test_the_canary_is_nowhere_after_single_lookups_and_what_reads_the_record(desk: Desk) -> None:
    rans = [await shell_of(desk).run("lookup", each.phone, "--json", typed=CANARY, **LOUD) for each in ASKED[::4]]
    rans += [
        await shell_of(desk).run("lookup", GOOD, typed=f"{CANARY}!", **LOUD),
        await shell_of(desk).run("lookup", GOOD, "--reason", "ticket", typed=f"{CANARY} {CANARY}\n", **LOUD),
    ]
    for arguments in (
        ("log",),
        ("log", "--json"),
        ("log", "--csv"),
        ("journal", "verify"),
        ("journal", "head"),
        ("forget", GOOD, "--yes"),
    ):
        rans.append(await shell_of(desk).run(*arguments, **LOUD))
        assert rans[-1].status == 0, rans[-1]
    search(desk, *rans)


@pytest.mark.more_at_night
@pytest.mark.parametrize("proxy", ["http://ana:{}@127.0.0.1:9", "nonsense://ana:{}@127.0.0.1:9", "ana:{}@[:9"])
async def test_a_proxys_password_is_not_shown(desk: Desk, proxy: str) -> None:
    away = {"HTTPS_PROXY": proxy.format(CANARY), "PHONEID_CAMS_URL": "https://cams.invalid"}
    ran = await shell_of(desk).run("lookup", GOOD, typed="208312", **LOUD, **away)
    assert ran.status in {1, 2}
    assert "Traceback" not in ran.err
    search(desk, ran)


@pytest.mark.parametrize("is_all_typed", [False, True])
async def test_a_code_that_is_typed_is_not_shown(desk: Desk, *, is_all_typed: bool) -> None:
    terminal, screen = os.openpty()
    # A session of its own: the terminal of whoever runs the tests must not be asked.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "lookup", *(("-", "--reason", "-") if is_all_typed else (GOOD,))),
        cwd=desk.shell.folder,
        env={"PATH": "/usr/bin:/bin", **desk.shell.environment},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    shown = ""
    for label, line in [(asking.PHONE_LABEL, GOOD), (asking.REASON_LABEL, "")] if is_all_typed else []:
        shown += await read_until(terminal, f"{label}: ")
        os.write(terminal, f"{line}\n".encode())
    shown += await read_until(terminal, asking.CODE_LABEL)
    os.write(terminal, f"{CANARY}\n".encode())
    shown += await read_until(terminal, "920155500012345")
    await finish(process)
    os.close(terminal)
    assert found_in(shown.encode(), SECRETS) == []
    search(desk)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc")
@pytest.mark.parametrize(
    "arguments",
    some_each_day(
        [(("lookup", GOOD),), (("lookup", "-", "--reason", "-"),), (LIST,)], 1, what="commands under others' eyes"
    ),
)
async def test_while_it_runs_nobody_else_on_the_machine_sees_the_code(desk: Desk, arguments: tuple[str, ...]) -> None:
    """Nor the number and the reason, where they come from standard input."""
    desk.write(*ASKED[:1])
    desk.gate.left = 0
    process = await desk.shell.start(*arguments, environment=LOUD)
    assert process.stdin
    unseen = [GOOD, "ticket 7"] if "--reason" in arguments else []
    process.stdin.write("".join(f"{line}\n" for line in (*unseen, CANARY)).encode())
    process.stdin.close()
    await asyncio.wait_for(desk.gate.has_held.wait(), 30)
    seen = Path(f"/proc/{process.pid}")
    for name in ("cmdline", "environ", "comm", "status"):
        shown = (seen / name).read_bytes()
        assert found_in(shown) == [], name
        assert not any(each.encode() in shown for each in unseen)
    limits = (seen / "limits").read_text()
    process.send_signal(signal.SIGABRT)  # faulthandler tells of it; a core file would hold the code
    _, err = await process.communicate()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    assert process.returncode == -signal.SIGABRT
    assert b"Fatal Python error: Aborted" in err
    assert found_in(err) == []
    search(desk)


VICTIMS = [
    (("lookup", GOOD), "bot.cli.typed:_read_line"),
    (("lookup", GOOD), "bot.entry.fields:read_code"),
    (("lookup", GOOD), "bot.cli.lookup:look_up"),
    (("lookup", GOOD), "bot.lookups:Lookups.run"),
    (("lookup", GOOD), "bot.lookups:Attempt.call"),
    (("lookup", GOOD), "bot.cams.protocol:request_body"),
    (("lookup", GOOD), "bot.cams.transport:exchange"),
    (("lookup", "+1 202 555 0106"), "bot.cams.echoes:holds_form"),
    (LIST, "bot.entry.table:read_table"),
    (LIST, "bot.entry.records:read_records"),
    (LIST, "bot.entry.table:_Reader._keep"),
    (LIST, "bot.cli.asking:Asking._look_up"),
]


def test_each_of_them_is_there() -> None:
    for _, victim in VICTIMS:
        module, _, name = victim.partition(":")
        assert callable(operator.attrgetter(name)(importlib.import_module(module))), victim


@pytest.mark.parametrize(("arguments", "victim"), some_each_day(VICTIMS, 1, what="crashes of commands"))
async def test_a_crash_shows_where_and_not_the_code(desk: Desk, arguments: tuple[str, ...], victim: str) -> None:
    desk.write(*(each for each in ASKED if each.phone == GOOD or each.outcome == "Unknown.ResourceOwnerId"))
    (desk.shell.folder / "sitecustomize.py").write_text(CRASHING)
    environment = {"PYTHONPATH": f"{desk.shell.folder}:{ROOT}", "CRASH_IN": victim, **LOUD}
    ran = await desk.shell.slower.run(*arguments, typed=CANARY, **environment)
    assert ran.status != 0
    assert "on purpose" in ran.err
    assert f"in {victim.rpartition('.')[2].rpartition(':')[2]}" in ran.err
    search(desk, ran)


@pytest.mark.nightly
def test_the_list_holds_every_kind_of_answer_but_one() -> None:
    assert len(ASKED) == len(BOOK) - 1


def test_what_is_asked_each_day_is_in_the_book() -> None:
    assert {*ALWAYS, *AT_ONCE, CANNOT_END} <= {each.outcome for each in BOOK}

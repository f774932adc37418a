"""The command line, run as people run it."""

import asyncio
import json
import os
import pwd
import re
import socket
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import click
import pytest

from bot.audit import LogQuery
from bot.cli.caller import identify
from bot.cli.main import main, phoneid
from bot.clock import SystemClock
from bot.guesses import FREE_FOR_AGENT
from bot.models import Actor, PhoneNumber, Problem
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.server import SANDBOX_ACCOUNT, LocalCams
from bot.sandbox.run import CannotServe, open_sandbox
from bot.store import processes, search
from bot.texts import command_line, terminal
from tests import factories
from tests.clocks import SteppingClock
from tests.english import PROBLEMS
from tests.factories import ANA, LEE, NEEDS_APPROVAL
from tests.guessing import use_up
from tests.records import record_in
from tests.shell import QuickShell, Shell

CODE = "208312"


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[QuickShell]:
    """With the local API for the real one."""
    cams = LocalCams()
    await cams.start()
    yield QuickShell(
        tmp_path,
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": SANDBOX_ACCOUNT.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SANDBOX_ACCOUNT.access_key_secret.get_secret_value(),
            "PHONEID_CAMS_URL": cams.url,
        },
    )
    await cams.stop()


async def test_a_lookup_prints_the_id_alone(shell: QuickShell) -> None:
    ran = await shell.slower.run("lookup", "+86 138 0000 1234", typed=f"{CODE}\n")
    assert (ran.status, ran.out) == (0, "920155500012345\n")
    assert CODE not in ran.err


async def test_a_lookup_as_json_holds_the_whole_outcome(shell: QuickShell) -> None:
    ran = await shell.run("lookup", "+86 138 0000 1234", "--json", "--reason", "ticket 7", typed=CODE)
    outcome = json.loads(ran.out)
    assert ran.status == 0
    assert outcome["phone_number_id"] == "920155500012345"
    assert outcome["through"] == "command line"
    assert outcome["reason"] == "ticket 7"
    assert ran.out == json.dumps(outcome, ensure_ascii=False, indent=2) + "\n"


async def test_a_user_without_a_name_is_recorded_by_number(shell: QuickShell, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)  # a container whose user is only a number
    ran = await shell.run("lookup", "+86 138 0000 1234", "--json", typed=CODE, HOME="/")  # containers set HOME so
    assert (ran.status, json.loads(ran.out)["agent"]) == (0, str(os.getuid()))


@pytest.mark.parametrize(
    ("claimed", "shown"),
    [
        (b"U0LEE", "{uid} (U0LEE)"),  # a colleague's
        (b"ana\xff\xfe", "{uid} (ana??)"),  # no text
        (b"ana\nlee", "{uid} (ana?lee)"),
        (b"x" * 500, "{uid} (" + "x" * 64 + ")"),
    ],
)
async def test_a_claimed_name_is_shown_beside_who_it_is(shell: QuickShell, claimed: bytes, shown: str) -> None:
    name = {"LOGNAME": os.fsdecode(claimed)}
    ran = await shell.run("lookup", "+86 138 0000 1234", "--json", typed=CODE, **name)
    assert (ran.status, json.loads(ran.out)["agent"]) == (0, shown.format(uid=os.getuid()))


async def test_another_name_buys_no_more_guesses(shell: QuickShell) -> None:
    for number, entry in enumerate(BOOK[: FREE_FOR_AGENT + 1]):
        ran = await shell.run("lookup", entry.phone, typed="000009", LOGNAME=f"u{number}")
    assert PROBLEMS[Problem.TOO_MANY_GUESSES_OF_AGENT].what in ran.err


async def test_after_too_many_refused_codes_the_terminal_waits_too(shell: QuickShell) -> None:
    phone = PhoneNumber("8613800001234")
    async with record_in(shell.folder / "phoneid.db") as record:
        await use_up(record, ANA, phone)
    ran = await shell.run("lookup", "+86 138 0000 1234", typed=CODE)  # the right one, this time
    assert (ran.status, ran.out) == (1, "")
    assert "You can try again in 1 minute." in ran.err


async def test_a_number_that_is_being_asked_for_at_another_terminal_is_waited_for(shell: QuickShell) -> None:
    phone, code = PhoneNumber("12025550106"), "556012"
    file = shell.folder / "phoneid.db"
    async with record_in(file, process="another terminal") as record:
        await record.change(processes.beat)
        first = await record.change(factories.asked, [phone], agent=identify())
        waiting = asyncio.create_task(shell.run("lookup", "+1 202 555 0106", typed=code))
        while len(await record.read(search.search, LogQuery())) < 2:  # noqa: ASYNC110 - another process's change
            await asyncio.sleep(0.05)
        await record.change(factories.call, first)
        await record.change(factories.end, first)
        ran = await waiting
    assert (ran.status, ran.out) == (0, f"{factories.ANSWERED.phone_number_id}\n")
    assert "Already looking up +1 202-555-0106, with the code you entered before." in ran.err


async def test_what_a_killed_command_left_is_waited_for_by_nobody_and_has_ended(shell: QuickShell) -> None:
    phone = PhoneNumber("8613800001234")
    before = SteppingClock(time.time() - 60).now
    async with record_in(shell.folder / "phoneid.db", process="killed", clock_now=before) as record:
        await record.change(processes.beat)
        await record.change(factories.call, await record.change(factories.asked, [phone], agent=identify()))
    ran = await shell.run("lookup", "+86 138 0000 1234", typed=CODE)
    assert (ran.status, ran.out) == (0, "920155500012345\n")
    recorded = json.loads((await shell.run("log", "--json")).out)
    assert [row["state"] for row in recorded] == ["answered", "interrupted"]


async def test_a_lookup_without_an_id_says_why_and_exits_1(shell: QuickShell) -> None:
    ran = await shell.run("lookup", "+1 202 555 0102", typed="310294")
    assert (ran.status, ran.out) == (1, "")
    assert "is not activated" in ran.err
    assert "Product.Unsubscript" in ran.err
    as_json = await shell.run("lookup", "+1 202 555 0102", "--json", typed="310294")
    assert (as_json.status, json.loads(as_json.out)["api_code"]) == (1, "Product.Unsubscript")


@pytest.mark.parametrize(
    ("phone", "typed", "words"),
    [
        ("+86 138", CODE, "too short"),
        ("nonsense", CODE, "This is not a phone number"),
        ("+86 138 0000 1234", "\n", "Enter the verification code"),
        ("+86 138 0000 1234", "not yours!", "This is not a code"),
    ],
)
async def test_what_cannot_be_read_is_a_sentence_and_exits_2(
    shell: QuickShell, phone: str, typed: str, words: str
) -> None:
    ran = await shell.run("lookup", phone, typed=typed)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not (shell.folder / "phoneid.db").exists()


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (("-",), f"+86 138 0000 1234\n{CODE}\n"),
        (("-",), f"+86 138 0000 1234\r\n{CODE}"),
        (("+86 138 0000 1234", "--reason", "-"), f"ticket 7\n{CODE}\n"),
        (("-", "--reason", "-"), f"+86 138 0000 1234\nticket 7\n{CODE}\n"),
        (("-", "--reason", "-"), f"+86 138 0000 1234\n\n{CODE}\n"),
    ],
)
async def test_number_and_reason_can_come_from_standard_input(
    shell: QuickShell, arguments: tuple[str, ...], typed: str
) -> None:
    ran = await shell.run("lookup", *arguments, typed=typed)
    assert (ran.status, ran.out) == (0, "920155500012345\n"), ran.err
    reason = "ticket 7" if "ticket 7" in typed else ""
    shown = await shell.run("log", "--json", "--phone", "-", typed="+86 138 0000 1234\n")
    assert [row["reason"] for row in json.loads(shown.out)] == [reason]
    assert (await shell.run("forget", "-", typed="+86 138 0000 1234\ny\n")).status == 0


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("-",), "", terminal.did_not_come("number")),
        (("-",), "+86 138 0000 1234\n", terminal.did_not_come("code")),
        (("-",), f"{CODE}\n+86 138 0000 1234\n", "too short"),
        (("-", "--reason", "-"), f"+86 138 0000 1234\n{CODE}\n", terminal.did_not_come("code")),
        (("-", "--reason", "-"), f"+86 138 0000 1234\ncode {CODE}\n{CODE}\n", "code"),
        (("+86 138 0000 1234", "--reason", "-"), "\udcff\n", terminal.REASON_NOT_TEXT),
        (("-",), f"\udcff\n{CODE}\n", "This is not a phone number"),
        (("+86 138 0000 1234",), "208\udcff312\n", "This is not a code"),
        (("--file", "-", "--output", "ids.csv", "--reason", "-"), "", "the list or for the reason"),
    ],
)
async def test_lines_that_are_missing_or_in_another_order_are_a_sentence(
    shell: QuickShell, arguments: tuple[str, ...], typed: str, words: str
) -> None:
    ran = await shell.run("lookup", *arguments, typed=typed.encode(errors="surrogateescape"))
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())
    assert not any(part in ran.err for part in ("Traceback", CODE))
    assert not (shell.folder / "phoneid.db").exists()


async def test_a_lists_reason_can_come_from_standard_input(shell: QuickShell) -> None:
    (shell.folder / "numbers.csv").write_text(f"+86 138 0000 1234,{CODE}\n")
    ran = await shell.run(
        *("lookup", "--file", "numbers.csv", "--output", "ids.csv", "--reason", "-"), typed="ticket 7\n"
    )
    assert ran.status == 0, ran.err
    assert [row["reason"] for row in json.loads((await shell.run("log", "--json")).out)] == ["ticket 7"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("lookup", "+86 138 0000 1234", CODE),
        ("lookup", "-", CODE),
        ("lookup", "-", "-"),
        ("lookup", "+86", "138", "0000", "1234", CODE),
        ("lookup", CODE, "+86 138 0000 1234", "--json"),
        ("lookup", "+86 138 0000 1234", f"--{CODE}"),
        ("lookup", "+86 138 0000 1234", f"-{CODE}"),
        ("lookup", "--file", "numbers.csv", "--output", "ids.csv", "+86 138 0000 1234", CODE),
        ("forget", "+86 138 0000 1234", CODE),
        ("log", CODE),
        (CODE,),
        ("+86 138 0000 1234", CODE),
        (f"--{CODE}",),
    ],
)
async def test_the_code_is_not_taken_from_the_arguments(shell: QuickShell, arguments: tuple[str, ...]) -> None:
    ran = await shell.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert command_line.UNEXPECTED_ARGUMENT in " ".join(ran.err.split())
    assert "208" not in ran.err
    assert "1234" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("lookpu",), "lookpu"), (("lookup", "--jsno"), "--jsno"), (("lookup", "--file"), "--file")],
)
async def test_a_misspelt_command_or_option_is_named(shell: QuickShell, arguments: tuple[str, ...], named: str) -> None:
    ran = await shell.run(*arguments)
    assert ran.status == 2
    assert named in ran.err


async def test_the_log_shows_what_was_asked_in_three_forms(shell: QuickShell) -> None:
    for phone, code in (("+86 138 0000 1234", CODE), ("+1 202 555 0106", "556012")):
        await shell.run("lookup", phone, typed=code)
    ran = await asyncio.gather(shell.run("log"), shell.run("log", "--json"), shell.run("log", "--csv"))
    table, rows, csv = ran[0].out.splitlines(), json.loads(ran[1].out), ran[2].out.splitlines()
    assert len(table) == len(csv) == 3
    assert "12025550106" in table[1]
    assert "8613800001234" in table[2]
    assert [row["state"] for row in rows] == ["refused", "answered"]
    assert all(CODE not in each.out for each in ran)


async def record(database: Path, *, agent: Actor, phone: str, hours_ago: float) -> None:
    """A lookup somebody asked for in Slack."""
    async with record_in(database, clock_now=SteppingClock(time.time() - hours_ago * 3600).now) as opened:
        await opened.change(factories.asked, [PhoneNumber(phone)], agent=agent)


async def test_the_log_can_be_narrowed(shell: QuickShell) -> None:
    database = shell.folder / "phoneid.db"
    await record(database, agent=ANA, phone="8613800001234", hours_ago=2.0)
    await record(database, agent=ANA, phone="12025550106", hours_ago=0.2)
    await record(database, agent=LEE, phone="8613800001234", hours_ago=0.1)

    async def found(*arguments: str) -> list[tuple[str, str]]:
        rows = json.loads((await shell.run("log", "--json", *arguments)).out)
        return [(row["agent"], row["phone_number"]) for row in rows]

    # Each of the four leaves out one that the other in its pair would have let through.
    assert await found("--phone", "+86 138 0000 1234", "--since", "1h") == [("U0LEE", "8613800001234")]
    assert await found("--agent", "U0ANA", "--limit", "1") == [("U0ANA", "12025550106")]
    assert await found("--since", "2999-01-01") == []
    longest = await shell.run("log", "--agent", "U0OLGA", "--since", "999999d")
    assert longest.err == "No lookups match agent U0OLGA, since 1970-01-01 00:00 UTC.\n"


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (("--agent", "@ana"), terminal.AGENT_UNREADABLE),
        (("--agent", "ana"), terminal.AGENT_UNREADABLE),
        (("--agent", "ana@example.com"), terminal.AGENT_UNREADABLE),
        (("--agent", ""), terminal.AGENT_UNREADABLE),
        (("--agent", "U0ANA\udcff"), terminal.AGENT_UNREADABLE),
        (("--agent", "1000 (\udcff)"), terminal.AGENT_UNREADABLE),
        (("--agent", "1000 (a\x1b[2J)"), terminal.AGENT_UNREADABLE),
        (("--request", "7K3Q9FZ2"), terminal.REFERENCE_UNREADABLE),
        (("--request", "R-7K3Q9FZ"), terminal.REFERENCE_UNREADABLE),
        (("--request", "R-7K3Q9FZ2/x"), terminal.REFERENCE_UNREADABLE),
        (("--request", "\udcff"), terminal.REFERENCE_UNREADABLE),
        (("--since", "yesterday-ish"), terminal.SINCE_UNREADABLE),
        (("--since", "2026-13-01"), terminal.SINCE_UNREADABLE),
        (("--since", ""), terminal.SINCE_UNREADABLE),
        (("--since", "9999-12-31T23:59:59-12:00"), terminal.SINCE_UNREADABLE),
        (("--since", "0001-01-01T00:00:00+14:00"), terminal.SINCE_UNREADABLE),
        (("--since", "1969-12-31T23:59:59+00:00"), terminal.SINCE_UNREADABLE),
        (("--phone", "138"), "too short"),
        (("--limit", "0"), "--limit"),
    ],
)
async def test_a_filter_that_nothing_can_match_is_a_sentence_and_exits_2(
    shell: QuickShell, filters: tuple[str, str], words: str
) -> None:
    await record(shell.folder / "phoneid.db", agent=ANA, phone="12025550106", hours_ago=0.0)
    ran = await shell.run("log", *filters)
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (("--agent", "U0NOBODY"), "agent U0NOBODY"),
        (("--agent", " 1000 (ana) ", "--json"), "agent 1000 (ana)"),
        (("--request", "r-00000000/3", "--csv"), "reference R-00000000"),
        (("--phone", "+86 138 0000 1234", "--agent", "U0ANA"), "agent U0ANA, number +86 138 0000 1234"),
        (("--since", "2999-01-01T00:00Z"), "since 2999-01-01 00:00 UTC"),
    ],
)
async def test_a_filter_that_nothing_on_record_matches_is_said_with_what_was_looked_for(
    shell: QuickShell, filters: tuple[str, ...], words: str
) -> None:
    await record(shell.folder / "phoneid.db", agent=ANA, phone="12025550106", hours_ago=0.0)
    ran = await shell.run("log", *filters)
    assert (ran.status, ran.said) == (0, f"No lookups match {words}.\n")


async def test_what_is_on_record_is_found_by_the_form_in_which_it_is_shown(shell: QuickShell) -> None:
    await shell.run("lookup", "+86 138 0000 1234", typed=CODE, LOGNAME="ana")
    (row,) = json.loads((await shell.run("log", "--json")).out)
    ran = await shell.run("log", "--json", "--agent", row["agent"], "--request", row["request"])
    assert (json.loads(ran.out), ran.said) == ([row], "")


async def test_an_empty_record_is_said_to_be_empty(shell: QuickShell) -> None:
    async with record_in(shell.folder / "phoneid.db"):
        pass
    assert (await shell.run("log")).said == "No lookups are on record yet.\n"


async def test_the_log_is_printed_in_one_form(shell: QuickShell) -> None:
    ran = await shell.run("log", "--json", "--csv")
    assert (ran.status, ran.out) == (2, "")
    assert "Use either --json or --csv, not both." in ran.err


async def test_a_log_that_is_not_there_is_a_sentence_and_makes_no_file(shell: QuickShell) -> None:
    ran = await shell.run("log", DATABASE_URL="sqlite:///elsewhere.db")
    assert ran.status == 2
    assert f"There is no database at {shell.folder}/elsewhere.db." in ran.err
    assert not (shell.folder / "elsewhere.db").exists()


async def test_a_start_without_settings_names_them_all_and_exits_2(tmp_path: Path) -> None:
    ran = await QuickShell(tmp_path, {}).run("run")
    assert ran.status == 2
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_ID"):
        assert name in ran.err
    assert f"from .env, but {tmp_path}/.env does not exist." in ran.err
    assert "Traceback" not in ran.err
    (tmp_path / ".env").write_text("PORT=none\n")
    assert f"from the environment and from {tmp_path}/.env." in (await QuickShell(tmp_path, {}).run("run")).err


async def test_settings_come_from_the_env_file_and_the_environment_wins(shell: QuickShell) -> None:
    (shell.folder / ".env").write_text("DATABASE_URL=sqlite:///from-file.db\nPHONEID_DEFAULT_REGION=CN\n")
    assert (await shell.run("lookup", "138 0000 1234", typed=CODE)).out == "920155500012345\n"
    assert (shell.folder / "from-file.db").exists()
    await shell.run("lookup", "138 0000 1234", typed=CODE, DATABASE_URL="sqlite:///from-environment.db")
    assert (shell.folder / "from-environment.db").exists()


async def test_a_lookup_says_where_it_goes_and_what_it_makes(shell: QuickShell) -> None:
    address = f"PHONEID_CAMS_URL={shell.environment.pop('PHONEID_CAMS_URL')}"
    (shell.folder / ".env").write_text(f"{address}\nLOG_LEVEL=CRITICAL\n")
    (shell.folder / ".env").chmod(0o660)
    ran = await shell.slower.run("lookup", "+86 138 0000 1234", typed=CODE)
    assert (ran.status, ran.out) == (0, "920155500012345\n")
    host = address.partition("//")[2]
    for sentence in (
        "Warning: .env can be changed by its group.",
        f"Warning: PHONEID_CAMS_URL (in .env) sends the bot's requests to {host} instead of Alibaba Cloud.",
        f"Warning: {shell.folder}/phoneid.db has no records yet, so a new database begins.",
    ):
        assert sentence in ran.err
    made = [file for file in shell.folder.iterdir() if file.name.startswith("phoneid.db")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in made} == {0o600}
    assert "a new database" not in (await shell.run("lookup", "+86 138 0000 1234", typed=CODE)).err


async def test_a_start_says_where_it_goes_whatever_the_log_level_is(tmp_path: Path) -> None:
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-invented",
        "SLACK_APP_TOKEN": "xapp-invented",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "invented",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "invented",
    }
    planted = "PHONEID_CAMS_URL=http://127.0.0.1:9\nSLACK_API_URL=http://127.0.0.1:9/api/\nLOG_LEVEL=CRITICAL\n"
    (tmp_path / ".env").write_text(planted)
    (tmp_path / ".env").chmod(0o600)
    ran = await Shell(tmp_path, settings).run("run")
    assert ran.status == 2  # nobody is there
    said = [json.loads(line)["event"] for line in ran.err.splitlines() if line.startswith("{")]
    assert said == [
        "PHONEID_CAMS_URL (in .env) sends the bot's requests to 127.0.0.1:9 instead of Alibaba Cloud.",
        "SLACK_API_URL (in .env) sends the bot's requests to 127.0.0.1:9 instead of Slack.",
    ]


async def test_a_database_of_somebody_else_is_left_alone(shell: QuickShell) -> None:
    (shell.folder / "phoneid.db").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    ran = await shell.run("lookup", "+86 138 0000 1234", typed=CODE)
    assert ran.status == 2
    assert "phoneid.db" in ran.err
    assert "Traceback" not in ran.err


async def test_no_command_forgets_or_expires_anything_by_a_clock_that_jumped(
    shell: QuickShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = shell.folder / "phoneid.db"
    async with record_in(database) as opened:
        await opened.change(factories.finished, [PhoneNumber("12025550106")], agent=identify())
        await opened.change(factories.asked, [PhoneNumber("12025550107")], decision=NEEDS_APPROVAL)
    (shell.folder / "numbers.csv").write_text(f"+86 138 0000 1234,{CODE}\n")
    monkeypatch.setattr(SystemClock, "now", lambda _: time.time() + 400 * 86400)
    for arguments in (
        ("lookup", "+86 138 0000 1234"),
        ("lookup", "--file", "numbers.csv", "--output", "ids.csv"),
        ("forget", "+86 138 0000 1234", "--yes"),
        ("log",),
        ("journal", "verify"),
        ("journal", "head"),
    ):
        ran = await shell.run(*arguments, typed=CODE, PHONEID_RETENTION="24h", PHONEID_APPROVAL_TTL="1h")
        assert ran.status == 0, ran.err
    rows = json.loads((await shell.run("log", "--json")).out)
    assert [(row["phone_number"], row["state"], row["approval"]) for row in rows][-2:] == [
        ("12025550107", "held", "awaiting"),
        ("12025550106", "answered", "not needed"),
    ]


def test_what_a_command_makes_is_for_its_user_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["phoneid", "--version"])
    before = os.umask(0)
    try:
        main()
        assert os.umask(0) == 0o077
    finally:
        os.umask(before)
    assert capsys.readouterr().out.startswith("phoneid")


@pytest.mark.parametrize("command", ["run", "demo", "lookup", "log", "journal", "forget", "why", "cams"])
async def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    ran = await QuickShell(tmp_path, {}).run(command, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: phoneid {command}")


async def test_the_help_lists_every_command_once_with_a_whole_summary(tmp_path: Path) -> None:
    ran = await QuickShell(tmp_path, {}).run("--help")
    headings, told = re.findall(r"^[A-Z][a-zA-Z ]+:$", ran.out, re.MULTILINE), " ".join(ran.out.split())
    assert headings == ["Options:", *(f"{each}:" for each in phoneid.sections or ())]
    assert sorted(re.findall(r"^  ([a-z][a-z-]+)  ", ran.out, re.MULTILINE)) == sorted(phoneid.commands)
    for command in phoneid.commands.values():
        assert f" {command.name} {command.get_short_help_str(1000)}" in told
    assert "..." not in told.partition("Options:")[2]


async def test_help_has_colours_on_a_terminal_unless_nobody_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    with phoneid.make_context("phoneid", [], resilient_parsing=True) as context:
        coloured = context.get_help()
        monkeypatch.setenv("NO_COLOR", "1")
        plain = context.get_help()
    assert click.unstyle(coloured) == plain != coloured


@pytest.mark.parametrize("arguments", [("demo", "--no-browser"), ("cams",)])
async def test_a_port_that_is_taken_is_a_sentence_and_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = await Shell(tmp_path, {}).run(*arguments, "--port", str(port))
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"Error: Port {port} is in use or not allowed. Choose another one; --port 0 picks a free one.\n"


async def test_a_sandbox_whose_bot_ends_instead_of_connecting_says_so() -> None:
    nobody_decides = {"PHONEID_APPROVAL": "always"}
    with pytest.raises(CannotServe, match="The bot stopped instead of connecting"):
        async with open_sandbox(policy=nobody_decides, logs_to_file=True):
            pytest.fail("it is open")

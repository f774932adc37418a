"""A list on the command line, run as people run it: stopped, killed, gone on with, and never told a code."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot import lookups
from bot.models import PhoneNumber
from bot.sandbox.cams.book import BOOK
from bot.sandbox.cams.trouble import ApiTrouble
from bot.texts import command_line
from tests import factories
from tests.amounts import some_each_day
from tests.cli.conftest import PLENTY, Desk
from tests.clocks import SteppingClock
from tests.factories import OLGA, phones
from tests.records import record_in
from tests.shell import finish

LIST = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")

BY_NUMBER = {entry.digits: entry for entry in BOOK}
ANSWERED = BY_NUMBER["8613800001234"]
NOT_SUBSCRIBED = BY_NUMBER["12025550102"]
NOT_YOURS = BY_NUMBER["12025550106"]
NO_ID = BY_NUMBER["12025550114"]


async def test_each_number_gets_a_row_in_the_lists_order(desk: Desk) -> None:
    desk.write(NOT_YOURS, ANSWERED, NO_ID, *PLENTY[:3], NOT_YOURS)
    ran = await desk.shell.run(*LIST)
    assert ran.status == 1
    assert "4 of 6 answered, 1 refused, 1 failed." in ran.err
    rows = desk.ids()
    assert [row["phone_number"] for row in rows] == [
        entry.digits for entry in (NOT_YOURS, ANSWERED, NO_ID, *PLENTY[:3])
    ]
    assert [row["state"] for row in rows] == ["refused", "answered", "failed", *["answered"] * 3]
    assert rows[0]["api_code"] == "Unknown.ResourceOwnerId"
    assert rows[0]["why"] == "This number does not belong to the bot's Alibaba Cloud account."
    assert rows[1]["phone_number_id"] == "920155500012345"
    assert ran.out == ""


async def test_all_answered_exits_0_and_again_without_a_question(desk: Desk) -> None:
    desk.write(*PLENTY[:3])
    first = await desk.shell.run(*LIST)
    assert (first.status, len(desk.cams.calls)) == (0, 3)
    before = (desk.shell.folder / "ids.csv").read_bytes()
    again = await desk.shell.run(*LIST)
    assert (again.status, again.said, len(desk.cams.calls)) == (0, "3 of 3 answered.\n", 3)
    assert (desk.shell.folder / "ids.csv").read_bytes() == before


async def test_short_codes_are_asked_only_when_they_are_meant(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    with (desk.shell.folder / "numbers.csv").open("a") as file:
        file.write("+1 202-555-0102,8312\n")
    ran = await desk.shell.run(*LIST)
    assert (ran.status, desk.cams.calls) == (2, [])
    assert "line 4: This code is shorter than most" in ran.err
    assert "8312" not in ran.err
    ran = await desk.shell.run(*LIST, "--short-codes")
    assert len(desk.cams.calls) == 3


async def test_the_output_is_for_its_owner_alone(desk: Desk) -> None:
    desk.write(ANSWERED)
    await desk.shell.run(*LIST)
    assert stat.S_IMODE((desk.shell.folder / "ids.csv").stat().st_mode) == 0o600


async def test_what_was_refused_for_the_account_is_asked_again_and_for_the_number_only_on_demand(desk: Desk) -> None:
    desk.write(ANSWERED, NOT_SUBSCRIBED, NOT_YOURS, NO_ID)
    await desk.shell.run(*LIST)
    calls = len(desk.cams.calls)
    again = await desk.shell.run(*LIST)
    assert desk.asked()[calls:] == [NOT_SUBSCRIBED.digits, NO_ID.digits]
    assert "Skipped from earlier runs: 1 answered, 1 refused." in again.err
    calls = len(desk.cams.calls)
    await desk.shell.run(*LIST, "--again")
    assert sorted(desk.asked()[calls:]) == sorted(each.digits for each in (NOT_SUBSCRIBED, NOT_YOURS, NO_ID))
    assert len(desk.ids()) == 4


async def test_a_list_goes_on_when_the_account_is_paid_and_no_code_was_wrong_meanwhile(desk: Desk) -> None:
    desk.write(*PLENTY[:15])
    desk.cams.trouble = ApiTrouble.ARREARS
    ran = await desk.shell.run(*LIST)
    assert "0 of 15 answered, 15 refused." in ran.err, ran.err
    assert {(row["problem"], row["api_code"]) for row in desk.ids()} == {("account blocked", "InsufficientBalance")}
    desk.cams.trouble = ApiTrouble.NONE
    assert (await desk.shell.run(*LIST)).status == 0


async def test_a_killed_run_goes_on_where_it_was(desk: Desk) -> None:
    desk.write(*PLENTY[:30])
    desk.gate.left = 15
    process = await desk.shell.start(*LIST, environment={"PHONEID_QPS": "10"})
    # The eleventh call waits for the slot of one of the first ten, a second after its answer: those have their rows.
    await asyncio.wait_for(desk.gate.has_held.wait(), 30)
    process.kill()
    await finish(process)
    answered = {row["phone_number"] for row in desk.ids()}
    assert answered
    with (desk.shell.folder / "ids.csv").open("ab") as file:
        file.write(b"12025560029,9000")  # a kill in mid-write, on a disk that was slow
    desk.gate.left = 1_000_000
    calls = len(desk.cams.calls)
    ran = await desk.shell.run(*LIST)
    assert (ran.status, ran.err.splitlines()[-1]) == (0, "30 of 30 answered.")
    assert f"Skipped from earlier runs: {len(answered)} answered." in ran.err
    assert set(desk.asked()[calls:]) == {entry.digits for entry in PLENTY[:30]} - answered
    assert [(row["phone_number"], row["state"]) for row in desk.ids()] == [
        (entry.digits, "answered") for entry in PLENTY[:30]
    ]


async def test_what_a_killed_run_left_in_the_record_ends_as_interrupted(desk: Desk) -> None:
    file = desk.shell.folder / "phoneid.db"
    async with record_in(file, clock_now=SteppingClock(time.time() - 60.0).now) as record:
        await record.change(factories.asked, [PhoneNumber("12025560039")], agent=OLGA)
    desk.write(ANSWERED)
    await desk.shell.run(*LIST)
    recorded = json.loads((await desk.shell.run("log", "--json")).out)
    assert [row["state"] for row in recorded] == ["answered", "interrupted"]


@pytest.mark.parametrize(
    "number", some_each_day([signal.SIGTERM, signal.SIGINT, signal.SIGHUP], 1, what="stopped lists")
)
async def test_a_stopped_run_says_how_to_go_on(desk: Desk, number: signal.Signals) -> None:
    desk.write(*PLENTY[:4])
    desk.gate.left = 0
    process = await desk.shell.start(*LIST)
    await asyncio.wait_for(desk.gate.has_held.wait(), 30)
    process.send_signal(number)
    ran = await finish(process)
    assert ran.status == 1
    assert "Stopped.\n0 of 4 answered, 4 interrupted." in ran.err
    assert "Run the same command again" in ran.err
    assert {row["state"] for row in desk.ids()} == {"interrupted"}
    recorded = json.loads((await desk.shell.run("log", "--json")).out)
    assert [row["state"] for row in recorded] == ["interrupted"] * 4
    desk.gate.left = 1_000_000
    assert (await desk.shell.run(*LIST)).status == 0


async def test_of_two_runs_on_one_output_the_second_is_refused(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    desk.gate.left = 0
    process = await desk.shell.start(*LIST)
    await asyncio.wait_for(desk.gate.has_held.wait(), 30)
    second = await desk.shell.run(*LIST)
    process.terminate()
    await finish(process)
    assert second.status == 2
    assert "Another phoneid lookup is writing to ids.csv now." in second.err


async def test_mistakes_are_named_by_line_and_nothing_is_asked(desk: Desk) -> None:
    text = "phone_number,code\n+86 138 0000 1234,208312\n+86 138,771177\n+1 202-555-0101,\n+86 138 0000 1234,208399\n"
    (desk.shell.folder / "numbers.csv").write_text(text)
    ran = await desk.shell.run(*LIST)
    assert (ran.status, ran.out) == (2, "")
    assert [line.split(": ")[0] for line in ran.said.splitlines()[1:]] == ["  - line 3", "  - line 4", "  - line 5"]
    assert not any(typed in ran.err for typed in ("208312", "771177", "208399", "138"))
    assert desk.asked() == []
    assert [path.name for path in desk.shell.folder.iterdir()] == ["numbers.csv"]


async def test_a_list_from_a_pipe_goes_to_a_pipe(desk: Desk) -> None:
    ran = await desk.shell.slower.run(
        "lookup", "--file", "-", "--output", "-", typed="+86 138 0000 1234 208312\n+1 202-555-0106 556012\n"
    )
    heading, *rows = ran.out.splitlines()
    assert ran.status == 1
    assert heading.startswith("phone_number,phone_number_id,state,")
    assert sorted(row.split(",")[:3] for row in rows) == [
        ["12025550106", "", "refused"],
        ["8613800001234", "920155500012345", "answered"],
    ]
    assert "1 of 2 answered, 1 refused." in ran.err
    assert "same command again" not in ran.err


async def test_a_reader_that_left_ends_the_run_in_a_sentence(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    reading, writing = os.pipe()
    readers = [reading]
    desk.gate.meanwhile = lambda: os.close(readers.pop()) if readers else None
    process = await desk.shell.start("lookup", "--file", "numbers.csv", "--output", "-", stdout=writing)
    os.close(writing)
    ran = await finish(process)
    assert ran.status == 1
    assert "Stopped: writing the output failed (Broken pipe)." in ran.err
    assert "Traceback" not in ran.err


def delete(database: Path) -> None:
    database.unlink(missing_ok=True)


def set_back_head(database: Path) -> None:
    with closing(sqlite3.connect(database)) as record, record:
        record.execute("UPDATE journal_head SET seq = 1")


@pytest.mark.parametrize(
    ("lose", "why", "tries_told"),
    [
        (delete, "the database cannot be used: No such file or directory", 1),
        (set_back_head, "a record in the database is damaged: its journal_head is not as the bot writes it", 0),
    ],
)
async def test_without_a_database_the_run_ends_and_shows_nothing_that_is_not_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, lose: Callable[[Path], None], why: str, tries_told: int
) -> None:
    monkeypatch.setattr(lookups, "RECORD_AGAIN_AFTER", (0.1, 0.1, 0.1))
    desk.write(*PLENTY[:3])
    desk.gate.meanwhile = lambda: lose(desk.shell.folder / "phoneid.db")
    ran = await desk.shell.run(*LIST)
    assert ran.status == 1
    assert f"Stopped: {why}. Results that cannot be recorded are not shown." in ran.err
    assert command_line.TO_GO_ON not in ran.err  # the same would happen again
    assert "0 of 3 answered, 3 not looked up." in ran.err
    assert desk.ids() == []
    assert ran.err.count("outcome not recorded") == tries_told
    assert not any(entry.code in ran.err for entry in PLENTY[:3])


async def test_the_log_shows_a_list_by_its_request(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    ran = await desk.shell.run(*LIST, "--reason", "ticket 7")
    await desk.shell.run("lookup", ANSWERED.phone)
    request = ran.err.split("reference ", 1)[1].split(".")[0]
    rows = json.loads((await desk.shell.run("log", "--request", request, "--json")).out)
    assert {(row["phone_number"], row["request"], row["reason"], row["state"]) for row in rows} == {
        (entry.digits, request, "ticket 7", "answered") for entry in PLENTY[:2]
    }
    assert {row["reference"] for row in rows} == {row["reference"] for row in desk.ids()}
    assert {row["reference"] for row in rows} == {f"{request}/1", f"{request}/2"}


async def test_the_reference_of_one_of_its_numbers_shows_the_whole_request(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    await desk.shell.run(*LIST)
    shown = await desk.shell.run("log", "--request", desk.ids()[1]["reference"].lower(), "--json")
    assert [row["phone_number"] for row in json.loads(shown.out)] == [entry.digits for entry in PLENTY[:2]]


async def test_whoever_waits_for_a_turn_at_the_terminal_is_told_and_the_output_is_the_id_alone(desk: Desk) -> None:
    one_a_second = {"PHONEID_QPS": "1"}
    desk.cams.trouble = ApiTrouble.SLOW  # the last one waits, however far apart they start
    processes = [await desk.shell.start("lookup", entry.phone, environment=one_a_second) for entry in PLENTY[:3]]
    waits = zip(processes, PLENTY, strict=False)
    ran = await asyncio.gather(*(finish(process, typed=f"{entry.code}\n") for process, entry in waits))
    assert any(re.search(r"Looking (it )?up .*in about", each.err) for each in ran)
    assert [each.out for each in ran] == [f"9{number:014}\n" for number in range(3)]


async def test_the_log_shows_all_of_a_list_in_its_order_unless_a_limit_is_given(desk: Desk) -> None:
    async with record_in(desk.shell.folder / "phoneid.db") as record:
        request = await record.change(factories.asked, phones(60, first=1), agent=OLGA)

    async def shown(*arguments: str) -> list[int]:
        rows = json.loads((await desk.shell.run("log", "--json", *arguments)).out)
        return [int(row["phone_number"][-4:]) for row in rows]

    assert await shown("--request", request.id) == [*range(1, 61)]
    assert await shown("--request", request.id, "--limit", "2") == [60, 59]
    assert await shown() == [*range(60, 10, -1)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lookup",), "Give either PHONE or --file"),
        (("lookup", "+86 138 0000 1234", "--file", "numbers.csv", "--output", "x"), "Give either PHONE or --file"),
        (("lookup", "--file", "numbers.csv"), "Choose where to write the IDs"),
        (("lookup", "+86 138 0000 1234", "--output", "x"), "are for lists"),
        (("lookup", "+86 138 0000 1234", "--again"), "are for lists"),
        (("lookup", "--file", "numbers.csv", "--output", "x", "--json"), "--json is for a single number"),
        (("lookup", "--file", "numbers.csv", "--output", "-", "--again"), "cannot be used with --output -"),
        (("lookup", "--file", "nowhere.csv", "--output", "x"), "Cannot read the list nowhere.csv: No such file"),
        (("lookup", "--file", "numbers.csv", "--output", "numbers.csv"), "numbers.csv already exists"),
        (("lookup", "--file", "numbers.csv", "--output", "."), "Is a directory"),
        (
            ("lookup", "--file", "numbers.csv", "--output", "nowhere/x"),
            "Cannot write the output nowhere/x: No such file",
        ),
        (("lookup", "--file", "numbers.csv", "--output", "/dev/full"), "it is not a file"),
    ],
)
async def test_what_makes_no_sense_is_a_sentence_and_exits_2(
    desk: Desk, arguments: tuple[str, ...], words: str
) -> None:
    desk.write(ANSWERED)
    before = (desk.shell.folder / "numbers.csv").read_bytes()
    ran = await desk.shell.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert (desk.shell.folder / "numbers.csv").read_bytes() == before
    assert desk.asked() == []


async def test_on_a_terminal_a_bar_moves(desk: Desk) -> None:
    desk.write(NOT_YOURS, *PLENTY[:2])
    terminal, screen = os.openpty()
    process = await desk.shell.start(*LIST, stderr=screen)
    os.close(screen)
    await finish(process)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert [step for step in ("0/3", "1/3", "2/3", "3/3") if step in shown] == ["0/3", "1/3", "2/3", "3/3"]
    assert "1 refused" in shown
    assert shown.index("3/3") < shown.index("2 of 3 answered, 1 refused.")


async def test_a_list_is_not_typed_where_its_codes_would_be_seen(desk: Desk) -> None:
    terminal, screen = os.openpty()
    process = await desk.shell.start("lookup", "--file", "-", "--output", "ids.csv", stdin=screen)
    os.close(screen)
    ran = await finish(process)
    os.close(terminal)
    assert ran.status == 2
    assert "because codes typed here would be visible on the screen" in ran.err


async def test_a_list_stops_when_a_newer_release_takes_over_and_what_runs_is_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.number_list._MOST_AT_ONCE", 3)
    desk.write(*PLENTY[:30])
    announced: list[int] = []

    def announce() -> None:
        if not announced:
            with closing(sqlite3.connect(desk.shell.folder / "phoneid.db")) as other, other:
                announced.append(other.execute("UPDATE journal_head SET oldest_writer = 9").rowcount)

    desk.gate.meanwhile = announce
    ran = await desk.shell.run(*LIST)
    assert announced == [1]
    assert (ran.status, "a newer release is taking over this database" in ran.err) == (1, True)
    rows = desk.ids()
    assert 0 < len(rows) < 30
    assert {row["state"] for row in rows if row["reference"]} == {"answered"}
    with closing(sqlite3.connect(desk.shell.folder / "phoneid.db")) as raw:
        assert raw.execute("SELECT DISTINCT state FROM lookups").fetchall() == [("answered",)]

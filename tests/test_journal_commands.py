"""``phoneid journal`` and ``phoneid forget``, run as people run them; and what ``phoneid log`` leaves behind."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.models import PhoneNumber
from bot.policy import Decision
from bot.store import processes, scrubbing
from bot.texts import journal as texts
from tests import factories
from tests.factories import MAY, MAY_NOT, NEEDS_APPROVAL
from tests.records import record_in
from tests.shell import QuickShell, Shell
from tests.store.tampering import lay_open

PHONE, OTHER = "8613800001234", "12025550106"
TYPED = "+86 138 0000 1234"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return QuickShell(tmp_path, {})


@pytest.fixture
def database(shell: Shell) -> Path:
    return shell.folder / "phoneid.db"


@pytest.fixture
def raw(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


async def record(database: Path, *decisions: Decision, phone: str = PHONE, reason: str = "") -> None:
    """One request for each decision: ``MAY`` is queued, and runs in another process."""
    async with record_in(database) as opened:
        await opened.change(processes.beat)
        for decision in decisions:
            await opened.change(factories.asked, [PhoneNumber(phone)], decision=decision, reason=reason)


def newest(raw: sqlite3.Connection) -> dict[str, Any]:
    return dict(raw.execute("SELECT * FROM journal ORDER BY seq DESC LIMIT 1").fetchone())


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def held_by(database: Path) -> bytes:
    """All the bytes of the database's files."""
    return b"".join(each.read_bytes() for each in database.parent.glob("phoneid.db*"))


# --- journal ---


async def test_a_whole_journal_says_from_where_to_where_and_exits_0(shell: Shell, database: Path) -> None:
    await record(database, MAY_NOT, MAY_NOT)
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.err) == (0, "")
    head = (await shell.run("journal", "head")).out
    assert ran.out == (
        f"The journal is intact: 4 entries, from 1 to 4.\n4 records match it, 0 of them forgotten.\nHead: {head}"
    )


async def test_a_journal_that_is_not_whole_names_the_first_entry_and_exits_1(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, *[MAY_NOT] * 5)
    lay_open(raw)
    raw.execute("UPDATE journal SET user_id = 'U0KIM' WHERE seq IN (3, 4)")
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.out) == (1, "")
    assert "Entry 3 does not match the chain" in ran.err
    assert ran.err.startswith("The journal is broken. Entry 3")
    assert "The entries from 1 to 2 are intact." in ran.err


async def test_a_record_that_was_changed_leaves_the_journal_itself_intact(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY_NOT)
    lay_open(raw)
    raw.execute("UPDATE lookups SET reason = 'another'")
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("The database does not match the journal. The entries are intact, but R-")


async def test_a_head_that_was_noted_is_checked_against(shell: Shell, database: Path) -> None:
    await record(database, MAY_NOT)
    noted = (await shell.run("journal", "head")).out.strip()
    await record(database, MAY_NOT, phone=OTHER)
    ran = await shell.run("journal", "verify", "--since-head", noted)
    assert (ran.status, "Entry 2 is the one you noted." in ran.out) == (0, True)
    ran = await shell.run("journal", "verify", "--since-head", f"4:{noted[2:]}")
    assert (ran.status, "Entry 4 is not the one you noted" in ran.err) == (1, True)


@pytest.mark.parametrize("typed", ["", "7", "7:abc", "x:" + "0" * 64, "7:" + "g" * 64])
async def test_a_head_that_cannot_be_read_is_a_sentence_and_exits_2(shell: Shell, database: Path, typed: str) -> None:
    await record(database, MAY_NOT)
    ran = await shell.run("journal", "verify", "--since-head", typed)
    assert (ran.status, ran.out) == (2, "")
    assert "--since-head takes the output of phoneid journal head" in ran.err


@pytest.mark.parametrize("arguments", [("journal", "verify"), ("journal", "head"), ("forget", TYPED, "--yes")])
async def test_without_a_database_there_is_a_sentence_and_no_file(
    shell: Shell, database: Path, arguments: tuple[str, ...]
) -> None:
    ran = await shell.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert f"There is no database at {database}." in ran.err
    assert held_by(database) == b""


@pytest.mark.parametrize("changed", ["'R-\x1b[2J\n'", "CAST(x'4cff' AS TEXT)"])
async def test_an_id_that_was_changed_by_hand_does_nothing_to_the_terminal(
    shell: Shell, database: Path, raw: sqlite3.Connection, changed: str
) -> None:
    await record(database, MAY_NOT)
    raw.execute(f"UPDATE requests SET id = {changed}")
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.out) == (1, "")
    assert "was changed" in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err


async def test_what_is_checked_stays_as_it_is_and_nothing_comes_to_lie_beside_it(shell: Shell, database: Path) -> None:
    await record(database, MAY_NOT)
    before = held_by(database)
    verified, noted = await shell.run("journal", "verify"), await shell.run("journal", "head")
    assert (verified.status, noted.status) == (0, 0)
    assert noted.out.strip() in verified.out
    assert (held_by(database), names_in(shell.folder)) == (before, [database.name])


@pytest.mark.parametrize("names", [("",), ("", "-wal"), ("", "-wal", "-shm")], ids=["alone", "with its log", "killed"])
async def test_so_does_a_copy_of_a_live_one(shell: Shell, database: Path, names: tuple[str, ...]) -> None:
    """Whoever opens it as the bot does writes the log into the file, and removes it."""
    live = shell.folder / "live" / "phoneid.db"
    live.parent.mkdir()
    async with record_in(live) as opened:
        await opened.change(factories.asked, [PhoneNumber(PHONE)], decision=MAY_NOT)
        await opened.checkpoint()
        for name in names:
            shutil.copyfile(f"{live}{name}", f"{database}{name}")
    shutil.rmtree(live.parent)
    before = {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in shell.folder.iterdir()}
    for command in ("verify", "head"):
        assert (await shell.run("journal", command)).status == 0
    assert {each: (each.read_bytes(), each.stat().st_mtime_ns) for each in shell.folder.iterdir()} == before


async def test_an_empty_file_is_no_whole_journal(shell: Shell, database: Path) -> None:
    os.close(os.open(database, os.O_CREAT))
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.out, held_by(database)) == (2, "", b"")
    assert "the database is empty" in ran.err


@pytest.mark.parametrize(
    ("table", "status", "words"),
    [
        ("journal", 1, "the database is not as this release made it: no such table: journal"),
        ("lookups", 1, "the database is not as this release made it: no such table: lookups"),
        ("requests", 1, "the database is not as this release made it: no such table: requests"),
        ("journal_head", 2, "the database belongs to another program: its tables are alarms, journal, lookups"),
    ],
)
async def test_a_table_that_was_taken_away_is_a_sentence(
    shell: Shell, database: Path, raw: sqlite3.Connection, table: str, status: int, words: str
) -> None:
    await record(database, MAY_NOT)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute(f"DROP TABLE {table}")
    ran = await shell.run("journal", "verify")
    assert (ran.status, ran.out) == (status, "")
    assert words in ran.err.replace("main.", "")
    assert "Traceback" not in ran.err


# --- forget ---


async def test_a_number_is_forgotten_after_a_yes(shell: Shell, database: Path) -> None:
    await record(database, MAY_NOT, MAY_NOT)
    await record(database, MAY_NOT, phone=OTHER, reason=f"as {TYPED}")
    asked = await shell.run("forget", TYPED, typed="y\n")
    assert asked.status == 0
    assert "the reasons from 2 lookups, and the reasons that mention it from 1 request for other numbers?" in asked.err
    assert asked.out.startswith(
        "The number was removed from 2 lookups, and the reasons of 1 request that mentioned it."
    )
    assert asked.out.endswith(f"{texts.SCRUBBED}\n")
    assert not any(word.encode() in held_by(database) for word in (PHONE, PHONE[2:], TYPED))
    verified = await shell.run("journal", "verify")
    assert (verified.status, "6 records match it, 4 of them forgotten." in verified.out) == (0, True)
    shown = json.loads((await shell.run("log", "--json")).out)
    assert [row["phone_number"] for row in shown] == [OTHER, "forgotten", "forgotten"]


@pytest.mark.parametrize(("typed", "status"), [("n\n", 1), ("\n", 1), ("", 2)])
async def test_without_a_yes_nothing_is_forgotten(shell: Shell, database: Path, typed: str, status: int) -> None:
    await record(database, MAY_NOT)
    ran = await shell.run("forget", TYPED, typed=typed)
    assert (ran.status, ran.out) == (status, "")
    assert PHONE in (await shell.run("log")).out


@pytest.mark.parametrize(
    ("decision", "words"),
    [(MAY, "is still being looked up (1 lookup)"), (NEEDS_APPROVAL, "still waiting for an approval or a code")],
)
async def test_a_number_that_is_in_use_is_not_forgotten(
    shell: Shell, database: Path, decision: Decision, words: str
) -> None:
    await record(database, MAY_NOT, decision)
    ran = await shell.run("forget", TYPED, "--yes")
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err
    assert "Nothing was forgotten" in ran.err
    assert (await shell.run("log")).out.count(PHONE) == 2


async def test_what_a_killed_command_was_asking_for_is_forgotten(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY)
    raw.execute("UPDATE processes SET seen_at = seen_at - 60")  # the process says no more
    ran = await shell.run("forget", TYPED, "--yes")
    assert (ran.status, ran.said) == (0, "")
    assert raw.execute("SELECT state FROM lookups").fetchone()[0] == "interrupted"
    assert PHONE.encode() not in held_by(database)


async def test_a_number_that_is_not_recorded_is_said_to_be_so(shell: Shell, database: Path) -> None:
    await record(database, MAY_NOT, phone=OTHER)
    ran = await shell.run("forget", TYPED)
    assert (ran.status, ran.out) == (0, "There are no records of +86 138 0000 1234.\n")


async def test_when_a_reader_keeps_bytes_it_is_said_and_trying_again_helps(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY_NOT)
    raw.execute("BEGIN")
    raw.execute("SELECT * FROM lookups").fetchall()
    ran = await shell.run("forget", TYPED, "--yes")
    assert (ran.status, "another program is using them. Close programs that read the database" in ran.err) == (1, True)
    raw.execute("COMMIT")
    ran = await shell.run("forget", TYPED, "--yes")
    assert (ran.status, ran.said) == (0, "")
    assert PHONE.encode() not in held_by(database)


async def test_where_it_takes_long_others_are_not_held_up_and_it_is_said_when_the_bytes_will_be_gone(
    shell: Shell, database: Path
) -> None:
    await record(database, MAY_NOT)
    async with record_in(database) as others:
        await others.change(processes.beat)
        await others.change(scrubbing.done, "0", took=6.2)
        ran = await shell.run("forget", TYPED, "--yes")
        assert (ran.status, ran.err) == (1, f"{texts.scrubbed_later(6.2)}\n")
        assert "within a day" in ran.err
        await others.change(processes.leave)
        ran = await shell.run("forget", TYPED, "--yes")  # nobody else lives, who could be held up or do it later
        assert (ran.status, ran.out.splitlines()[-1]) == (0, texts.SCRUBBED)


# --- reading is in the journal ---


async def test_reading_the_record_is_in_the_journal_without_the_number(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY_NOT, MAY_NOT)
    rows = json.loads((await shell.run("log", "--json", "--phone", TYPED, "--agent", "U0ANA", "--since", "1h")).out)
    entry = newest(raw)
    facts = json.loads(entry["facts"])
    assert (entry["event"], entry["through"], entry["request"]) == ("exported", "command line", None)
    assert abs(facts.pop("since") - (time.time() - 3600)) < 60
    assert facts == {
        "form": "json",
        "limit": 50,
        "filters": "agent, phone",
        "lookups": 2,
        "newest": rows[0]["reference"],
        "oldest": rows[1]["reference"],
    }
    assert PHONE not in str(entry)


@pytest.mark.parametrize(("arguments", "form"), [((), "table"), (("--csv",), "csv"), (("--json",), "json")])
async def test_every_form_of_the_log_is(
    shell: Shell, database: Path, raw: sqlite3.Connection, arguments: tuple[str, ...], form: str
) -> None:
    await record(database, MAY_NOT)
    await shell.run("log", *arguments, "--agent", f"1 ({PHONE})")
    facts = json.loads(newest(raw)["facts"])
    assert (facts["form"], facts["lookups"], facts["newest"], facts["filters"]) == (form, 0, None, "agent")
    assert PHONE not in str(facts)


async def test_that_a_request_was_looked_at_is_in_the_journal(
    shell: Shell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY_NOT)
    await shell.run("log", "--request", "R-7K3Q9FZ2")
    assert json.loads(newest(raw)["facts"])["filters"] == "request"


async def test_what_cannot_be_journalled_is_not_shown(
    shell: QuickShell, database: Path, raw: sqlite3.Connection
) -> None:
    await record(database, MAY_NOT)
    raw.execute("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END")
    ran = await shell.slower.run("log")
    assert ran.status != 0
    assert PHONE not in ran.out

"""A list's output that a spreadsheet saved: held against the record, put right or named, and nothing is asked again."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox.cams.book import BOOK
from tests.cli.conftest import PLENTY, Desk
from tests.store.tampering import lay_open

NOT_YOURS = next(entry for entry in BOOK if entry.digits == "12025550106")
LIST = ("lookup", "--file", "numbers.csv", "--output", "ids.csv")

Cells = list[list[str]]


def rounded(digits: str) -> str:
    """As a spreadsheet shows a long number."""
    mantissa, exponent = f"{float(digits):.4E}".split("E") if digits.isdigit() else (digits, "")
    return f"{mantissa}E{exponent}" if exponent else mantissa


def long_numbers_rounded(rows: Cells) -> None:
    for row in rows[1:]:
        row[0], row[1] = rounded(row[0]), rounded(row[1])


def last_digits_lost(rows: Cells) -> None:
    for row in rows[1:]:
        row[1] = f"{row[1][:12]}000"


def ids_swapped(rows: Cells) -> None:
    rows[1][1], rows[2][1] = rows[2][1], rows[1][1]


def rows_swapped(rows: Cells) -> None:
    rows[1:] = sorted(rows[1:], key=lambda row: row[1], reverse=True)


def numbers_swapped(rows: Cells) -> None:
    rows[1][0], rows[2][0] = rows[2][0], rows[1][0]


def dates_reformatted(rows: Cells) -> None:
    for row in rows[1:]:
        row[-1] = "30.11.2026 09:42"


def columns_moved(rows: Cells) -> None:
    for row in rows:
        row.append(row.pop(2))
        row.append("")


def states_forged(rows: Cells) -> None:
    for row in rows[1:]:
        row[2], row[3] = "failed", "no answer"


CHANGES: list[Callable[[Cells], None]] = [
    long_numbers_rounded,
    last_digits_lost,
    ids_swapped,
    rows_swapped,
    numbers_swapped,
    dates_reformatted,
    columns_moved,
    states_forged,
]


def save(file: Path, change: Callable[[Cells], None], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    rows = [*csv.reader(io.StringIO(file.read_text(), newline=""))]
    change(rows)
    saved = io.StringIO(newline="")
    csv.writer(saved, delimiter=delimiter).writerows(rows)
    file.write_text(saved.getvalue(), encoding=encoding, newline="")


async def answered(desk: Desk, count: int = 4) -> tuple[Path, list[dict[str, str]]]:
    desk.write(*PLENTY[:count])
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked())) == (0, count)
    return desk.shell.folder / "ids.csv", desk.ids()


@pytest.mark.parametrize("change", CHANGES)
async def test_what_differs_is_put_right_and_nothing_is_asked_again(
    desk: Desk, change: Callable[[Cells], None]
) -> None:
    file, before = await answered(desk)
    save(file, change)
    ran = await desk.shell.run(*LIST)
    after = sorted(desk.ids(), key=lambda row: row["phone_number"])
    assert (ran.status, len(desk.asked()), after) == (0, 4, before), ran.err
    assert ("restored from the database" in ran.err) == (change not in (rows_swapped, columns_moved))


def nothing(_rows: Cells) -> None: ...


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), (",", "cp1252")]
)
@pytest.mark.parametrize("change", [nothing, long_numbers_rounded])
async def test_other_separators_and_encodings_are_read(
    desk: Desk, change: Callable[[Cells], None], delimiter: str, encoding: str
) -> None:
    file, before = await answered(desk)
    save(file, change, delimiter=delimiter, encoding=encoding)
    desk.write(*PLENTY[:6])
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked()), desk.ids()[:4]) == (0, 6, before), ran.err
    assert file_of(desk).startswith("phone_number,phone_number_id,")


def file_of(desk: Desk) -> str:
    return (desk.shell.folder / "ids.csv").read_text()


@pytest.mark.parametrize(
    "end", [lambda text: text.rstrip("\r\n"), lambda text: f"sep=,\n{text}", lambda text: f"{text},,,,,,,,\n"]
)
async def test_so_are_a_last_row_without_an_end_a_first_line_for_the_spreadsheet_and_empty_rows(
    desk: Desk, end: Callable[[str], str]
) -> None:
    file, before = await answered(desk)
    rewrite(file, end)
    desk.write(*PLENTY[:5])
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked()), desk.ids()[:4]) == (0, 5, before), ran.err


def rewrite(file: Path, end: Callable[[str], str]) -> None:
    file.write_bytes(end(file.read_bytes().decode()).encode())


async def test_what_no_record_knows_is_named_with_how_to_go_on(desk: Desk) -> None:
    file, _ = await answered(desk)
    save(file, long_numbers_rounded)
    saved = file_of(desk)
    ran = await desk.shell.run(*LIST, DATABASE_URL="sqlite:///another.db")
    assert (ran.status, len(desk.asked()), file_of(desk)) == (2, 4, saved)
    assert "because lines 2, 3, 4, 5 of" in ran.err
    assert "To continue without looking these numbers up again, set DATABASE_URL" in ran.err


async def test_what_was_forgotten_since_stays_as_it_is(desk: Desk) -> None:
    _, before = await answered(desk)
    assert (await desk.shell.run("forget", PLENTY[0].phone, "--yes")).status == 0
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked()), desk.ids()) == (0, 4, before)


def planted(state: str, reference: str, problem: str = "") -> Callable[[Cells], None]:
    """A row for a number that was never asked, as this command would write it."""
    cells = [PLENTY[5].digits, "966600000000000", state, problem, "", "OK", "", reference, "2026-11-30T09:42:00Z"]

    def plant(rows: Cells) -> None:
        rows.append(
            [reference.replace("THERE", rows[1][7].partition("/")[0]) if each is reference else each for each in cells]
        )

    return plant


@pytest.mark.parametrize(
    "plant",
    [
        planted("answered", "R-00000000"),
        planted("answered", ""),
        planted("answered", "THERE/99"),
        planted("refused", "R-00000000", "unknown code"),
    ],
)
async def test_a_row_that_the_record_does_not_know_keeps_no_number_from_being_asked(
    desk: Desk, plant: Callable[[Cells], None]
) -> None:
    file, _ = await answered(desk)
    save(file, plant)
    saved = file_of(desk)
    desk.write(*PLENTY[:6])
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked()), file_of(desk)) == (2, 4, saved)
    assert "because line 6 of" in ran.err


async def test_one_that_says_nothing_final_is_simply_asked(desk: Desk) -> None:
    file, _ = await answered(desk)
    save(file, planted("failed", "R-00000000", "no answer"))
    desk.write(*PLENTY[:6])
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked()), desk.ids()[5]["phone_number_id"]) == (0, 6, "900000000000005"), ran.err


async def test_an_answer_in_the_record_that_its_journal_does_not_have_is_not_believed(desk: Desk) -> None:
    desk.write(NOT_YOURS, *PLENTY[:1])
    assert (await desk.shell.run(*LIST)).status == 1
    with closing(sqlite3.connect(desk.shell.folder / "phoneid.db")) as connection, connection:
        lay_open(connection)
        connection.execute("UPDATE lookups SET state = 'answered', phone_number_id = '9666' WHERE position = 1")
    save(desk.shell.folder / "ids.csv", lambda rows: rows[1].__setitem__(slice(1, 4), ["9666", "answered", ""]))
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked())) == (2, 2)
    assert "because line 2 of" in ran.err


async def test_what_was_forgotten_stands_for_one_number_and_no_other(desk: Desk) -> None:
    file, _ = await answered(desk, 1)
    assert (await desk.shell.run("forget", PLENTY[0].phone, "--yes")).status == 0
    save(file, lambda rows: rows.append([PLENTY[5].digits, "9666", *rows[1][2:]]))
    ran = await desk.shell.run(*LIST)
    assert (ran.status, len(desk.asked())) == (2, 1)
    assert "because line 3 of" in ran.err


async def test_of_what_was_forgotten_only_number_and_id_are_believed(desk: Desk) -> None:
    desk.write(NOT_YOURS)
    assert (await desk.shell.run(*LIST)).status == 1
    assert (await desk.shell.run("forget", NOT_YOURS.phone, "--yes")).status == 0
    save(desk.shell.folder / "ids.csv", lambda rows: rows[1].__setitem__(slice(1, 4), ["9666", "answered", ""]))
    ran = await desk.shell.run(*LIST)
    assert (ran.status, [(row["state"], row["phone_number_id"]) for row in desk.ids()]) == (1, [("refused", "")])
    assert "1 row was restored from the database" in ran.err


async def test_a_file_of_somebody_else_says_where_the_ids_are(desk: Desk) -> None:
    desk.write(*PLENTY[:2])
    (desk.shell.folder / "ids.csv").write_text("phone_number,id\n8613800001234,9\n")
    ran = await desk.shell.run(*LIST)
    assert (ran.status, desk.asked()) == (2, [])
    assert re.search("IDs that were looked up before are in phoneid log", ran.err)

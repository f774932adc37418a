"""Whatever the record holds, what is printed of it is a table, JSON and CSV that obey nobody.

Beside this: tests/test_export.py, tests/cli/test_ids_file.py, tests/test_logs.py (forged lines),
tests/slack/test_views.py (mentions), and tests/fuzz/front.py, which looks for mentions in all that is sent to Slack.
"""

import csv
import io
import json
import logging
import unicodedata
from dataclasses import replace
from random import Random

import pytest

from bot import export
from bot.audit import LogEntry
from bot.cli import ids
from bot.logs import JsonFormatter, TextFormatter
from bot.models import (
    Actor,
    Approval,
    ApprovalState,
    Lookup,
    LookupId,
    PhoneNumber,
    Problem,
    Request,
    RequestId,
    Result,
    State,
    Through,
)
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.odd import odd_text

pytestmark = BY_CHANCE

UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Unicode's categories of what moves a cursor, turns text around, has no width, or ends a line."""


def text(chance: Random) -> str:
    """What SQLite can hold."""
    return odd_text(chance)[:1000].encode("utf-8", "replace").decode()


def odd_entry(chance: Random) -> LogEntry:
    request = Request(
        id=RequestId(text(chance)),
        agent=Actor(team_id=text(chance), user_id=text(chance), through=Through.COMMAND_LINE),
        reason=text(chance),
        channel_id=text(chance),
        asked_at=0.0,
        size=2,
        approval=Approval(
            state=chance.choice([*ApprovalState]),
            expires_at=0.0,
            decided_by=Actor(team_id=text(chance), user_id=text(chance), through=chance.choice([*Through])),
            decided_at=1.0,
            reason=text(chance),
        ),
        lookups=(),
    )
    return LogEntry(request, odd_lookup(chance))


def odd_lookup(chance: Random) -> Lookup:
    return Lookup(
        id=LookupId(text(chance)),
        position=1,
        phone=PhoneNumber(str(chance.randrange(10**15))),
        asked_at=chance.uniform(0, 253_402_214_399),
        state=chance.choice([*State]),
        updated_at=0.0,
        reason=chance.choice(("", text(chance))),
        result=Result(
            phone_number_id=chance.choice((None, text(chance))),
            problem=chance.choice((None, *Problem)),
            api_code=text(chance),
            request_id=text(chance),
            attempts=chance.randrange(5),
        ),
    )


def check_cell(cell: str) -> None:
    start = unicodedata.normalize("NFKC", cell.lstrip()[:1])
    assert start not in ("=", "+", "-", "@")
    assert not cell.startswith(("\t", "\r", "\n"))
    unseen = {character for character in cell if unicodedata.category(character) in ("Cc", "Zl", "Zp")}
    assert unseen <= {"\t", "\r", "\n"}
    assert not any(unicodedata.bidirectional(character) in BIDI for character in cell)


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def check(entry: LogEntry) -> None:
    table, plain = export.as_table([entry]), export.as_json([entry])
    assert table.count("\n") == 1
    for character in table + plain:
        assert character == "\n" or unicodedata.category(character) not in UNSEEN
    assert json.loads(plain) == [export.as_row(entry)], "JSON is the record, exactly"
    for exported in (export.as_csv([entry]), ids.Row.of(entry).as_line().decode()):
        rows = list(csv.reader(io.StringIO(exported, newline="")))
        for cell in rows[-1]:
            check_cell(cell)
    written = ids.Row.of(entry)
    assert ids.Row.read(next(csv.reader([written.as_line().decode()]))) == written


def test_any_record_is_printed_and_exported_as_text() -> None:
    csv.field_size_limit(10_000_000)
    for number, chance in chances("exports and tables", usual=400):
        entry = odd_entry(chance)
        try:
            check(entry)
        except Exception as error:
            raise AssertionError(f"record number {number}: {entry!r:.3000}") from error


SEPARATORS = ",;\t|:^"
PIECES = (
    *("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212", "\ufe63", "\u207a", "'"),
    *SEPARATORS,
    *(
        " ",
        "\u00a0",
        "\u3000",
        "\n",
        "\r\n",
        "\r",
        "\v",
        "\x85",
        "\u2028",
        '"',
        '""',
        '";',
        "\x00",
        "\u200b",
        "\u200d",
        "\u202e",
    ),
    *(
        "1+1",
        "A1",
        "cmd|' /C calc'!A1",
        'HYPERLINK("http://x.test")',
        "a",
        "7",
        "\u5ba2",
        "\u0661",
        "_",
        "\\",
        "%",
        "sep=;",
    ),
)
"""What cells are made of that become formulas somewhere."""


def formula(chance: Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 12)))


def starts_a_formula(cell: str) -> bool:
    return unicodedata.normalize("NFKC", cell.lstrip(' \t"\u00a0\u3000')[:1]) in ("=", "+", "-", "@", "\u2212")


def cells_as_read(line: str, separator: str) -> list[str]:
    """As programs read a line that take quotation marks for what they are, or for letters."""
    return [*line.split(separator), *(cell for row in csv.reader([line], delimiter=separator) for cell in row)]


def test_no_cell_is_a_formula_whatever_separates_cells_for_its_reader() -> None:
    csv.field_size_limit(10_000_000)
    for number, chance in chances("CSV out", usual=1000):
        evil = formula(chance)
        entry = odd_entry(Random(1))
        result = Result(phone_number_id=evil, api_code=evil, request_id=evil)
        entry = LogEntry(
            replace(entry.request, reason=evil, channel_id=evil), replace(entry.lookup, reason="", result=result)
        )
        for text in (export.as_csv([entry]), ids.Row.of(entry).as_line().decode()):
            lines = [line for line in text.splitlines() if line != ",".join(export.COLUMNS)]
            cells = [cell for line in lines for each in SEPARATORS for cell in cells_as_read(line, each)]
            cells += [
                line for row in csv.reader(io.StringIO(text, newline="")) for cell in row for line in cell.splitlines()
            ]
            assert not [cell for cell in cells if starts_a_formula(cell)], f"number {number}: {evil!a}"


@pytest.mark.parametrize("request_id", [" =1+1", "\uff1d1+1", "\n=1+1", "\u2007@SUM(1+1)"])
def test_a_formula_behind_blanks_is_none_in_a_lists_ids(request_id: str) -> None:
    entry = odd_entry(Random(1))
    asked = LogEntry(entry.request, replace(entry.lookup, result=Result(request_id=request_id)))
    assert ids.Row.of(asked).cells[ids.COLUMNS.index("request_id")].startswith("'")


def test_any_event_in_the_log_is_one_line() -> None:
    forms = (TextFormatter(), JsonFormatter())
    for number, chance in chances("log line", usual=400):
        facts = {"agent": odd_text(chance)[:1000], "lookup": odd_text(chance)[:1000]}
        record = logging.LogRecord("bot.x", logging.INFO, "x.py", 1, "said %s", (odd_text(chance),), None)
        record.facts = facts
        for form in forms:
            line = form.format(record)
            assert line.isprintable(), f"number {number}: {line!r:.2000}"
            line.encode()

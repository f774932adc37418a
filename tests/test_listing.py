"""The log as a table, JSON and CSV: complete, aligned, and harmless to open."""

import csv
import io
import json
from dataclasses import replace

from bot.listing import COLUMNS, as_csv, as_json, as_row, as_table
from bot.models import Actor, Lookup, LookupId, PhoneNumber, Problem, Result, State, Through

LOOKUP = Lookup(
    id=LookupId("L-7K3Q9FZ2"),
    state=State.ANSWERED,
    agent=Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK),
    phone=PhoneNumber("8613800001234"),
    reason="ticket 7",
    channel_id="C0SUPPORT",
    created_at=1_770_000_000.0,
    updated_at=1_770_000_001.0,
    result=Result(
        phone_number_id="710000000000001", api_code="OK", request_id="R", http_status=200, milliseconds=80, attempts=1
    ),
)


def test_a_row_says_who_when_where_which_and_what_came_back() -> None:
    assert as_row(LOOKUP) == {
        "asked_at": "2026-02-02T02:40:00Z",
        "reference": "L-7K3Q9FZ2",
        "agent": "U0ANA",
        "team": "T0SANDBOX",
        "through": "slack",
        "channel": "C0SUPPORT",
        "phone_number": "8613800001234",
        "state": "answered",
        "phone_number_id": "710000000000001",
        "problem": None,
        "api_code": "OK",
        "request_id": "R",
        "milliseconds": 80,
        "attempts": 1,
        "reason": "ticket 7",
    }


def test_json_and_csv_hold_every_column() -> None:
    assert list(json.loads(as_json([LOOKUP]))[0]) == list(COLUMNS)
    header, row = csv.reader(io.StringIO(as_csv([LOOKUP])))
    assert tuple(header) == COLUMNS
    assert row[header.index("phone_number_id")] == "710000000000001"


def test_an_empty_log_is_still_valid() -> None:
    assert json.loads(as_json([])) == []
    assert as_csv([]).splitlines() == [",".join(COLUMNS)]
    assert as_table([]).startswith("asked at")


def test_csv_cells_are_not_formulas() -> None:
    evil = replace(LOOKUP, reason='=HYPERLINK("http://example.invalid")')
    for start in ("=", "+", "-", "@", "\t", "\r"):
        row = list(csv.reader(io.StringIO(as_csv([replace(evil, reason=f"{start}1+1")]), newline="")))[1]
        assert row[-1] == f"'{start}1+1"


def test_the_table_lets_no_control_character_through() -> None:
    evil = replace(LOOKUP, result=replace(LOOKUP.result, phone_number_id="\x1b]0;gone\x07\n1"))
    assert as_table([evil]).count("\n") == 1
    assert "\x1b" not in as_table([evil])


def test_the_tables_columns_are_aligned() -> None:
    refused = replace(
        LOOKUP, state=State.REFUSED, result=Result(problem=Problem.NOT_YOURS, api_code="Unknown.ResourceOwnerId")
    )
    heading, *rows = as_table([LOOKUP, refused]).splitlines()
    for row in rows:
        assert row[heading.index("state") :].startswith(("answered", "refused"))

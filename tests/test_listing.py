"""The log as a table, JSON and CSV: complete, aligned, and harmless to open."""

import csv
import io
import json
from dataclasses import replace

from bot.listing import COLUMNS, as_csv, as_json, as_row, as_table
from bot.models import (
    FORGOTTEN,
    Actor,
    Approval,
    BatchId,
    Lookup,
    LookupId,
    PhoneNumber,
    Place,
    Problem,
    Result,
    State,
    Through,
)

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
        "decided_by": None,
        "decided_at": None,
        "decision_reason": None,
        "list": None,
    }


def test_a_row_says_which_list_its_number_was_asked_with() -> None:
    place = Place(batch_id=BatchId("B-7K3Q9FZ2"), number=3, of=40)
    assert as_row(replace(LOOKUP, place=place))["list"] == "B-7K3Q9FZ2"


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
        assert row[COLUMNS.index("reason")] == f"'{start}1+1"


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


def decided(state: State, by: str | None, *, through: Through = Through.SLACK, reason: str = "") -> Lookup:
    """A lookup that needed approval, in a workspace whose ids are as long as they usually are."""
    decider = Actor(team_id="T0SANDBOX", user_id=by, through=through) if by else None
    approval = Approval(
        expires_at=1_770_003_600.0, decided_by=decider, decided_at=1_770_000_600.0 if by else None, reason=reason
    )
    agent = replace(LOOKUP.agent, user_id="U012AB3CDEF")
    return replace(LOOKUP, state=state, agent=agent, result=Result(), approval=approval)


def test_a_row_says_who_decided_when_and_why() -> None:
    denied = decided(State.DENIED, "U0LEE", reason="Not our customer")
    row = as_row(denied)
    assert (row["decided_by"], row["decided_at"]) == ("U0LEE", "2026-02-02T02:50:00Z")
    assert row["decision_reason"] == "Not our customer"
    assert json.loads(as_json([denied]))[0] == row
    header, cells = csv.reader(io.StringIO(as_csv([denied])))
    assert cells[header.index("decision_reason")] == "Not our customer"


def test_what_still_waits_was_decided_by_nobody() -> None:
    row = as_row(decided(State.AWAITING, None))
    assert (row["state"], row["decided_by"], row["decided_at"], row["decision_reason"]) == (
        "awaiting",
        None,
        None,
        None,
    )


def test_an_approvers_reason_is_no_formula_either() -> None:
    denied = decided(State.DENIED, "U0LEE", reason="=1+1")
    assert list(csv.reader(io.StringIO(as_csv([denied]))))[1][COLUMNS.index("decision_reason")] == "'=1+1"


def test_the_table_shows_who_decided_and_fits_120_columns() -> None:
    refused = replace(
        decided(State.INTERRUPTED, "U024BE7LHJK"), result=Result(api_code="Isv.VerifyCode.Incorrect.Longest")
    )
    rows = [refused, decided(State.EXPIRED, "bot", through=Through.BOT), decided(State.AWAITING, None)]
    heading, *lines = as_table(rows).splitlines()
    column = heading.index("decided by")
    assert [line[column:].split("  ")[0].strip() for line in lines] == ["U024BE7LHJK", "bot", ""]
    assert max(map(len, [heading, *lines])) <= 120


def test_the_table_says_what_came_of_it() -> None:
    lookups = [
        LOOKUP,
        replace(LOOKUP, result=Result(problem=Problem.NOT_YOURS, api_code="Unknown.ResourceOwnerId")),
        replace(LOOKUP, result=Result(problem=Problem.NO_ANSWER)),
        decided(State.DENIED, "U0LEE"),
    ]
    heading, *rows = as_table(lookups).splitlines()
    column = heading.index("result")
    assert [row[column:] for row in rows] == ["710000000000001", "Unknown.ResourceOwnerId", "no answer", ""]


def test_what_was_forgotten_is_said_to_be_so_in_every_form() -> None:
    forgotten = replace(LOOKUP, phone=FORGOTTEN, reason="", result=replace(LOOKUP.result, phone_number_id=None))
    for show in (as_table, as_json, as_csv):
        shown = show([forgotten])
        assert "forgotten" in shown
        assert "L-7K3Q9FZ2" in shown

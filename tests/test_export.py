"""The log as a table, JSON and CSV: complete, aligned, and harmless to open."""

import csv
import io
import json
import unicodedata
from dataclasses import replace

import pytest

from bot.audit import LogEntry
from bot.export import COLUMNS, as_csv, as_json, as_row, as_table, inert
from bot.models import (
    FORGOTTEN,
    NOT_NEEDED,
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

REQUEST = Request(
    id=RequestId("R-7K3Q9FZ2"),
    agent=Actor(team_id="T0SANDBOX", user_id="U0ANA", through=Through.SLACK),
    reason="ticket 7",
    channel_id="C0SUPPORT",
    asked_at=1_770_000_000.0,
    size=40,
    approval=NOT_NEEDED,
    lookups=(),
)
LOOKUP = Lookup(
    id=LookupId("R-7K3Q9FZ2/17"),
    position=17,
    phone=PhoneNumber("8613800001234"),
    asked_at=1_770_000_000.0,
    state=State.ANSWERED,
    updated_at=1_770_000_001.0,
    result=Result(
        phone_number_id="710000000000001", api_code="OK", request_id="R", http_status=200, milliseconds=80, attempts=1
    ),
)
ENTRY = LogEntry(REQUEST, LOOKUP)


def ended(result: Result, state: State = State.ANSWERED) -> LogEntry:
    return LogEntry(REQUEST, replace(LOOKUP, state=state, result=result))


def test_a_row_says_who_when_where_which_and_what_came_back() -> None:
    assert as_row(ENTRY) == {
        "asked_at": "2026-02-02T02:40:00Z",
        "reference": "R-7K3Q9FZ2/17",
        "agent": "U0ANA",
        "team": "T0SANDBOX",
        "through": "slack",
        "channel": "C0SUPPORT",
        "phone_number": "8613800001234",
        "state": "answered",
        "approval": "not needed",
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
        "request": "R-7K3Q9FZ2",
    }


def test_a_number_with_a_reason_of_its_own_has_that_one() -> None:
    assert as_row(LogEntry(REQUEST, replace(LOOKUP, reason="ticket 8")))["reason"] == "ticket 8"


def test_json_and_csv_hold_every_column() -> None:
    assert list(json.loads(as_json([ENTRY]))[0]) == list(COLUMNS)
    header, row = csv.reader(io.StringIO(as_csv([ENTRY])))
    assert tuple(header) == COLUMNS
    assert row[header.index("phone_number_id")] == "710000000000001"


def test_an_empty_log_is_still_valid() -> None:
    assert json.loads(as_json([])) == []
    assert as_csv([]).splitlines() == [",".join(COLUMNS)]
    assert as_table([]).startswith("asked at")


def test_csv_cells_are_not_formulas() -> None:
    for start in ("=", "+", "-", "@", "\t", "\r"):
        evil = LogEntry(replace(REQUEST, reason=f"{start}1+1"), LOOKUP)
        row = list(csv.reader(io.StringIO(as_csv([evil]), newline="")))[1]
        assert row[COLUMNS.index("reason")] == f"'{start}1+1"


SEPARATORS = ",;\t| :^/\\"
SIGNS = [each for each in map(chr, range(0x110000)) if unicodedata.normalize("NFKC", each) in set("=+-@\u2212")]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize(
    "reason",
    [
        "x;=1+cmd|' /C calc'!A1;y",
        "x\t=1+1",
        "x|@SUM(A1)",
        "a, -2+3",
        "over\n=1+1",
        "over\r\n  +1+1",
        "over\u2028=1",
        'quoted ";=1',
        "x : =1",
        "a\u200d;=1",
        "x;=+@1",
        ";".join(f"{sign}1 {sign}1" for sign in SIGNS),
    ],
)
def test_no_cell_starts_a_formula_wherever_its_reader_lets_cells_end(separator: str, reason: str) -> None:
    (_, *lines) = as_csv([LogEntry(replace(REQUEST, reason=reason), LOOKUP)]).splitlines()
    whole = csv.reader(io.StringIO(as_csv([LogEntry(replace(REQUEST, reason=reason), LOOKUP)]), newline=""))
    cells = [cell for line in lines for cell in line.split(separator)]
    cells += [cell for row in csv.reader(lines, delimiter=separator) for cell in row]
    cells += [line for row in whole for cell in row for line in cell.splitlines()]
    assert [cell for cell in cells if cell.lstrip(' \t"')[:1] in SIGNS and cell.strip()] == []


def test_what_starts_nothing_stays_as_it_was_typed() -> None:
    for plain in ("ana@example.com", "2031-08-12", "a-b", "R-7K3Q9FZ2/17", "x=1", "for 3+1"):
        assert inert(plain) == plain
    assert inert("'=1") == "'=1"


def test_the_table_lets_no_control_character_through() -> None:
    evil = ended(Result(phone_number_id="\x1b]0;gone\x07\n1"))
    assert as_table([evil]).count("\n") == 1
    assert "\x1b" not in as_table([evil])


def test_the_tables_columns_are_aligned() -> None:
    refused = ended(Result(problem=Problem.NOT_YOURS, api_code="Unknown.ResourceOwnerId"), State.REFUSED)
    heading, *rows = as_table([ENTRY, refused]).splitlines()
    for row in rows:
        assert row[heading.index("state") :].startswith(("answered", "refused"))


def decided(
    state: ApprovalState,
    by: str | None,
    *,
    through: Through = Through.SLACK,
    reason: str = "",
    result: Result = Result(),  # noqa: B008 - frozen
) -> LogEntry:
    """One that needed approval, in a workspace whose ids are as long as they usually are."""
    decider = Actor(team_id="T0SANDBOX", user_id=by, through=through) if by else None
    at = 1_770_000_600.0 if by else None
    approval = Approval(state=state, expires_at=1_770_003_600.0, decided_by=decider, decided_at=at, reason=reason)
    request = replace(REQUEST, agent=replace(REQUEST.agent, user_id="U012AB3CDEF"), approval=approval)
    return LogEntry(request, replace(LOOKUP, state=State.DROPPED if by else State.HELD, result=result))


def test_a_row_says_who_decided_what_when_and_why() -> None:
    denied = decided(ApprovalState.DENIED, "U0LEE", reason="Not our customer")
    row = as_row(denied)
    assert (row["state"], row["approval"]) == ("dropped", "denied")
    assert (row["decided_by"], row["decided_at"]) == ("U0LEE", "2026-02-02T02:50:00Z")
    assert row["decision_reason"] == "Not our customer"
    assert json.loads(as_json([denied]))[0] == row
    header, cells = csv.reader(io.StringIO(as_csv([denied])))
    assert cells[header.index("decision_reason")] == "Not our customer"


def test_what_still_waits_was_decided_by_nobody() -> None:
    row = as_row(decided(ApprovalState.AWAITING, None))
    assert (row["state"], row["approval"]) == ("held", "awaiting")
    assert (row["decided_by"], row["decided_at"], row["decision_reason"]) == (None, None, None)


def test_an_approvers_reason_is_no_formula_either() -> None:
    denied = decided(ApprovalState.DENIED, "U0LEE", reason="=1+1")
    assert list(csv.reader(io.StringIO(as_csv([denied]))))[1][COLUMNS.index("decision_reason")] == "'=1+1"


def test_the_table_shows_who_decided_and_fits_120_columns() -> None:
    refused = Result(api_code="Isv.VerifyCode.Incorrect.Longest")
    rows = [
        decided(ApprovalState.APPROVED, "U024BE7LHJK", result=refused),
        decided(ApprovalState.EXPIRED, "bot", through=Through.BOT),
        decided(ApprovalState.AWAITING, None),
    ]
    heading, *lines = as_table(rows).splitlines()
    column = heading.index("decided by")
    assert [line[column:].split("  ")[0].strip() for line in lines] == ["U024BE7LHJK", "bot", ""]
    assert max(map(len, [heading, *lines])) <= 120


def test_the_table_says_what_came_of_it() -> None:
    entries = [
        ENTRY,
        ended(Result(problem=Problem.NOT_YOURS, api_code="Unknown.ResourceOwnerId")),
        ended(Result(problem=Problem.NO_ANSWER)),
        ended(Result(problem=Problem.STOPPED), State.DROPPED),
        decided(ApprovalState.DENIED, "U0LEE"),
        decided(ApprovalState.AWAITING, None),
        ended(Result(), State.QUEUED),
    ]
    heading, *rows = as_table(entries).splitlines()
    column = heading.index("result")
    shown = ["710000000000001", "Unknown.ResourceOwnerId", "no answer", "stopped", "denied", "awaiting", ""]
    assert [row[column:] for row in rows] == shown


def test_what_was_forgotten_is_said_to_be_so_in_every_form() -> None:
    result = replace(LOOKUP.result, phone_number_id=None)
    forgotten = LogEntry(replace(REQUEST, reason=""), replace(LOOKUP, phone=FORGOTTEN, result=result))
    for show in (as_table, as_json, as_csv):
        shown = show([forgotten])
        assert "forgotten" in shown
        assert "R-7K3Q9FZ2/17" in shown

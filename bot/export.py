"""Lookups as an administrator or an auditor reads them: a table, JSON or CSV."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.audit import LogEntry
from bot.models import ApprovalState

COLUMNS = (
    "asked_at",
    "reference",
    "agent",
    "team",
    "through",
    "channel",
    "phone_number",
    "state",
    "approval",
    "phone_number_id",
    "problem",
    "api_code",
    "request_id",
    "milliseconds",
    "attempts",
    "reason",
    "decided_by",
    "decided_at",
    "decision_reason",
    "request",
)
"""What is recorded of a lookup. There is no column for the code: it is not recorded."""

TABLE_COLUMNS = ("asked_at", "reference", "agent", "phone_number", "state", "decided_by", "result")
"""What fits a terminal; ``result`` is the ID, or else what there was instead."""

Row = dict[str, str | int | None]


def as_row(entry: LogEntry) -> Row:
    """One lookup by the names of ``COLUMNS``. Times are ISO 8601 in UTC, ``milliseconds`` an integer.

    ``decided_by`` is who ended the waiting for approval: the approver, the agent who withdrew, or ``bot``.
    """
    request, lookup = entry.request, entry.lookup
    agent, approval, result = request.agent, request.approval, lookup.result
    return {
        "asked_at": _time(lookup.asked_at),
        "reference": lookup.id,
        "agent": agent.user_id,
        "team": agent.team_id,
        "through": agent.through.value,
        "channel": request.channel_id,
        "phone_number": "forgotten" if lookup.is_forgotten else lookup.phone.digits,
        "state": lookup.state.value,
        "approval": approval.state.value,
        "phone_number_id": result.phone_number_id,
        "problem": result.problem.value if result.problem else None,
        "api_code": result.api_code,
        "request_id": result.request_id,
        "milliseconds": result.milliseconds,
        "attempts": result.attempts,
        "reason": lookup.reason or request.reason,
        "decided_by": approval.decided_by.user_id if approval.decided_by else None,
        "decided_at": _time(approval.decided_at) if approval.decided_at else None,
        "decision_reason": approval.reason if approval.decided_by else None,
        "request": request.id,
    }


def as_json(entries: Sequence[LogEntry]) -> str:
    """A JSON array, one object a lookup, newest first."""
    return in_json([as_row(each) for each in entries])


def as_csv(entries: Sequence[LogEntry]) -> str:
    """RFC 4180 with a header line."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for each in entries:
        row = as_row(each)
        writer.writerow([inert(row[column]) for column in COLUMNS])
    return lines.getvalue()


def as_table(entries: Sequence[LogEntry]) -> str:
    """Columns aligned for a terminal."""
    rows = [[_printable(_table_row(each)[column]) for column in TABLE_COLUMNS] for each in entries]
    headings = [column.replace("_", " ") for column in TABLE_COLUMNS]
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [headings, *rows]
    )


def _table_row(entry: LogEntry) -> Row:
    row = as_row(entry)
    approval = entry.request.approval.state
    became = "" if approval is ApprovalState.NOT_NEEDED else approval.value
    return {**row, "result": row["phone_number_id"] or row["api_code"] or row["problem"] or became}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def inert(value: str | int | None) -> str | int | None:
    """The value as a cell of CSV that no spreadsheet takes for a formula, and no terminal for an order."""
    if not isinstance(value, str):
        return value
    # What people typed and what an API sent both get here. A spreadsheet runs a cell that starts like a formula, some
    # also behind blanks, or with the wide forms of the signs: https://owasp.org/www-community/attacks/CSV_Injection
    # Where cells end is up to whoever opens the file: at any sign, blank or end of line inside this one.
    shown = _FORMULA.sub("'", _UNSEEN.sub("�", value))
    return f"'{shown}" if shown.startswith(("\t", "\r", "\n")) else shown


def in_json(value: Row | list[Row]) -> str:
    """JSON to look at: letters of all scripts as they are; what a terminal would obey or hide, as ``\\u`` escapes."""
    written = json.dumps(value, ensure_ascii=False, indent=2)
    return _NOT_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], written)


_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"  # control characters but for tabs and ends of lines
    r"|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"  # marks of direction, and what has no width
)
"""What nobody sees; but for the joiners that emoji are made with."""

_SIGNS = "=＝﹦⁼₌+＋﹢⁺₊﬩-－﹣⁻₋−@＠﹫"  # noqa: RUF001 - the look-alikes are what it is about
"""What a formula starts with, in every form that somebody may take for it."""

_FORMULA = re.compile(rf"(?<![\w'{re.escape(_SIGNS)}])(?=[{re.escape(_SIGNS)}])")
"""Before a sign that stands behind no letter, digit, or sign: wherever a cell may start."""

_NOT_ASCII = re.compile(r"[^\n -~]")


def _printable(value: str | int | None) -> str:
    # Control characters could move the cursor or rename the terminal's window.
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else "�" for character in text)
